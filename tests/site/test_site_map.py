"""The interactive map on a page of the site: there, alive, alone, and out of everything that reads text."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from fixtures.maps import small_map
from nbformat import v4
from nbformat.notebooknode import NotebookNode

from patbench_lib.report.map import interactive_map
from patbench_lib.report.site import check_site, render, stage


@pytest.fixture(scope="module")
def shown() -> str:
    return interactive_map(small_map(), synthetic=True).data


def test_the_page_carries_the_map_as_it_was_made(
    notebook_file: Callable[[str, NotebookNode], Path],
    sources: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    shown: str,
) -> None:
    cells = [
        v4.new_markdown_cell("# Clustering\n\n## A map\n\nDrag to zoom."),
        v4.new_code_cell(
            "#| echo: false\ninteractive_map(looked)", outputs=[v4.new_output("display_data", {"text/html": shown})]
        ),
    ]
    executed = notebook_file("01_landscape", v4.new_notebook(cells=cells))
    monkeypatch.setenv("PATH", str(tmp_path))  # where there is no Quarto
    index = sources / "index.qmd"
    index.write_text("---\ntitle: The study\n---\n\nText.\n")
    staged = stage("demo", title="Demo", notebooks=[executed], sources=sources, out=tmp_path / "staged", banner=None)
    site = tmp_path / "site"
    assert render(staged, site) == "smalldocs"
    assert check_site(site) == []

    text = (site / "notebooks/01_landscape.html").read_text(encoding="utf-8")
    box = BeautifulSoup(text, "html.parser").select_one(".patbench-map")
    made = BeautifulSoup(shown, "html.parser").select_one(".patbench-map")
    assert box is not None
    assert made is not None
    scripts = [script.get_text() for script in box.find_all("script")]
    assert scripts == [script.get_text() for script in made.find_all("script")]
    assert [button.get_text() for button in box.find_all("button")] == ["cluster", "office"]

    entries = json.loads((site / "search.json").read_text(encoding="utf-8"))
    mine = next(entry for entry in entries if entry["section"].endswith("A map"))
    assert "Drag to zoom." in mine["text"]
    assert len(mine["text"]) < 300, "the search index reads no script"
    others = [path for path in site.rglob("*") if path.is_file() and path.suffix in (".html", ".md", ".txt", ".json")]
    assert [path.name for path in others if "scattergl" in path.read_text(encoding="utf-8")] == ["01_landscape.html"]
