"""Checkpoints of a training: which of them are whole, and whether they are as they were written."""

from __future__ import annotations

import shutil
import warnings
from collections.abc import Collection
from pathlib import Path

from patbench_lib.checksums import file_checksum
from patbench_lib.kept import read_json, save_json

_SUMS = "checksums.json"


def seal(checkpoint: Path) -> None:
    """Write the checksums of a checkpoint's files beside them: from then on it is whole."""
    save_json(checkpoint / _SUMS, {path.name: file_checksum(path) for path in checkpoint.iterdir() if path.is_file()})


def last_checkpoint(work: Path) -> Path | None:
    """Return the newest whole checkpoint; its checksums are written last, so one without was cut short."""
    whole = [path.parent for path in work.glob(f"checkpoint-*/{_SUMS}")]
    return max(whole, key=lambda folder: int(folder.name.rsplit("-", 1)[1]), default=None)


def prune(work: Path, kept: Collection[str]) -> None:
    """Remove all checkpoints but some, their checksums first: what a kill meanwhile leaves of one is not whole."""
    for folder in work.glob("checkpoint-*"):
        if folder.name not in kept:
            (folder / _SUMS).unlink(missing_ok=True)
            shutil.rmtree(folder, ignore_errors=True)


def drop_damaged(work: Path) -> None:
    """Remove all checkpoints, and say so, where a file of one is not as it was written: a later one may need it."""
    damaged = [path for sums in sorted(work.glob(f"checkpoint-*/{_SUMS}")) for path in _damaged_files(sums)]
    if damaged:
        warnings.warn(f"{damaged[0]} is damaged. The training starts anew.", stacklevel=2)
        prune(work, ())


def _damaged_files(sums: Path) -> list[Path]:
    try:
        told = read_json(sums)
    except (OSError, ValueError):
        return [sums]
    return [sums.parent / name for name, expected in told.items() if file_checksum(sums.parent / name) != expected]
