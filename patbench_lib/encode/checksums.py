"""Whether the files of a shard are as they were written."""

from __future__ import annotations

from pathlib import Path

from patbench_lib.checksums import file_checksum
from patbench_lib.kept import read_json

INDEX = ".index"


def damaged_files(folder: Path, number: int) -> list[Path]:
    """Return the files of a shard that are not as they were written, or are missing.

    `N.json` holds the checksum of each, and its own; of a shard that was written before there were any, nothing is
    found.
    """
    described = folder / f"{number:06d}.json"
    try:
        told = read_json(described).get("checksums", {})
    except (OSError, ValueError):
        return [described]
    files = {folder / f"{number:06d}{name}.npy": expected for name, expected in told.items()}
    return [path for path, expected in files.items() if file_checksum(path) != expected]
