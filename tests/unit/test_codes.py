from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from patbench_lib.landscape.codes import LEVELS, cut, cut_all, parse_symbol

QUICK = settings(deadline=None, max_examples=100)
SYMBOLS = st.from_regex(r"[A-HY][0-9]{2}([A-Z]( [1-9][0-9]{0,3}(/[0-9]{2,6})?)?)?", fullmatch=True)


@pytest.mark.parametrize(
    ("text", "symbol"),
    [
        ("A61G 5/04", "A61G 5/04"),
        ("A61G5/04", "A61G 5/04"),
        ("A61G   5/04", "A61G 5/04"),
        ("a61g 5/04", "A61G 5/04"),
        ("A61G0005/04", "A61G 5/04"),
        ("A61G 5/04 (2006.01)", "A61G 5/04"),
        ("A61G   0005/0400 (2013.01)", "A61G 5/0400"),
        ("Y02A 90/10", "Y02A 90/10"),
        ("A61G 5", "A61G 5"),
        ("A61G", "A61G"),
        ("A61", "A61"),
    ],
)
def test_symbols_in_the_spellings_of_offices_become_one(text: str, symbol: str) -> None:
    assert parse_symbol(text) == symbol


@pytest.mark.parametrize("text", ["", "A", "I61G 5/04", "A6G 5/04", "A61G 5/4", "297/411.2", "A61G 5/04 extra"])
def test_what_is_no_symbol_is_not_read(text: str) -> None:
    assert parse_symbol(text) is None


@QUICK
@given(symbol=SYMBOLS)
def test_a_read_symbol_reads_as_itself(symbol: str) -> None:
    assert parse_symbol(symbol) == symbol
    assert parse_symbol(symbol.replace(" ", "   ").lower()) == symbol


def test_each_level_of_a_symbol() -> None:
    assert [cut("A61G 5/04", level) for level in LEVELS] == ["A", "A61", "A61G", "A61G 5", "A61G 5/04"]
    assert [cut("A61G 5", level) for level in LEVELS] == ["A", "A61", "A61G", "A61G 5", None]
    assert [cut("A61", level) for level in LEVELS] == ["A", "A61", None, None, None]


@QUICK
@given(symbol=SYMBOLS)
def test_a_coarser_cut_is_a_prefix_of_a_finer_one_and_of_its_own_cut(symbol: str) -> None:
    pieces = [cut(symbol, level) for level in LEVELS]
    reached = [piece for piece in pieces if piece is not None]
    assert pieces == reached + [None] * (len(LEVELS) - len(reached))
    assert reached[-1] == symbol
    for coarse, fine in pairwise(reached):
        assert fine.startswith(coarse) and len(fine) > len(coarse)
    for place, level in enumerate(LEVELS[: len(reached)]):
        assert {cut(piece, level) for piece in reached[place:]} == {reached[place]}


def test_symbols_of_one_patent_are_cut_once_each_in_their_order() -> None:
    assert cut_all(["G09B 21/00", "A61G 5/04", "A61H 3/00", "G09B 5/02", "A61"], "class") == ["G09", "A61"]
    assert cut_all(["A61G 5/04", "A61"], "subclass") == ["A61G"]
    assert cut_all([], "section") == []
