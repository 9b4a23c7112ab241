"""How alike two orders of a few things are: Kendall's tau with its permutation test, Spearman's with an interval."""

from __future__ import annotations

from itertools import combinations, permutations
from math import factorial

import numpy as np

from patbench_lib.evaluate.statistics import tails
from patbench_lib.types import Floats, Ints

ROUNDING = 1e-9
"""Statistics closer than this are equal: they are sums of few terms."""


def kendall(first: Floats, second: Floats, *, draws: int, seed: int) -> tuple[float, float]:
    """Return Kendall's tau-b of two orders and the two-sided p-value of its permutation test.

    tau-b = (pairs in the same order - pairs in opposite order) / sqrt(pairs not tied in the first * pairs not tied in
    the second) (Kendall, The Treatment of Ties in Ranking Problems, 1945). All permutations are gone through where
    there are no more than `draws` of them; else p = (1 + drawn ones at least as far from 0) / (1 + draws).

    Returns
    -------
    (float, float)
        nan for both where one of the two does not vary.
    """
    if len(first) < 2 or np.ptp(first) == 0 or np.ptp(second) == 0:
        return float("nan"), float("nan")
    left, right = np.array(list(combinations(range(len(first)), 2))).T
    signs, others = (np.sign(each[left] - each[right]) for each in (first, second))
    scale = np.sqrt(np.abs(signs).sum() * np.abs(others).sum())
    orders, exact = _orders(len(first), draws, seed)
    permuted = np.sign(second[orders[:, left]] - second[orders[:, right]]) @ signs / scale
    tau = float(signs @ others / scale)
    as_far = int((np.abs(permuted) >= abs(tau) - ROUNDING).sum())
    return tau, as_far / len(orders) if exact else (1 + as_far) / (1 + draws)


def _orders(n: int, draws: int, seed: int) -> tuple[Ints, bool]:
    """Return permutations of n things, one a row, and whether they are all there are."""
    if factorial(n) <= draws:
        return np.array(list(permutations(range(n)))), True
    return np.random.default_rng(seed).permuted(np.tile(np.arange(n), (draws, 1)), axis=1), False


def spearman(first: Floats, second: Floats, *, level: float, resamples: int, seed: int) -> tuple[float, float, float]:
    """Return Spearman's rank correlation of two values of the same things, and a percentile bootstrap interval of it.

    Things are resampled, with replacement; a resample in which one of the values does not vary has no correlation and
    is left out (Efron and Tibshirani, An Introduction to the Bootstrap, 1993).

    Returns
    -------
    (float, float, float)
        nan for all three where one of the two does not vary.
    """
    if len(first) < 2 or np.ptp(first) == 0 or np.ptp(second) == 0:
        return float("nan"), float("nan"), float("nan")
    drawn = np.random.default_rng(seed).integers(0, len(first), size=(resamples, len(first)))
    found = _correlations(first[drawn], second[drawn])
    low, high = np.nanquantile(found, tails(level))
    return float(_correlations(first[None], second[None])[0]), float(low), float(high)


def _correlations(first: Floats, second: Floats) -> Floats:
    """Return the rank correlation of each row of two arrays [draws, n], nan where a row does not vary."""
    from scipy.stats import rankdata

    one, other = (rankdata(each, axis=1) - (each.shape[1] + 1) / 2 for each in (first, second))
    below = np.sqrt((one**2).sum(1) * (other**2).sum(1))
    found: Floats = np.divide((one * other).sum(1), below, out=np.full(len(below), np.nan), where=below > 0)
    return found
