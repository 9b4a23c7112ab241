"""Checksums of files and of what is written to them."""

from __future__ import annotations

import zlib
from pathlib import Path

BLOCK = 8 << 20
"""Bytes that are read at a time."""


def checksum(content: bytes | memoryview) -> str:
    """Return the checksum of a file's content."""
    return f"{zlib.crc32(content):08x}"


def file_checksum(path: Path) -> str:
    """Return the checksum of a file, read block by block; empty where it cannot be read."""
    found = 0
    try:
        with path.open("rb") as file:
            while block := file.read(BLOCK):
                found = zlib.crc32(block, found)
    except OSError:
        return ""
    return f"{found:08x}"
