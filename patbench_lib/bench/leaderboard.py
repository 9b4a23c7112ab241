"""All tasks of a study side by side: the values of every system, read off the tables of results, and its mean rank."""

from __future__ import annotations

import pandas as pd

from patbench_lib.bench.bench import Bench
from patbench_lib.bench.classification import MAIN, classification_results
from patbench_lib.bench.cluster_cases import cases
from patbench_lib.bench.clustering import clustering_results, select
from patbench_lib.bench.results import retrieval_results

COLUMNS = ["task", "view", "measure", "stratum", "system", "value", "decides"]

CLASSIFIED = (MAIN, "macro-F1")
CLUSTERED = ("V-measure", "ARI")
"""Measures that are shown; the first of each decides the rank."""


def board(bench: Bench) -> pd.DataFrame:
    """Return what each system reaches in every task that the study has, on every view that the task is judged on.

    Classification is that of probes, a mean over label sets; clustering is the leading case of notebook 09. Baselines
    that are no system of the study are left out.

    Returns
    -------
    pandas.DataFrame
        task ("retrieval", "retrieval: NAME" on another landscape, "classification", "clustering"), view, measure,
        stratum, system, value, decides: whether the task's rank goes by this row.
    """
    tables = [_retrieval(bench), _classification(bench), _clustering(bench)]
    filled = [table for table in tables if len(table)]
    joined = pd.concat(filled, ignore_index=True) if filled else pd.DataFrame()
    return joined.reindex(columns=COLUMNS).astype({"decides": bool})


def _retrieval(bench: Bench) -> pd.DataFrame:
    if bench.arena.unjudged:
        return pd.DataFrame()
    results, _ = retrieval_results(bench)
    mine = results[results["measure"] == bench.study.main_measure]
    tasks = {arena.name: "retrieval" if arena is bench.arena else f"retrieval: {arena.name}" for arena in bench.arenas}
    leads = {arena.name: str(arena.views[0]) for arena in bench.arenas}
    leading = mine["view"].astype(str) == mine["landscape"].map(leads)
    decides = leading & (mine["stratum"] == "ALL")
    return mine.assign(task=mine["landscape"].map(tasks), decides=decides)


def _classification(bench: Bench) -> pd.DataFrame:
    results, _ = classification_results(bench)
    mine = results[(results["method"] == "probe") & results["system"].isin(bench.study.systems)]
    return _means(mine, "classification", CLASSIFIED)


def _clustering(bench: Bench) -> pd.DataFrame:
    results, asked = clustering_results(bench), cases(bench)
    if not asked or results.empty:
        return pd.DataFrame()
    return _means(select(results, asked[0]), "clustering", CLUSTERED)


def _means(results: pd.DataFrame, task: str, measures: tuple[str, ...]) -> pd.DataFrame:
    """Return the mean of each system by each measure; of the label sets, where a table has several."""
    mine = results[results["measure"].isin(measures)]
    means = mine.groupby(["view", "measure", "system"], sort=False)["value"].mean().reset_index()
    return means.assign(task=task, stratum="ALL", decides=means["measure"] == measures[0])


def ranks(values: pd.DataFrame) -> pd.DataFrame:
    """Return the rank of each system in each task, 1 the best, equal values sharing the mean of their ranks.

    A system that has no value in some task has no rank in any: a mean over fewer tasks compares with no other, and
    others would rank behind it in the tasks it has.

    Parameters
    ----------
    values : of `board`.

    Returns
    -------
    pandas.DataFrame
        A row for each system with a value in every task, the best mean first; a column for each task; then `mean`.
    """
    deciding = values[values["decides"]]
    tasks = list(dict.fromkeys(deciding["task"]))
    wide = deciding.pivot(index="system", columns="task", values="value")[tasks].dropna()
    placed = wide.rank(ascending=False, method="average")
    return placed.assign(mean=placed.mean(axis=1)).sort_values("mean", kind="stable")
