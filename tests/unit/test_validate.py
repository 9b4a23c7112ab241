from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from fixtures.landscapes import Row, landscape, landscapes, patent
from hypothesis import given, settings
from hypothesis import strategies as st

from patbench_lib.errors import PatbenchError
from patbench_lib.landscape.folder import load_landscape, save_landscape
from patbench_lib.landscape.quality import Finding, QualityReport
from patbench_lib.landscape.schema import COLUMNS
from patbench_lib.landscape.validate import read_dates, validate


def check(*rows: Row, **options: Any) -> tuple[pd.DataFrame, list[str]]:
    patents, report = validate(pd.DataFrame(list(rows)), name="hand", **options)
    return patents, [f"{finding.level}: {finding}" for finding in report.findings]


def told(found: list[str], beginning: str) -> list[str]:
    return [line for line in found if line.startswith(beginning)]


def test_patents_are_sorted_and_have_the_whole_schema() -> None:
    patents, _ = check(patent("US-2-A"), patent("EP-9-A"), patent("US-1-A"))
    assert patents["publication_number"].tolist() == ["EP-9-A", "US-1-A", "US-2-A"]
    assert patents["source_row"].tolist() == [2, 3, 1]
    assert patents["office"].tolist() == ["EP", "US", "US"]
    assert set(COLUMNS) <= set(patents.columns)


def test_a_table_without_rows_is_refused() -> None:
    with pytest.raises(PatbenchError, match="'hand' has no rows"):
        validate(pd.DataFrame({"publication_number": []}), name="hand")


def test_missing_numbers_are_an_error_with_their_rows() -> None:
    rows = [
        patent("US-1-A"),
        patent("  ", title="x"),
        patent("US-2-A"),
        {**patent("US-3-A"), "publication_number": None},
    ]
    with pytest.raises(PatbenchError, match=r"publication_number: missing: 2 \(rows 2, 4\)"):
        check(*rows)


def test_rows_repeated_word_for_word_are_kept_once_and_told() -> None:
    patents, found = check(patent("US-1-A"), patent("US-2-A"), patent("US-1-A"), patent("US-1-A"))
    assert patents["source_row"].tolist() == [1, 2]
    told_line = "repaired: publication_number: rows repeated word for word: 2 (rows 3, 4); the first kept"
    assert told(found, "repaired") == [told_line]


def test_numbers_repeated_with_other_content_stop_the_study_or_keep_the_first_as_it_says() -> None:
    rows = [patent("US-1-A"), patent("US-2-A"), patent("US-1-A", title="other")]
    with pytest.raises(PatbenchError, match=r"repeated with other content: 1 \(rows 3\)") as error:
        check(*rows)
    assert "`duplicates: first`" in str(error.value)
    patents, found = check(*rows, duplicates="first")
    assert patents["title"].tolist() == ["Title of US-1-A", "Title of US-2-A"]
    assert len(told(found, "repaired: publication_number: repeated with other content: 1 (rows 3)")) == 1


def test_odd_numbers_and_other_kind_codes_are_kept_and_told() -> None:
    patents, found = check(patent("US-1-A1"), patent("US-1-B2"), patent("patent one"))
    assert len(patents) == 3
    assert told(found, "note: publication_number: not office, number, kind: 1 (rows 3)")
    assert told(found, "note: publication_number: same number, other kind code: 1 (rows 2)")


def test_empty_texts_are_kept_and_told_section_by_section() -> None:
    patents, found = check(patent("US-1-A", abstract=None), patent("US-2-A", title=" ", abstract=" kept "))
    assert patents["abstract"].tolist() == ["", "kept"]
    assert told(found, "note: title: empty: 1 (rows 2)") and told(found, "note: abstract: empty: 1 (rows 1)")
    assert not told(found, "note: text")
    _, found = check(patent("US-1-A", title=""))
    assert told(found, "note: text: no text in any section: 1 (rows 1)")


@pytest.mark.parametrize(
    ("cells", "texts"),
    [
        (pd.Series(["a", None], dtype="category"), ["a", ""]),
        (pd.Series(["a", pd.NA], dtype="string"), ["a", ""]),
        (pd.Series([np.nan, np.nan]), ["", ""]),
        (pd.Series([12.0, np.nan]), ["12", ""]),
        (pd.Series([12, None], dtype="Int64"), ["12", ""]),
        (pd.Series([1.5, 2.0]), ["1.5", "2"]),
        (
            pd.Series([["1. A cane.", "2. The cane."], np.array(["1. A lamp."])]),
            ["1. A cane.\n2. The cane.", "1. A lamp."],
        ),
    ],
)
def test_cells_of_any_type_become_plain_text(cells: pd.Series, texts: list[str]) -> None:
    numbers = ["US-1-A", "US-2-A"]
    patents, _ = validate(pd.DataFrame({"publication_number": numbers, "claims": cells}), name="hand")
    assert patents["claims"].tolist() == texts
    patents, _ = validate(pd.DataFrame({"publication_number": numbers, "family_id": cells}), name="hand")
    assert patents["family_id"].tolist() == [text or number for text, number in zip(texts, numbers, strict=True)]


def test_offices_come_from_the_column_then_from_the_number() -> None:
    rows = [patent("US-1-A", office="us"), patent("US-2-A", office=""), patent("US-3-A", office="CA")]
    patents, found = check(*rows)
    assert patents["office"].tolist() == ["US", "US", "CA"]
    assert told(found, "repaired: office: missing: 1 (rows 2)")
    assert told(found, "note: office: not the office of the number: 1 (rows 3)")


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("2007-11-20", date(2007, 11, 20)),
        ("20071120", date(2007, 11, 20)),
        (20071120, date(2007, 11, 20)),
        (20071120.0, date(2007, 11, 20)),
        ("2007", date(2007, 1, 1)),
        ("2007-11-20T12:00:00Z", date(2007, 11, 20)),
        (date(2007, 11, 20), date(2007, 11, 20)),
        (pd.Timestamp("2007-11-20"), date(2007, 11, 20)),
        ("1790-07-31", date(1790, 7, 31)),
        ("1789-12-31", None),
        ("2007-02-30", None),
        ("20071320", None),
        ("20.11.2007", None),
        ("9999-01-01", None),
        ("soon", None),
        ("", None),
        (None, None),
    ],
)
def test_dates_are_read_or_unknown(written: object, read: date | None) -> None:
    found = read_dates(pd.Series([written], dtype=object))[0]
    assert (None if pd.isna(found) else found.date()) == read


def test_malformed_dates_are_told_and_missing_ones_are_not() -> None:
    rows = [patent(f"US-{i}-A", publication_date=d) for i, d in enumerate(["2007-02-30", "", None, "2007-02-03"])]
    patents, found = check(*rows)
    assert patents["publication_date"].isna().tolist() == [True, True, True, False]
    assert told(found, "repaired: publication_date") == [
        "repaired: publication_date: malformed or impossible: 1 (rows 1); set to unknown"
    ]


def test_missing_families_are_the_patents_own() -> None:
    patents, found = check(patent("US-1-A", family_id="F"), patent("US-2-A", family_id=""))
    assert patents["family_id"].tolist() == ["F", "US-2-A"]
    assert told(found, "repaired: family_id: missing: 1 (rows 2)")
    patents, found = check(patent("US-1-A"), patent("US-2-A"))
    assert patents["family_id"].tolist() == ["US-1-A", "US-2-A"]
    assert told(found, "note: family_id: no such column: 2")


def test_codes_are_spelt_one_way_and_what_is_none_is_left_out_and_told() -> None:
    patents, found = check(patent("US-1-A", ipc="A61G5/04; A61G 5/04 (2006.01); 297/411"), patent("US-2-A", ipc=""))
    assert patents["ipc"].tolist() == [["A61G 5/04"], []]
    assert told(found, "repaired: ipc: symbols that are no IPC or CPC: 1 (rows 1)")
    assert told(found, "note: ipc: no symbol: 1 (rows 2)")


def test_self_citations_go_with_their_category_whatever_their_kind_code() -> None:
    row = patent("US-7-B2", cited="EP-1; US-7-A1; US-7; EP-2; EP-1", citation_category=["X", "Y", "Y", "A", "D"])
    patents, found = check(row)
    assert patents["cited"][0] == ["EP-1", "EP-2"]
    assert patents["citation_category"][0] == ["X", "A"]
    assert told(found, "repaired: cited: cites itself: 1 (rows 1)")


def test_categories_that_are_not_one_a_citation_are_left_out_and_told() -> None:
    patents, found = check(patent("US-7-B2", cited="EP-1; EP-2", citation_category=["X"]))
    assert patents["cited"][0] == ["EP-1", "EP-2"] and patents["citation_category"][0] == []
    assert told(found, "repaired: citation_category: not one for each citation: 1 (rows 1)")


def test_labels_are_kept_once_each_and_patents_without_are_told() -> None:
    rows = [patent("US-1-A", topic=["b", "a", "b", " "]), patent("US-2-A", topic=[])]
    patents, found = check(*rows, label_sets=["topic"])
    assert patents["topic"].tolist() == [["b", "a"], []]
    assert told(found, "note: topic: no label: 1 (rows 2)")


def test_a_finding_counts_all_rows_and_shows_ten() -> None:
    report = QualityReport()
    report.add("note", "title", "empty", range(1, 1235), "kept")
    report.add("note", "title", "never", [])
    (finding,) = report.findings
    assert str(finding) == "title: empty: 1,234 (rows 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, …); kept"
    assert report.to_frame().to_dict("records")[0]["count"] == 1234 and not report.errors
    assert str(Finding("error", "title", "bad", "", 1, ())) == "title: bad: 1"


MESSY = st.fixed_dictionaries(
    {
        "publication_number": st.sampled_from(["US-1-A", "US-1-B", "US-2-A", " US-3-A ", "odd", "EP-4-A1"]),
        "title": st.sampled_from(["", "A cane", " A lamp "]),
        "office": st.sampled_from(["", "us", "EP"]),
        "publication_date": st.sampled_from(["", "2001", "20010203", "2001-02-30"]),
        "family_id": st.sampled_from(["", "F", 3.0]),
        "ipc": st.lists(st.sampled_from(["A61G5/04", "A61G 5/04", "none"]), max_size=2),
        "cited": st.lists(st.sampled_from(["US-1", "US-2-A", "EP-9", " "]), max_size=3),
        "citation_category": st.lists(st.sampled_from(["X", ""]), max_size=3),
        "topic": st.lists(st.sampled_from(["a", "b", " "]), max_size=3),
    }
)


@settings(deadline=None, max_examples=30)
@given(rows=st.lists(MESSY, min_size=1, max_size=6))
def test_every_row_is_kept_or_accounted_for_and_a_second_validation_changes_nothing(rows: list[Row]) -> None:
    options: dict[str, Any] = {"name": "hand", "label_sets": ["topic"], "duplicates": "first"}
    patents, report = validate(pd.DataFrame(rows), **options)
    dropped = sum(f.count for f in report.findings if "repeated" in f.problem)
    assert len(patents) + dropped == len(rows)
    assert patents["publication_number"].is_unique
    again, second = validate(patents.drop(columns="source_row"), **options)
    mine, others = (made.drop(columns="source_row") for made in (again, patents))
    pd.testing.assert_frame_equal(mine, others, check_dtype=False)
    assert not [finding for finding in second.findings if finding.level != "note"]


@settings(deadline=None, max_examples=12)
@given(rows=landscapes(), data=st.data())
def test_the_fingerprint_is_of_the_content_whatever_the_order_of_the_file(rows: list[Row], data: st.DataObject) -> None:
    shuffled = data.draw(st.permutations(rows))
    assert landscape(*shuffled).fingerprint == landscape(*rows).fingerprint
    changed = [{**rows[0], "abstract": "another text"}, *rows[1:]]
    assert landscape(*changed).fingerprint != landscape(*rows).fingerprint


def test_a_saved_landscape_loads_as_it_was(tmp_path: Path) -> None:
    rows = [
        patent("US-1-A", ipc="A61G5/04; x", cited="EP-1", topic=["a"], extra=1.5),
        patent("US-2-A", topic=[], extra=2),
    ]
    made = landscape(*rows, labels=("topic",))
    assert load_landscape(tmp_path) is None
    save_landscape(made, tmp_path)
    found = load_landscape(tmp_path)
    assert found is not None
    pd.testing.assert_frame_equal(found.patents, made.patents, check_dtype=False)
    assert (found.name, found.label_sets, found.provenance) == (made.name, made.label_sets, made.provenance)
    assert found.report == made.report and found.fingerprint == made.fingerprint
    assert found.family.tolist() == made.family.tolist()


def test_free_columns_of_mixed_types_can_be_saved(tmp_path: Path) -> None:
    rows = [patent("US-1-A", note="x"), patent("US-2-A", note=3), patent("US-3-A", note=["a", "b"])]
    made = landscape(*rows)
    save_landscape(made, tmp_path)
    found = load_landscape(tmp_path)
    assert found is not None and found.patents["note"].tolist() == ["x", "3", "a\nb"]
    assert "note: of mixed types: 3 (rows 1, 2, 3); made text" in map(str, made.report.findings)


def test_a_folder_without_its_description_is_not_complete(tmp_path: Path) -> None:
    save_landscape(landscape(patent("US-1-A")), tmp_path)
    (tmp_path / "landscape.json").unlink()
    assert load_landscape(tmp_path) is None
