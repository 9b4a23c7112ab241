"""Cells and shards: cut by hand, and for any lists and any number of shards."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patbench_lib.encode.cells import CHARACTERS, Shard, cost, cut_cells
from patbench_lib.errors import PatbenchError

LISTS = st.lists(st.lists(st.text(alphabet="abc", max_size=3), max_size=12), max_size=4)


def test_cells_are_cut_from_first_appearances_and_never_reach_over_lists() -> None:
    lists = [["a", "b", "a", "c"], ["b", "d"], ["c"], ["e", "d", "f", "g"]]
    assert cut_cells(lists, 2) == [["a", "b"], ["c"], ["d"], ["e", "f"], ["g"]]


@given(lists=LISTS, size=st.integers(1, 5))
def test_every_text_is_in_one_cell_and_more_lists_leave_the_cells_there_are(lists: list[list[str]], size: int) -> None:
    cells = cut_cells(lists, size)
    assert sorted(text for cell in cells for text in cell) == sorted({text for texts in lists for text in texts})
    assert all(1 <= len(cell) <= size for cell in cells)
    fewer = cut_cells(lists[:-1], size)
    assert cells[: len(fewer)] == fewer


def test_a_cell_costs_the_characters_that_are_read() -> None:
    # one for each text, so that empty ones cost something; of 20 characters a model with 2 tokens reads 2 x CHARACTERS
    assert cost(["a" * 20, "bc", ""], None) == 3 + 20 + 2
    assert cost(["a" * 20, "bc", ""], 2) == 3 + 2 * CHARACTERS + 2


def test_the_costliest_goes_first_to_the_share_with_least() -> None:
    # 9 to the first share, 7 to the second, 6 to the second (7 < 9), 5 to the first (9 < 13), 1 to the second (13 < 14)
    costs = [5, 9, 1, 7, 6]
    assert [Shard(number, 2).take(costs).tolist() for number in (1, 2)] == [[0, 1], [2, 3, 4]]


@given(costs=st.lists(st.integers(0, 1000), max_size=40), of=st.integers(1, 9))
def test_shares_part_the_work_and_differ_by_no_more_than_its_largest_piece(costs: list[int], of: int) -> None:
    shares = [Shard(number, of).take(costs).tolist() for number in range(1, of + 1)]
    assert sorted(position for share in shares for position in share) == list(range(len(costs)))
    loads = [sum(costs[position] for position in share) for share in shares]
    assert max(loads) - min(loads) <= max(costs, default=0)


def test_a_shard_is_written_as_a_fraction() -> None:
    assert Shard.parse("2/5") == Shard(2, 5)
    assert Shard() == Shard.parse("1/1")


@pytest.mark.parametrize("text", ["", "3", "0/2", "3/2", "1/0", "a/b", "1/2/3", "-1/2"])
def test_what_is_no_fraction_of_the_work_is_refused(text: str) -> None:
    with pytest.raises(PatbenchError, match="is no shard"):
        Shard.parse(text)
