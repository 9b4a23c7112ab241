"""The expert's text of a patent against its own, in every task: the tables of notebook 13."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from patbench_lib.bench.bench import Bench
from patbench_lib.bench.classification import stacked
from patbench_lib.bench.expert_retrieval import DIFFERENCES, MIXED, PAIRS, VALUES, mixed_pairs, retrieval
from patbench_lib.bench.expert_tasks import classification, clustering
from patbench_lib.bench.expert_views import ExpertViews, text_tables
from patbench_lib.bench.keys import made_by
from patbench_lib.bench.results import keep_tables_by_task
from patbench_lib.evaluate.compare import corrected
from patbench_lib.landscape.views import EXPERT
from patbench_lib.study import digest


def expert_tables(bench: Bench) -> dict[str, pd.DataFrame]:
    """Compute or find, and keep, what the notebook of expert-written text shows: numbers, and no text.

    Returns
    -------
    dict
        `wording` and `reading`: as `bench.expert_views.text_tables` gives them. `values`: task, system, view, measure,
        value, low, high (missing for clustering), n. `differences`, of the expert's view less each own one: task,
        system, view, measure, difference, low, high, p, n, p_holm (corrected for all systems and views, by measure),
        significant. `pairs`: system, asked, held, value, low, high, n. `mixed`: system, asked, held, difference to
        asking with the own view for the own view, low, high, p, n, p_holm (corrected for all systems and mixed pairs),
        significant. All are empty where there is nothing to compare; see `ExpertViews.lacking`.
    """
    views, study = ExpertViews(bench), bench.study
    compared = [] if views.lacking else [EXPERT, *views.own]
    files = [bench.scores_file(system, bench.arena, view).name for system in study.systems for view in compared]
    asked = [study.labels, study.classification, study.clustering, study.statistics, study.bm25]
    key = digest(
        [views.lacking, files, study.main_measure, study.seed],
        [each.model_dump(mode="json") for each in asked],
        made_by("bench", "classify", "cluster", "encode", "evaluate", "landscape", "retrieve"),
    )
    return keep_tables_by_task(bench, "expert", key, lambda: _compute(views))


def _compute(views: ExpertViews) -> dict[str, pd.DataFrame]:
    told = text_tables(views)
    values: list[pd.DataFrame] = []
    differences: list[pd.DataFrame] = []
    pairs, mixed = pd.DataFrame(columns=PAIRS), pd.DataFrame(columns=MIXED)
    if not views.lacking:
        found, tested = retrieval(views)
        values.append(found)
        differences.append(tested)
        for task in (classification, clustering):
            some, compared = task(views)
            values += some
            differences += compared
        pairs, mixed = mixed_pairs(views)
    level = views.bench.study.statistics.level
    tables = {
        "values": stacked(values, VALUES),
        "differences": _judged(stacked(differences, DIFFERENCES), ["task", "measure"], level),
    }
    return {**told, **tables, "pairs": pairs, "mixed": _judged(mixed, [], level)}


def _judged(table: pd.DataFrame, cell: Sequence[str], level: float) -> pd.DataFrame:
    """Return differences with p-values corrected within each cell, all together where none is named."""
    if table.empty:
        return table.assign(p_holm=0.0, significant=False).astype({"p_holm": float, "significant": bool})
    return corrected(table.assign(_all=0), ["_all", *cell], level).drop(columns="_all")
