"""A figure of a study drawn again: its notebook runs up to it, on tables made anew from the scores that are kept."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from patbench_lib.errors import PatbenchError
from patbench_lib.report.figures import Drawn, drawn_figures
from patbench_lib.report.site.notebook import code_cells, read_notebook, split_options, write_notebook

_LAST_LINES = 6


@dataclass(frozen=True)
class Redrawn:
    """A figure as it comes out now, and whether that is, byte for byte, what the executed notebook shows."""

    figure: Drawn
    same: bool


def shown_figures(notebooks: Sequence[Path]) -> dict[str, tuple[Path, Drawn]]:
    """Return the figures of executed notebooks and the notebook of each, by the name of its file without suffix.

    Raises
    ------
    PatbenchError
        Where no notebook was executed, or none shows a figure.
    """
    found = {drawn.file.removesuffix(".svg"): (path, drawn) for path in notebooks for drawn in drawn_figures(path)}
    if not found:
        raise PatbenchError("No notebook of this study shows a figure.", todo="Run the study first: make site")
    return found


def redraw(notebook: Path, figure: Drawn, root: Path) -> Redrawn:
    """Draw a figure again.

    The cells of the executed notebook up to the figure run with the parameters that it was executed with. Vectors,
    rankings, scores, predictions and clusters are found where they are kept; tables that are made of these are not
    looked at, but made anew in a folder of their own, which is removed.

    Parameters
    ----------
    root : the compendium's folder.

    Raises
    ------
    PatbenchError
        Where a cell fails; its last lines are told.
    """
    with tempfile.TemporaryDirectory(prefix="patbench-figure-") as scratch:
        folder = Path(scratch)
        cut, done = folder / "cut" / notebook.name, folder / notebook.name
        _cut(notebook, figure.label, cut)
        command = [sys.executable, "-m", "papermill", str(cut), str(done), "--no-progress-bar", "--no-log-output"]
        env = {**os.environ, "PATBENCH_HOME": str(root), "PATBENCH_TABLES": str(folder / "tables")}
        ran = subprocess.run(command, cwd=root, env=env, capture_output=True, text=True, check=False)
        if ran.returncode:
            raise PatbenchError(
                f"Figure {figure.file.removesuffix('.svg')} could not be drawn again.",
                why="\n".join(ran.stderr.strip().splitlines()[-_LAST_LINES:]),
                todo=f"Run notebook {notebook.name} by itself to see which cell fails.",
            )
        again = next(drawn for drawn in drawn_figures(done) if drawn.label == figure.label)
        return Redrawn(again, again.svg.strip() == figure.svg.strip())


def _cut(notebook: Path, label: str, cut: Path) -> None:
    """Write the cells of a notebook up to a labelled one, without what they showed."""
    read = read_notebook(notebook)
    cells = read["cells"]
    labels = [split_options(cell["source"])[0].get("label") for cell in cells]
    kept = {**read, "cells": cells[: labels.index(label) + 1], "metadata": {**read["metadata"]}}
    kept["metadata"].pop("papermill", None)
    for cell in code_cells(kept):
        cell["outputs"], cell["execution_count"] = [], None
    write_notebook(kept, cut)
