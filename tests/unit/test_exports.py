from __future__ import annotations

import gzip
from pathlib import Path

import pandas as pd
import pytest
from fixtures.exports import DERWENT, LENS, PATENTSCOPE, derwent, lens, patentscope, write_export
from hypothesis import given
from hypothesis import strategies as st

from patbench_lib.errors import PatbenchError
from patbench_lib.landscape.numbers import one_spelling
from patbench_lib.landscape.origins.exports import cells, entries, iso_dates, read_export, symbol
from patbench_lib.landscape.origins.exports_merge import family_ids, merge, rows_of
from patbench_lib.landscape.quality import QualityReport


def rows(path: Path) -> pd.DataFrame:
    return rows_of(*read_export(path), path, {}).set_index("publication_number")


def test_lens_is_told_by_its_columns_and_read_into_the_schemas(tmp_path: Path) -> None:
    assert read_export(lens(tmp_path))[0].name == "Lens.org"
    patent = rows(lens(tmp_path)).loc["US-20130035742-A1"]
    assert patent["title"] == "Hörgerät — 補聴器" and patent["abstract"].endswith("; it hears.")
    assert patent["ipc"] == ["H04R25/00"] and patent["cpc"] == ["H04R25/505", "H04R2225/021"]
    assert patent["members"] == ["US-20130035742-A1", "EP-2555555-A2"]
    assert patent["publication_date"] == "2013-02-07" and patent["export"] == "Lens.org: lens.csv"
    assert patent["cited"] == [] and patent["claims"] == "" and patent["dwpi_title"] == ""


def test_patentscope_is_read_with_a_search_before_it_and_semicolons_between(tmp_path: Path) -> None:
    export, table = read_export(patentscope(tmp_path))
    assert export.name == "PATENTSCOPE" and len(table) == 2 and "" not in table.columns
    patent = rows(patentscope(tmp_path)).loc["WO-2019123456"]
    assert patent["title"].startswith("電動車椅子") and patent["ipc"] == ["A61G 5/04", "G05D 1/02"]
    assert patent["publication_date"] == "2019-06-27"


def test_derwents_texts_go_to_dwpi_columns_and_its_citations_are_kept(tmp_path: Path) -> None:
    export, _ = read_export(derwent(tmp_path))
    assert export.name == "Derwent Innovation" and export.licensed == ("dwpi_title", "dwpi_abstract")
    patent = rows(derwent(tmp_path)).loc["US-20130035742-A1"]
    assert patent["dwpi_title"] == "SECRET hearing aid for deaf persons"
    assert patent["dwpi_abstract"] == "SECRET novelty.\nSECRET advantage."
    assert patent["cited"] == ["WO-2019123456-A1", "US-7000001-B2"]
    assert patent["claims"].startswith("1. A hearing aid.") and patent["ipc"] == ["H04R 25/00", "A61F 11/00"]


def test_an_alternative_is_taken_where_the_first_is_empty() -> None:
    table = pd.DataFrame({"Title": ["original", "original"], "title (english)": ["", "translated "]})
    assert cells(table, (("Title (English)",), ("Title",))).tolist() == ["original", "translated"]
    assert cells(table, (("Abstract",),)).tolist() == ["", ""] and cells(table, ()).tolist() == ["", ""]


def test_entries_are_parted_as_each_database_parts_them() -> None:
    values = pd.Series(["A61F2/00;;A61G5/04", "US1A | US2A", "A61G 5/04; G05D 1/02;", "one\ntwo", ""])
    assert entries(values).tolist() == [
        ["A61F2/00", "A61G5/04"],
        ["US1A", "US2A"],
        ["A61G 5/04", "G05D 1/02"],
        ["one", "two"],
        [],
    ]


def test_symbols_padded_with_zeros_are_spelt_as_others() -> None:
    assert [symbol(s) for s in ("A61F000208", "H04R0025505", "A61G 5/04", "G06F3/015", "A61")] == [
        "A61F 2/08", "H04R 25/505", "A61G 5/04", "G06F3/015", "A61"
    ]  # fmt: skip


def test_dates_with_points_become_iso_and_others_stay() -> None:
    dates = pd.Series(["31.12.2019", "1.2.2020", "2019-12-31", "", "soon"])
    assert iso_dates(dates).tolist() == ["2019-12-31", "2020-02-01", "2019-12-31", "", "soon"]


@pytest.mark.parametrize(
    ("written", "one"),
    [
        ("US 2013/0035742 A1", "US-20130035742-A1"),
        ("US20130035742A1", "US-20130035742-A1"),
        ("EP 0495168 B1", "EP-495168-B1"),
        ("WO2019123456", "WO-2019123456"),
        (" no number ", "no number"),
    ],
)
def test_a_number_has_one_spelling(written: str, one: str) -> None:
    assert one_spelling(written) == one == one_spelling(one)


@given(st.lists(st.sampled_from(["US1A1", "US 1 A1", "US1", "US2A1", "EP1", "EP1B1", "EP1B2"]), min_size=1, max_size=9))
def test_merging_keeps_each_publication_once_and_the_first_of_its_rows(numbers: list[str]) -> None:
    frame = pd.DataFrame({"publication_number": [one_spelling(number) for number in numbers]})
    frame["title"] = [f"title {i}" for i in range(len(numbers))]
    for column in ("abstract", "claims", "dwpi_title", "dwpi_abstract", "publication_date", "export"):
        frame[column] = ""
    merged = merge([frame], QualityReport())
    kept = merged["publication_number"].tolist()
    assert len(set(kept)) == len(kept) and merged["title"].iloc[0] == "title 0"
    assert ("US-1" in kept) == ("US1" in numbers and not {"US1A1", "US 1 A1"} & set(numbers))
    assert not {"EP-1"} & set(kept) or len({"EP1B1", "EP1B2"} & set(numbers)) != 1


def test_exports_of_all_kinds_are_merged_the_first_first(tmp_path: Path) -> None:
    paths = [lens(tmp_path), patentscope(tmp_path), derwent(tmp_path)]
    report = QualityReport()
    merged = merge([rows_of(*read_export(path), path, {}) for path in paths], report).set_index("publication_number")
    assert list(merged.index) == ["US-20130035742-A1", "EP-2555555-A2", "WO-2019123456-A1", "EP-123456789"]
    first = merged.loc["US-20130035742-A1"]
    assert first["title"] == "Hörgerät — 補聴器" and first["dwpi_title"].startswith("SECRET")
    assert first["export"] == "Lens.org: lens.csv" and first["ipc"] == ["H04R25/00"]
    wheelchair = merged.loc["WO-2019123456-A1"]
    assert wheelchair["title"].endswith("Intelligent wheelchair") and wheelchair["dwpi_title"] == "SECRET wheelchair"
    told = {(f.column, f.problem): (f.count, f.rows) for f in report.findings}
    assert told["publication_number", "in the exports again"] == (2, (5, 6))
    assert told["title", "differs between exports"] == (2, (5, 6))
    assert told["ipc", "differs between exports"] == (2, (5, 6))


def test_families_join_across_databases(tmp_path: Path) -> None:
    paths = [lens(tmp_path), derwent(tmp_path, [{**DERWENT[1], "DWPI Family Members": "WO2019123456A1 | EP2555555A2"}])]
    merged = merge([rows_of(*read_export(path), path, {}) for path in paths], QualityReport())
    assert family_ids(merged) == ["EP-2555555-A2"] * 3
    assert (
        len(
            set(family_ids(merge([rows_of(*read_export(p), p, {}) for p in (patentscope(tmp_path),)], QualityReport())))
        )
        == 2
    )


def test_names_may_be_in_any_case_and_blanks_double(tmp_path: Path) -> None:
    path = write_export(
        tmp_path / "x.tsv", ("LENS ID", "display  key", "Title"), [{"display  key": "US1A"}], delimiter="\t"
    )
    assert rows(path).index.tolist() == ["US-1-A"]


def test_what_is_no_export_is_refused_by_the_columns_looked_for(tmp_path: Path) -> None:
    path = write_export(tmp_path / "other.csv", ("Number", "Heading"), [{"Number": "1"}])
    with pytest.raises(PatbenchError, match=r"no export of Lens.org, PATENTSCOPE, Derwent Innovation") as caught:
        read_export(path)
    assert "Lens ID and Display Key" in caught.value.why and "Found: Number, Heading" in caught.value.why
    assert "Application Id and I P C" in caught.value.why and "Publication Number and Title - DWPI" in caught.value.why


def test_damaged_files_are_told(tmp_path: Path) -> None:
    with pytest.raises(PatbenchError, match="No file at"):
        read_export(tmp_path / "none.csv")
    with pytest.raises(PatbenchError, match="an ending that is not read") as caught:
        read_export(tmp_path / "scope.xlsx")
    assert "Save the export as CSV" in caught.value.todo
    (tmp_path / "empty.csv").write_text("", encoding="utf-8")
    with pytest.raises(PatbenchError, match="no export of") as caught:
        read_export(tmp_path / "empty.csv")
    assert "Found: nothing" in caught.value.why
    headed = write_export(tmp_path / "headed.csv", ("Lens ID", "Display Key"), [])
    with pytest.raises(PatbenchError, match="has no rows"):
        read_export(headed)
    twice = write_export(tmp_path / "twice.csv", ("Lens ID", "Display Key", "Title", "Title"), [{"Title": "a"}])
    with pytest.raises(PatbenchError, match="several columns named Title"):
        read_export(twice)
    (tmp_path / "ragged.csv").write_text("Lens ID,Display Key\n1,US1A\n2,US2A,more\n", encoding="utf-8")
    with pytest.raises(PatbenchError, match="1 ragged rows: 2"):
        read_export(tmp_path / "ragged.csv")
    (tmp_path / "quoted.csv").write_text('Lens ID,Display Key\n1,"US1A\n', encoding="utf-8")
    with pytest.raises(PatbenchError, match="not well-formed CSV"):
        read_export(tmp_path / "quoted.csv")
    (tmp_path / "packed.csv").write_bytes(gzip.compress(b"Lens ID,Display Key\n"))
    with pytest.raises(PatbenchError, match="not UTF-8"):
        read_export(tmp_path / "packed.csv")


@pytest.mark.parametrize(("encoding", "told"), [("cp1252", "WINDOWS-1252"), ("utf-16", "UTF-16")])
def test_other_encodings_are_refused_and_no_letter_is_lost(tmp_path: Path, encoding: str, told: str) -> None:
    row = {**LENS[0], "Title": "Hörgerät"}
    path = write_export(tmp_path / "x.csv", ("Lens ID", "Display Key", "Title"), [row], encoding=encoding)
    with pytest.raises(PatbenchError, match="not UTF-8") as caught:
        read_export(path)
    assert f"iconv -f {told} -t UTF-8" in caught.value.todo


def test_fixtures_are_of_the_same_patents() -> None:
    assert one_spelling(LENS[0]["Display Key"]) == one_spelling(DERWENT[0]["Publication Number"])
    assert DERWENT[1]["Publication Number"].startswith(PATENTSCOPE[0]["Application Id"])
