"""A checksum for the footer of a Parquet file: its pages have their own, the names and types of columns have none."""

from __future__ import annotations

import os
from pathlib import Path
from typing import BinaryIO

from patbench_lib.checksums import checksum

_MARK = b"footer:"
_SEAL = len(_MARK) + 8
_ENDING = 8
"""Bytes after a footer: its length, in the first four, and what every Parquet file ends with."""


def seal_footer(path: Path) -> None:
    """Write a checksum before a file's footer: no reader looks there, as all places are told from the file's start."""
    with path.open("r+b") as file:
        start = _start(file)
        footer = _from(file, start)
        file.seek(start)
        file.write(_MARK + checksum(footer).encode() + footer)


def require_sound_footer(path: Path) -> None:
    """Hold a file's footer against the checksum before it; a file that has none is taken as it is.

    Raises
    ------
    ValueError
        Where the footer is another than was written.
    """
    with path.open("rb") as file:
        start = _start(file)
        if start < _SEAL:  # no Parquet, which its reader tells
            return
        seal, footer = _from(file, start - _SEAL)[:_SEAL], _from(file, start)
    if seal.startswith(_MARK) and seal[len(_MARK) :] != checksum(footer).encode():
        raise ValueError("the checksum of its footer is another")


def _start(file: BinaryIO) -> int:
    """Return where the footer begins; less than 0 where the file is none of Parquet."""
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - _ENDING))
    return size - _ENDING - int.from_bytes(file.read(4), "little")


def _from(file: BinaryIO, start: int) -> bytes:
    file.seek(start)
    return file.read()
