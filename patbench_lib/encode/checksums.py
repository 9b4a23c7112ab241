"""Whether the files of a shard are as they were written."""

from __future__ import annotations

import json
from pathlib import Path

from patbench_lib.checksums import file_checksum

INDEX = ".index"


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
    return [path for path, expected in files.items() if file_checksum(path) != expected]
