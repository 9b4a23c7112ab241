"""The map of the notebooks."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from patbench_lib.bench.plan import WITHOUT_RETRIEVAL
from patbench_lib.errors import PatbenchError
from patbench_lib.report.notebook_map import ANY, JUDGED, introduction, map_notebooks, seconds

ROOT = Path(__file__).parents[2]
NOTEBOOKS = sorted(ROOT.glob("notebooks/[0-9]*.ipynb"))
FIRST = "# One {#sec-one}\n\n**Question.** Which?\n\n**Inputs.** A | B.\n\n**Outputs.** C."


def write(path: Path, source: str, **papermill: object) -> Path:
    path.parent.mkdir(exist_ok=True)
    cells = [{"cell_type": "markdown", "metadata": {}, "source": source}]
    path.write_text(json.dumps({"cells": cells, "metadata": {"papermill": papermill}, "nbformat": 4}))
    return path


def test_a_row_holds_what_a_notebook_says_and_how_long_it_took(tmp_path: Path) -> None:
    one, two = (write(tmp_path / f"0{number}_x.ipynb", FIRST) for number in (1, 2))
    write(tmp_path / "ran" / one.name, FIRST, duration=125.4, exception=None)
    text = map_notebooks([one, two], tmp_path / "ran", unjudged=["01_x"], study="demo", machine="2 cores")
    assert "study `demo` on 2 cores" in text
    assert text.splitlines()[-2:] == [
        f"| [01_x](01_x.ipynb) | Which? | A &#124; B. | C. | {ANY} | 2 min 5 s |",
        f"| [02_x](02_x.ipynb) | Which? | A &#124; B. | C. | {JUDGED} | – |",
    ]


def test_a_notebook_that_failed_has_no_time(tmp_path: Path) -> None:
    assert seconds(write(tmp_path / "a.ipynb", FIRST, duration=3.0, exception=True)) is None
    assert seconds(tmp_path / "missing.ipynb") is None
    assert seconds(write(tmp_path / "b.ipynb", FIRST, duration=3.25)) == 3.25


def test_nothing_executed_is_said(tmp_path: Path) -> None:
    one = write(tmp_path / "01_x.ipynb", FIRST)
    text = map_notebooks([one], tmp_path / "ran", unjudged=[], study="demo", machine="2 cores")
    assert "none is timed" in text and "2 cores" not in text


def test_a_notebook_without_outputs_is_named(tmp_path: Path) -> None:
    with pytest.raises(PatbenchError, match=r"01_x\.ipynb does not say its Outputs"):
        introduction(write(tmp_path / "01_x.ipynb", FIRST.replace("**Outputs.** C.", "")))


def test_the_map_that_is_kept_is_that_of_the_notebooks() -> None:
    """All but the times; `patbench notebook-map` writes it anew."""
    kept = (ROOT / "notebooks" / "README.md").read_text(encoding="utf-8")
    made = map_notebooks(NOTEBOOKS, ROOT / "nowhere", unjudged=WITHOUT_RETRIEVAL, study="", machine="")
    rows = [re.sub(r"[^|]*\|$", "", line) for line in kept.splitlines() if line.startswith("| [")]
    assert rows == [re.sub(r"[^|]*\|$", "", line) for line in made.splitlines() if line.startswith("| [")]
    assert len(re.findall(r"\| (?:\d+ min )?\d+ s \|$", kept, flags=re.M)) == len(NOTEBOOKS), "each was timed"
