"""How alike two orders of a few things are: Kendall's tau with its permutation test, Spearman's with an interval."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from itertools import permutations
from math import factorial, prod

import numpy as np

from patbench_lib.evaluate.statistics import tails
from patbench_lib.types import Floats, Ints

ROUNDING = 1e-9
"""Statistics closer than this are equal: they are sums of few terms."""


def kendall(
    first: Floats, second: Floats, groups: Sequence[Hashable] | None = None, *, draws: int, seed: int
) -> tuple[float, float]:
    """Return Kendall's tau-b of two orders and the two-sided p-value of its permutation test.

    tau-b = (pairs in the same order - pairs in opposite order) / sqrt(pairs not tied in the first * pairs not tied in
    the second) (Kendall, The Treatment of Ties in Ranking Problems, 1945). All permutations are gone through where
    there are no more than `draws` of them; else p = (1 + drawn ones at least as far from 0) / (1 + draws).

    Parameters
    ----------
    groups : of each thing, where order counts within groups alone: pairs are of one group, and so are permutations.

    Returns
    -------
    (float, float)
        nan for both where one of the two does not vary.
    """
    _, code = np.unique([str(each) for each in groups or [""] * len(first)], return_inverse=True)
    left, right = np.triu_indices(len(first), 1)
    alike = code[left] == code[right]
    left, right = left[alike], right[alike]
    signs, others = (np.sign(each[left] - each[right]) for each in (first, second))
    scale = np.sqrt(np.abs(signs).sum() * np.abs(others).sum())
    if scale == 0:
        return float("nan"), float("nan")
    orders, exact = _orders(code, draws, seed)
    permuted = np.sign(second[orders[:, left]] - second[orders[:, right]]) @ signs / scale
    tau = float(signs @ others / scale)
    as_far = int((np.abs(permuted) >= abs(tau) - ROUNDING).sum())
    return tau, as_far / len(orders) if exact else (1 + as_far) / (1 + draws)


def _orders(code: Ints, draws: int, seed: int) -> tuple[Ints, bool]:
    """Return permutations of things within their groups, one a row, and whether they are all there are."""
    places = [np.flatnonzero(code == group) for group in np.unique(code)]
    every = prod(factorial(len(some)) for some in places) <= draws
    orders = np.tile(np.arange(len(code)), (1 if every else draws, 1))
    rng = np.random.default_rng(seed)
    for some in places:
        if every:
            mine = np.array(list(permutations(some.tolist())))
            orders = np.repeat(orders, len(mine), axis=0)
            orders[:, some] = np.tile(mine, (len(orders) // len(mine), 1))
        else:
            orders[:, some] = rng.permuted(orders[:, some], axis=1)
    return orders, every


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
