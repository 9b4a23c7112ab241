"""`notebooks/README.md`: what each notebook asks, takes, gives, needs, and how long it took."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from patbench_lib.errors import PatbenchError
from patbench_lib.report.site.notebook import read_notebook

_PART = re.compile(r"^\*\*(?P<name>Question|Inputs|Outputs)\.\*\* (?P<text>.+)$", re.M)
_PARTS = ("Question", "Inputs", "Outputs")
_HEAD = """\
# Notebooks

Each runs alone; its last section gives the lines that run it again, with other parameters and on patents of your own.
This page is written by `patbench notebook-map`, which `make figures` calls. {times}

| notebook | question | inputs | outputs | needs | time |
|:--|:--|:--|:--|:--|--:|
"""
_TIMES = (
    "Times are those of study `{study}` on {machine}, where each notebook found what had been computed before it, "
    "beside whatever else the machine was doing. They are read off the executed notebooks, none is typed."
)
ANY, JUDGED = "any patents", "citations or judgements"
"""What a notebook needs of a landscape: texts alone, or pairs that say what is relevant."""


def introduction(notebook: Path) -> dict[str, str]:
    """Return what a notebook says of its question, inputs and outputs.

    Raises
    ------
    PatbenchError
        Where its first cell leaves one of them out.
    """
    first = read_notebook(notebook)["cells"][0]["source"]
    told = {part["name"]: part["text"] for part in _PART.finditer(first)}
    if missing := [name for name in _PARTS if name not in told]:
        raise PatbenchError(f"{notebook.name} does not say its {', '.join(missing)}.", todo="Say it in its first cell.")
    return told


def seconds(executed: Path) -> float | None:
    """Return how long papermill took to execute a notebook; None where it was not executed, or not to its end."""
    if not executed.is_file():
        return None
    run: Mapping[str, Any] = read_notebook(executed).get("metadata", {}).get("papermill", {})
    return None if run.get("exception") or run.get("duration") is None else float(run["duration"])


def map_notebooks(
    notebooks: Sequence[Path], executed: Path, *, unjudged: Collection[str], study: str, machine: str
) -> str:
    """Return the map as Markdown.

    Parameters
    ----------
    notebooks : the notebooks without outputs, in order.
    executed : folder of those that were executed; one that is not there has no time.
    unjudged : names of the notebooks that need no relevant pairs.
    study, machine : what was executed, and on what.
    """
    times = {path.stem: seconds(executed / path.name) for path in notebooks}
    rows = [_row(path, times[path.stem], ANY if path.stem in unjudged else JUDGED) for path in notebooks]
    said = "No notebook was executed for it, so none is timed."
    if any(time is not None for time in times.values()):
        said = _TIMES.format(study=study, machine=machine)
    return _HEAD.format(times=said) + "\n".join(rows) + "\n"


def _row(path: Path, time: float | None, needs: str) -> str:
    told = introduction(path)
    cells = [f"[{path.stem}]({path.name})", *(told[name] for name in _PARTS), needs, _clock(time)]
    return f"| {' | '.join(cell.replace('|', '&#124;') for cell in cells)} |"


def _clock(time: float | None) -> str:
    if time is None:
        return "–"
    minutes, rest = divmod(round(time), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
