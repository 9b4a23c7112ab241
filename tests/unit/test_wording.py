"""Lengths and overlap of two texts of one patent."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from patbench_lib.landscape.wording import WORDING, wording

TEXTS = st.lists(st.text(alphabet="ab cD.,\n", max_size=20), min_size=1, max_size=5)


def test_lengths_and_shares_are_those_counted_by_hand() -> None:
    # own: walking, cane, with, a, sensor; other: cane, a, wheel, cane. Both: cane, a; either: six words.
    table = wording(["Walking cane with a sensor."], ["Cane: a wheel (cane)"])
    assert table.to_dict("records") == [
        {
            "own_words": 5,
            "other_words": 4,
            "own_characters": 27,
            "other_characters": 20,
            "jaccard": 2 / 6,
            "new": 1 / 3,
            "same": False,
        }
    ]


def test_the_same_words_in_order_are_the_same_text_whatever_stands_between() -> None:
    assert wording(["A cane, 2 wheels"], ["a CANE\n2 wheels."])["same"].tolist() == [True]
    assert wording(["a cane"], ["cane a"])[["same", "jaccard"]].to_numpy().tolist() == [[False, 1.0]]


def test_texts_without_a_word_have_no_share() -> None:
    table = wording(["...", "word"], ["", "--"])
    assert table["jaccard"].tolist() == [1.0, 0.0] and np.isnan(table["new"]).all()


def test_no_texts_give_an_empty_table_with_types() -> None:
    assert wording([], []).dtypes.astype(str).to_dict() == {
        **dict.fromkeys(WORDING[:4], "int64"), "jaccard": "float64", "new": "float64", "same": "bool",
    }  # fmt: skip


@given(TEXTS)
def test_a_text_is_alike_with_itself_and_overlap_is_symmetric(texts: list[str]) -> None:
    own = wording(texts, texts)
    assert own["same"].all() and (own["jaccard"] == 1).all() and not (own["new"] > 0).any()
    back = texts[::-1]
    np.testing.assert_array_equal(wording(texts, back)["jaccard"], wording(back, texts)["jaccard"])
