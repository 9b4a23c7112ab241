"""The pages that come out where Quarto is not installed."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from bs4 import BeautifulSoup, Tag

from patbench_lib.report.site import check_site


def read(site: Path, page: str) -> BeautifulSoup:
    return BeautifulSoup((site / page).read_text(encoding="utf-8"), "html.parser")


def squeezed(element: Tag | None) -> str:
    assert element is not None
    return " ".join(element.get_text().split())


@pytest.fixture(scope="module")
def index(site: Path) -> BeautifulSoup:
    return read(site, "index.html")


@pytest.fixture(scope="module")
def landscape(site: Path) -> BeautifulSoup:
    return read(site, "notebooks/01_landscape.html")


def test_the_site_passes_its_check_but_for_the_web_font_of_the_theme(site: Path) -> None:
    problems = [str(problem) for problem in check_site(site, banner="Synthetic landscape. Everything is **made up**.")]
    assert [problem for problem in problems if "fonts.googleapis.com" not in problem] == []


def test_the_notice_does_not_repeat_its_title(index: BeautifulSoup) -> None:
    assert squeezed(index.select_one(".callout-important")) == "Synthetic landscape Everything is made up."


def test_a_figure_is_embedded_with_number_caption_and_alternative(index: BeautifulSoup) -> None:
    figure = index.select_one("figure#fig-growth")
    assert figure is not None
    assert squeezed(figure.figcaption) == "Figure 1: Synthetic landscape. Filings, by nDCG@10 of (Efron 1993)."
    image = figure.select_one("img")
    assert image is not None
    assert (image["src"], image["alt"]) == ("notebooks/01_landscape_files/figures/fig-growth-1.svg", "Bars that grow.")
    assert index.select("pre") == []


def test_pictures_lie_in_files_as_they_were_drawn(site: Path) -> None:
    folder = site / "notebooks" / "01_landscape_files" / "figures"
    assert sorted(path.name for path in folder.iterdir()) == ["fig-growth-1.svg", "fig-second-1.png"]
    assert "viewBox" in (folder / "fig-growth-1.svg").read_text()


def test_a_table_is_embedded_with_its_caption_above(index: BeautifulSoup) -> None:
    figure = index.select_one("figure#tbl-sizes")
    assert figure is not None
    assert [child.name for child in figure.find_all(True, recursive=False)] == ["figcaption", "div"]
    assert squeezed(figure.figcaption) == "Table 1: Synthetic landscape. Sizes."
    assert figure.select("caption") == []


def test_notebooks_may_use_the_same_label_each_with_its_own_caption() -> None:
    from patbench_lib.report.site.embeds import put_in_embeds
    from patbench_lib.report.site.floats import note_captions, number_floats

    cell = '<main><div class="cell" id="tbl-a"><div class="cell-output-display">{}</div></div></main>'
    pages = {
        "notebooks/01_a.html": BeautifulSoup(cell.format("one"), "html.parser"),
        "notebooks/02_b.html": BeautifulSoup(cell.format("two"), "html.parser"),
        "index.html": BeautifulSoup(
            "<main><p>{{&lt; embed notebooks/02_b.ipynb#tbl-a &gt;}}</p></main>", "html.parser"
        ),
    }
    note_captions(pages["notebooks/01_a.html"], {"tbl-a": {"tbl-cap": "First."}})
    note_captions(pages["notebooks/02_b.html"], {"tbl-a": {"tbl-cap": "Second."}})
    put_in_embeds(pages)
    for page in pages.values():
        number_floats(page)
    captions = {path: str(page.select_one("figcaption > span")["data-markdown"]) for path, page in pages.items()}  # type: ignore[index]
    assert captions == {
        "notebooks/01_a.html": "Table 1: First.",
        "notebooks/02_b.html": "Table 1: Second.",
        "index.html": "Table 1: Second.",
    }
    assert "two" in pages["index.html"].get_text()


def test_relative_addresses_are_seen_from_the_embedding_page() -> None:
    from patbench_lib.report.site.embeds import put_in_embeds

    cell = '<img src="01_files/x.png"><a href="02_b.html#y">b</a><a href="#z">z</a>'
    source = f'<main><div class="cell" id="x">{cell}</div></main>'
    pages = {
        "notebooks/01_a.html": BeautifulSoup(source, "html.parser"),
        "index.html": BeautifulSoup("<main><p>{{&lt; embed notebooks/01_a.ipynb#x &gt;}}</p></main>", "html.parser"),
    }
    put_in_embeds(pages)
    assert pages["index.html"].img["src"] == "notebooks/01_files/x.png"  # type: ignore[index]
    assert [str(link["href"]) for link in pages["index.html"].select("a")] == ["notebooks/02_b.html#y", "#z"]


def test_markdown_output_is_embedded_with_its_citation(index: BeautifulSoup) -> None:
    assert squeezed(index.select_one("#best")) == "The best reaches 0.2 (Efron 1993)."


def test_figures_and_tables_are_numbered_in_the_order_of_the_page(landscape: BeautifulSoup) -> None:
    numbers = [squeezed(caption).partition(":")[0] for caption in landscape.select("figure.quarto-float > figcaption")]
    assert numbers == ["Figure 1", "Figure 2", "Table 1", "Table 2"]


def test_references_are_links_that_name_their_target(index: BeautifulSoup, landscape: BeautifulSoup) -> None:
    found = {str(link["href"]): link.get_text() for link in landscape.select("a.quarto-xref")}
    assert found == {
        "#fig-growth": "Figure 1",
        "#fig-second": "Figure 2",
        "#tbl-sizes": "Table 1",
        "#tbl-words": "Table 2",
        "#eq-gain": "Equation 1",
    }
    assert index.select_one('a.quarto-xref[href="#sec-results"]').get_text() == "Section 1"  # type: ignore[union-attr]


def test_citations_are_written_out_and_listed(index: BeautifulSoup) -> None:
    said = "(Järvelin and Kekäläinen 2002; Efron 1993), says Järvelin and Kekäläinen (2002)"
    assert said in squeezed(index.select_one("main"))
    entries = [squeezed(entry) for entry in index.select("#refs .csl-entry")]
    assert [entry[:6] for entry in entries] == ["Efron,", "Järvel"]
    assert index.select("[data-markdown]") == []


def test_formulas_are_mathml_without_a_network(index: BeautifulSoup, landscape: BeautifulSoup) -> None:
    assert index.select_one("math") is not None
    assert landscape.select_one("#eq-gain math[display=block]") is not None
    assert squeezed(landscape.select_one(".equation-number")) == "(1)"
    assert landscape.select_one("#tbl-words td math") is not None
    assert "katex" not in str(index.head).lower()


def test_code_addresses_and_code_cells_are_not_references(landscape: BeautifulSoup) -> None:
    assert "mail a@b.org" in landscape.get_text()
    assert "@fig-code" in [code.get_text() for code in landscape.select("p code")]


def test_code_is_folded_and_options_are_not_shown(landscape: BeautifulSoup) -> None:
    assert [summary.get_text() for summary in landscape.select("details.code-fold > summary")] == ["Code"] * 4
    assert "#|" not in landscape.get_text()


def test_the_contents_carry_the_numbers_of_the_headings(landscape: BeautifulSoup) -> None:
    assert [squeezed(link) for link in landscape.select("#TOC a")] == ["1 Growth"]


def test_search_knows_the_finished_text_and_needs_no_server(site: Path, index: BeautifulSoup) -> None:
    entries = json.loads((site / "search.json").read_text(encoding="utf-8"))
    section = next(entry for entry in entries if entry["href"] == "index.html#sec-results")
    assert section["title"] == "Demo", "the first page has the study's title"
    assert "Figure 1 and Table 1" in section["text"]
    assert not re.search(r"@(fig|tbl|eq)-(?!code)|\{\{<|\[@", json.dumps(entries))
    references = next(entry for entry in entries if entry["href"] == "index.html#references")
    assert "1993. An Introduction to the Bootstrap. Järvelin" in references["text"]
    assert [script["src"] for script in index.select("script[src*=search-index]")] == ["site_libs/search-index.js"]


def test_a_reference_without_target_is_marked_as_quarto_marks_it() -> None:
    from patbench_lib.report.site.references import mark_references

    text = "See @fig-gone and [-@tbl-a; @sec-b]. By @holm1979 [p. 65], at a@b.org, nDCG@10, [1] and [x@y]."
    page = BeautifulSoup(f"<main><p>{text}</p></main>", "html.parser")
    mark_references(page, {"tbl-a": "Table 3", "sec-b": "Section 1.2"})
    assert [span["data-markdown"] for span in page.select("span")] == [
        "**?\\@fig-gone**",
        "[3](#tbl-a){.quarto-xref}, [Section 1.2](#sec-b){.quarto-xref}",
        "@holm1979 [p. 65]",
    ]
