"""The gap between IN and OUT: how much lower a system scores on queries whose answers lie outside their domain.

A query may have relevant documents in both strata, and a family queries in both, so families are resampled for the two
strata together.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.linalg import block_diag

from patbench_lib.evaluate.compare import by_query
from patbench_lib.evaluate.settings import Statistics
from patbench_lib.evaluate.statistics import bootstrap_means, tails
from patbench_lib.types import Floats, Ints


def relative_gap(scores: pd.DataFrame, statistics: Statistics, *, seed: int) -> pd.DataFrame:
    """Return how much lower each system scores on OUT than on IN, as a share of IN.

    Returns
    -------
    pandas.DataFrame
        landscape, view, measure, system, gap (1 - OUT/IN), low, high, n_in, n_out; no row where a stratum is empty.
    """
    rows = []
    for cell, group in scores.groupby(["landscape", "view", "measure"], sort=False):
        (inside, in_family), (outside, out_family) = (
            by_query(group[group["stratum"] == stratum]) for stratum in ("IN", "OUT")
        )
        if inside.empty or outside.empty:
            continue
        values = inside.to_numpy(), outside[inside.columns].to_numpy()
        gap, spread = _gaps(*values, in_family, out_family, statistics, seed)
        low, high = np.nanquantile(spread, tails(statistics.level), axis=0)
        sizes = len(inside), len(outside)
        rows += [(*cell, *row, *sizes) for row in zip(inside.columns, gap, low, high, strict=True)]
    return pd.DataFrame(rows, columns=["landscape", "view", "measure", "system", "gap", "low", "high", "n_in", "n_out"])


def gap_change(
    inside: Floats, outside: Floats, in_families: Ints, out_families: Ints, statistics: Statistics, *, seed: int
) -> dict[str, float]:
    """Return how the relative gap 1 - OUT/IN of a second system differs from that of a first.

    Parameters
    ----------
    inside, outside : scores of the two systems on queries of each stratum, shapes [a, 2] and [b, 2].
    in_families, out_families : families of these queries, shapes [a] and [b].

    Returns
    -------
    dict
        first, second (the gaps), change (second - first), low, high. NaN where a system scores 0 on all of IN.
    """
    (first, second), spread = _gaps(inside, outside, in_families, out_families, statistics, seed)
    with np.errstate(invalid="ignore"):
        change, changes = second - first, spread[:, 1] - spread[:, 0]
    known = changes[np.isfinite(changes)]
    missing = not (len(known) and np.isfinite(change))
    low, high = (np.nan, np.nan) if missing else np.quantile(known, tails(statistics.level))
    return {"first": first, "second": second, "change": change, "low": low, "high": high}


def _gaps(
    inside: Floats, outside: Floats, in_families: Ints, out_families: Ints, statistics: Statistics, seed: int
) -> tuple[Floats, Floats]:
    """Return the gap of each system, shape [s], and in each resample, shape [resamples, s]; not finite for IN of 0."""
    # Blocks of which each begins with ones: divided by the means of these, all means are over the rows of a block.
    columns = block_diag(*(np.column_stack([np.ones(len(part)), part]) for part in (inside, outside)))
    families = np.concatenate([in_families, out_families])
    drawn = bootstrap_means(columns, families, resamples=statistics.resamples, seed=seed)
    of_in, of_out = np.split(drawn, 2, axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        gap = 1 - outside.mean(0) / inside.mean(0)
        return gap, 1 - (of_out[:, 1:] / of_out[:, [0]]) / (of_in[:, 1:] / of_in[:, [0]])
