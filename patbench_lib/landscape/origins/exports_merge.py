"""Exports of several kinds as one table: one row a publication, what the first of them says kept."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from patbench_lib.landscape.numbers import match_key, one_spelling, parse_number
from patbench_lib.landscape.origins.exports import Export, cells, entries, iso_dates, symbol
from patbench_lib.landscape.origins.families import Families
from patbench_lib.landscape.quality import QualityReport

TEXTS = ("title", "abstract", "claims", "dwpi_title", "dwpi_abstract", "publication_date")
LISTS = ("ipc", "cpc", "cited", "members")


def rows_of(export: Export, table: pd.DataFrame, path: Path, labels: dict[str, str]) -> pd.DataFrame:
    """Return an export in the schema's columns, with `members` of the family and its file, numbers spelt alike.

    Parameters
    ----------
    labels : the table's own column of each label set it has; those of other files are None here.
    """
    rows = pd.DataFrame(index=table.index)
    rows["publication_number"] = cells(table, export.texts["publication_number"]).map(one_spelling)
    for column in TEXTS:
        rows[column] = cells(table, export.texts.get(column, ()))
    for column in LISTS:
        rows[column] = entries(cells(table, export.lists.get(column, ())))
    spellings = {"ipc": symbol, "cpc": symbol, "cited": one_spelling, "members": one_spelling}
    for column, spelt in spellings.items():
        rows[column] = pd.Series([[*map(spelt, found)] for found in rows[column]], index=rows.index, dtype=object)
    rows["publication_date"] = iso_dates(rows["publication_date"])
    rows["export"] = f"{export.name}: {path.name}"
    for name, column in labels.items():
        rows[name] = entries(table[column])
    return rows


def merge(frames: Sequence[pd.DataFrame], report: QualityReport) -> pd.DataFrame:
    """Return one row a publication: of each column what the first file has that has something there.

    A number without a kind code, as PATENTSCOPE prints them, is the publication of that number where there is one
    alone. What was joined, and where files say different things, goes into the report, whose rows are those of all
    files together, in the order given.
    """
    rows = pd.concat(list(frames), ignore_index=True)
    rows["publication_number"] = _with_kinds(rows["publication_number"])
    again = rows["publication_number"].duplicated() & (rows["publication_number"] != "")
    where = [int(row) + 1 for row in rows.index[again]]
    report.add("repaired", "publication_number", "in the exports again", where, "joined, the first has priority")
    columns = [column for column in rows.columns if column not in ("publication_number", "export")]
    taken: dict[str, dict[Hashable, Any]] = {}
    differing: dict[str, list[int]] = {}
    kept: list[dict[Hashable, Any]] = []
    for position, row in enumerate(rows.to_dict("records")):
        number = str(row["publication_number"])
        first = taken.get(number) if number else None
        if first is None:
            taken[number] = row
            kept.append(row)
            continue
        for column in columns:
            if _is_empty(first[column]):
                first[column] = row[column]
            elif not _is_empty(row[column]) and row[column] != first[column]:
                differing.setdefault(column, []).append(position + 1)
    for column, where in differing.items():
        report.add("note", column, "differs between exports", where, "the first kept")
    joined = pd.DataFrame(kept, columns=rows.columns)
    return joined.drop(columns=[column for column in TEXTS if (joined[column] == "").all()])


def family_ids(rows: pd.DataFrame) -> list[str]:
    """Return the family of each row: those whose members have one in common, whatever database names them."""
    families, keys = Families(), {}
    for number, members in zip(rows["publication_number"], rows["members"], strict=True):
        links = [match_key(number), *map(match_key, members)]
        families.join(links)
        keys[number] = links[0]
    named = families.name(keys)
    return [named[number] for number in rows["publication_number"]]


def _with_kinds(numbers: pd.Series) -> pd.Series:
    full: dict[str, set[str]] = {}
    for number in numbers:
        parsed = parse_number(number)
        if parsed is not None and parsed.kind:
            full.setdefault(match_key(number), set()).add(number)
    only = {key: next(iter(found)) for key, found in full.items() if len(found) == 1}
    bare = {n for n in numbers if (parsed := parse_number(n)) is not None and not parsed.kind}
    return numbers.map(lambda number: only.get(match_key(number), number) if number in bare else number)


def _is_empty(value: Any) -> bool:
    return value is None or value != value or len(value) == 0  # NaN, of a file without the column, differs from itself
