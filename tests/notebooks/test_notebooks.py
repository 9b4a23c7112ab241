"""Every notebook runs alone through papermill, with the tiny study's parameters."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import nbformat
import papermill
import pytest
import yaml
from fixtures.browser import axe_core, barriers, chromium, wrong_with
from fixtures.notebooks import closing

from patbench_lib.bench.execute import execute_notebook
from patbench_lib.errors import PatbenchError
from patbench_lib.parameters import read_study
from patbench_lib.report.site import stage
from patbench_lib.report.site.render import render

ROOT = Path(__file__).parents[2]
NOTEBOOKS = sorted(ROOT.glob("notebooks/[0-9]*.ipynb"))
TINY = ROOT / "params" / "tiny.yaml"
KERNEL = {"name": "python3", "display_name": "Python 3", "language": "python"}
CAPTIONS = {"fig": ("fig-cap", "fig-alt"), "tbl": ("tbl-cap",), "txt": ()}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def executed(home: Path) -> dict[str, nbformat.NotebookNode]:
    """Execute every notebook in one home, each by itself: none may need another to have run."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATBENCH_HOME", str(home))
        parameters = yaml.safe_load(TINY.read_text())
        return {
            path.stem: papermill.execute_notebook(
                str(path), str(home / path.name), parameters=parameters, progress_bar=False, cwd=str(ROOT)
            )
            for path in NOTEBOOKS
        }


@pytest.fixture(scope="module")
def pages(executed: dict[str, nbformat.NotebookNode], home: Path) -> list[Path]:
    """Render the site of the executed notebooks, and return its pages."""
    made = {"title": "Tiny", "sources": ROOT, "out": home / "staged", "banner": "Synthetic landscape."}
    stage("tiny", notebooks=[home / f"{name}.ipynb" for name in executed], **made)
    render(home / "staged", home / "site")
    return sorted((home / "site").rglob("*.html"))


def test_there_are_notebooks() -> None:
    assert [path.stem for path in NOTEBOOKS] == [
        "01_landscape",
        "02_models",
        "03_retrieval",
        "04_views",
        "05_fusion",
        "06_late_interaction_and_reranking",
        "07_truncation_and_cost",
        "08_classification",
        "09_clustering",
        "10_finetuning",
        "11_transfer",
        "12_jurisdictions",
        "13_expert_text",
        "14_claims",
        "15_reproduction",
        "16_leaderboard",
        "17_review",
        "18_scale",
    ]


@pytest.mark.parametrize("name", [path.stem for path in NOTEBOOKS])
def test_each_labelled_cell_shows_what_its_label_says(executed: dict[str, nbformat.NotebookNode], name: str) -> None:
    shown = {"fig": "image/svg+xml", "tbl": "text/html", "txt": "text/markdown"}
    labelled = 0
    for cell in executed[name].cells:
        label = re.search(r"#\| label: ((fig|tbl|txt)-[\w-]+)", cell.source)
        if cell.cell_type == "code" and label:
            labelled += 1
            kinds = [kind for output in cell.outputs for kind in output.get("data", {})]
            assert kinds.count(shown[label[2]]) == 1, f"{label[1]} shows {kinds}"
    assert labelled >= 5


@pytest.mark.parametrize("name", [path.stem for path in NOTEBOOKS])
def test_the_closing_paragraph_has_numbers_from_the_run(executed: dict[str, nbformat.NotebookNode], name: str) -> None:
    text = closing(executed[name])
    assert re.search(r"\d", text)
    assert not re.search(r"\bnan\b|None|<NA>", text)


@pytest.mark.parametrize("name", [path.stem for path in NOTEBOOKS])
def test_a_synthetic_study_says_so_first(executed: dict[str, nbformat.NotebookNode], name: str) -> None:
    outputs = [output for cell in executed[name].cells if cell.cell_type == "code" for output in cell.outputs]
    first = next(output["data"]["text/markdown"] for output in outputs if "text/markdown" in output.get("data", {}))
    assert "Synthetic landscape" in first


def test_every_page_reads_well_in_a_browser(pages: list[Path], tmp_path: Path) -> None:
    with chromium(tmp_path / "profile") as browser:
        found = {path.name: wrong_with(browser, path) for path in pages}
    assert {name: wrong for name, wrong in found.items() if wrong} == {}
    assert {"index.html", *(f"{path.stem}.html" for path in NOTEBOOKS)} < found.keys()


def test_no_page_has_a_barrier(pages: list[Path], tmp_path: Path) -> None:
    axe = axe_core()
    with chromium(tmp_path / "profile") as browser:
        found = {path.name: barriers(browser, path, axe) for path in pages}
    assert {name: wrong for name, wrong in found.items() if wrong} == {}


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_every_figure_and_table_is_captioned_and_described(path: Path) -> None:
    for cell in nbformat.read(path, as_version=4).cells:
        label = re.search(r"#\| label: (fig|tbl|txt)-", cell.source)
        for option in CAPTIONS[label[1]] if label else ():
            assert re.search(rf'#\| {option}: "\S.+"', cell.source), f"{cell.source.splitlines()[0]} has no {option}"


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_tells_and_the_library_does(path: Path) -> None:
    cells = nbformat.read(path, as_version=4).cells
    *code, last = [cell.source for cell in cells if cell.cell_type == "code"]
    assert f'rerun(bench, "{path.stem}"' in last
    lines = [
        line
        for source in code
        for line in source.splitlines()
        if line.strip() and not line.startswith("#") and "import rerun" not in line
    ]
    words = sum(len(cell.source.split()) for cell in cells if cell.cell_type == "markdown")
    assert len(code) <= 20
    assert len(lines) <= 80
    assert words > len(lines), "more prose than code"
    assert not any(line.startswith("def ") for line in lines)


def test_an_unknown_parameter_is_refused_inside_the_notebook(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "papermill", str(ROOT / "notebooks/03_retrieval.ipynb"), str(tmp_path / "o.ipynb")]
    command += ["-f", str(TINY), "-p", "detph", "50"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert "`detph` is not a parameter; did you mean `depth`?" in done.stderr


def test_one_parameter_can_be_replaced_on_the_command_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATBENCH_HOME", str(tmp_path))
    out = tmp_path / "out.ipynb"
    command = [sys.executable, "-m", "papermill", str(ROOT / "notebooks/03_retrieval.ipynb"), str(out)]
    command += ["-f", str(TINY), "-p", "depth", "20", "-y", "{systems: [BM25], views: [TA]}"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    assert "| `depth` | 20 |" in json.dumps(json.loads(out.read_text()), ensure_ascii=False)


def test_a_failing_notebook_leaves_its_copy_and_names_the_cell(tmp_path: Path) -> None:
    source = tmp_path / "04_broken.ipynb"
    cells = [nbformat.v4.new_code_cell("x = 1"), nbformat.v4.new_code_cell("x / 0")]
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": KERNEL}), source)
    output = tmp_path / "out" / source.name
    # The third of the executed copy: papermill puts a cell with the study's parameters before the notebook's two.
    with pytest.raises(PatbenchError, match=r"04_broken.ipynb failed in code cell 3: ZeroDivisionError") as error:
        execute_notebook(source, output, read_study(TINY))
    assert "x / 0" in str(error.value)
    assert not output.exists()
    kept = nbformat.read(output.parent / "unfinished" / source.name, as_version=4)
    assert kept.metadata["papermill"]["exception"] is True
