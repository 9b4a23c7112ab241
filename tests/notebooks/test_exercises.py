"""Every notebook has an exercise, each exercise has what it needs, and its lines run."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import nbformat
import pytest
import yaml
from fixtures.lines import ROOT, run_line, shown_lines

from patbench_lib.parameters import make_study

PAGES = sorted(path for path in ROOT.glob("teaching/*.qmd") if path.stem != "index")
NOTEBOOKS = sorted(path.stem for path in ROOT.glob("notebooks/[0-9]*.ipynb"))
TELLING = [name for name in NOTEBOOKS if name < "16"]
"""Those that tell of the study; pages that gather what others computed have no exercise."""

SECTIONS = [
    pytest.param(section, id=section.partition("\n")[0])
    for page in PAGES
    for section in re.split(r"^## ", page.read_text(encoding="utf-8"), flags=re.M)[1:]
]
LINES = list(dict.fromkeys(line for path in PAGES for line in shown_lines(path.read_text(encoding="utf-8"))))


def notebook_of(line: str) -> str:
    return Path(shlex.split(line)[1]).stem


@pytest.mark.parametrize("name", TELLING)
def test_every_notebook_has_an_exercise(name: str) -> None:
    assert name in map(notebook_of, LINES)


@pytest.mark.parametrize("section", SECTIONS)
def test_an_exercise_has_a_line_something_to_look_at_and_a_hidden_solution(section: str) -> None:
    lines = shown_lines(section)
    assert lines and len({notebook_of(line) for line in lines}) == 1
    assert f"](../notebooks/{notebook_of(lines[0])}.ipynb)" in section or section.startswith("A winner")
    assert section.rindex("\n```\n") < section.index("\n*Look at* ") < section.index('<details class="solution">')
    solution = re.search(r"<summary>Solution</summary>\n\n(.+)\n\n</details>", section, flags=re.S)
    assert solution and len(solution[1].split()) > 40


@pytest.mark.parametrize("line", LINES)
def test_the_parameters_of_a_line_are_a_study(line: str) -> None:
    words = shlex.split(line)
    given = yaml.safe_load((ROOT / words[words.index("-f") + 1]).read_text(encoding="utf-8"))
    given |= yaml.safe_load(words[words.index("-y") + 1]) if "-y" in words else {}
    assert make_study(given, where=line).name == given["name"]


def test_the_sidebar_lists_every_page_for_teaching() -> None:
    sidebar = (ROOT / "_quarto.yml").read_text(encoding="utf-8")
    listed = re.findall(r"teaching/\w+\.qmd", sidebar)
    assert sorted(listed) == sorted(f"teaching/{path.name}" for path in ROOT.glob("teaching/*.qmd"))


@pytest.mark.slow
@pytest.mark.parametrize("line", LINES)
def test_the_line_of_an_exercise_runs(line: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    home = tmp_path_factory.getbasetemp() / "exercises"
    home.mkdir(exist_ok=True)
    out = home / f"{LINES.index(line)}.ipynb"
    done = run_line(line, out)
    assert done.returncode == 0, done.stderr[-2000:]
    assert shown_lines(nbformat.read(out, as_version=4).cells[-1].outputs[0]["data"]["text/markdown"])
