"""The moving map in a site: a page of its own that the renderer leaves alone, shown in the notebook and the sidebar."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from bs4 import BeautifulSoup
from fixtures.maps import small_map
from nbformat import v4
from nbformat.notebooknode import NotebookNode

from patbench_lib.report.map import interactive_map, map_page
from patbench_lib.report.site import check_site, render, stage
from patbench_lib.report.site.frames import with_pages_out

BANNER = "Synthetic landscape. Everything is **made up**."


def of_a_map() -> NotebookNode:
    shown = interactive_map(small_map(), synthetic=True).data
    return v4.new_notebook(
        cells=[
            v4.new_markdown_cell("# Clustering\n\n## A map\n\nDrag to move."),
            v4.new_code_cell(
                "#| echo: false\ninteractive_map(looked)", outputs=[v4.new_output("display_data", {"text/html": shown})]
            ),
        ]
    )


@pytest.fixture
def staged(notebook_file: Callable[[str, NotebookNode], Path], sources: Path, tmp_path: Path) -> Path:
    (sources / "index.qmd").write_text("---\ntitle: The study\n---\n\nText.\n")
    project = yaml.safe_load((sources / "_quarto.yml").read_text())
    project["website"]["sidebar"]["contents"].append({"href": "map.html", "text": "Map"})
    (sources / "_quarto.yml").write_text(yaml.safe_dump(project))
    executed = notebook_file("01_landscape", of_a_map())
    return stage("demo", title="Demo", notebooks=[executed], sources=sources, out=tmp_path / "staged", banner=BANNER)


def test_a_page_is_the_same_outside_its_frame_but_for_ways_back_and_the_banner() -> None:
    notebook = json.loads(json.dumps(of_a_map()))
    told, pages = with_pages_out("09_clustering", notebook, None)
    page, made = pages["map.html"], map_page(small_map(), synthetic=True)
    before, after = made.split("</header>")
    assert page.startswith(before) and page.endswith(after)
    assert 'href="notebooks/09_clustering.html"' in page
    assert 'callout-important"' not in page
    html = told["cells"][1]["outputs"][0]["data"]["text/html"]
    assert "srcdoc" not in html
    assert len(html) < 500
    assert told["cells"][0] == notebook["cells"][0]
    assert "srcdoc" in notebook["cells"][1]["outputs"][0]["data"]["text/html"], "what was given is left as it was"


def test_the_renderer_is_told_to_copy_the_page(staged: Path) -> None:
    project = yaml.safe_load((staged / "_quarto.yml").read_text())
    assert project["project"]["resources"] == ["map.html"]
    assert project["website"]["sidebar"]["contents"][-1] == {"href": "map.html", "text": "Map"}


def test_a_study_without_a_map_has_no_way_to_one(sources: Path, executed: Path, tmp_path: Path) -> None:
    project = yaml.safe_load((sources / "_quarto.yml").read_text())
    project["website"]["sidebar"]["contents"] += [{"href": "map.html", "text": "Map"}, "https://a.example/b.html"]
    (sources / "_quarto.yml").write_text(yaml.safe_dump(project))
    folder = stage("demo", title="Demo", notebooks=[executed], sources=sources, out=tmp_path / "out", banner=None)
    staged = yaml.safe_load((folder / "_quarto.yml").read_text())
    assert staged["website"]["sidebar"]["contents"][-1] == "https://a.example/b.html"
    assert "map.html" not in (folder / "_quarto.yml").read_text()


def test_the_site_has_the_page_untouched_and_shows_it(
    staged: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))  # where there is no Quarto
    site = tmp_path / "site"
    assert render(staged, site) == "smalldocs"
    assert check_site(site, banner=BANNER) == []
    assert (site / "map.html").read_bytes() == (staged / "map.html").read_bytes()

    page = BeautifulSoup((site / "notebooks/01_landscape.html").read_text(encoding="utf-8"), "html.parser")
    (frame,) = page.select("main iframe")
    assert (frame["src"], bool(frame["title"])) == ("../map.html", True)
    assert [link["href"] for link in page.select('main a[href$="map.html"]')] == ["../map.html"]
    assert [link.get_text() for link in page.select('#quarto-sidebar a[href$="map.html"]')] == ["Map"]

    entries = json.loads((site / "search.json").read_text(encoding="utf-8"))
    mine = next(entry for entry in entries if entry["section"].endswith("A map"))
    assert "Drag to move." in mine["text"]
    assert not any(entry["href"].startswith("map.html") for entry in entries), "texts of patents are not indexed"
