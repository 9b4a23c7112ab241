"""The exercises as the fallback renders them: solutions are hidden in elements that open without a script."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from bs4 import BeautifulSoup
from nbformat import v4
from nbformat.notebooknode import NotebookNode

from patbench_lib.report.site import check_site, stage
from patbench_lib.report.site.fallback import render_without_quarto

ROOT = Path(__file__).parents[2]
BANNER = "Synthetic landscape. Everything is **made up**."


@pytest.fixture
def pages(
    sources: Path, tmp_path: Path, notebook_file: Callable[[str, NotebookNode], Path]
) -> dict[str, BeautifulSoup]:
    """Render the repository's exercises in a small project; its notebooks are titles alone."""
    shutil.copytree(ROOT / "teaching", sources / "teaching")
    project = yaml.safe_load((sources / "_quarto.yml").read_text(encoding="utf-8"))
    own = yaml.safe_load((ROOT / "_quarto.yml").read_text(encoding="utf-8"))
    teaching = [part for part in own["website"]["sidebar"]["contents"] if part.get("section") == "For teaching"]
    project["website"]["sidebar"]["contents"] += teaching
    (sources / "_quarto.yml").write_text(yaml.safe_dump(project), encoding="utf-8")
    (sources / "index.qmd").write_text("---\ntitle: Summary\n---\n\nNothing but exercises.\n", encoding="utf-8")
    notebook = notebook_file("03_retrieval", v4.new_notebook(cells=[v4.new_markdown_cell("# Retrieval")]))
    staged = stage("s", title="S", notebooks=[notebook], sources=sources, out=tmp_path / "staged", banner=BANNER)
    site = tmp_path / "site"
    render_without_quarto(staged, site)
    problems = [str(problem) for problem in check_site(site, banner=BANNER)]
    assert [problem for problem in problems if "fonts.googleapis.com" not in problem] == []
    return {
        path.stem: BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")
        for path in site.glob("teaching/*.html")
    }


def test_every_exercise_is_a_section_with_a_hidden_solution_and_its_line(pages: dict[str, BeautifulSoup]) -> None:
    assert sorted(pages) == sorted(path.stem for path in ROOT.glob("teaching/*.qmd"))
    for name, page in pages.items():
        source = (ROOT / "teaching" / f"{name}.qmd").read_text(encoding="utf-8")
        solutions = page.select("main details.solution")
        assert len(solutions) == source.count("<summary>Solution</summary>")
        for solution in solutions:
            assert not solution.has_attr("open") and solution.select("summary ~ p")
            section = solution.find_parent("section")
            assert section is not None and section.select_one("pre code") is not None
            assert section.select("details") == [solution]
        assert "**" not in re.sub(r"<pre.*?</pre>", "", str(page.main), flags=re.S)


def test_a_link_leads_to_a_notebook_that_is_there_and_to_no_other(pages: dict[str, BeautifulSoup]) -> None:
    links = {str(link["href"]) for link in pages["retrieval"].select("main a[href*=notebooks]")}
    assert links == {"../notebooks/03_retrieval.html"}
