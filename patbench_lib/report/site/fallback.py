"""The site without Quarto: smalldocs lays out the pages, and one pass adds what it lacks.

smalldocs reads `_quarto.yml`, Markdown, notebooks and callouts, but no embeds, captions with numbers, cross-references,
citations or formulas without a network. Each of these is a module here: `prepare` before smalldocs, and `embeds`,
`floats`, `references`, `pandoc` and `finish` over its HTML, in this order.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from bs4 import BeautifulSoup

from patbench_lib.report.site.command import run_renderer
from patbench_lib.report.site.embeds import put_in_embeds
from patbench_lib.report.site.finish import keep_local, reach_boxes, write_contents, write_search_index
from patbench_lib.report.site.floats import note_captions, number_floats
from patbench_lib.report.site.notebook import labelled_options, read_notebook
from patbench_lib.report.site.pandoc import write_markdown
from patbench_lib.report.site.prepare import prepare_notebook
from patbench_lib.report.site.references import mark_references, targets


def render_without_quarto(staged: Path, rendered: Path) -> None:
    """Render a staging folder into `rendered` with smalldocs, pandoc and the modules of this package."""
    with tempfile.TemporaryDirectory(prefix="patbench-site-") as scratch:
        work = Path(scratch) / "project"
        shutil.copytree(staged, work)
        project = yaml.safe_load((work / "_quarto.yml").read_text(encoding="utf-8"))
        fold = project.get("format", {}).get("html", {}).get("code-fold", False)
        for notebook in sorted((work / "notebooks").glob("*.ipynb")):
            prepare_notebook(notebook, fold=fold)
        run_renderer("smalldocs", [sys.executable, "-m", "smalldocs.cli", "render", ".", "--quiet"], work)
        html = work / project["project"]["output-dir"]
        for pictures in (work / "notebooks").glob("*_files"):
            shutil.copytree(pictures, html / "notebooks" / pictures.name)
        _complete(work, html, project)
        shutil.copytree(html, rendered)


def _complete(work: Path, html: Path, project: Mapping[str, Any]) -> None:
    made = (path for path in html.rglob("*.html") if not (work / path.relative_to(html)).is_file())  # not copied
    paths = sorted(made)
    pages = {path.relative_to(html).as_posix(): _parse(path) for path in paths}
    for notebook in (work / "notebooks").glob("*.ipynb"):
        note_captions(pages[f"notebooks/{notebook.stem}.html"], labelled_options(read_notebook(notebook)))
    put_in_embeds(pages)
    for page in pages.values():
        number_floats(page)
        mark_references(page, targets(page))
        write_markdown(page, work / str(project["bibliography"]))
        write_contents(page)
        keep_local(page)
        reach_boxes(page)
    write_search_index(pages, html)
    for path in paths:
        path.write_text(str(pages[path.relative_to(html).as_posix()]), encoding="utf-8")


def _parse(path: Path) -> BeautifulSoup:
    return BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")
