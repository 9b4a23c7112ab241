from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from patbench_lib.classify.stratify import family_labels, repaired, stratified

SHARES = np.array([0.6, 0.2, 0.2])


def lacks(matrix: np.ndarray, part: np.ndarray) -> int:
    return sum(int((~matrix[part == each].any(0)).sum()) for each in range(3))


def test_a_family_has_the_labels_of_all_its_publications() -> None:
    matrix = np.array([[1, 0, 0], [0, 1, 0], [0, 1, 0], [0, 0, 0]], dtype=bool)
    together, unit = family_labels(matrix, np.array([9, 4, 9, 4]))
    assert together.astype(int).tolist() == [[0, 1, 0], [1, 1, 0]]
    assert unit.tolist() == [1, 0, 1, 0]


def test_the_family_that_moves_has_few_labels_and_leaves_a_part_that_has_too_many() -> None:
    # Label 0 is missing in part 2. Families 0 to 2 of part 0 and 7 of part 1 could bring it; family 0 has two labels,
    # family 1 alone has label 2 in its part, and part 0 holds 7 of 10 where 6 are due: family 2 goes.
    matrix = np.array([[1, 1, 0], [1, 0, 1], [1, 0, 0], *[[0, 1, 0]] * 4, [1, 0, 1], [1, 1, 0], [0, 1, 1]], dtype=bool)
    part = np.array([0] * 7 + [1] * 2 + [2])
    assert (repaired(matrix, part, SHARES) != part).nonzero()[0].tolist() == [2]


def test_a_move_may_cost_a_label_where_it_brings_two() -> None:
    # Family 0 is the only one with label 2 in part 0; in part 2 it brings labels 0 and 1.
    matrix = np.array([[1, 1, 1], [1, 1, 0], [1, 1, 1], [0, 0, 1]], dtype=bool)
    found = repaired(matrix, np.array([0, 0, 1, 2]), SHARES)
    assert lacks(matrix, found) < lacks(matrix, np.array([0, 0, 1, 2]))


def test_what_is_complete_stays_as_it_is() -> None:
    matrix, part = np.ones((6, 2), dtype=bool), np.array([0, 0, 0, 0, 1, 2])
    assert np.array_equal(repaired(matrix, part, SHARES), part)


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 10**6), st.integers(3, 30), st.integers(1, 10))
def test_repair_leaves_no_single_move_that_would_help(seed: int, families: int, labels: int) -> None:
    rng = np.random.default_rng(seed)
    matrix = rng.random((families, labels)) < rng.uniform(0.05, 0.6, labels)
    before = rng.integers(0, 3, families)
    after = repaired(matrix, before, SHARES)
    assert lacks(matrix, after) <= lacks(matrix, before)
    for family in range(families):
        for to in range(3):
            moved = after.copy()
            moved[family] = to
            assert lacks(matrix, moved) >= lacks(matrix, after)


def test_strata_are_even_where_they_can_be() -> None:
    # 20 families of each of four kinds: every part gets its share of each kind, not only of each label
    matrix = np.repeat(np.array([[1, 0, 0], [0, 1, 0], [0, 0, 1], [0, 0, 0]], dtype=bool), 20, axis=0)
    for seed in range(5):
        part = stratified(matrix, SHARES, seed)
        assert [np.bincount(part[i : i + 20], minlength=3).tolist() for i in range(0, 80, 20)] == [[12, 4, 4]] * 4
