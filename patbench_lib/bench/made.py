"""Runs as they are kept: the ranking, and beside it how it was made."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from patbench_lib.kept import find_json, found_or_made, save_json
from patbench_lib.retrieve.run import Run
from patbench_lib.types import Ints


@dataclass(frozen=True)
class Made:
    """A run and how it was made: seconds, created, and what its maker had to say."""

    run: Run
    made: dict[str, Any]


def keep(path: Path, queries: Ints, depth: int, make: Callable[[], tuple[Run, dict[str, Any]]]) -> Made:
    """Return the run kept under a path, making it first where there is none, or where it or its making is damaged."""
    described = path.with_suffix(".json")

    def find(each: Path) -> Made | None:
        said, run = find_json(described), Run.load(each, queries, depth)
        return None if said is None or run is None else Made(run, said)

    def write(each: Path) -> None:
        began = time.perf_counter()
        run, said = make()
        save_json(described, {"seconds": time.perf_counter() - began, "created": time.time(), **said})
        run.save(each)

    return found_or_made(path, find, write)
