from __future__ import annotations

from itertools import permutations
from math import nan, sqrt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from patbench_lib.evaluate.rank_agreement import kendall, spearman


def test_kendall_counts_pairs_in_the_same_order() -> None:
    # Of the pairs of 1 2 3 4 and 1 3 2 4 five are in the same order and one is not.
    tau, p = kendall(np.array([1.0, 2, 3, 4]), np.array([1.0, 3, 2, 4]), draws=1000, seed=0)
    assert tau == pytest.approx((5 - 1) / 6)
    # Of 24 orders, one has no pair exchanged and three have one; as many have none or one in order.
    assert p == pytest.approx(8 / 24)


def test_kendall_within_groups_leaves_out_what_sets_groups_apart() -> None:
    # The second group is far above the first in both, and its own order is turned round.
    first, second = np.array([1.0, 2, 3, 11, 12]), np.array([4.0, 5, 6, 19, 18])
    tau, p = kendall(first, second, ["a", "a", "a", "b", "b"], draws=1000, seed=0)
    assert tau == pytest.approx((3 - 1) / 4)
    # Of 12 orders within groups: sums of signs are 3 1 1 -1 -1 -3 in the first, each with 1 or -1 in the second, so
    # that all but 1 - 1 and -1 + 1, two of each, are 2 or more from 0.
    assert p == pytest.approx(8 / 12)
    drawn = kendall(first, second, ["a", "a", "a", "b", "b"], draws=11, seed=0)
    assert drawn[0] == tau and 0 < drawn[1] <= 1
    assert np.isnan(kendall(first[:2], second[:2], ["a", "b"], draws=10, seed=0)).all(), "no pair within a group"


def test_kendall_takes_ties_out_of_the_scale() -> None:
    tau, _ = kendall(np.array([1.0, 1, 2]), np.array([1.0, 2, 3]), draws=100, seed=0)
    assert tau == pytest.approx(2 / sqrt(2 * 3))


@settings(deadline=None, max_examples=25)
@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=2, max_size=4))
def test_kendall_is_scipys(pairs: list[tuple[int, int]]) -> None:
    first, second = np.array(pairs, dtype=float).T
    tau, p = kendall(first, second, draws=1000, seed=0)
    expected = stats.kendalltau(first, second).statistic
    assert tau == pytest.approx(expected, nan_ok=True)
    if not np.isnan(tau):
        all_of_them = [abs(stats.kendalltau(first, other).statistic) for other in permutations(second)]
        assert p == pytest.approx(np.mean(np.array(all_of_them) >= abs(tau) - 1e-9))


def test_many_permutations_are_drawn() -> None:
    rng = np.random.default_rng(0)
    first = rng.normal(size=12)
    tau, p = kendall(first, first + 0.8 * rng.normal(size=12), draws=4000, seed=0)
    exact = stats.kendalltau(first, first + 0.8 * np.random.default_rng(0).normal(size=24)[12:], method="exact")
    assert tau == pytest.approx(exact.statistic)
    assert p == pytest.approx(exact.pvalue, abs=0.01)


def test_spearman_and_its_interval() -> None:
    rng = np.random.default_rng(1)
    first = rng.normal(size=40)
    second = first + rng.normal(size=40)
    rho, low, high = spearman(first, second, level=0.95, resamples=2000, seed=0)
    assert rho == pytest.approx(stats.spearmanr(first, second).statistic)
    assert low < rho < high
    # Fisher's z with Bonett and Wright's variance gives much the same interval.
    z, reach = np.arctanh(rho), 1.96 * sqrt((1 + rho**2 / 2) / 37)
    assert (low, high) == pytest.approx((np.tanh(z - reach), np.tanh(z + reach)), abs=0.12)


@pytest.mark.parametrize("values", [([1.0, 1, 1], [1.0, 2, 3]), ([1.0, 2, 3], [0.0, 0, 0]), ([1.0], [2.0])])
def test_what_does_not_vary_has_no_order(values: tuple[list[float], list[float]]) -> None:
    first, second = map(np.array, values)
    assert kendall(first, second, draws=10, seed=0) == pytest.approx((nan, nan), nan_ok=True)
    assert spearman(first, second, level=0.9, resamples=10, seed=0) == pytest.approx((nan, nan, nan), nan_ok=True)


def test_resamples_that_do_not_vary_are_left_out() -> None:
    _, low, high = spearman(np.array([1.0, 2, 3]), np.array([1.0, 3, 2]), level=0.9, resamples=500, seed=0)
    assert -1 <= low <= high <= 1
