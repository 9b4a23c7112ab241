"""The lines that each notebook closes with do run, with the tiny study's parameters."""

from __future__ import annotations

import ast
from pathlib import Path

import nbformat
import pytest
from fixtures.lines import ROOT, run_line, shown_lines

from patbench_lib.bench.bench import Bench
from patbench_lib.parameters import read_study
from patbench_lib.report.rerun import rerun

NOTEBOOKS = sorted(path.stem for path in ROOT.glob("notebooks/[0-9]*.ipynb"))
QUICK = "01_landscape"


def closing_lines(name: str) -> list[str]:
    """Return the lines that a notebook's last cell shows for the tiny study."""
    source = nbformat.read(ROOT / "notebooks" / f"{name}.ipynb", as_version=4).cells[-1].source
    (call,) = (node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call))
    about = [ast.literal_eval(argument) for argument in call.args[1:]]
    study = read_study(ROOT / "params" / "tiny.yaml")
    return shown_lines(rerun(Bench(study, ROOT, progress=False), *about).data)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One home for all lines: what a notebook computed is found by the next."""
    return tmp_path_factory.mktemp("home")


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=() if name == QUICK else pytest.mark.slow) for name in NOTEBOOKS]
)
def test_both_lines_of_a_notebook_run(name: str, home: Path) -> None:
    same, other = closing_lines(name)[:2]
    assert other.startswith(same)
    for number, line in enumerate((same, other)):
        out = home / f"{name}.{number}.ipynb"
        done = run_line(line, out)
        assert done.returncode == 0, f"{line}\n{done.stderr[-2000:]}"
        shown = nbformat.read(out, as_version=4).cells[-1].outputs[0]["data"]["text/markdown"]
        first = shown_lines(shown)[0]
        assert first.startswith(same)
        assert (first == same) == (line == same), "what was run otherwise says so of itself"


@pytest.mark.slow
def test_the_lines_for_own_patents_run(home: Path) -> None:
    from patbench_lib.landscape.demo.effects import Effects
    from patbench_lib.landscape.demo.landscape import generate

    table = home / "patents.csv"
    patents = generate("assistive", publications=120, seed=0, effects=Effects.default())
    joined = patents.map(lambda cell: "; ".join(cell) if isinstance(cell, list) else cell)
    joined.to_csv(table, index=False)
    new, own = closing_lines(QUICK)[2:]
    there = {"patents.csv": str(table), "study.yaml": str(home / "study.yaml")}
    for line in (new, own):
        for word, path in there.items():
            line = line.replace(word, path)
        done = run_line(line, home / "own.ipynb")
        assert done.returncode == 0, f"{line}\n{done.stdout[-1000:]}{done.stderr[-2000:]}"
    assert (home / "own.ipynb").is_file()
