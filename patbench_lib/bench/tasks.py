"""Tasks side by side: which view each system does best on when it retrieves, is classified by, or is clustered."""

from __future__ import annotations

import numpy as np
import pandas as pd

from patbench_lib.bench.bench import Bench
from patbench_lib.bench.classification import MAIN, usable_sets
from patbench_lib.bench.classification_by import by_view
from patbench_lib.bench.cluster_cases import cases
from patbench_lib.bench.clustering import select
from patbench_lib.bench.views import view_differences, view_scores

COLUMNS = ["task", "measure", "system", "view", "value", "spread", "mark"]


def views_by_task(bench: Bench, clusters: pd.DataFrame) -> pd.DataFrame:
    """Return what each system reaches on each view of the study's landscape, by the main measure of each task.

    Parameters
    ----------
    clusters : of `bench.clustering.clustering_results`.

    Returns
    -------
    pandas.DataFrame
        task, measure, system, view, value, spread (over repeats, of clustering alone, missing of one), mark: 1 where a
        paired test finds the view above the leading one, -1 where below, 0 where neither; missing for clustering, which
        is not tested.
    """
    tables = [_retrieval(bench), _classification(bench), _clustering(bench, clusters)]
    filled = [table for table in tables if len(table)]
    joined = pd.concat(filled, ignore_index=True) if filled else pd.DataFrame()
    return joined.reindex(columns=COLUMNS)


def _retrieval(bench: Bench) -> pd.DataFrame:
    if bench.arena.unjudged:
        return pd.DataFrame()
    scores = view_scores(bench)
    values = scores.groupby(["system", "view"], sort=False)["value"].mean().reset_index()
    return _marked(values, view_differences(bench, scores)).assign(task="retrieval", measure=bench.study.main_measure)


def _classification(bench: Bench) -> pd.DataFrame:
    sets = usable_sets(bench, bench.arena)[0]
    if not sets:
        return pd.DataFrame()
    values, differences = (table[table["measure"] == MAIN] for table in by_view(bench, bench.arena, sets[0]))
    return _marked(values[["system", "view", "value"]], differences).assign(task="classification", measure=MAIN)


def _clustering(bench: Bench, clusters: pd.DataFrame) -> pd.DataFrame:
    if not (asked := cases(bench)) or clusters.empty:
        return pd.DataFrame()
    mine = select(clusters, asked[0], but="view")
    mine = mine[mine["measure"] == "V-measure"]
    return mine[["system", "view", "measure", "value", "spread"]].assign(task="clustering", mark=float("nan"))


def _marked(values: pd.DataFrame, differences: pd.DataFrame) -> pd.DataFrame:
    """Return values with a sign where a difference to the leading view is significant."""
    apart = differences[differences["significant"].astype(bool)]
    found = zip(apart["system"], apart["view"], np.sign(apart["difference"].to_numpy(dtype=float)), strict=True)
    signs = {(system, view): sign for system, view, sign in found}
    return values.assign(mark=[signs.get(pair, 0.0) for pair in zip(values["system"], values["view"], strict=True)])
