"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from patbench_lib.bench.bench import Bench
    from patbench_lib.study import Study

StudyOption = Annotated[str, typer.Option("--study", "-s", help="A study file, or the name of one in params/.")]


def study_path(text: str) -> Path:
    """Return a study's file from its path, or from its name in params/ or among those already built."""
    from patbench_lib.paths import find_root

    named = [find_root() / "params" / f"{text}.yaml", find_root() / "build" / text / "study.yaml"]
    return next((path for path in (Path(text), *named) if path.is_file()), Path(text))


def load_study(text: str) -> Study:
    """Read a study from its path or name."""
    from patbench_lib.parameters import read_study

    return read_study(study_path(text))


def open_bench(text: str) -> Bench:
    """Return the bench of a study given by path or name."""
    from patbench_lib.bench.bench import Bench

    return Bench(load_study(text))
