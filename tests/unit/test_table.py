from __future__ import annotations

import gzip
import io
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from patbench_lib.errors import PatbenchError
from patbench_lib.landscape.table import find_separator, map_columns, read_column, read_table, split_cells

ROWS = [
    {"publication_number": "US-1-A", "title": "Gehhilfe für Blinde", "cited": "US-2; US-3"},
    {"publication_number": "US-2-A", "title": 'A "smart" cane, with\ntwo lines', "cited": ""},
]


def csv_of(delimiter: str) -> bytes:
    return pd.DataFrame(ROWS).to_csv(index=False, sep=delimiter).encode()


def json_lines() -> bytes:
    return "\n".join(json.dumps(row, ensure_ascii=False) for row in ROWS).encode()


def parquet() -> bytes:
    content = io.BytesIO()
    pd.DataFrame(ROWS).to_parquet(content)
    return content.getvalue()


def write(folder: Path, name: str, content: bytes) -> Path:
    path = folder / name
    path.write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
    return path


@pytest.mark.parametrize("packed", ["", ".gz"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("t.csv", csv_of(",")),
        ("t.csv", csv_of(";")),
        ("t.CSV", csv_of("\t")),
        ("t.tsv", csv_of("\t")),
        ("t.jsonl", json_lines()),
        ("t.of.2007.ndjson", json_lines()),
    ],
)
def test_every_kind_of_text_file_holds_the_same_rows(
    tmp_path: Path, name: str, content: bytes, packed: str, mark: bytes
) -> None:
    assert read_table(write(tmp_path, name + packed, mark + content)).to_dict("records") == ROWS


@pytest.mark.parametrize("name", ["t.parquet", "t.pq", "t.parquet.gz"])
def test_parquet_is_read_packed_or_not(tmp_path: Path, name: str) -> None:
    assert read_table(write(tmp_path, name, parquet())).to_dict("records") == ROWS


def test_a_header_with_the_delimiter_in_quotes_is_read(tmp_path: Path) -> None:
    table = read_table(write(tmp_path, "t.csv", b'"Title, in English, if any";number\nA cane;US-1\n'))
    assert table.to_dict("records") == [{"Title, in English, if any": "A cane", "number": "US-1"}]


def test_blank_lines_are_no_rows(tmp_path: Path) -> None:
    assert read_table(write(tmp_path, "t.csv", b"\na,b\n\n1,2\n\n")).to_dict("records") == [{"a": "1", "b": "2"}]


def test_whole_numbers_of_json_lines_stay_whole_where_others_lack_them(tmp_path: Path) -> None:
    table = read_table(write(tmp_path, "t.jsonl", b'{"a": "x", "family_id": 12}\n{"a": "y"}\n'))
    assert str(table["family_id"][0]) == "12"


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("t.csv", b"", "is empty"),
        ("t.parquet", b"", "is empty"),
        ("t.csv.gz", b"", "has no rows"),
        ("t.csv", b"\n\n", "has no rows"),
        ("t.csv", b"publication_number,title\n", "has no rows"),
        ("t.jsonl", b"\n", "has no rows"),
        ("t.xlsx", b"x", "ending that is not read"),
        ("t.json", b"{}", "ending that is not read"),
        ("t.csv", "a,b\n1,Gerät\n".encode("cp1252"), "not UTF-8: it has the byte 0xe4"),
        ("t.csv", "a,b\n1,2\n".encode("utf-16"), "not UTF-8"),
        ("t.jsonl.gz", '{"a": "Gerät"}'.encode("latin-1"), "not UTF-8"),
        ("t.csv", b"a,b\n1,2\n3,4,5\n6,7\n8\n", "2 ragged rows: 2, 4"),
        ("t.csv", b'a,b\n1,"2\n', "not well-formed CSV"),
        ("t.csv", b"a,b,a\n1,2,3\n", "several columns named 'a'"),
        ("t.jsonl", b'{"a": 1}\n{"a": \n', "line 2, is not JSON"),
        ("t.jsonl", b'{"a": 1}\n\n[1]\n', "line 3, is not a JSON object"),
        ("t.parquet", b"a,b\n1,2\n", "not a readable Parquet file"),
    ],
)
def test_a_file_that_cannot_be_read_says_why(tmp_path: Path, name: str, content: bytes, said: str) -> None:
    with pytest.raises(PatbenchError) as told:
        read_table(write(tmp_path, name, content))
    assert said in str(told.value) and name in str(told.value)


@pytest.mark.parametrize("name", ["t.csv.gz", "t.parquet.gz"])
@pytest.mark.parametrize("content", [b"not gzip at all", gzip.compress(csv_of(",") * 50)[:-30]])
def test_a_damaged_gzip_file_is_told(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(PatbenchError, match="is not a whole gzip file"):
        read_table(tmp_path / name)


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(PatbenchError, match=r"No file at .*gone\.csv"):
        read_table(tmp_path / "gone.csv")


def test_many_ragged_rows_are_counted_and_ten_are_shown(tmp_path: Path) -> None:
    with pytest.raises(PatbenchError, match=r"12 ragged rows: 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, …\.") as told:
        read_table(write(tmp_path, "t.csv", b"a,b\n" + b"1,2,3\n" * 12))
    assert "The header has 2 columns, row 1 has 3." in str(told.value)


def cells(*values: object) -> list[list[str]]:
    return [list(entries) for entries in split_cells(pd.Series(list(values), dtype=object))]


def test_list_cells_are_read_from_arrays_json_and_separated_text() -> None:
    assert cells(np.array(["a", "b"]), ["c", None, " "], ("d",)) == [["a", "b"], ["c"], ["d"]]
    assert cells('["a", "b;c"]', "[]", '["d"]') == [["a", "b;c"], [], ["d"]]
    assert cells("a;b", "c ; ;d", "") == [["a", "b"], ["c", "d"], []]
    assert cells("a|b", "c") == [["a", "b"], ["c"]]
    assert cells("a, b", "c") == [["a", "b"], ["c"]]
    assert cells("a\nb", "c, d") == [["a", "b"], ["c, d"]]
    assert cells(None, float("nan"), pd.NA, 12) == [[], [], [], ["12"]]
    assert cells("[US] no JSON", "x; y") == [["[US] no JSON"], ["x", "y"]]


def test_the_separator_is_one_for_the_column_and_can_be_given() -> None:
    assert find_separator(pd.Series(["a, b", "c; d"])) == ";"
    assert find_separator(pd.Series(['["x; y"]', "a|b"], dtype=object)) == "|"
    assert split_cells(pd.Series(["a/b;c"]), "/").tolist() == [["a", "b;c"]]


ENTRY = st.text(alphabet="abcXYZ 0123-/", min_size=1).map(str.strip).filter(bool)


@settings(deadline=None, max_examples=100)
@given(lists=st.lists(st.lists(ENTRY, min_size=1, max_size=4), min_size=1, max_size=5), mark=st.sampled_from(";|\n,"))
def test_lists_joined_by_any_separator_split_again(lists: list[list[str]], mark: str) -> None:
    assert cells(*(mark.join(entries) for entries in lists)) == lists
    assert cells(*(json.dumps(entries) for entries in lists)) == lists


def frame(**columns: list[object]) -> pd.DataFrame:
    return pd.DataFrame(columns, dtype=object)


def test_columns_are_renamed_as_the_study_says_and_others_keep_their_name() -> None:
    table = frame(Number=["US-1"], Titel=["A cane"], note=["x"], Refs=["US-2;US-3"], topic=["a;b"])
    columns = {"publication_number": "Number", "title": "Titel", "cited": "Refs"}
    mapped = map_columns(table, columns, ["topic"], None)
    assert mapped.to_dict("records") == [
        {"note": "x", "topic": ["a", "b"], "publication_number": "US-1", "title": "A cane", "cited": ["US-2", "US-3"]}
    ]
    assert list(table.columns) == ["Number", "Titel", "note", "Refs", "topic"]


def test_a_mapped_column_takes_the_place_of_one_with_the_schemas_name() -> None:
    table = frame(publication_number=["US-1"], title=["Gehhilfe"], title_en=["Walking aid"])
    mapped = map_columns(table, {"title": "title_en"}, [], None)
    assert mapped.to_dict("records") == [{"publication_number": "US-1", "title": "Walking aid"}]


def test_one_column_can_serve_two_of_the_schema() -> None:
    mapped = map_columns(frame(id=["US-1"]), {"publication_number": "id", "family_id": "id"}, [], None)
    assert mapped.to_dict("records") == [{"publication_number": "US-1", "family_id": "US-1"}]


@pytest.mark.parametrize(
    ("columns", "labels", "said"),
    [
        ({"title": "Titel"}, [], "Did you mean 'Title'?"),
        ({"titel": "Title"}, [], "Did you mean 'title'?"),
        ({"publication_number": "Number"}, ["topics"], "Did you mean 'topic'?"),
        ({"title": "Title"}, [], "no column publication_number"),
        ({"publication_number": "Number", "office": "topic"}, ["office"], "`labels` names office"),
    ],
)
def test_a_column_that_cannot_be_is_named_with_the_nearest_that_is(
    columns: dict[str, str], labels: list[str], said: str
) -> None:
    with pytest.raises(PatbenchError) as told:
        map_columns(frame(Number=["US-1"], Title=["A cane"], topic=["x"]), columns, labels, None)
    assert said in str(told.value)


def test_of_parquet_one_column_is_read_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pd.DataFrame({"publication_number": ["US-1-A"], "cited": ["US-2-A"]}).to_parquet(tmp_path / "t.parquet")
    (tmp_path / "t.csv").write_text("publication_number,cited\nUS-1-A,US-2-A\n", encoding="utf-8")
    for name in ("t.parquet", "t.csv"):
        found = read_column(tmp_path / name, "cited")
        assert found is not None and found.tolist() == ["US-2-A"]
        assert read_column(tmp_path / name, "refs") is None
    for name, content, told in (
        ("cut.parquet", b"PAR1", "not a readable Parquet file"),
        ("no.parquet", b"", "is empty"),
    ):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(PatbenchError, match=told):
            read_column(tmp_path / name, "cited")
    monkeypatch.setattr("patbench_lib.landscape.table.read_table", None)
    assert read_column(tmp_path / "t.parquet", "cited") is not None
