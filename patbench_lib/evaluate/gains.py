"""What one system gains over another, and what that does to the gap between IN and OUT."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.linalg import block_diag

from patbench_lib.evaluate.settings import Statistics
from patbench_lib.evaluate.statistics import bootstrap_means, holm, interval, randomisation_test
from patbench_lib.types import Floats, Ints


def gain_table(differences: pd.DataFrame, families: Ints, statistics: Statistics, *, seed: int) -> pd.DataFrame:
    """Return the mean of each column of differences with its interval and test, Holm-corrected over the columns.

    Where `compare.against` has one baseline, here each column may have its own.

    Parameters
    ----------
    differences : what each query gains, a row a query and a column a system.
    families : family code of each query, shape [q].

    Returns
    -------
    pandas.DataFrame
        system, difference, low, high, p, p_holm, significant, n (queries).
    """
    values = differences.to_numpy(dtype=float)
    low, high = interval(values, families, level=statistics.level, resamples=statistics.resamples, seed=seed)
    p = randomisation_test(values, families, permutations=statistics.permutations, seed=seed)
    corrected = holm(p)
    return pd.DataFrame(
        {
            "system": list(differences.columns),
            "difference": values.mean(0),
            "low": low,
            "high": high,
            "p": p,
            "p_holm": corrected,
            "significant": corrected <= 1 - statistics.level + 1e-12,
            "n": len(values),
        }
    )


def gap_change(
    inside: Floats, outside: Floats, in_families: Ints, out_families: Ints, statistics: Statistics, *, seed: int
) -> dict[str, float]:
    """Return how the relative gap 1 - OUT/IN of a second system differs from that of a first.

    Families are resampled for both strata and both systems together.

    Parameters
    ----------
    inside, outside : scores of the two systems on queries of each stratum, shapes [a, 2] and [b, 2].
    in_families, out_families : families of these queries, shapes [a] and [b].

    Returns
    -------
    dict
        first, second (the gaps), change (second - first), low, high. NaN where a system scores 0 on all of IN.
    """
    columns = block_diag(*(np.column_stack([np.ones(len(part)), part]) for part in (inside, outside)))
    families = np.concatenate([in_families, out_families])
    drawn = bootstrap_means(columns, families, resamples=statistics.resamples, seed=seed)
    with np.errstate(divide="ignore", invalid="ignore"):
        first, second = 1 - outside.mean(0) / inside.mean(0)
        gaps = 1 - (drawn[:, 4:] / drawn[:, [3]]) / (drawn[:, 1:3] / drawn[:, [0]])
        change, drawn_changes = second - first, gaps[:, 1] - gaps[:, 0]
    known, tails = drawn_changes[np.isfinite(drawn_changes)], [(1 - statistics.level) / 2, (1 + statistics.level) / 2]
    low, high = np.quantile(known, tails) if len(known) and np.isfinite(change) else (np.nan, np.nan)
    return {"first": first, "second": second, "change": change, "low": low, "high": high}


def rank_correlation(first: Floats, second: Floats, *, permutations: int, seed: int) -> tuple[float, float]:
    """Return Spearman's correlation and the two-sided p-value of its permutation test.

    The test goes through all pairings where there are no more than `permutations` of them, so it is exact for a few
    systems; the approximation by Student's t is not used, because it fails just there.

    Returns
    -------
    (float, float)
        NaN for both where one of the two does not vary.
    """
    from scipy.stats import permutation_test, rankdata

    ranks, others = rankdata(first), rankdata(second)
    if np.ptp(ranks) == 0 or np.ptp(others) == 0:
        return float("nan"), float("nan")
    found = permutation_test(
        (ranks,),
        lambda x: float(np.corrcoef(x, others)[0, 1]),
        permutation_type="pairings",
        n_resamples=permutations,
        rng=np.random.default_rng(seed),
    )
    return float(found.statistic), float(found.pvalue)
