"""A map packed for its page, and read back as the page reads it."""

from __future__ import annotations

import json
from base64 import b64decode
from typing import Any

import numpy as np
import pandas as pd
import pytest
from fixtures.maps import small_map
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from patbench_lib.report.map.pack import STEPS, map_data, packed, placed, repeated, script_json
from patbench_lib.report.map.periods import PERIODS, period_of
from patbench_lib.types import Ints


def unpacked(column: dict[str, str]) -> Ints:
    return np.frombuffer(b64decode(column["bytes"]), dtype=f"<u{int(column['bits']) // 8}").astype(np.int64)


def test_numbers_take_the_fewest_bits_and_stand_least_byte_first() -> None:
    assert packed([0, 1, 255]) == {"bits": "8", "bytes": "AAH/"}
    assert packed([258]) == {"bits": "16", "bytes": "AgE="}
    assert packed([65536])["bits"] == "32"
    assert packed([]) == {"bits": "8", "bytes": ""}


@given(st.lists(st.integers(0, 2**32 - 1)))
def test_numbers_come_back(numbers: list[int]) -> None:
    assert unpacked(packed(numbers)).tolist() == numbers


@given(arrays.arrays(float, st.integers(1, 50), elements=st.floats(-1e6, 1e6)))
def test_places_come_back_within_half_a_step(values: np.ndarray) -> None:
    steps = unpacked(packed(placed(values)))
    low, high = values.min(), values.max()
    if high > low:
        assert np.abs(low + steps / STEPS * (high - low) - values).max() <= 0.5001 * (high - low) / STEPS
        assert (steps.min(), steps.max()) == (0, STEPS)
    else:
        assert set(steps) == {STEPS // 2}


@given(st.lists(st.text(max_size=3)))
def test_texts_that_repeat_come_back_and_stand_once(texts: list[str]) -> None:
    found = repeated(texts)
    assert [found["texts"][code] for code in unpacked(found["codes"])] == texts
    assert len(set(found["texts"])) == len(found["texts"])


@given(st.text())
def test_any_text_is_data_in_a_script(text: str) -> None:
    written = script_json({"text": text})
    assert not set("<>&\u2028\u2029") & set(written)
    assert json.loads(written) == {"text": text}


def test_each_point_is_in_one_group_of_each_grouping_and_tells_what_it_is() -> None:
    looked = small_map()
    looked.shown["year"] = [2001.0, np.nan, 2001.0, 2002.0]
    data = map_data(looked)
    assert unpacked(data["x"]).tolist() == [0, 21845, 43690, 65535]
    groups: dict[str, list[dict[str, Any]]] = {by["name"]: by["groups"] for by in data["groupings"]}
    codes = {by["name"]: unpacked(by["codes"]).tolist() for by in data["groupings"]}
    assert [group["name"] for group in groups["cluster"]] == ["0 cane rod", "1 lamp", "in no cluster"]
    assert [group["count"] for group in groups["cluster"]] == [2, 1, 1]
    assert [group["faint"] for group in groups["cluster"]] == [False, False, True]
    assert codes == {"cluster": [0, 1, 2, 0], "office": [1, 0, 1, 0], "year": [0, 2, 0, 1]}
    assert [group["name"] for group in groups["year"]] == ["2001", "2002", "no date"]
    told = {fact["name"]: [fact["texts"][code] for code in unpacked(fact["codes"])] for fact in data["facts"]}
    assert told["Cluster"] == ["0 cane rod", "1 lamp", "in no cluster", "0 cane rod"]
    assert told["Year"] == ["2001", "", "2001", "2002"]
    assert told["Labels"] == ["vision, <i>mobility</i>"] * 4


def test_years_are_put_into_periods_of_equal_length() -> None:
    few = pd.Series([2000, 2007, None])
    assert period_of(few).tolist()[:2] == ["2000", "2007"]
    assert period_of(few).isna().tolist() == [False, False, True]
    assert period_of(pd.Series([2000, 2008, 2003])).tolist() == ["2000-2001", "2008", "2002-2003"]
    assert period_of(pd.Series([None], dtype=float)).isna().all()


@given(st.lists(st.integers(1790, 2030), min_size=1))
def test_there_are_never_more_periods_than_colours_can_order(years: list[int]) -> None:
    found = period_of(pd.Series(years))
    assert found.nunique() <= PERIODS
    for year, period in zip(years, found, strict=True):
        first, _, last = period.partition("-")
        assert int(first) <= year <= int(last or first)


def test_a_map_of_one_point_has_a_middle() -> None:
    assert placed(np.array([3.0])).tolist() == [STEPS // 2]
    assert placed(np.array([])).tolist() == pytest.approx([])
