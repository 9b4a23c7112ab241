from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from patbench_lib.encode.batches import batches


def parts(tokens: list[int], *, limit: int | None, budget: int) -> list[list[int]]:
    return [batch.tolist() for batch in batches(np.array(tokens, dtype=np.int64), limit=limit, budget=budget)]


def test_longest_come_first_and_fill_the_budget_with_their_padding() -> None:
    # 7 tokens: 20 // 7 = 2 texts (7 and 5 padded to 7); then 4 tokens: 20 // 4 = 5 texts, of which 3 are left
    assert parts([4, 7, 1, 5, 3], limit=None, budget=20) == [[1, 3], [0, 4, 2]]


def test_the_limit_counts_and_not_the_texts_own_length() -> None:
    assert parts([100, 100, 100], limit=5, budget=10) == [[0, 1], [2]]


def test_a_text_longer_than_the_budget_is_a_batch_of_its_own() -> None:
    assert parts([50, 60, 2, 2], limit=None, budget=10) == [[1], [0], [2, 3]]


def test_empty_texts_and_no_texts_do_no_harm() -> None:
    assert parts([0, 0, 0], limit=8, budget=2) == [[0, 1], [2]]
    assert parts([], limit=8, budget=2) == []


@settings(deadline=None)
@given(
    st.lists(st.integers(0, 300), max_size=60),
    st.none() | st.integers(1, 200),
    st.integers(1, 500),
)
def test_each_text_once_and_no_batch_of_several_beyond_the_budget(
    tokens: list[int], limit: int | None, budget: int
) -> None:
    found = parts(tokens, limit=limit, budget=budget)
    assert sorted(position for batch in found for position in batch) == list(range(len(tokens)))
    cut = [max(1, min(count, limit or count)) for count in tokens]
    for batch in found:
        assert len(batch) == 1 or len(batch) * max(cut[position] for position in batch) <= budget
    longest = [max(cut[position] for position in batch) for batch in found]
    assert longest == sorted(longest, reverse=True)
