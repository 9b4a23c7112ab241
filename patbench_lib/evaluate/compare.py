"""Tables that compare systems: means with intervals, and differences to a baseline with corrected p-values."""

from __future__ import annotations

import numpy as np
import pandas as pd

from patbench_lib.evaluate.settings import Statistics
from patbench_lib.evaluate.statistics import bootstrap_means, holm, interval, randomisation_test
from patbench_lib.types import Floats, Ints

CELL = ["landscape", "view", "stratum", "measure"]
"""What one comparison of systems holds fixed."""


def means(scores: pd.DataFrame, statistics: Statistics, *, seed: int) -> pd.DataFrame:
    """Return the mean of each system with its interval.

    Parameters
    ----------
    scores : per-query scores with landscape, system, view, query, family, stratum, measure, value.

    Returns
    -------
    pandas.DataFrame
        landscape, view, stratum, measure, system, value, low, high, n (queries).
    """
    rows = []
    for cell, group in scores.groupby(CELL, sort=False):
        wide, families = by_query(group)
        low, high = interval(
            wide.to_numpy(), families, level=statistics.level, resamples=statistics.resamples, seed=seed
        )
        means_ = wide.mean()
        rows += [(*cell, s, means_[s], low[i], high[i], len(wide)) for i, s in enumerate(wide.columns)]
    return pd.DataFrame(rows, columns=[*CELL, "system", "value", "low", "high", "n"])


def against(scores: pd.DataFrame, baseline: str, statistics: Statistics, *, seed: int) -> pd.DataFrame:
    """Compare every system with a baseline, query by query.

    p-values come from the paired randomisation test over families; `p_holm` corrects them for the number of systems
    compared in the same landscape, view, stratum and measure.

    Returns
    -------
    pandas.DataFrame
        landscape, view, stratum, measure, system, difference, low, high, p, p_holm, significant, n.
    """
    rows = []
    for cell, group in scores.groupby(CELL, sort=False):
        wide, families = by_query(group)
        others = [system for system in wide.columns if system != baseline]
        if not others:
            continue
        differences = (wide[others].to_numpy().T - wide[baseline].to_numpy()).T
        low, high, p = _test(differences, families, statistics, seed)
        p_holm, mean = holm(p), differences.mean(0)
        for i, system in enumerate(others):
            verdict = bool(p_holm[i] <= 1 - statistics.level + 1e-12)
            rows.append((*cell, system, mean[i], low[i], high[i], p[i], p_holm[i], verdict, len(wide)))
    columns = [*CELL, "system", "difference", "low", "high", "p", "p_holm", "significant", "n"]
    return pd.DataFrame(rows, columns=columns)


def _test(differences: Floats, families: Ints, statistics: Statistics, seed: int) -> tuple[Floats, Floats, Floats]:
    sample = {"resamples": statistics.resamples, "seed": seed}
    low, high = interval(differences, families, level=statistics.level, **sample)
    return low, high, randomisation_test(differences, families, permutations=statistics.permutations, seed=seed)


def relative_gap(scores: pd.DataFrame, statistics: Statistics, *, seed: int) -> pd.DataFrame:
    """Return how much lower each system scores on OUT than on IN, as a share of IN.

    The two strata have different queries, so IN and OUT are resampled apart, each by family.

    Returns
    -------
    pandas.DataFrame
        landscape, view, measure, system, gap (1 - OUT/IN), low, high, n_in, n_out; no row where a stratum is empty.
    """
    rows = []
    for cell, group in scores.groupby(["landscape", "view", "measure"], sort=False):
        parts = [by_query(group[group["stratum"] == stratum]) for stratum in ("IN", "OUT")]
        (inside, _), (outside, _) = parts
        if inside.empty or outside.empty:
            continue
        drawn = [
            bootstrap_means(wide.to_numpy(), families, resamples=statistics.resamples, seed=seed + i)
            for i, (wide, families) in enumerate(parts)
        ]
        with np.errstate(divide="ignore", invalid="ignore"):
            gap = 1 - outside.mean() / inside.mean()
            spread = 1 - drawn[1] / drawn[0]
        tails = [(1 - statistics.level) / 2, (1 + statistics.level) / 2]
        low, high = np.nanquantile(spread, tails, axis=0)
        rows += [
            (*cell, system, gap[system], low[i], high[i], len(inside), len(outside))
            for i, system in enumerate(inside.columns)
        ]
    return pd.DataFrame(rows, columns=["landscape", "view", "measure", "system", "gap", "low", "high", "n_in", "n_out"])


def by_query(group: pd.DataFrame) -> tuple[pd.DataFrame, Ints]:
    """Return scores with a row a query and a column a system, in order of appearance, and each query's family."""
    systems = list(dict.fromkeys(group["system"]))
    wide = group.pivot(index="query", columns="system", values="value")[systems].sort_index()
    families = group.drop_duplicates("query").set_index("query")["family"].loc[wide.index].to_numpy()
    return wide, families
