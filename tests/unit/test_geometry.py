from __future__ import annotations

from math import exp, log

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.linalg import orthogonal_procrustes

from patbench_lib.evaluate.geometry import alignment, kept, moved, uniformity


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


def test_a_quarter_turn_moves_all_and_nothing_after_rotation() -> None:
    before = np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]])
    turned = before @ np.array([[0.0, 1.0], [-1.0, 0.0]])
    assert moved(before, turned) == pytest.approx((1.0, 0.0))
    assert moved(before, -before) == pytest.approx((2.0, 0.0))
    assert moved(before, 3 * before) == pytest.approx((0.0, 0.0))


def test_what_no_rotation_undoes_is_left() -> None:
    before, after = np.array([[1.0, 0.0], [1.0, 0.0]]), np.array([[1.0, 0.0], [0.0, 1.0]])
    # Cosines 1 and 0. The best rotation turns by 45 degrees, which leaves a cosine of 1/sqrt 2 to both.
    assert moved(before, after) == pytest.approx((0.5, 1 - 2**-0.5))


@given(st.integers(0, 10**6))
def test_the_rotation_is_that_of_scipy_and_never_leaves_more(seed: int) -> None:
    before, after = drawn(seed), drawn(seed + 1)
    old, new = (each / np.linalg.norm(each, axis=1, keepdims=True) for each in (before, after))
    turn, _ = orthogonal_procrustes(old, new)
    as_they_are, rotated = moved(before, after)
    assert rotated == pytest.approx(1 - ((old @ turn) * new).sum(axis=1).mean())
    assert 0 <= rotated <= as_they_are + 1e-12 <= 2 + 1e-9


@given(st.integers(0, 10**6))
def test_a_rotation_of_all_vectors_changes_nothing_but_where_they_are(seed: int) -> None:
    one, other, turn = drawn(seed), drawn(seed + 1), rotation(seed + 2)
    assert alignment(one @ turn, other @ turn) == pytest.approx(alignment(one, other))
    assert uniformity(one @ turn, seed=0) == pytest.approx(uniformity(one, seed=0))
    assert moved(one, other @ turn)[1] == pytest.approx(moved(one, other)[1])
    assert moved(one, one @ turn)[1] == pytest.approx(0, abs=1e-9)
    assert 0 <= alignment(one, other) <= 4 and -8 <= uniformity(one, seed=0) <= 0


def test_texts_without_a_token_are_left_out_and_nothing_is_nan() -> None:
    before, after = drawn(1), drawn(2)
    empty, gap = np.vstack([before, np.zeros(4)]), np.vstack([after, np.ones(4)])
    assert alignment(empty, gap) == alignment(before, after)
    assert uniformity(empty, seed=0) == uniformity(before, seed=0)
    assert moved(empty, gap) == moved(before, after)
    nothing = np.zeros((2, 4))
    assert np.isnan([alignment(nothing, nothing), uniformity(nothing, seed=0), *moved(nothing, nothing)]).all()
    assert np.isnan(uniformity(before[:1], seed=0)) and np.isnan(alignment(before[:0], after[:0]))


def test_neighbours_kept_are_a_share_of_those_there_were() -> None:
    before = np.array([[1, 2, 3], [4, 5, -1], [-1, -1, -1]])
    after = np.array([[3, 9, 1], [4, -1, -1], [-1, -1, -1]])
    assert kept(before, after) == pytest.approx((2 / 3 + 1 / 2) / 2)
    assert np.isnan(kept(before[2:], after[2:]))
