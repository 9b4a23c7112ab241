from __future__ import annotations

import re

import numpy as np
import pytest
from fixtures.labelled import bare_landscape, label_set
from hypothesis import given, settings
from hypothesis import strategies as st

from patbench_lib.classify.settings import Classification
from patbench_lib.classify.split import PARTS, Split, make_split, training_share
from patbench_lib.errors import PatbenchError

STRATIFIED, DATE = Classification(), Classification(split="date")


def drawn(seed: int, families: int, labels: int) -> tuple[np.ndarray, np.ndarray]:
    """Draw a matrix of labels, of all frequencies, and families of one to four publications; some have no label.

    Each label is on three families or more, as those of a landscape's label sets are.
    """
    rng = np.random.default_rng(seed)
    family = rng.permutation(np.repeat(np.arange(families), rng.integers(1, 5, families)))
    matrix = rng.random((families, labels))[family] < rng.uniform(0.02, 0.5, labels)
    matrix &= rng.random(matrix.shape) < 0.8
    for label in range(labels):
        if len(set(family[matrix[:, label]])) < 3:
            matrix[np.isin(family, rng.choice(families, 3, replace=False)), label] = True
    return matrix, family


def parts(split: Split) -> list[np.ndarray]:
    return [split.train, split.validation, split.test]


def check_whole(split: Split, rows: np.ndarray, family: np.ndarray) -> None:
    together = np.concatenate([*parts(split), split.straddling, split.undated])
    assert np.array_equal(np.sort(together), rows)
    assert all(len(part) and (np.diff(part) > 0).all() for part in parts(split))
    families = [set(family[part]) for part in parts(split)]
    assert not families[0] & families[1] and not families[0] & families[2] and not families[1] & families[2]


def check_absent(split: Split, matrix: np.ndarray) -> None:
    lacking = {
        f"L{i}": tuple(name for name, part in zip(PARTS, parts(split), strict=True) if not matrix[part, i].any())
        for i in range(matrix.shape[1])
    }
    assert dict(split.absent) == {label: names for label, names in lacking.items() if names}


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 10**6), st.integers(12, 60), st.integers(2, 15))
def test_families_are_whole_and_labels_where_support_allows(seed: int, families: int, labels: int) -> None:
    matrix, family = drawn(seed, families, labels)
    made = label_set(matrix)
    split = make_split(made, bare_landscape(family), STRATIFIED, seed)
    check_whole(split, made.rows, family)
    check_absent(split, matrix)
    holders = [
        [set(np.flatnonzero(matrix[family == code].any(0))) for code in set(family[part])] for part in parts(split)
    ]
    for label in range(labels):
        if sum(label in each for part in holders for each in part) > 2 * labels:
            assert f"L{label}" not in split.absent
    # no single family could have moved to a part that lacks its label without taking one from where it was
    for to, there in enumerate(holders):
        known = set().union(*there)
        for here in (part for i, part in enumerate(holders) if i != to):
            for i, moved in enumerate(here):
                stays = set().union(*(each for j, each in enumerate(here) if j != i))
                assert not (moved - known) or moved - stays


def test_parts_and_labels_have_their_shares() -> None:
    matrix, family = drawn(0, 600, 8)
    made = label_set(matrix)
    split = make_split(made, bare_landscape(family), STRATIFIED, 0)
    families = len(set(family[made.rows]))
    for part, share in zip(parts(split), (0.6, 0.2, 0.2), strict=True):
        assert len(set(family[part])) / families == pytest.approx(share, abs=0.02)
        held = [len(set(family[part][matrix[part, i]])) / len(set(family[matrix[:, i]])) for i in range(8)]
        assert held == pytest.approx([share] * 8, abs=0.03)


def test_one_seed_gives_one_split_and_another_seed_another() -> None:
    matrix, family = drawn(1, 60, 5)
    first, again, other = (make_split(label_set(matrix), bare_landscape(family), STRATIFIED, s) for s in (3, 3, 4))
    assert all(map(np.array_equal, parts(first), parts(again)))
    assert not np.array_equal(first.test, other.test)


def test_a_label_of_three_families_is_in_all_parts() -> None:
    matrix = np.zeros((40, 2), dtype=bool)
    matrix[:, 0], matrix[[3, 17, 30], 1] = True, True
    for seed in range(20):
        assert not make_split(label_set(matrix), bare_landscape(range(40)), STRATIFIED, seed).absent


def test_two_families_cannot_be_split_in_three() -> None:
    with pytest.raises(PatbenchError, match=re.escape("Nothing is left for ")) as error:
        make_split(label_set(np.ones((6, 2))), bare_landscape([0, 0, 0, 1, 1, 1]), STRATIFIED, 0)
    assert "2 families are too few" in error.value.why


def by_year(*years: int | None) -> list[str]:
    return ["" if year is None else f"{year}-06-01" for year in years]


def test_a_date_split_trains_on_the_past() -> None:
    # Ten publications of nine families. 2 of the 9 come nearest to a fifth (1.8), so the test begins in 2008 and
    # validation in 2006; family 0 begins in 2000 and goes on in 2009, row 10 has no date, row 11 no label.
    family = [0, 1, 2, 3, 4, 5, 6, 7, 8, 0, 9, 10]
    dates = by_year(2000, 2001, 2002, 2003, 2004, 2006, 2007, 2008, 2009, 2009, None, 2001)
    matrix = np.zeros((12, 2), dtype=bool)
    matrix[:11, 0], matrix[[1, 5], 1] = True, True
    split = make_split(label_set(matrix), bare_landscape(family, dates), DATE, 0)
    assert [part.tolist() for part in parts(split)] == [[1, 2, 3, 4], [5, 6], [7, 8]]
    assert (split.straddling.tolist(), split.undated.tolist()) == ([0, 9], [10])
    assert split.absent == {"L1": ("test",)}


def test_families_of_one_day_stay_together() -> None:
    dates = by_year(2000, 2000, 2000, 2001, 2001, 2001, 2002, 2002, 2002, 2002)
    split = make_split(label_set(np.ones((10, 2))), bare_landscape(range(10), dates), DATE, 0)
    assert [part.tolist() for part in parts(split)] == [[0, 1, 2], [3, 4, 5], [6, 7, 8, 9]]


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 10**6), st.integers(6, 40), st.integers(3, 40))
def test_no_training_publication_is_younger_than_a_test_one(seed: int, families: int, days: int) -> None:
    matrix, family = drawn(seed, families, 3)
    made, rng = label_set(matrix), np.random.default_rng(seed)
    day = rng.integers(0, days, families)[family] + rng.integers(0, 3, len(family))
    dates = ["" if rng.random() < 0.1 else str(np.datetime64("2001-01-01") + int(each)) for each in day]
    try:
        split = make_split(made, bare_landscape(family, dates), DATE, 0)
    except PatbenchError:
        return
    check_whole(split, made.rows, family)
    check_absent(split, matrix)
    train, validation, test = (day[part] for part in parts(split))
    assert train.max() < validation.min() and validation.max() < test.min()
    assert [dates[row] for row in split.undated] == [""] * len(split.undated)
    for code in set(family[split.straddling]):
        dated = [row for row in made.rows if family[row] == code and dates[row]]
        assert not set(dated) - set(split.straddling)
        assert day[dated].min() < day[dated].max()


@pytest.mark.parametrize(
    ("dates", "why"),
    [
        (by_year(*[None] * 5), "No publication with a label has a date."),
        (by_year(*[2000] * 5), "begin on 1 days"),
        (by_year(2000, 2000, 2000, 2001, 2001), "Nothing is left for test."),
    ],
)
def test_without_enough_dates_there_is_no_date_split(dates: list[str], why: str) -> None:
    with pytest.raises(PatbenchError, match="label set colour cannot be split") as error:
        make_split(label_set(np.ones((5, 2))), bare_landscape(range(5), dates), DATE, 0)
    assert why in error.value.why
    assert "classification.split" in error.value.todo


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 10**6), st.floats(0.01, 1), st.floats(0.01, 1))
def test_training_shares_are_nested_and_of_whole_families(seed: int, one: float, other: float) -> None:
    matrix, family = drawn(seed, 40, 4)
    made = label_set(matrix)
    split = make_split(made, bare_landscape(family), STRATIFIED, seed)
    small, large = (training_share(split, made, family, share, seed) for share in sorted((one, other)))
    assert set(small) <= set(large) <= set(split.train)
    assert not set(family[small]) & set(family[np.setdiff1d(split.train, small)])
    families = len(set(family[split.train]))
    assert len(set(family[small])) == max(1, int(min(one, other) * families + 0.5))


def test_the_whole_share_is_all_training_data() -> None:
    matrix, family = drawn(2, 30, 4)
    split = make_split(label_set(matrix), bare_landscape(family), STRATIFIED, 0)
    assert training_share(split, label_set(matrix), family, 1.0, 0) is split.train
    assert np.array_equal(training_share(split, label_set(matrix), family, 0.999, 0), split.train)


@pytest.mark.parametrize("share", [0.1, 0.25, 0.5])
def test_a_small_share_has_more_of_the_labels_of_the_whole_than_chance_gives(share: float) -> None:
    missed, by_chance = [], []
    for seed in range(20):
        matrix, family = drawn(seed, 400, 6)
        made = label_set(matrix)
        split = make_split(made, bare_landscape(family), STRATIFIED, seed)
        whole = set(family[split.train])
        held = np.array([len(set(family[split.train][matrix[split.train, i]])) for i in range(6)])
        some = training_share(split, made, family, share, seed)
        missed += [len(set(family[some][matrix[some, i]])) - share * held[i] for i in range(6)]
        # the variance of a hypergeometric draw of as many families
        by_chance += (share * (1 - share) * held * (1 - held / len(whole))).tolist()
    assert np.mean(np.square(missed)) < 0.5 * np.mean(by_chance)
