"""The staging folder of a study."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml
from nbformat import v4
from nbformat.notebooknode import NotebookNode

from patbench_lib.errors import PatbenchError
from patbench_lib.report.site import stage
from patbench_lib.report.site.banner import titled
from patbench_lib.report.site.notebook import joined
from patbench_lib.report.tables import table

BANNER = "Everything here is **made up**."


def staged_notebook(folder: Path, name: str = "01_landscape") -> dict[str, Any]:
    return json.loads((folder / "notebooks" / f"{name}.ipynb").read_text(encoding="utf-8"))


@pytest.fixture
def staged(sources: Path, executed: Path, tmp_path: Path) -> Path:
    return stage("demo", title="Demo", notebooks=[executed], sources=sources, out=tmp_path / "site", banner=BANNER)


def test_the_folder_holds_all_that_a_renderer_needs(staged: Path) -> None:
    files = sorted(path.relative_to(staged).as_posix() for path in staged.rglob("*") if path.is_file())
    assert files == ["_quarto.yml", "index.qmd", "notebooks/01_landscape.ipynb", "references.bib", "theme/patbench.css"]


def test_the_project_lists_only_the_notebooks_of_the_study(staged: Path) -> None:
    project = yaml.safe_load((staged / "_quarto.yml").read_text())
    assert project["project"]["render"] == ["index.qmd", "notebooks/01_landscape.ipynb"]
    assert project["project"]["output-dir"] == "_site"
    assert project["website"]["title"] == "Demo"
    assert project["website"]["sidebar"]["contents"] == [
        {"href": "index.qmd", "text": "Summary"},
        {"section": "First", "contents": ["notebooks/01_landscape.ipynb"]},
    ]
    assert project["website"]["page-footer"]["left"] == "Study: demo"


def test_a_notebook_that_the_sidebar_does_not_know_is_listed_last(
    sources: Path, executed: Path, tmp_path: Path, notebook_file: Callable[[str, NotebookNode], Path]
) -> None:
    new = notebook_file("20_new", v4.new_notebook(cells=[v4.new_markdown_cell("# New")]))
    folder = stage("s", title="S", notebooks=[executed, new], sources=sources, out=tmp_path / "site", banner=None)
    project = yaml.safe_load((folder / "_quarto.yml").read_text())
    assert project["website"]["sidebar"]["contents"][-1] == "notebooks/20_new.ipynb"


def test_the_index_speaks_only_of_the_notebooks_of_the_study(staged: Path) -> None:
    text = (staged / "index.qmd").read_text(encoding="utf-8")
    assert "{{< embed notebooks/01_landscape.ipynb#fig-growth >}}" in text
    assert "models" not in text.lower()
    assert "callout-note" not in text
    assert "[the landscape](notebooks/01_landscape.ipynb) and the claims." in text


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        ("---\ntitle: Old\nsubtitle: 'A: b'\n---\n", "---\ntitle: 'New: one'\nsubtitle: 'A: b'\n---\n"),
        ("# Old\n", "---\ntitle: 'New: one'\n---\n"),
    ],
)
def test_the_first_page_has_the_title_of_the_study(head: str, expected: str) -> None:
    assert titled(head, "New: one") == expected


def test_the_notice_comes_right_after_the_head_of_every_page(staged: Path) -> None:
    callout = (
        '::: {.callout-important .synthetic-banner title="Synthetic landscape"}\nEverything here is **made up**.\n:::'
    )
    assert (staged / "index.qmd").read_text().startswith(f"---\ntitle: Demo\n---\n\n{callout}\n")
    cells = staged_notebook(staged)["cells"]
    assert cells[0]["source"] == "---\ntitle: The landscape\n---\n"
    assert cells[1]["source"].strip() == callout


def test_captions_of_a_synthetic_study_say_so(staged: Path) -> None:
    sources = [cell["source"] for cell in staged_notebook(staged)["cells"]]
    assert any(
        '#| fig-cap: "Synthetic landscape. Filings, by nDCG@10 of [@efron1993]."' in source for source in sources
    )
    assert any('#| tbl-cap: "Synthetic landscape. Sizes."' in source for source in sources)
    assert any('#| fig-alt: "Bars that grow."' in source for source in sources)


def test_pages_for_teaching_are_staged_like_the_summary(sources: Path, executed: Path, tmp_path: Path) -> None:
    (sources / "teaching").mkdir()
    said = "See [one](../notebooks/01_landscape.ipynb) and [two](../notebooks/02_models.ipynb).\n"
    text = f"---\ntitle: Exercises\n---\n\n{said}"
    (sources / "teaching" / "data.qmd").write_text(text, encoding="utf-8")
    folder = stage("s", title="S", notebooks=[executed], sources=sources, out=tmp_path / "site", banner=BANNER)
    page = (folder / "teaching" / "data.qmd").read_text(encoding="utf-8")
    assert page.startswith("---\ntitle: Exercises\n---\n\n::: {.callout-important")
    assert page.endswith("See [one](../notebooks/01_landscape.ipynb) and two.\n"), (
        "links to notebooks that are not there go"
    )
    project = yaml.safe_load((folder / "_quarto.yml").read_text())
    assert project["project"]["render"] == ["index.qmd", "notebooks/01_landscape.ipynb", "teaching/data.qmd"]


def test_a_real_study_has_no_notice(sources: Path, executed: Path, tmp_path: Path) -> None:
    folder = stage("s", title="S", notebooks=[executed], sources=sources, out=tmp_path / "site", banner=None)
    everything = "".join(path.read_text() for path in folder.rglob("*") if path.is_file())
    assert "Synthetic" not in everything
    assert "callout-important" not in everything


def test_execution_leaves_no_trace(staged: Path) -> None:
    text = (staged / "notebooks" / "01_landscape.ipynb").read_text()
    for trace in ("papermill", "/private", "study = ", "100%|", "<Axes", "stderr"):
        assert trace not in text
    assert "hello" in text


def test_widgets_are_left_out(
    sources: Path, tmp_path: Path, notebook_file: Callable[[str, NotebookNode], Path]
) -> None:
    widget = v4.new_output(
        "display_data", data={"application/vnd.jupyter.widget-view+json": {"model_id": "x"}, "text/plain": "0it"}
    )
    path = notebook_file("01_landscape", v4.new_notebook(cells=[v4.new_code_cell("run()", outputs=[widget])]))
    folder = stage("s", title="S", notebooks=[path], sources=sources, out=tmp_path / "site", banner=None)
    assert staged_notebook(folder)["cells"][0]["outputs"] == []


def test_tables_that_say_the_same_have_ids_of_their_own(
    sources: Path, tmp_path: Path, notebook_file: Callable[[str, NotebookNode], Path]
) -> None:
    same, other = (table(pd.DataFrame({"office": [office], "n": [3]})).as_raw_html() for office in ("US", "EP"))
    shown = [v4.new_output("display_data", data={"text/html": html}) for html in (same, other, same, same)]
    cells = [v4.new_code_cell("show()", outputs=[output]) for output in shown]
    path = notebook_file("01_landscape", v4.new_notebook(cells=cells))
    folder = stage("s", title="S", notebooks=[path], sources=sources, out=tmp_path / "site", banner=None)
    pages = [joined(cell["outputs"][0]["data"]["text/html"]) for cell in staged_notebook(folder)["cells"]]
    first = re.findall(r'<div id="(\w+)"', same)[0]
    assert all(page.count('tabindex="0"') == 1 for page in pages), "the box that scrolls can be reached by keys"
    pages = [page.replace(' tabindex="0"', "") for page in pages]
    assert pages[:2] == [same, other]
    assert pages[2] == same.replace(first, f"{first}_2") and pages[3] == same.replace(first, f"{first}_3")
    ids = re.findall(r'\bid="([^"]+)"', "".join(pages))
    assert len(ids) == len(set(ids)) > 8


def test_a_rule_at_the_top_of_a_cell_is_not_taken_for_yaml(staged: Path) -> None:
    sources = [cell["source"] for cell in staged_notebook(staged)["cells"]]
    assert any(source.startswith("***\n\nAfter a rule") for source in sources)


def test_the_folder_is_made_afresh(sources: Path, executed: Path, tmp_path: Path) -> None:
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "old.txt").write_text("old")
    folder = stage("s", title="S", notebooks=[executed], sources=sources, out=tmp_path / "site", banner=None)
    assert not (folder / "old.txt").exists()


def test_options_that_are_not_yaml_name_the_cell(
    sources: Path, tmp_path: Path, notebook_file: Callable[[str, NotebookNode], Path]
) -> None:
    cell = v4.new_code_cell("#| label: fig-x\n#| fig-cap: nDCG@10: higher is better\nplot()")
    path = notebook_file("01_landscape", v4.new_notebook(cells=[v4.new_markdown_cell("# T"), cell]))
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "old.txt").write_text("old")
    with pytest.raises(PatbenchError, match=r"cell 2 of 01_landscape\.ipynb"):
        stage("s", title="S", notebooks=[path], sources=sources, out=tmp_path / "site", banner=None)
    assert sorted(path.name for path in (tmp_path / "site").iterdir()) == ["old.txt"]
    assert not list(tmp_path.glob(".site*"))


def test_missing_sources_are_named(tmp_path: Path, executed: Path) -> None:
    with pytest.raises(PatbenchError, match=r"_quarto\.yml, index\.qmd, references\.bib"):
        stage("s", title="S", notebooks=[executed], sources=tmp_path, out=tmp_path / "site", banner=None)
