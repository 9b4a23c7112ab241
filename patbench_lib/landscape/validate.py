"""Validation: bring a raw table into the schema, reporting every problem and every repair."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import date
from typing import Any, Literal

import numpy as np
import pandas as pd

from patbench_lib.errors import PatbenchError
from patbench_lib.landscape.codes import parse_symbol
from patbench_lib.landscape.numbers import match_key, parse_number
from patbench_lib.landscape.quality import QualityReport
from patbench_lib.landscape.schema import CODES, COLUMNS, LISTS, SECTIONS

Duplicates = Literal["error", "first"]

FIRST_PATENT_YEAR = 1790
"""Earlier years are typing errors: the first numbered national patents are of that year."""


def validate(
    raw: pd.DataFrame, *, name: str, label_sets: Sequence[str] = (), duplicates: Duplicates = "error"
) -> tuple[pd.DataFrame, QualityReport]:
    """Return the table in the schema, sorted by publication number, and the report on it.

    Parameters
    ----------
    raw : one row a publication; columns named as in the schema, list columns holding lists.
    label_sets : columns of `raw` that hold label lists.
    duplicates : what to do with one publication number on rows that differ: `error`, or keep the `first`.

    Raises
    ------
    PatbenchError
        Where the table has no rows, no publication numbers, or duplicates that differ.
    """
    if raw.empty:
        raise PatbenchError(f"Landscape '{name}' has no rows.", todo="Check the file and the filters of its source.")
    report = QualityReport()
    frame = raw.copy()
    frame["source_row"] = np.arange(1, len(frame) + 1)
    frame = _check_numbers(frame, report, duplicates)
    _clean_texts(frame, report)
    _clean_scalars(frame, report)
    for column in CODES:
        _clean_codes(frame, column, report)
    _clean_citations(frame, report)
    _clean_labels(frame, label_sets, report)
    _clean_free(frame, label_sets, report)
    if report.errors:
        raise PatbenchError(
            f"Landscape '{name}' cannot be used: " + "; ".join(map(str, report.errors)),
            todo="Mend the rows named, or set `duplicates: first` in the study to keep the first of each number.",
        )
    return frame.sort_values("publication_number", ignore_index=True), report


def _plain(values: pd.Series) -> pd.Series:
    """Return cells of any type as text: nothing as an empty one, 12.0 as 12, a list (of claims, say) line by line."""
    return pd.Series([plain_cell(value) for value in values], index=values.index, dtype=object)


def plain_cell(value: Any) -> str:
    """Return a cell of any type as text, as it is read: an identifier too, whatever type its table has it in."""
    if isinstance(value, (list, tuple, np.ndarray)):
        return "\n".join(filter(None, map(plain_cell, value)))
    if pd.isna(value):
        return ""
    return str(int(value) if isinstance(value, float) and value.is_integer() else value).strip()


def _rows(frame: pd.DataFrame, mask: Any) -> list[int]:
    return [int(row) for row in frame.loc[np.asarray(mask, dtype=bool), "source_row"]]


def _check_numbers(frame: pd.DataFrame, report: QualityReport, duplicates: Duplicates) -> pd.DataFrame:
    numbers = _plain(frame["publication_number"])
    frame["publication_number"] = numbers
    report.add("error", "publication_number", "missing", _rows(frame, numbers == ""))
    content = frame.drop(columns="source_row").map(repr).agg("\x1f".join, axis=1)
    copies = content.duplicated() & (numbers != "")
    report.add("repaired", "publication_number", "rows repeated word for word", _rows(frame, copies), "the first kept")
    frame = frame[~copies].copy()
    repeated = frame["publication_number"].duplicated() & (frame["publication_number"] != "")
    if duplicates == "first":
        action = "the first kept, as the study says"
        report.add("repaired", "publication_number", "repeated with other content", _rows(frame, repeated), action)
        frame = frame[~repeated].copy()
    else:
        report.add("error", "publication_number", "repeated with other content", _rows(frame, repeated))
    unread = [parse_number(number) is None for number in frame["publication_number"]]
    action = "kept; it matches citations only word for word"
    report.add("note", "publication_number", "not office, number, kind", _rows(frame, unread), action)
    keys = pd.Series([match_key(number) for number in frame["publication_number"]], index=frame.index)
    action = "a citation of the number means each of them"
    report.add("note", "publication_number", "same number, other kind code", _rows(frame, keys.duplicated()), action)
    return frame


def _clean_texts(frame: pd.DataFrame, report: QualityReport) -> None:
    given = [section for section in SECTIONS if section in frame]
    for section in SECTIONS:
        frame[section] = _plain(frame[section]) if section in frame else ""
    for section in given:
        report.add("note", section, "empty", _rows(frame, frame[section] == ""), "kept; the views use what is there")
    silent = (frame[list(SECTIONS)] == "").all(axis=1)
    report.add("note", "text", "no text in any section", _rows(frame, silent), "kept; no system can rank it by content")


def _clean_scalars(frame: pd.DataFrame, report: QualityReport) -> None:
    parsed = [parse_number(number) for number in frame["publication_number"]]
    printed = pd.Series([number.office if number else "" for number in parsed], index=frame.index)
    given = _plain(frame["office"]).str.upper() if "office" in frame else printed
    differs = (given != "") & (printed != "") & (given != printed)
    report.add("note", "office", "not the office of the number", _rows(frame, differs), "the column's office kept")
    missing = (given == "") & (printed != "")
    report.add("repaired", "office", "missing", _rows(frame, missing), "taken from the number")
    frame["office"] = given.where(given != "", printed)

    written = frame["publication_date"] if "publication_date" in frame else pd.Series(pd.NaT, index=frame.index)
    dates = read_dates(written)
    bad = dates.isna() & written.notna() & (written.astype(str).str.strip() != "")
    report.add("repaired", "publication_date", "malformed or impossible", _rows(frame, bad), "set to unknown")
    frame["publication_date"] = dates

    family = _plain(frame["family_id"]) if "family_id" in frame else None
    if family is None:
        frame["family_id"] = frame["publication_number"]
        report.add("note", "family_id", "no such column", _rows(frame, [True] * len(frame)), "each is its own family")
    else:
        report.add("repaired", "family_id", "missing", _rows(frame, family == ""), "made a family of its own")
        frame["family_id"] = family.where(family != "", frame["publication_number"])


def read_dates(values: pd.Series) -> pd.Series:
    """Read dates written as ISO (a time of day is dropped), as eight digits or as a year (its first day).

    Anything else, days that do not exist, and years in which there were no patents become unknown.
    """
    dates = pd.Series([_read_date(value) for value in values], index=values.index, dtype="object")
    return pd.to_datetime(dates).astype("datetime64[s]")


def _read_date(value: Any) -> date | None:
    text = str(value).strip().removesuffix(".0")
    if re.fullmatch(r"\d{4}", text):
        text += "-01-01"
    elif re.fullmatch(r"\d{8}", text):
        text = f"{text[:4]}-{text[4:6]}-{text[6:]}"
    try:
        found = date.fromisoformat(text[:10])
    except ValueError:
        return None
    return found if FIRST_PATENT_YEAR <= found.year <= date.today().year + 1 else None


def _clean_lists(frame: pd.DataFrame, column: str, mend: Callable[[str], str | None]) -> list[bool]:
    """Replace a list column's entries by their mended form, once each, telling which rows lost an entry."""
    values, lost = [], []
    for entries in frame[column]:
        mended = [mend(str(entry).strip()) for entry in entries if str(entry).strip()]
        values.append(list(dict.fromkeys(entry for entry in mended if entry is not None)))
        lost.append(None in mended)
    frame[column] = pd.Series(values, index=frame.index, dtype=object)
    return lost


def _clean_codes(frame: pd.DataFrame, column: str, report: QualityReport) -> None:
    if column not in frame:
        frame[column] = pd.Series([[] for _ in range(len(frame))], index=frame.index, dtype=object)
        return
    lost = _clean_lists(frame, column, parse_symbol)
    report.add("repaired", column, "symbols that are no IPC or CPC", _rows(frame, lost), "these symbols left out")
    report.add("note", column, "no symbol", _rows(frame, [not entries for entries in frame[column]]), "kept")


def _clean_citations(frame: pd.DataFrame, report: QualityReport) -> None:
    for column in LISTS:
        if column not in frame:
            frame[column] = pd.Series([[] for _ in range(len(frame))], index=frame.index, dtype=object)
    cited, categories, itself, uneven = [], [], [], []
    for number, entries, kinds in zip(
        frame["publication_number"], frame["cited"], frame["citation_category"], strict=True
    ):
        own = match_key(number)
        uneven.append(bool(len(kinds)) and len(kinds) != len(entries))
        padded = [str(kind) for kind in kinds] if len(kinds) == len(entries) else [""] * len(entries)
        pairs: dict[str, str] = {}
        for entry, kind in zip(entries, padded, strict=True):
            if written := str(entry).strip():
                pairs.setdefault(written, kind)
        kept = {entry: kind for entry, kind in pairs.items() if match_key(entry) != own}
        itself.append(len(kept) < len(pairs))
        cited.append(list(kept))
        categories.append(list(kept.values()) if any(kept.values()) else [])
    frame["cited"] = pd.Series(cited, index=frame.index, dtype=object)
    frame["citation_category"] = pd.Series(categories, index=frame.index, dtype=object)
    report.add("repaired", "cited", "cites itself", _rows(frame, itself), "that citation left out")
    action = "the categories of these rows left out"
    report.add("repaired", "citation_category", "not one for each citation", _rows(frame, uneven), action)


def _clean_labels(frame: pd.DataFrame, label_sets: Sequence[str], report: QualityReport) -> None:
    for column in label_sets:
        _clean_lists(frame, column, lambda label: label)
        report.add("note", column, "no label", _rows(frame, [not entries for entries in frame[column]]), "kept")


def _clean_free(frame: pd.DataFrame, label_sets: Sequence[str], report: QualityReport) -> None:
    """Turn columns outside the schema that mix types, which no Parquet file can hold, into text."""
    import pyarrow as pa

    for column in frame.columns.difference([*COLUMNS, *label_sets, "source_row"]):
        try:
            pa.array(frame[column], from_pandas=True)
        except (pa.ArrowInvalid, pa.ArrowTypeError):
            frame[column] = _plain(frame[column])
            report.add("repaired", str(column), "of mixed types", _rows(frame, frame[column] != ""), "made text")
