"""Tasks run by MTEB with a system of a study, and results of a study written as MTEB writes its own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import mteb
import pandas as pd
from mteb.cache import ResultCache
from mteb.results import TaskResult

from patbench_lib import __version__
from patbench_lib.bench.arena import Arena
from patbench_lib.bench.bench import Bench
from patbench_lib.bench.classification import usable_sets
from patbench_lib.bench.cluster_cases import usable
from patbench_lib.bench.results import retrieval_results
from patbench_lib.evaluate.retrieval import STRATA
from patbench_lib.landscape.judgements import Stratum
from patbench_lib.landscape.views import View
from patbench_lib.mteb_bridge.encoder import MtebEncoder
from patbench_lib.mteb_bridge.label_tasks import LandscapeClassification, LandscapeClustering
from patbench_lib.mteb_bridge.model_meta import model_meta
from patbench_lib.mteb_bridge.names import score_name
from patbench_lib.mteb_bridge.retrieval_task import SPLIT, LandscapeRetrieval


def tasks_of(bench: Bench, arena: Arena, view: View) -> list[Any]:
    """Return a landscape's view as tasks of MTEB: retrieval, and each usable label set to classify and to cluster.

    Where retrieval cannot be judged there are the others alone.
    """
    tasks: list[Any] = [] if arena.unjudged else [LandscapeRetrieval(arena, view)]
    if arena.main:
        tasks += [LandscapeClassification(bench, arena, labels, view) for labels in usable_sets(bench, arena)[0]]
        sets = {labels.name: labels for labels, how in usable(bench)[0] if how == bench.study.clustering.gold}
        tasks += [LandscapeClustering(bench, arena, labels, view) for labels in sets.values()]
    return tasks


def run_tasks(encoder: MtebEncoder, tasks: Sequence[Any], folder: Path | None = None) -> list[TaskResult]:
    """Run tasks by MTEB.

    Parameters
    ----------
    folder : where MTEB keeps results, in `results/` below it; nothing is kept where none is given.
    """
    cache = ResultCache(folder) if folder else None
    result = mteb.evaluate(
        encoder, list(tasks), cache=cache, overwrite_strategy="always", show_progress_bar=False, co2_tracker=False
    )
    return list(result.task_results)


def export_results(bench: Bench, folder: Path) -> list[Path]:
    """Write a study's retrieval results as MTEB's files, and return them.

    Each is `results/{model}/{revision}/{task}.json`, one for a system, landscape, view and stratum, as
    `mteb.ResultCache(folder)` reads them. The values are ours, with their intervals and the number of queries beside
    them; what MTEB itself would compute of the same texts is what `run_tasks` gives.
    """
    results, _ = retrieval_results(bench)
    cache, written = ResultCache(folder), []
    for arena in bench.arenas:
        for view in arena.views:
            for stratum in _strata(results, arena, view):
                task = LandscapeRetrieval(arena, view, stratum)
                for system in bench.study.systems:
                    mine = results[
                        (results["landscape"] == arena.name)
                        & (results["view"] == view)
                        & (results["stratum"] == stratum)
                        & (results["system"] == system)
                    ]
                    meta = model_meta(bench.study.card(system), bench.study)
                    made = TaskResult.from_task_results(
                        task, {SPLIT: {"default": _scores(mine, bench)}}, float(mine["seconds"].iloc[0])
                    )
                    cache.save_to_cache(made, meta)
                    written.append(Path(cache.get_task_result_path(made.task_name, meta)))
    return written


def _strata(results: pd.DataFrame, arena: Arena, view: View) -> Iterator[Stratum]:
    there = results[(results["landscape"] == arena.name) & (results["view"] == view)]
    return (stratum for stratum in STRATA if stratum in set(there["stratum"]))


def _scores(mine: pd.DataFrame, bench: Bench) -> dict[str, Any]:
    study = bench.study
    named = {measure: score_name(measure, study.depth) for measure in mine["measure"]}
    values = {str(entry["measure"]): entry for entry in mine.to_dict("records")}
    scores: dict[str, Any] = {named[measure]: float(entry["value"]) for measure, entry in values.items()}
    main = values[study.main_measure]
    return {
        **scores,
        "main_score": scores[named[study.main_measure]],
        "main_score_interval": [float(main["low"]), float(main["high"])],
        "queries": int(main["n"]),
        "computed_by": f"patbench {__version__}",
    }
