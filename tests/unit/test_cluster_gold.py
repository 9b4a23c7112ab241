"""One class a publication, from labels that may be several."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from patbench_lib.cluster.gold import SMALLEST, gold
from patbench_lib.landscape.label_sets import LabelSet

LABELS = ("a", "b", "c")


def label_set(*entries: str, kept: str = "abc") -> LabelSet:
    """Build a set from each publication's labels, one letter each; letters not in `kept` are left out of it."""
    matrix = np.array([[label in entry for label in kept] for entry in entries], dtype=bool).reshape(-1, len(kept))
    primary = np.array([kept.find(entry[0]) if entry else -1 for entry in entries], dtype=np.int64)
    sizes = np.array([len(entry) for entry in entries], dtype=np.int64)
    return LabelSet("letters", tuple(kept), matrix, primary, sizes, {}, {})


def test_single_takes_publications_with_one_label_in_the_source() -> None:
    # x was left out: "ax" has two labels in the source, "x" has one that was not kept
    rows, classes = gold(label_set("a", "ab", "b", "", "ax", "x", "b", "a"), "single")
    assert rows.tolist() == [0, 2, 6, 7]
    assert classes.tolist() == [0, 1, 1, 0]


def test_primary_takes_the_first_label_of_all() -> None:
    rows, classes = gold(label_set("a", "ab", "ba", "", "xa", "bx", "x"), "primary")
    assert rows.tolist() == [0, 1, 2, 5], "the first label of xa was left out, and a is not put in its place"
    assert classes.tolist() == [0, 0, 1, 1]


def test_a_class_of_one_publication_is_left_out() -> None:
    rows, classes = gold(label_set("a", "c", "a"), "single")
    assert rows.tolist() == [0, 2] and classes.tolist() == [0, 0]


def test_no_publication_has_a_class() -> None:
    for how in ("single", "primary"):
        rows, classes = gold(label_set("x", "", "xy"), how)  # type: ignore[arg-type]
        assert len(rows) == len(classes) == 0


@settings(deadline=None, max_examples=50)
@given(
    st.lists(st.permutations("abx").map("".join).flatmap(lambda all_: st.sampled_from([all_[:i] for i in range(4)])))
)
def test_what_has_a_class_has_that_label(entries: list[str]) -> None:
    labels = label_set(*entries, kept="ab")
    single, primary = (
        dict(zip(*map(np.ndarray.tolist, gold(labels, how)), strict=True)) for how in ("single", "primary")
    )  # type: ignore[arg-type]
    for found in (single, primary):
        assert all(labels.matrix[row, code] for row, code in found.items())
        assert all(list(found.values()).count(code) >= SMALLEST for code in found.values())
    assert single.items() <= primary.items(), "a publication with one label has it first"
