from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from patbench_lib.encode.batches import batches, read_batches
from patbench_lib.errors import PatbenchError


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


def read_with_room_for(most: int, error: Exception, tried: list[int]) -> Callable[[np.ndarray], list[int]]:
    def read(positions: np.ndarray) -> list[int]:
        tried.append(len(positions))
        if len(positions) > most:
            raise error
        return positions.tolist()

    return read


@pytest.mark.parametrize(
    "error",
    [MemoryError(), torch.OutOfMemoryError("CUDA out of memory"), RuntimeError("DefaultCPUAllocator: can't allocate")],
)
def test_what_does_not_fit_into_memory_is_read_in_halves(error: Exception, caplog: pytest.LogCaptureFixture) -> None:
    tried: list[int] = []
    done = list(read_batches(read_with_room_for(3, error, tried), np.full(20, 2, np.int64), limit=None, budget=2 * 8))
    # batches of 8, 8 and 4: the first fails at 8 and at 4, after which all are tried with two at a time
    assert tried == [8, 4] + [2] * 10
    assert [text for positions, read in done for text in read] == list(range(20))
    assert all(positions.tolist() == read for positions, read in done)
    assert "8 texts of 2 tokens do not fit" in caplog.text


def test_shorter_texts_are_read_more_at_a_time_after_a_failure() -> None:
    tried: list[int] = []
    tokens = np.array([8] * 4 + [2] * 16)
    done = list(read_batches(read_with_room_for(8, MemoryError(), tried), tokens, limit=None, budget=32))
    # 4 texts of 8 fit; 16 of 2 do not, half as many do
    assert tried == [4, 16, 8, 8]
    assert sum(len(positions) for positions, _ in done) == 20


def test_a_single_text_that_does_not_fit_is_an_error() -> None:
    with pytest.raises(PatbenchError, match="A text of 9 tokens does not fit"):
        list(read_batches(read_with_room_for(0, MemoryError(), []), np.array([30, 9, 9]), limit=9, budget=90))


def test_another_failure_is_not_taken_for_a_lack_of_memory() -> None:
    with pytest.raises(RuntimeError, match="shapes"):
        list(read_batches(read_with_room_for(0, RuntimeError("shapes"), []), np.array([1, 1]), limit=None, budget=9))
