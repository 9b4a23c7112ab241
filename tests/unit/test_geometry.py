from __future__ import annotations

from math import exp, log

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from patbench_lib.evaluate.geometry import alignment, correlation, kept, moved, uniformity


def drawn(seed: int, n: int = 12, dim: int = 4) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(n, dim))


def rotation(seed: int, dim: int = 4) -> np.ndarray:
    return np.linalg.qr(drawn(seed, dim, dim))[0]


def test_alignment_is_the_mean_squared_distance_on_the_sphere() -> None:
    one = np.array([[2.0, 0.0], [0.0, 1.0], [3.0, 0.0]])
    other = np.array([[5.0, 0.0], [1.0, 0.0], [-1.0, 0.0]])
    # The same direction, at a right angle, opposite: 0, 1 + 1 and 2 squared.
    assert alignment(one, other) == pytest.approx((0 + 2 + 4) / 3)


def test_uniformity_is_the_log_of_the_mean_over_pairs() -> None:
    corners = np.array([[1.0, 0.0], [0.0, 2.0], [-1.0, 0.0]])
    # Two pairs at a right angle, squared distance 2, and one opposite, 4.
    assert uniformity(corners, seed=0) == pytest.approx(log((2 * exp(-4) + exp(-8)) / 3))
    assert uniformity(np.ones((5, 3)), seed=0) == pytest.approx(0.0)


def test_uniformity_of_many_is_near_that_of_all() -> None:
    points = drawn(3, 1500, 8)
    whole = uniformity(points, seed=0)
    some = [uniformity(points, seed=seed, largest=400) for seed in range(5)]
    assert len(set(some)) == 5 and whole == uniformity(points, seed=1)
    assert np.mean(some) == pytest.approx(whole, abs=0.02)


def test_a_quarter_turn_moves_all_and_keeps_every_cosine() -> None:
    before = np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]])
    turned = before @ np.array([[0.0, 1.0], [-1.0, 0.0]])
    for after, far in ((turned, 1.0), (-before, 2.0), (3 * before, 0.0)):
        assert moved(before, after) == pytest.approx(far)
        assert correlation(before, after, seed=0) == pytest.approx(1.0)


def test_cosines_that_change_places_correlate_by_hand() -> None:
    before = np.array([[1.0, 0.0, 0.0], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])
    after = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 1.0, 0.0]])
    # Cosines of the three pairs 1, 0, 0 before and 0, 0, 1 after: their covariance is -1/9, either variance 2/9.
    assert correlation(before, after, seed=0) == pytest.approx(-0.5)
    assert moved(before, after) == pytest.approx(1 / 3)


def test_vectors_that_have_nothing_to_do_with_each_other_do_not_correlate_however_few() -> None:
    before, after = drawn(1, 60, 384), drawn(2, 60, 384)
    assert abs(correlation(before, after, seed=0)) < 0.1


def test_the_correlation_of_many_is_near_that_of_all() -> None:
    before = drawn(3, 600, 8)
    after = before + drawn(4, 600, 8)
    whole, some = correlation(before, after, seed=0), correlation(before, after, seed=0, largest=300)
    assert whole != some and some == pytest.approx(whole, abs=0.03)


@given(st.integers(0, 10**6))
def test_a_rotation_of_all_vectors_changes_nothing_but_where_they_are(seed: int) -> None:
    one, other, turn = drawn(seed), drawn(seed + 1), rotation(seed + 2)
    assert alignment(one @ turn, other @ turn) == pytest.approx(alignment(one, other))
    assert uniformity(one @ turn, seed=0) == pytest.approx(uniformity(one, seed=0))
    assert correlation(one, other @ turn, seed=0) == pytest.approx(correlation(one, other, seed=0))
    assert correlation(one, one @ turn, seed=0) == pytest.approx(1)
    assert 0 <= moved(one, other) <= 2
    assert 0 <= alignment(one, other) <= 4 and -8 <= uniformity(one, seed=0) <= 0


def test_texts_without_a_token_are_left_out_and_nothing_is_nan() -> None:
    before, after = drawn(1), drawn(2)
    empty, gap = np.vstack([before, np.zeros(4)]), np.vstack([after, np.ones(4)])
    assert alignment(empty, gap) == alignment(before, after)
    assert uniformity(empty, seed=0) == uniformity(before, seed=0)
    assert moved(empty, gap) == moved(before, after)
    assert correlation(empty, gap, seed=0) == correlation(before, after, seed=0)
    nothing = np.zeros((2, 4))
    assert np.isnan([alignment(nothing, nothing), uniformity(nothing, seed=0), moved(nothing, nothing)]).all()
    assert np.isnan([correlation(each, each, seed=0) for each in (nothing, before[:2], np.ones((4, 3)))]).all()
    assert np.isnan(uniformity(before[:1], seed=0)) and np.isnan(alignment(before[:0], after[:0]))


def test_neighbours_kept_are_a_share_of_those_there_were() -> None:
    before = np.array([[1, 2, 3], [4, 5, -1], [-1, -1, -1]])
    after = np.array([[3, 9, 1], [4, -1, -1], [-1, -1, -1]])
    assert kept(before, after) == pytest.approx((2 / 3 + 1 / 2) / 2)
    assert np.isnan(kept(before[2:], after[2:]))
