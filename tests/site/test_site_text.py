"""The small functions on text: options, blocks that need a notebook, heads of pages, tables."""

from __future__ import annotations

import io
from pathlib import Path

import matplotlib.pyplot as plt
import pytest
from nbformat import v4

from patbench_lib.report.site.banner import prefix_captions, split_head
from patbench_lib.report.site.notebook import join_options, read_notebook, split_options, telling_labels, write_notebook
from patbench_lib.report.site.presence import fit
from patbench_lib.report.site.tables import align_tables
from patbench_lib.report.style import words_figure

PRESENT = {"01_landscape": {"fig-growth"}}


def test_options_over_several_lines_become_one_line_each() -> None:
    options, code = split_options("#| label: fig-x\n#| fig-cap: >\n#|   A caption:\n#|   two lines.\nplot()")
    assert (
        options == {"label": "fig-x", "fig-cap": "A caption: two lines.\n"}
        or options["fig-cap"].strip() == "A caption: two lines."
    )
    assert code == "plot()"
    assert join_options({"label": "fig-x", "fig-cap": 'Says "nDCG@10: high".'}, "plot()") == (
        '#| label: "fig-x"\n#| fig-cap: "Says \\"nDCG@10: high\\"."\nplot()'
    )


def test_a_figure_of_words_alone_is_not_for_other_pages(tmp_path: Path) -> None:
    cells = []
    for label, figure in (("fig-words", words_figure("Nothing.", synthetic=True)), ("fig-drawn", plt.figure())):
        drawing = io.StringIO()
        figure.savefig(drawing, format="svg")
        shown = v4.new_output("display_data", data={"image/svg+xml": drawing.getvalue()})
        cells.append(v4.new_code_cell(f"#| label: {label}\ndraw()", outputs=[shown]))
    plt.close("all")
    cells += [v4.new_code_cell("#| label: txt-said\nsay()"), v4.new_code_cell("x = 1")]
    write_notebook(v4.new_notebook(cells=cells), tmp_path / "x.ipynb")
    assert telling_labels(read_notebook(tmp_path / "x.ipynb")) == {"fig-drawn", "txt-said"}


def test_code_without_options_is_left_alone() -> None:
    assert split_options("# a comment\nx = 1") == ({}, "# a comment\nx = 1")
    assert join_options({}, "x = 1") == "x = 1"


@pytest.mark.parametrize(
    ("text", "fitted"),
    [
        ('a\n::: {.needs notebook="01_landscape"}\nb\n:::\nc', "a\nb\nc"),
        ('a\n::: {.needs notebook="02_models"}\nb\n:::\nc', "a\nc"),
        ('::: {.needs notebook="02_models"}\n::: {.callout-note}\nb\n:::\nd\n:::\nc', "c"),
        ('::: {.needs notebook="01_landscape"}\n::: {.callout-note}\nb\n:::\n:::\nc', "::: {.callout-note}\nb\n:::\nc"),
        ('::: {.needs notebook="01_landscape"}\n::: {.needs notebook="02_models"}\nb\n:::\nc\n:::', "c"),
        ('::: {.needs notebook="01_landscape" label="fig-gone fig-growth"}\nb\n:::\nc', "b\nc"),
        ('::: {.needs notebook="01_landscape" label="fig-gone"}\nb\n:::\nc', "c"),
        ('::: {.needs notebook="02_models" label="fig-growth"}\nb\n:::\nc', "c"),
        ('```\n::: {.needs notebook="02_models"}\n```', '```\n::: {.needs notebook="02_models"}\n```'),
        (
            "{{< embed notebooks/01_landscape.ipynb#fig-growth >}}",
            "{{< embed notebooks/01_landscape.ipynb#fig-growth >}}",
        ),
        ("a\n{{< embed notebooks/01_landscape.ipynb#fig-gone >}}\nb", "a\nb"),
        ("a\n{{< embed notebooks/02_models.ipynb#fig-growth >}}\nb", "a\nb"),
        ("see [here](01_landscape.ipynb#sec-x)", "see [here](01_landscape.ipynb#sec-x)"),
        ("see [there](02_models.ipynb#sec-x), [x](https://a.org)", "see there, [x](https://a.org)"),
    ],
)
def test_text_fits_the_notebooks_of_the_study(text: str, fitted: str) -> None:
    assert fit(text, PRESENT) == fitted


@pytest.mark.parametrize(
    ("text", "head"),
    [
        ("---\ntitle: T\n---\nText.", "---\ntitle: T\n---\n"),
        ("# Title\n\nText.", "# Title\n"),
        ("---\ntitle: T\n---\n\n# One\nText.", "---\ntitle: T\n---\n\n# One\n"),
        ("Text.\n\n# Not a title", ""),
        ("## Section\n", ""),
    ],
)
def test_front_matter_and_title_are_the_head_of_a_page(text: str, head: str) -> None:
    assert split_head(text) == (head, text[len(head) :])


def test_captions_are_marked_once() -> None:
    marked = prefix_captions({"fig-cap": "Growth.", "fig-alt": "Bars.", "tbl-cap": ["A.", "Synthetic landscape. B."]})
    assert marked == {
        "fig-cap": "Synthetic landscape. Growth.",
        "fig-alt": "Bars.",
        "tbl-cap": ["Synthetic landscape. A.", "Synthetic landscape. B."],
    }


def test_a_cell_that_shows_no_landscape_is_not_marked() -> None:
    options = {"tbl-cap": "The models.", "synthetic": False}
    assert prefix_captions(options)["tbl-cap"] == "The models."


def test_numbers_stand_right_under_their_heading_and_words_left() -> None:
    html = align_tables(
        '<table border="1" class="dataframe">'
        '<thead><tr style="text-align: right;"><th></th><th>model</th><th>score</th></tr></thead><tbody>'
        "<tr><th>0</th><td>bm25</td><td>0.15 ± 0.02</td></tr><tr><th>1</th><td>e5</td><td>NaN</td></tr></tbody></table>"
    )
    assert '<th style="text-align: left; white-space: nowrap;">model</th>' in html
    assert '<td style="text-align: left; white-space: nowrap;">bm25</td>' in html
    assert '<th style="text-align: right; white-space: nowrap;">score</th>' in html
    assert '<td style="text-align: right; white-space: nowrap;">NaN</td>' in html
    assert "border=" not in html


def test_only_pandas_tables_are_aligned() -> None:
    html = '<svg viewBox="0 0 1 1"></svg><table class="gt_table"><tr><td>1</td></tr></table>'
    assert align_tables(html) == html


def test_an_index_that_spans_rows_does_not_shift_the_columns() -> None:
    html = align_tables(
        '<table class="dataframe"><thead><tr><th>a</th><th>b</th><th>n</th></tr></thead><tbody>'
        '<tr><th rowspan="2">x</th><th>u</th><td>1</td></tr><tr><th>v</th><td>2</td></tr></tbody></table>'
    )
    assert '<td style="text-align: right; white-space: nowrap;">2</td>' in html
    assert '<th style="text-align: left; white-space: nowrap;">v</th>' in html
