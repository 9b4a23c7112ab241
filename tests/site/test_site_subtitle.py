"""A page's title that the run decides."""

from __future__ import annotations

from typing import Any

import pytest

from patbench_lib.report.site.notebook_page import page_of
from patbench_lib.report.site.subtitle import with_subtitle

HEAD = {"cell_type": "markdown", "metadata": {}, "source": "# Expert text {#sec-expert}\n\n**Question.** Which?"}


def shows(text: str, option: str = "#| subtitle: true") -> dict[str, Any]:
    outputs = [{"output_type": "display_data", "data": {"text/markdown": [text]}, "metadata": {}}]
    return {"cell_type": "code", "metadata": {}, "source": f"{option}\nsay()", "outputs": outputs}


def test_what_the_cell_shows_stands_behind_the_title_and_the_cell_goes() -> None:
    cells = with_subtitle([HEAD, shows("## A licensed export"), shows("other", "#| echo: false")])
    assert [cell["cell_type"] for cell in cells] == ["markdown", "code"]
    assert cells[0]["source"] == "# Expert text: A licensed export {#sec-expert}\n\n**Question.** Which?"
    assert HEAD["source"].startswith("# Expert text {"), "the notebook itself is left as it is"


@pytest.mark.parametrize(
    ("title", "wanted"), [("# Plain", "# Plain: So"), ("# One\n\ntext", "# One: So\n\ntext"), ("no title", "no title")]
)
def test_a_title_needs_no_name_and_text_without_one_stays(title: str, wanted: str) -> None:
    cells = with_subtitle([{**HEAD, "source": title}, shows("## So")])
    assert cells[0]["source"] == wanted
    assert len(cells) == (2 if title == wanted else 1)


def test_without_a_subtitle_nothing_changes() -> None:
    cells = [HEAD, shows("text", "#| echo: false")]
    assert with_subtitle(cells) is cells and with_subtitle([]) == []


def test_a_page_of_a_synthetic_study_has_it_too() -> None:
    page = page_of({"cells": [HEAD, shows("## The demo's")]}, {}, "Synthetic landscape. Written by a program.")
    assert page["cells"][0]["source"].strip() == "# Expert text: The demo's {#sec-expert}"
    assert "callout-important" in page["cells"][1]["source"]
