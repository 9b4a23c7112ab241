from __future__ import annotations

from patbench_lib.retrieve.footprint import bm25_footprint
from patbench_lib.retrieve.settings import Bm25

TEXTS = ["a cane with two wheels", "a sensor near the handle of a cane", "a lamp"] * 20


def test_an_index_has_bytes_that_grow_with_the_texts_and_a_query_takes_time() -> None:
    short = bm25_footprint(TEXTS[:5], TEXTS, 10, Bm25())
    longer = bm25_footprint(TEXTS[:5], [f"{text} and wheel{i} sensor{i}" for i, text in enumerate(TEXTS)], 10, Bm25())
    assert short is not None
    assert longer is not None
    assert longer.bytes > short.bytes > 8, "a score and a row number for each term"
    assert short.milliseconds > 0
    assert short.texts_per_second > 0


def test_a_query_of_unknown_words_is_timed_too() -> None:
    found = bm25_footprint(["zebra"], TEXTS, 10, Bm25())
    assert found is not None
    assert found.milliseconds > 0


def test_without_an_index_there_is_no_footprint() -> None:
    assert bm25_footprint(TEXTS[:2], ["", "  "], 10, Bm25()) is None
    assert bm25_footprint(TEXTS[:2], TEXTS, 10, Bm25(implementation="rank-bm25", variant="okapi")) is None
