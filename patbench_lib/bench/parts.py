"""Arrays of several parts, such as splits, kept in one file, and beside it what is said of each part."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from patbench_lib.kept import find_arrays, find_json, save_arrays, save_json

Said = list[dict[str, Any]]


def save_parts(path: Path, arrays: Sequence[Mapping[str, Any]], said: Said) -> None:
    """Write the arrays of each part, by name, and what is said of each."""
    save_json(path.with_suffix(".json"), {"parts": said})
    save_arrays(path, {f"{name}_{i}": array for i, part in enumerate(arrays) for name, array in part.items()})


def find_said(path: Path) -> Said | None:
    """Return what is said of each part; None where nothing whole is kept under the path."""
    found = find_json(path.with_suffix(".json")) if path.is_file() else None
    return None if found is None else found["parts"]


def find_parts(path: Path) -> tuple[list[dict[str, Any]], Said] | None:
    """Return the arrays of each part and what is said of each; None where nothing whole is kept under the path."""
    said = find_said(path)
    kept = None if said is None else find_arrays(path)
    if said is None or kept is None:
        return None
    arrays: list[dict[str, Any]] = [{} for _ in said]
    for name, array in kept.items():
        field, _, repeat = name.rpartition("_")
        arrays[int(repeat)][field] = array
    return arrays, said
