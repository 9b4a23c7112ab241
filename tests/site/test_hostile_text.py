"""A patent titled `<script>` stays text on every page of a site."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from bs4 import BeautifulSoup
from fixtures.maps import HOSTILE
from nbformat import v4
from nbformat.notebooknode import NotebookNode

from patbench_lib.report.labels import plain
from patbench_lib.report.site import stage
from patbench_lib.report.site.fallback import render_without_quarto
from patbench_lib.report.tables import table


@pytest.fixture
def hostile(notebook_file: Callable[[str, NotebookNode], Path]) -> Path:
    """An executed notebook that shows a hostile title in a table of ours, one of pandas, prose, and printed."""
    frame = pd.DataFrame({"title": [HOSTILE], "value": [0.5]})
    shown = [
        ("tbl-ours", {"text/html": table(frame).as_raw_html()}),
        ("tbl-pandas", {"text/html": frame.to_html()}),
        ("txt-prose", {"text/markdown": f"The best is {plain(HOSTILE)}."}),
    ]
    cells = [v4.new_markdown_cell("---\ntitle: The landscape\n---\n")]
    for label, data in shown:
        caption = "\n#| tbl-cap: Titles." if label.startswith("tbl") else ""
        source = f"#| label: {label}{caption}\nshow()"
        cells.append(v4.new_code_cell(source, outputs=[v4.new_output("display_data", data=data)]))
    cells.append(v4.new_code_cell("print()", outputs=[v4.new_output("stream", name="stdout", text=HOSTILE)]))
    return notebook_file("01_landscape", v4.new_notebook(cells=cells))


def test_a_hostile_title_is_text_on_its_page(hostile: Path, sources: Path, tmp_path: Path) -> None:
    (sources / "index.qmd").write_text(
        "---\ntitle: The study\n---\n\n{{< embed notebooks/01_landscape.ipynb#tbl-ours >}}\n"
    )
    staged = stage("demo", title="Demo", notebooks=[hostile], sources=sources, out=tmp_path / "staged", banner=None)
    render_without_quarto(staged, tmp_path / "site")
    for name, times in (("index.html", 1), ("notebooks/01_landscape.html", 4)):
        page = BeautifulSoup((tmp_path / "site" / name).read_text(encoding="utf-8"), "html.parser")
        assert page.get_text().count("alert('1')</script>") + page.get_text().count("alert(‘1’)</script>") == times
        assert not [tag for tag in page.find_all("script") if "alert(" in tag.get_text()]
        assert page.find(onerror=True) is None and page.find(src="x") is None
