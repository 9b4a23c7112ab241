"""Notebooks that need no retrieval, on made-up applications in the layout of HUPD, where nobody is cited."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nbformat
import papermill
import pytest
import yaml
from fixtures.hupd import sample
from fixtures.notebooks import closing

from patbench_lib.bench.plan import WITHOUT_RETRIEVAL
from patbench_lib.landscape.folder import save_landscape
from patbench_lib.landscape.origins.origin import Options, find_origin

ROOT = Path(__file__).parents[2]
CUT = ("encoding", "statistics", "classification", "clustering")
"""What of the tiny study makes this one small too."""

REASON = "landscape hupd has no citations at all and brings no judgements"


def parameters(home: Path) -> dict[str, Any]:
    tiny = yaml.safe_load((ROOT / "params" / "tiny.yaml").read_text(encoding="utf-8"))
    return {
        **{part: tiny[part] for part in CUT},
        "name": "uncited",
        "title": "Classes of applications",
        "landscape": {"source": "folder", "name": "hupd", "path": str(home / "kept")},
        "views": ["TA", "C1"],
        "systems": ["BM25", "LSA", "MiniLM-static"],
        "labels": {"sets": ["cpc_subclass", "decision"], "min_support": 8},
    }


@pytest.fixture(scope="module")
def executed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, nbformat.NotebookNode]:
    home = tmp_path_factory.mktemp("home")
    made = find_origin("hupd").read([sample(home, 90)], Options(say=lambda line: None))
    save_landscape(made, home / "kept")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATBENCH_HOME", str(home))
        return {
            name: papermill.execute_notebook(
                str(ROOT / "notebooks" / f"{name}.ipynb"),
                str(home / f"{name}.ipynb"),
                parameters=parameters(home),
                progress_bar=False,
                cwd=str(ROOT),
            )
            for name in WITHOUT_RETRIEVAL
        }


@pytest.mark.parametrize("name", WITHOUT_RETRIEVAL)
def test_every_notebook_closes_with_numbers(executed: dict[str, nbformat.NotebookNode], name: str) -> None:
    text = closing(executed[name])
    assert any(character.isdigit() for character in text) and "nan" not in text.split()


def test_the_landscapes_notebook_says_why_nothing_is_retrieved(executed: dict[str, nbformat.NotebookNode]) -> None:
    text = closing(executed["01_landscape"])
    assert f"are left out: {REASON}." in text


def test_the_tasks_side_by_side_are_those_that_were_run(executed: dict[str, nbformat.NotebookNode]) -> None:
    cells = executed["09_clustering"].cells
    cell = next(cell for cell in cells if "tbl-cluster-tasks" in cell.source)
    shown = cell.outputs[0]["data"]["text/html"]
    assert "classification" in shown and "clustering" in shown and "retrieval" not in shown
