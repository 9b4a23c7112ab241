"""Rows of a text table, and what is said of a file that is none."""

from __future__ import annotations

import csv
import gzip
import sys
import zlib
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import IO

import pandas as pd

from patbench_lib.errors import PatbenchError

DELIMITERS = "\t,;|"


@contextmanager
def readable(path: Path) -> Iterator[None]:
    """Turn what goes wrong while a text file is read into an error that says so.

    Raises
    ------
    PatbenchError
        Where the file is of another encoding than UTF-8, no whole gzip file, or not well-formed.
    """
    try:
        yield
    except UnicodeDecodeError as error:
        likely = "UTF-16" if error.object[:2] in (BOM_UTF16_LE, BOM_UTF16_BE) else "WINDOWS-1252"
        raise PatbenchError(
            f"{path} is not UTF-8: it has the byte {error.object[error.start]:#04x} where none can stand.",
            why="A table in another encoding, often Windows-1252, would lose its accented letters.",
            todo=f"Convert it first: iconv -f {likely} -t UTF-8 '{path.name}' > converted.csv",
        ) from error
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise PatbenchError(
            f"{path} is not a whole gzip file.", why=str(error), todo="Copy or pack it again."
        ) from error
    except csv.Error as error:
        raise PatbenchError(f"{path} is not well-formed CSV.", why=str(error)) from error


@contextmanager
def open_text(path: Path) -> Iterator[IO[str]]:
    """Open a file as UTF-8, with or without a byte-order mark, gzipped or not."""
    opener = gzip.open if path.suffix.lower() == ".gz" else open
    with opener(path, "rt", encoding="utf-8-sig", newline="") as file:
        yield file


def read_rows(path: Path, delimiter: str, most: int | None = None) -> list[list[str]]:
    """Return the rows of a file that have any cell, all of them or the first ones, which are read with indulgence."""
    csv.field_size_limit(sys.maxsize)
    with open_text(path) as file:
        rows = islice(csv.reader(file, delimiter=delimiter, strict=most is None), most)
        return [row for row in rows if row]


def framed(path: Path, rows: Sequence[Sequence[str]]) -> pd.DataFrame:
    """Return rows as a frame of text, the first of them naming the columns.

    Raises
    ------
    PatbenchError
        Where a row has another number of cells.
    """
    names, body = (rows[0], rows[1:]) if rows else ([], [])
    ragged = [number for number, row in enumerate(body, 1) if len(row) != len(names)]
    if ragged:
        first = ", ".join(map(str, ragged[:10]))
        raise PatbenchError(
            f"{path} has {len(ragged)} ragged rows: {first}{', …' if len(ragged) > 10 else ''}.",
            why=f"The header has {len(names)} columns, row {ragged[0]} has {len(body[ragged[0] - 1])}.",
            todo="Quote the cells that contain the delimiter or a line break.",
        )
    return pd.DataFrame(body, columns=list(names), dtype=object)
