from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from patbench_lib.landscape.near_duplicates import near_duplicates


def pairs(texts: list[str], group: list[int] | None = None) -> list[list[int]]:
    return near_duplicates(texts, np.array(range(len(texts)) if group is None else group)).tolist()


def words(seed: int, count: int) -> list[str]:
    return [f"w{number}" for number in np.random.default_rng(seed).permutation(10_000)[:count]]


def jaccard(one: str, other: str) -> float:
    a, b = ({tuple(text.split()[i : i + 5]) for i in range(len(text.split()) - 4)} for text in (one, other))
    return len(a & b) / len(a | b)


def test_case_punctuation_and_spacing_make_no_difference() -> None:
    assert pairs(
        ["A cane, with a lamp and bell.", "a  CANE with a lamp and bell", "A chair with a lamp and bell."]
    ) == [[0, 1]]


def test_copies_within_a_group_are_not_looked_for() -> None:
    copies = ["a cane with a lamp and a bell"] * 3
    assert pairs(copies) == [[0, 1], [0, 2], [1, 2]]
    assert pairs([*copies, copies[0]]) == [[0, 1], [0, 2], [0, 3], [1, 2], [1, 3]], "the first two stand for all"
    assert pairs([*copies, copies[0]], [1, 1, 2, 2]) == [[0, 2], [0, 3], [1, 2]]
    assert pairs(copies, [1, 1, 2]) == [[0, 2], [1, 2]]
    assert pairs(copies, [1, 1, 1]) == []


def test_the_threshold_is_a_jaccard_index_of_point_eight() -> None:
    """49 words have 45 sequences; another last word changes one, so 44 of 46 are shared; four others leave 41 of 49."""
    whole = words(0, 49)
    near, just, far = (" ".join([*whole[:-n], *(f"x{i}" for i in range(n))]) for n in (1, 4, 6))
    assert [round(jaccard(" ".join(whole), each), 3) for each in (near, just, far)] == [
        round(44 / 46, 3),
        round(41 / 49, 3),
        round(39 / 51, 3),
    ]
    assert pairs([" ".join(whole), near]) == [[0, 1]]
    assert pairs([" ".join(whole), just]) == [[0, 1]]
    assert pairs([" ".join(whole), far]) == []


@pytest.mark.parametrize(
    "texts", [[], [""], ["", ""], ["a cane", "a cane"], ["one two three four", "one two three four"]]
)
def test_short_texts_say_too_little(texts: list[str]) -> None:
    assert near_duplicates(texts, np.arange(len(texts))).shape == (0, 2)


def test_what_resembles_one_copy_resembles_all() -> None:
    whole = words(1, 60)
    near = " ".join([*whole[:-1], "other"])
    assert pairs([" ".join(whole), " ".join(whole), near]) == [[0, 1], [0, 2], [1, 2]]


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6))
def test_all_pairs_and_no_others_are_found(seed: int) -> None:
    """Against a comparison of all pairs; the index is never so near the threshold that chance could miss one."""
    rng = np.random.default_rng(seed)
    whole = words(seed, 80)
    texts = []
    for _ in range(12):
        text = list(whole)
        for place in rng.integers(0, 80, rng.integers(0, 5)):
            text[place] = f"x{rng.integers(10**9)}"
        texts.append(" ".join(text))
    found = {tuple(pair) for pair in pairs(texts)}
    for i in range(12):
        for j in range(i + 1, 12):
            if texts[i] != texts[j] and abs(jaccard(texts[i], texts[j]) - 0.8) > 0.001:
                assert ((i, j) in found) == (jaccard(texts[i], texts[j]) > 0.8)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 2)), min_size=1, max_size=12))
def test_every_text_with_a_copy_in_another_group_is_in_a_pair(drawn: list[tuple[int, int]]) -> None:
    """Four texts, of which 0 and 1 are near-duplicates and the others like nothing else."""
    base = words(5, 60)
    kinds = [base, [*base[:-1], "end"], words(6, 60), [f"y{i}" for i in range(60)]]
    texts, group = [" ".join(kinds[kind]) for kind, _ in drawn], np.array([each for _, each in drawn])
    found = near_duplicates(texts, group)
    alike = {row: max(kind, 1) for row, (kind, _) in enumerate(drawn)}
    for one, other in found:
        assert alike[one] == alike[other] and group[one] != group[other]
    expected = {
        row for row in alike if any(alike[row] == alike[other] and group[row] != group[other] for other in alike)
    }
    assert set(found.ravel().tolist()) == expected
