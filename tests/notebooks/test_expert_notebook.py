"""The notebook of expert-written text on landscapes that the demo is not: a licensed export, and one without any."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import nbformat
import pandas as pd
import papermill
import pytest
from fixtures.notebooks import closing

from patbench_lib.landscape.folder import save_landscape
from patbench_lib.landscape.schema import Landscape
from patbench_lib.landscape.sources import open_source
from patbench_lib.landscape.spec import DemoSource
from patbench_lib.report.site.notebook import read_notebook
from patbench_lib.report.site.notebook_page import page_of

ROOT = Path(__file__).parents[2]
NOTEBOOK = ROOT / "notebooks" / "13_expert_text.ipynb"
SECTIONS = ("dwpi_title", "dwpi_abstract")
MARKER = "zyxwexpert"
"""Stands in every text of the licensed sections, and nowhere else."""


def execute(home: Path, landscape: Landscape) -> tuple[nbformat.NotebookNode, str]:
    """Execute the notebook on a landscape of real patents, as it were; return it, and its page on the site as JSON."""
    provenance = replace(landscape.provenance, synthetic=False)
    save_landscape(replace(landscape, provenance=provenance), home / "data" / "export")
    study: dict[str, Any] = {
        "name": "export",
        "landscape": {"source": "folder", "name": "export", "path": str(home / "data" / "export")},
        "external": None,
        "views": ["TA", "DWPI"],
        "systems": ["BM25", "MiniLM-static"],
        "depth": 30,
        "labels": {"sets": ["enabling_technology"], "min_support": 6},
        "classification": {"repeats": 1, "strengths": [1.0]},
        "clustering": {"starts": 1, "repeats": 1},
        "finetuning": {"models": [], "pairs_most": 16, "batch": 8, "epochs": 1, "looks": 1, "pool": 40},
        "statistics": {"resamples": 100, "permutations": 100},
    }
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATBENCH_HOME", str(home))
        made = papermill.execute_notebook(
            str(NOTEBOOK), str(home / NOTEBOOK.name), parameters=study, progress_bar=False, cwd=str(ROOT)
        )
    page = page_of(read_notebook(home / NOTEBOOK.name), {NOTEBOOK.stem: set()}, None)
    return made, json.dumps(page, ensure_ascii=False)


def test_of_a_licensed_export_numbers_alone_are_shown(tmp_path: Path) -> None:
    landscape = open_source(DemoSource(publications=120), tmp_path)
    texts = {name: MARKER + " " + landscape.patents[name] for name in SECTIONS}
    licensed = replace(landscape.provenance, licensed=SECTIONS)
    export = replace(landscape, patents=landscape.patents.assign(**texts), provenance=licensed)
    made, page = execute(tmp_path, export)
    told = nbformat.writes(made)
    assert MARKER not in told and MARKER not in page
    assert "synthetic" not in page.split("**Question.**")[0]
    assert "# Expert text: A licensed export, of which numbers alone are shown {#sec-expert}" in page
    assert "DWPI less TA" in closing(made) and "R5 learnt from" in told
    own = (tmp_path / "data", tmp_path / ".cache" / "landscapes")  # the user's own copy
    kept = [file for file in tmp_path.rglob("*") if file.is_file() and not set(own) & set(file.parents)]
    assert {"expert.wording.parquet", "expert-tuning.changes.parquet", "README.md"} <= {file.name for file in kept}
    for file in kept:
        text = pd.read_parquet(file).to_csv() if file.suffix == ".parquet" else file.read_bytes().decode("latin-1")
        assert MARKER not in text, file


def test_without_expert_text_it_runs_and_says_so(tmp_path: Path) -> None:
    landscape = open_source(DemoSource(publications=120), tmp_path)
    bare = replace(landscape, patents=landscape.patents.assign(**dict.fromkeys(SECTIONS, "")))
    made, page = execute(tmp_path, bare)
    assert "# Expert text: None in this landscape {#sec-expert}" in page
    assert "0 of 120 publications have expert-written text." in closing(made)
    assert "no expert-written title and abstract" in nbformat.writes(made), "of R5 too it is said why there is none"
