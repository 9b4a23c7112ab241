"""Finding the files of a source, in a folder or given one by one, and refusing those of another layout."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path

import pandas as pd

from patbench_lib.errors import PatbenchError
from patbench_lib.landscape.parquet import read_parquet, readable_parquet

SUFFIXES = (".parquet", ".jsonl", ".json", ".tsv", ".csv")


def all_files(paths: Sequence[Path], endings: tuple[str, ...] = SUFFIXES) -> list[Path]:
    """Return the files given, folders replaced by those in them, at any depth, ascending.

    Parameters
    ----------
    endings : of the names of files in folders; those of tables where not given. A file that is named is always taken.

    Raises
    ------
    PatbenchError
        Where a path does not exist.
    """
    if missing := [str(path) for path in paths if not path.exists()]:
        raise PatbenchError(f"There is no {' and no '.join(missing)}.")
    found: list[Path] = []
    for path in paths:
        inside = (file for file in path.rglob("*") if file.is_file() and file.name.lower().endswith(endings))
        found += sorted(inside) if path.is_dir() else [path]
    return list(dict.fromkeys(found))


def named_files(paths: Sequence[Path], names: Iterable[str], *, source: str) -> dict[str, Path]:
    """Return the file of each name.

    Raises
    ------
    PatbenchError
        Where one is missing, or there are several of a name.
    """
    files, found = all_files(paths), {}
    wanted = list(names)
    for name in wanted:
        mine = [file for file in files if file.name == name]
        if not mine:
            there = ", ".join(file.name for file in files) or "none"
            raise PatbenchError(
                f"{source} needs {name}, which is not among the files given.",
                why=f"Tables found: {there}.",
                todo=f"Give the folder that holds {', '.join(wanted)}, or these files one by one.",
            )
        if len(mine) > 1:
            raise PatbenchError(
                f"{source} needs one {name}; there are {len(mine)}: {', '.join(map(str, mine))}.",
                todo="Give one folder, or the files one by one.",
            )
        found[name] = mine[0]
    return found


def read_columns(path: Path, columns: Iterable[str], *, source: str) -> pd.DataFrame:
    """Read some columns of a table in Parquet, JSON lines, TSV or CSV; long texts of other columns are not read.

    Raises
    ------
    PatbenchError
        Where the file cannot be read or lacks a column.
    """
    wanted, whole = list(columns), None if path.suffix == ".parquet" else _read_text(path)
    there = column_names(path) if whole is None else _names(whole)
    if missing := [column for column in wanted if column not in there]:
        raise PatbenchError(
            f"{path} has no column {' and no '.join(missing)}.",
            why=f"It has {', '.join(there)}.",
            todo=f"Take the files of {source} as they are published.",
        )
    if whole is not None:
        return whole[wanted]
    return read_parquet(path, wanted)


def column_names(path: Path) -> list[str]:
    """Return the columns that a table has.

    Raises
    ------
    PatbenchError
        Where the file cannot be read.
    """
    import pyarrow.parquet as pq

    if path.suffix != ".parquet":
        return _names(_read_text(path))
    with readable_parquet(path):
        return [str(name) for name in pq.read_schema(path).names]


def _names(table: pd.DataFrame) -> list[str]:
    return [str(column) for column in table.columns]


def _read_text(path: Path) -> pd.DataFrame:
    try:
        if path.suffix in (".tsv", ".csv"):
            return pd.read_csv(path, sep="\t" if path.suffix == ".tsv" else ",", dtype=str, keep_default_na=False)
        lines = path.read_text(encoding="utf-8").splitlines()
        return pd.DataFrame([json.loads(line) for line in lines if line.strip()])
    except (ValueError, RecursionError, OSError) as error:
        raise PatbenchError(f"{path} is not a readable table.", why=str(error)) from error
