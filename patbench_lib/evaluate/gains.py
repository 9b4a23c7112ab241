"""What systems gain over others, each over its own, and how gains go with strength."""

from __future__ import annotations

import numpy as np
import pandas as pd

from patbench_lib.evaluate.compare import COMPARED, tested
from patbench_lib.evaluate.settings import Statistics
from patbench_lib.evaluate.statistics import holm, significant
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
    measured = tested(differences.to_numpy(dtype=float), families, statistics, seed=seed)
    corrected = holm(measured["p"])
    judged = {"p_holm": corrected, "significant": significant(corrected, statistics.level)}
    return pd.DataFrame({"system": list(differences.columns), **measured, **judged})[COMPARED]


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
