"""Runs as they are kept: the ranking, and beside it how it was made."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from patbench_lib.files import write_json
from patbench_lib.retrieve.run import Run
from patbench_lib.types import Ints


@dataclass(frozen=True)
class Made:
    """A run and how it was made: seconds, created, and what its maker had to say."""

    run: Run
    made: dict[str, Any]


def keep(path: Path, queries: Ints, depth: int, make: Callable[[], tuple[Run, dict[str, Any]]]) -> Made:
    """Return the run kept under a path, making it first where there is none."""
    described = path.with_suffix(".json")
    if not path.is_file():
        began = time.perf_counter()
        run, said = make()
        write_json(described, {"seconds": time.perf_counter() - began, "created": time.time(), **said})
        run.save(path)
    return Made(Run.load(path, queries, depth), json.loads(described.read_text(encoding="utf-8")))
