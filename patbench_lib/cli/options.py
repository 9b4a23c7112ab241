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
    """Return a study's file from its path, or from its name in params/ or among those already built.

    Raises
    ------
    PatbenchError
        Where a name, unlike a path, is no study's.
    """
    from patbench_lib.errors import unknown_name
    from patbench_lib.paths import find_root

    root = find_root()
    built = {path.parent.name: path for path in root.glob("build/*/study.yaml")}
    named = built | {path.stem: path for path in root.glob("params/*.yaml")}
    if Path(text).is_file() or "." in text or "/" in text:
        return Path(text)
    if text not in named:
        raise unknown_name("study", text, sorted(named))
    return named[text]


def load_study(text: str) -> Study:
    """Read a study from its path or name."""
    from patbench_lib.parameters import read_study

    return read_study(study_path(text))


def open_bench(text: str) -> Bench:
    """Return the bench of a study given by path or name."""
    from patbench_lib.bench.bench import Bench

    return Bench(load_study(text))
