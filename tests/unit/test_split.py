from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from patbench_lib.evaluate.split import split_queries

FAMILIES = st.lists(st.integers(0, 12), min_size=1, max_size=60).map(np.array)
SHARES = st.floats(0.02, 0.98)


@given(FAMILIES, SHARES, st.integers(0, 50))
def test_no_family_is_on_both_sides_and_every_query_is_on_one(families: np.ndarray, share: float, seed: int) -> None:
    development = split_queries(families, share, seed=seed)
    assert development.shape == families.shape and development.dtype == bool
    assert not set(families[development]) & set(families[~development])
    if len(set(families)) > 1:
        assert development.any() and not development.all()


@given(FAMILIES, SHARES, st.integers(0, 50), st.randoms())
def test_the_order_of_queries_does_not_matter(families: np.ndarray, share: float, seed: int, shuffler: object) -> None:
    order = np.arange(len(families))
    shuffler.shuffle(order)  # type: ignore[attr-defined]
    there = split_queries(families, share, seed=seed)
    assert np.array_equal(split_queries(families[order], share, seed=seed), there[order])


@given(FAMILIES, SHARES, st.integers(0, 50))
def test_the_share_is_missed_by_half_a_family_or_to_leave_one(families: np.ndarray, share: float, seed: int) -> None:
    development = split_queries(families, share, seed=seed)
    sizes = np.bincount(families)
    missed = abs(development.sum() - share * len(families))
    sides = [len(set(families[side])) for side in (development, ~development)]
    assert missed <= sizes.max() / 2 or 1 in sides or 0 in sides


def test_the_nearest_of_all_beginnings_is_taken() -> None:
    # Families of 1, 2 and 3 queries, 3 wanted. By order: 1 2 | 3 and 2 1 | 3 and 3 | … reach them; 2 | 3 1 stops at 2,
    # because 5 is further off; 1 3 | 2 goes on to 4, because 1 is.
    families = np.array([7, 8, 8, 9, 9, 9])
    reached = {int(split_queries(families, 0.5, seed=seed).sum()) for seed in range(30)}
    assert reached == {2, 3, 4}


def test_seeds_give_other_splits_and_one_seed_the_same() -> None:
    families = np.arange(40)
    splits = [split_queries(families, 0.5, seed=seed) for seed in (0, 0, 1, 2)]
    assert np.array_equal(splits[0], splits[1])
    assert all(not np.array_equal(a, b) for a, b in combinations(splits[1:], 2))
    assert [int(split.sum()) for split in splits] == [20] * 4


def test_every_family_is_as_often_chosen_whatever_its_size() -> None:
    families = np.repeat(np.arange(20), [1] * 15 + [4] * 5)
    chosen = np.mean([split_queries(families, 0.5, seed=seed) for seed in range(600)], axis=0)
    small, large = chosen[families < 15].mean(), chosen[families >= 15].mean()
    assert small == pytest.approx(0.5, abs=0.06) and large == pytest.approx(0.5, abs=0.06)


def test_a_single_family_is_all_development() -> None:
    assert split_queries(np.array([3, 3, 3]), 0.5, seed=0).tolist() == [True] * 3
