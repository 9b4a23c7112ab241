"""Exports of patent databases: Lens.org, PATENTSCOPE and Derwent Innovation, each told by the names of its columns."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import pandas as pd

from patbench_lib.errors import PatbenchError
from patbench_lib.landscape.csv_rows import DELIMITERS, framed, read_rows, readable

Alternatives = tuple[tuple[str, ...], ...]
"""Columns that a cell may be taken from: of the first alternative that is not empty, its columns line by line."""

HEAD = 20
"""Rows among which the header is looked for: PATENTSCOPE and Derwent put the search in front of it."""

_BETWEEN = re.compile(r"\s*(?:;+|\||\n)\s*")
"""What stands between entries of a cell: `;;` in Lens, ` | ` in Derwent, `;` in PATENTSCOPE."""

_PADDED = re.compile(r"([A-HY]\d{2}[A-Z])(\d{4})(\d{2,6})")
"""A symbol as Derwent writes it: A61F000208 is A61F 2/08."""

_DOTTED = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})")


@dataclass(frozen=True, eq=False)
class Export:
    """What the columns of a database's export are called, and what they become.

    Attributes
    ----------
    signature : columns that tell it from the others; all must be there.
    texts, lists : of each column of the schema, or of `members` (of the family), where it is taken from.
    licensed : sections whose text must not be shown.
    """

    name: str
    licence: str
    signature: tuple[str, ...]
    texts: Mapping[str, Alternatives]
    lists: Mapping[str, Alternatives]
    licensed: tuple[str, ...] = ()


LENS = Export(
    name="Lens.org",
    licence="the terms of use of Lens.org",
    signature=("Lens ID", "Display Key"),
    texts=MappingProxyType(
        {
            "publication_number": (("Display Key",),),
            "title": (("Title",),),
            "abstract": (("Abstract",),),
            "publication_date": (("Publication Date",), ("Publication Year",)),
        }
    ),
    lists=MappingProxyType(
        {
            "ipc": (("IPCR Classifications",),),
            "cpc": (("CPC Classifications",),),
            "members": (("Simple Family Members",),),
        }
    ),
)

PATENTSCOPE = Export(
    name="PATENTSCOPE",
    licence="the terms of use of PATENTSCOPE (WIPO)",
    signature=("Application Id", "I P C"),
    texts=MappingProxyType(
        {
            "publication_number": (("Publication Number",), ("Application Id",)),
            "title": (("Title",),),
            "abstract": (("Abstract",),),
            "publication_date": (("Publication Date",),),
        }
    ),
    lists=MappingProxyType({"ipc": (("I P C",),)}),
)

DERWENT = Export(
    name="Derwent Innovation",
    licence="the subscription to Derwent Innovation; its DWPI text is licensed and never shown",
    signature=("Publication Number", "Title - DWPI"),
    texts=MappingProxyType(
        {
            "publication_number": (("Publication Number",),),
            "title": (("Title (English)",), ("Title",)),
            "abstract": (("Abstract (English)",), ("Abstract",)),
            "claims": (("Claims (English)",), ("Claims",)),
            "dwpi_title": (("Title - DWPI",),),
            "dwpi_abstract": (
                ("Abstract - DWPI Novelty", "Abstract - DWPI Use", "Abstract - DWPI Advantage"),
                ("Abstract - DWPI",),
            ),
            "publication_date": (("Publication Date",), ("Publication Year",)),
        }
    ),
    lists=MappingProxyType(
        {
            "ipc": (("IPC - Current",), ("IPC - Current - DWPI",)),
            "cpc": (("CPC - Current",), ("CPC - Current - DWPI",)),
            "cited": (("Cited Refs - Patent",),),
            "members": (("DWPI Family Members",), ("INPADOC Family Members",)),
        }
    ),
    licensed=("dwpi_title", "dwpi_abstract"),
)

EXPORTS = (LENS, PATENTSCOPE, DERWENT)


def read_export(path: Path) -> tuple[Export, pd.DataFrame]:
    """Read a file, and tell whose export it is; the frame has the file's own columns, all text.

    Raises
    ------
    PatbenchError
        Where it is none of the three, or no readable text table.
    """
    if path.suffix.lower() not in (".csv", ".tsv", ".txt"):
        raise PatbenchError(
            f"{path} has an ending that is not read.", todo="Save the export as CSV, in UTF-8, and give that file."
        )
    if not path.is_file():
        raise PatbenchError(f"No file at {path}.")
    seen: list[str] = []
    with readable(path):
        for delimiter in DELIMITERS:
            for position, row in enumerate(read_rows(path, delimiter, HEAD)):
                names = [_plain(cell) for cell in row]
                if (export := _whose(names)) is not None:
                    rows = read_rows(path, delimiter)[position:]
                    return export, _named(framed(path, [names, *rows[1:]]), path)
                seen = max(seen, names, key=len)
    raise _unknown(path, seen)


def _plain(cell: str) -> str:
    return " ".join(cell.split())


def _whose(names: Sequence[str]) -> Export | None:
    folded = {name.casefold() for name in names}
    return next((e for e in EXPORTS if {name.casefold() for name in e.signature} <= folded), None)


def _named(table: pd.DataFrame, path: Path) -> pd.DataFrame:
    """Drop columns without a name, which spreadsheets add; refuse an export without rows or with a name twice."""
    table = table.loc[:, table.columns != ""]
    if table.empty:
        raise PatbenchError(f"{path} has no rows.", todo="Give an export with at least one patent.")
    if repeated := sorted(set(table.columns[table.columns.duplicated()])):
        raise PatbenchError(f"{path} has several columns named {', '.join(repeated)}.", todo="Keep one of each.")
    return table


def _unknown(path: Path, seen: Sequence[str]) -> PatbenchError:
    wanted = "; ".join(f"{export.name}: {' and '.join(export.signature)}" for export in EXPORTS)
    return PatbenchError(
        f"{path} is no export of {', '.join(export.name for export in EXPORTS)} that is known here.",
        why=f"Looked for were the columns of {wanted}. Found: {', '.join(seen[:20]) or 'nothing'}.",
        todo="Export with these columns, in English, and save as CSV; any other table is read by a study's "
        "`landscape: {source: table}`.",
    )


def cells(table: pd.DataFrame, alternatives: Alternatives) -> pd.Series:
    """Return a text column, empty where the table has none of the alternatives."""
    folded = {name.casefold(): name for name in table.columns}
    texts = pd.Series("", index=table.index, dtype=object)
    for names in alternatives:
        there = [table[folded[name.casefold()]].str.strip() for name in names if name.casefold() in folded]
        joined = ["\n".join(filter(None, parts)) for parts in zip(*there, strict=True)] if there else [""] * len(table)
        texts = texts.where(texts != "", pd.Series(joined, index=table.index, dtype=object))
    return texts


def entries(values: pd.Series) -> pd.Series:
    """Split cells of several entries."""
    return pd.Series([list(filter(None, _BETWEEN.split(cell))) for cell in values], index=values.index, dtype=object)


def symbol(written: str) -> str:
    """Return a symbol that pads its group with zeros in the spelling of the others; those stay as they are."""
    found = _PADDED.fullmatch(written)
    return f"{found[1]} {int(found[2])}/{found[3]}" if found else written


def iso_dates(values: pd.Series) -> pd.Series:
    """Return dates written with points, 31.12.2019, as ISO; others stay as they are."""
    return values.str.replace(_DOTTED, lambda m: f"{m[3]}-{int(m[2]):02d}-{int(m[1]):02d}", regex=True)
