"""Pages in a real browser: what is wrong with one is found, and tables sort by mouse and keyboard."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
from fixtures.browser import WIDTHS, Browser, axe_core, barriers, chromium, wrong_with

from patbench_lib.report.site import render, stage
from patbench_lib.report.sortable import sortable
from patbench_lib.report.tables import table

ROOT = Path(__file__).parents[2]
BANNER = "Synthetic landscape. Everything is made up."
TAB, ENTER, SPACE = "\ue004", "\ue007", " "

HEAD = '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
BAD = """
<script src="https://example.invalid/x.js"></script><style>.dark{color-scheme:dark}</style>
<p style="color:#999">hard to read</p><p style="width:700px">wide</p><p style="color:#555">easy to read</p>
<h1 style="color:#888">large</h1><script>undefined_name()</script>
"""

FRAME = pd.DataFrame(
    {
        "system": ["b", "A", "c", "d"],
        "value": [0.2, 10.0, None, -1.0],
        "mean rank": [2.0, 1.0, 3.0, None],
        "texts": [9, 1200, 30, 4],
    }
)


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with chromium(tmp_path_factory.mktemp("profile")) as started:
        yield started


@pytest.fixture
def page(tmp_path: Path) -> Path:
    """A page of nothing but a sortable table."""
    shown = table(FRAME, decimals={"value": 3, "mean rank": 1}, whole=["texts"], notes=["A long note. " * 30])
    path = tmp_path / "table.html"
    path.write_text(f"{HEAD}</head><body>{sortable(shown).data}</body></html>", encoding="utf-8")
    return path


def systems(browser: Browser) -> str:
    return str(
        browser.run("return [...document.querySelectorAll('tbody tr')].map((r) => r.cells[0].innerText).join('')")
    )


def test_what_is_wrong_with_a_page_is_found(browser: Browser, tmp_path: Path) -> None:
    bad = tmp_path / "bad.html"
    bad.write_text(f"{HEAD}</head><body>{BAD}</body></html>", encoding="utf-8")
    found = "\n".join(wrong_with(browser, bad))
    assert "undefined_name is not defined" in found
    assert "asks for https://example.invalid/x.js" in found
    assert f"pixels wide on a screen of {WIDTHS[0]}" in found and f"screen of {WIDTHS[1]}" not in found
    assert 'contrast in light colours 2.85: p. "hard to read"' in found
    assert "easy to read" not in found and "h1" not in found


def test_a_page_of_a_table_has_nothing_wrong(browser: Browser, page: Path) -> None:
    assert wrong_with(browser, page) == []


def test_a_click_sorts_numbers_words_and_ranks_with_what_is_missing_last(browser: Browser, page: Path) -> None:
    browser.open(page)
    assert systems(browser) == "bAcd"
    for column, first, second in ((2, "Abdc", "dbAc"), (1, "Abcd", "dcbA"), (3, "Abcd", "cbAd"), (4, "Acbd", "dbcA")):
        browser.click(f"thead th:nth-child({column}) button")
        assert systems(browser) == first, FRAME.columns[column - 1]
        browser.click(f"thead th:nth-child({column}) button")
        assert systems(browser) == second, FRAME.columns[column - 1]
    marked = browser.run("return [...document.querySelectorAll('th')].map((h) => h.getAttribute('aria-sort'))")
    assert marked[:4] == [None, None, None, "ascending"], "the column sorted last, alone"
    striped = browser.run(
        "return [...document.querySelectorAll('tbody tr')].map((r) => r.cells[1].classList.contains('gt_striped'))"
    )
    assert striped == [False, True, False, True]


def test_the_keyboard_sorts_too(browser: Browser, page: Path) -> None:
    browser.open(page)
    browser.press(TAB, TAB)
    assert browser.run("return document.activeElement.innerText") == "value"
    browser.press(ENTER)
    assert systems(browser) == "Abdc"
    browser.press(SPACE)
    assert systems(browser) == "dbAc"


def test_without_scripts_the_table_stands_as_it_was_written(page: Path) -> None:
    assert "<button" not in page.read_text(encoding="utf-8").split("<script>")[0]


@pytest.mark.parametrize(
    ("where", "body", "barrier"),
    [
        ("", "<button></button>", "button-name"),
        ("(width < 600px)", "<button></button>", "button-name"),
        ("(width > 600px)", "<p>Grey on white</p>", "color-contrast"),
        ("(prefers-color-scheme: dark)", "<p>Grey on white</p>", "color-contrast"),
    ],
)
def test_a_barrier_is_found(browser: Browser, tmp_path: Path, where: str, body: str, barrier: str) -> None:
    shown = "p { background: white; color: #bbb; } button { display: block; }"
    look = f"@media {where} {{ {shown} }}" if where else shown
    bad = tmp_path / "bad.html"
    style = f"<style>button {{ display: none; }} {look}</style>"
    bad.write_text(f"{HEAD}<title>Bad</title>{style}</head><body>{body}</body></html>", encoding="utf-8")
    found = barriers(browser, bad, axe_core())
    assert [each.partition(":")[0] for each in found] == [barrier]


def test_every_page_of_a_small_site_has_nothing_wrong(
    browser: Browser, sources: Path, executed: Path, tmp_path: Path
) -> None:
    shutil.copy(ROOT / "theme" / "patbench.css", sources / "theme" / "patbench.css")
    project = (
        (sources / "_quarto.yml").read_text(encoding="utf-8").replace("toc: true", "toc: true, css: theme/patbench.css")
    )
    (sources / "_quarto.yml").write_text(project, encoding="utf-8")
    staged = stage("demo", title="Demo", notebooks=[executed], sources=sources, out=tmp_path / "staged", banner=BANNER)
    render(staged, tmp_path / "site")
    pages = sorted((tmp_path / "site").rglob("*.html"))
    assert len(pages) == 2
    assert {path.name: wrong_with(browser, path) for path in pages} == {path.name: [] for path in pages}
