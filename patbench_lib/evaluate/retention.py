"""How much of its quality a system keeps when something about it is made cheaper."""

from __future__ import annotations

import numpy as np
import pandas as pd

from patbench_lib.evaluate.compare import by_query
from patbench_lib.evaluate.settings import Statistics
from patbench_lib.evaluate.statistics import bootstrap_means, tails
from patbench_lib.types import Floats, Ints


def retention(
    values: Floats, full: Floats, families: Ints, *, level: float, resamples: int, seed: int
) -> tuple[Floats, Floats, Floats]:
    """Return mean(variant) / mean(full) of each variant and the ends of its percentile interval, each of shape [s].

    Families are resampled for both means together. Where the full system scores 0 there is nothing to keep: nan.

    Parameters
    ----------
    values : score of each query and variant, shape [q, s].
    full : score of each query with the full system, shape [q].
    families : family code of each query, shape [q].
    """
    both = np.column_stack([full, values])
    drawn = bootstrap_means(both, families, resamples=resamples, seed=seed)
    means = both.mean(axis=0)
    if means[0] == 0:
        nothing = np.full(values.shape[1], np.nan)
        return nothing, nothing, nothing
    shares = drawn[drawn[:, 0] > 0]  # a resample in which the full system finds nothing tells nothing
    low, high = np.quantile(shares[:, 1:] / shares[:, :1], tails(level), axis=0)
    return means[1:] / means[0], low, high


def retained(scores: pd.DataFrame, statistics: Statistics, *, seed: int) -> pd.DataFrame:
    """Return what each variant of each system retains of its full vectors' score.

    Parameters
    ----------
    scores : per-query scores of one landscape, view, stratum and measure: system, variant (`full` is one of them),
        query, family, value.

    Returns
    -------
    pandas.DataFrame
        system, variant, value (mean), full (mean of the full vectors), retention, low, high, n (queries).
    """
    rows = []
    for system, mine in scores.groupby("system", sort=False):
        wide, families = by_query(mine, "variant")
        shares = retention(
            wide.to_numpy(),
            wide["full"].to_numpy(),
            families,
            level=statistics.level,
            resamples=statistics.resamples,
            seed=seed,
        )
        full, n = float(wide["full"].mean()), len(wide)
        rows += [
            (system, variant, wide[variant].mean(), full, *ends, n)
            for variant, *ends in zip(wide.columns, *shares, strict=True)
        ]
    return pd.DataFrame(rows, columns=["system", "variant", "value", "full", "retention", "low", "high", "n"])
