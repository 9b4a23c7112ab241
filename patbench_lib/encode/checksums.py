"""Whether the files of a shard are as they were written."""

from __future__ import annotations

import json
import zlib
from pathlib import Path

INDEX = ".index"
BLOCK = 8 << 20
"""Bytes that are read at a time."""


def checksum(content: bytes | memoryview) -> str:
    """Return the checksum of a file's content."""
    return f"{zlib.crc32(content):08x}"


def damaged_files(folder: Path, number: int) -> list[Path]:
    """Return the files of a shard that are not as they were written, or are missing.

    `N.json` holds the checksum of each; of a shard that was written before there were any, nothing is found.
    """
    described = folder / f"{number:06d}.json"
    try:
        told = json.loads(described.read_text(encoding="utf-8")).get("checksums", {})
    except (OSError, ValueError, AttributeError):
        return [described]
    files = {folder / f"{number:06d}{name}.npy": expected for name, expected in told.items()}
    return [path for path, expected in files.items() if _of_file(path) != expected]


def _of_file(path: Path) -> str:
    found = 0
    try:
        with path.open("rb") as file:
            while block := file.read(BLOCK):
                found = zlib.crc32(block, found)
    except OSError:
        return ""
    return f"{found:08x}"
