from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from patbench_lib.classify import knn
from patbench_lib.classify.knn import neighbours, votes


def by_hand(train: np.ndarray, test: np.ndarray, k: int) -> list[list[int]]:
    """Sort all rows by distance, then by their number."""
    squares = np.square(test[:, None].astype(np.float64) - train[None]).sum(axis=2)
    return [sorted(range(len(train)), key=lambda row: (of_one[row], row))[:k] for of_one in squares]


def test_the_nearest_come_first_and_ties_go_to_the_lower_row() -> None:
    train = np.array([[3.0], [0.0], [2.0], [0.0], [1.0]], dtype=np.float32)
    assert neighbours(train, np.array([[1.0]], dtype=np.float32), 4).tolist() == [[4, 1, 2, 3]]


def test_distance_is_not_direction() -> None:
    train = np.array([[10.0, 0.0], [0.5, 0.5]], dtype=np.float32)
    assert neighbours(train, np.array([[1.0, 0.0]], dtype=np.float32), 1).tolist() == [[1]]


@given(st.integers(0, 10_000), st.integers(1, 8), st.sampled_from([0.0, 1e4]))
def test_many_equal_distances_are_in_row_order(seed: int, k: int, offset: float) -> None:
    rng = np.random.default_rng(seed)
    train, test = ((rng.integers(0, 3, (n, 2)) + offset).astype(np.float32) for n in (20, 6))
    assert neighbours(train, test, k).tolist() == by_hand(train, test, k)


def test_distances_that_single_precision_cannot_tell_apart_are_told_apart() -> None:
    near = np.linspace(1, 1 + 30 * 2.0**-23, 31, dtype=np.float32)[::-1, None]
    far = np.array([[-1000.0]], dtype=np.float32)
    found = neighbours(np.vstack([near, far]), np.array([[0.5]], dtype=np.float32), 3)
    assert found.tolist() == [[30, 29, 28]]


def test_blocks_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    train, test = (rng.standard_normal((n, 5)).astype(np.float32) for n in (50, 23))
    whole = neighbours(train, test, 4)
    monkeypatch.setattr(knn, "BLOCK_MB", 0)  # one text, one pair at a time
    np.testing.assert_array_equal(neighbours(train, test, 4), whole)


def test_no_more_neighbours_than_training_texts() -> None:
    train = np.eye(2, dtype=np.float32)
    assert neighbours(train, train, 5).tolist() == [[0, 1], [1, 0]]


def test_votes_are_shares_and_a_missing_neighbour_has_none() -> None:
    labels = np.array([[True, False], [True, True], [False, False]])
    found = np.array([[0, 1, 2], [1, -1, -1]])
    assert votes(found, labels, 3) == pytest.approx(np.array([[2 / 3, 1 / 3], [1 / 3, 1 / 3]]))
