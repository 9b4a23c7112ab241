"""Reading a user's table: Parquet, CSV or JSON lines, gzipped or not, with every failure explained."""

from __future__ import annotations

import gzip
import io
import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from patbench_lib.errors import PatbenchError, nearest
from patbench_lib.landscape.csv_rows import DELIMITERS, framed, open_text, read_rows, readable
from patbench_lib.landscape.parquet import read_parquet, readable_parquet
from patbench_lib.landscape.schema import COLUMNS, LISTS

SEPARATORS = (";", "|", "\n", ",")
"""Separators of several entries in one cell, tried in this order where the study names none."""


NO_JSON = (ValueError, RecursionError)
"""What text that is no JSON raises; a number of thousands of digits, and lists nested as deeply, are none here."""


def read_table(path: Path) -> pd.DataFrame:
    """Read a file into a frame, every CSV cell as text.

    Raises
    ------
    PatbenchError
        Where the file is missing, empty, damaged, of another type, of another encoding than UTF-8, or has ragged rows
        or two columns of one name.
    """
    if not path.is_file():
        todo = "A path in a study starts at the compendium's folder, one on the command line at the working folder."
        raise PatbenchError(f"No file at {path}.", todo=todo)
    if path.stat().st_size == 0:
        raise PatbenchError(f"{path} is empty.", todo="Give a file with a header and at least one patent.")
    kind = "".join(suffix for suffix in path.suffixes[-2:] if suffix != ".gz").lower().rsplit(".", 1)[-1]
    readers = {"parquet": _read_parquet, "pq": _read_parquet, "csv": _read_csv, "tsv": _read_csv}
    readers |= {"jsonl": _read_json_lines, "ndjson": _read_json_lines}
    if kind not in readers:
        raise PatbenchError(
            f"{path} has an ending that is not read.", todo="Use .parquet, .csv, .tsv or .jsonl, with or without .gz."
        )
    with readable(path):
        frame = readers[kind](path)
    if frame.empty:
        raise PatbenchError(f"{path} has no rows.", todo="Give a file with at least one patent.")
    if repeated := sorted(set(frame.columns[frame.columns.duplicated()].map(str))):
        raise PatbenchError(f"{path} has several columns named {', '.join(map(repr, repeated))}.", todo="Rename them.")
    return frame


_QUOTED = re.compile(r'"[^"]*"')


def read_column(path: Path, name: str) -> pd.Series | None:
    """Read one column of a file, None where it has none of that name; of plain Parquet no other is read.

    Raises
    ------
    PatbenchError
        As `read_table` does.
    """
    if path.suffix.lower() in (".parquet", ".pq") and path.stat().st_size:
        import pyarrow.parquet as pq

        with readable_parquet(path):
            times = pq.read_schema(path).names.count(name)
        if times < 2:
            return read_parquet(path, [name])[name] if times else None
    table = read_table(path)
    return table.get(name)


def _read_parquet(path: Path) -> pd.DataFrame:
    if path.suffix.lower() != ".gz":
        return read_parquet(path)
    with gzip.open(path) as packed:
        return read_parquet(path, unpacked=io.BytesIO(packed.read()))


def _read_csv(path: Path) -> pd.DataFrame:
    with open_text(path) as file:
        header = _QUOTED.sub("", next((line for line in file if line.strip()), ""))
    return framed(path, read_rows(path, max(DELIMITERS, key=header.count)))


def _read_json_lines(path: Path) -> pd.DataFrame:
    records = []
    with open_text(path) as file:
        for number, line in enumerate(file, 1):
            if not line.strip():
                continue
            try:
                record = json.loads(line)
            except NO_JSON as error:
                raise PatbenchError(f"{path}, line {number}, is not JSON.", why=str(error)) from error
            if not isinstance(record, dict):
                raise PatbenchError(f"{path}, line {number}, is not a JSON object.")
            records.append(record)
    return pd.DataFrame(records, dtype=object)


def map_columns(
    frame: pd.DataFrame, columns: Mapping[str, str], labels: Sequence[str], separator: str | None
) -> pd.DataFrame:
    """Rename a table's columns to the schema's and split its list cells.

    Parameters
    ----------
    columns : schema column to the table's column; a schema column not named is taken under its own name.
    labels : the table's columns that hold label sets.
    separator : what stands between entries of a list in a text cell; None finds it column by column.

    Raises
    ------
    PatbenchError
        Where a named column, or any column of publication numbers, is missing, or a label set is none.
    """
    for target, source in columns.items():
        if target not in COLUMNS:
            close = nearest(target, COLUMNS)
            hint = f"Did you mean '{close}'?" if close else f"Known: {', '.join(COLUMNS)}."
            raise PatbenchError(f"`columns` maps to '{target}', which the schema does not have.", todo=hint)
        _require(frame, source, f"`columns` takes {target} from it")
    kept = frame.drop(columns={*columns.values(), *(target for target in columns if target in frame)})
    renamed = pd.DataFrame({**kept, **{target: frame[source] for target, source in columns.items()}})
    if "publication_number" not in renamed:
        have = ", ".join(map(str, frame.columns))
        raise PatbenchError(
            "The table has no column publication_number.",
            why=f"It has: {have}.",
            todo="Map one in the study: `columns: {publication_number: NAME}`.",
        )
    for column in labels:
        _require(renamed, column, "`labels` names it")
        if column in COLUMNS and column not in LISTS:
            raise PatbenchError(f"`labels` names {column}, which the schema reads as one value, not as a label set.")
    for column in [*(name for name in LISTS if name in renamed), *labels]:
        renamed[column] = split_cells(renamed[column], separator)
    return renamed


def _require(frame: pd.DataFrame, column: str, reason: str) -> None:
    if column not in frame:
        close = nearest(column, map(str, frame.columns))
        raise PatbenchError(
            f"The table has no column '{column}'.",
            why=f"{reason}; the table has: {', '.join(map(str, frame.columns))}.",
            todo=f"Did you mean '{close}'?" if close else "",
        )


def split_cells(values: pd.Series, separator: str | None = None) -> pd.Series:
    """Turn cells into lists: arrays as they are, JSON arrays read, text split at the separator."""
    if separator is None:
        separator = find_separator(values)
    return pd.Series([_split(value, separator) for value in values], index=values.index, dtype=object)


def find_separator(values: pd.Series) -> str:
    """Return the first of `SEPARATORS` that occurs in a column's text cells, `;` where none does."""
    text = [value for value in values if isinstance(value, str) and not value.lstrip().startswith("[")]
    return next((mark for mark in SEPARATORS if any(mark in value for value in text)), SEPARATORS[0])


def _split(value: Any, separator: str) -> list[str]:
    if isinstance(value, (list, tuple, np.ndarray)):
        return [str(entry).strip() for entry in value if entry is not None and str(entry).strip()]
    if value is None or value is pd.NA or (isinstance(value, float) and np.isnan(value)):
        return []
    text = str(value).strip()
    if text.startswith("[") and text.endswith("]"):
        try:
            return _split(json.loads(text), separator)
        except NO_JSON:
            pass  # square brackets that are no JSON: an ordinary cell
    return [entry.strip() for entry in text.split(separator) if entry.strip()]
