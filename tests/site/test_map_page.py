"""The page of the moving map in a real browser, from a file: drawn, searched, coloured, moved by keys, and quiet."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from fixtures.browser import Browser, chromium, wrong_with
from fixtures.map_page import BLUE, GREY, ORANGE, drawn, full, pointer, search, strongest, text, to
from fixtures.maps import HOSTILE, small_map

from patbench_lib.report.map import interactive_map, map_page

TAB, ENTER, ESCAPE, LEFT, UP, RIGHT, DOWN = "\ue004", "\ue007", "\ue00c", "\ue012", "\ue013", "\ue014", "\ue015"


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with chromium(tmp_path_factory.mktemp("profile")) as started:
        yield started


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four points, left to right: blue (hostile title), orange (Lamp), grey (Chair), blue ("</script>")."""
    path = tmp_path_factory.mktemp("page") / "map.html"
    path.write_text(map_page(small_map(), synthetic=True), encoding="utf-8")
    return path


def test_the_page_has_nothing_wrong(browser: Browser, page: Path) -> None:
    assert wrong_with(browser, page) == []
    assert "synthetic landscape" in text(browser, "header")


def test_what_patents_say_stays_text(browser: Browser, page: Path) -> None:
    browser.open(page)
    search(browser, "script")
    listed = browser.run("return [...document.querySelectorAll('#found button')].map((b) => b.firstChild.data)")
    assert listed == [HOSTILE, "</script>"]
    browser.press(ENTER)
    drawn(browser)
    assert text(browser, "#told strong") == HOSTILE
    assert browser.run("return document.querySelectorAll('main img, main script, #told b').length") == 0
    assert "<i>mobility</i>" in text(browser, "#told")
    assert browser.complaints() == []


def test_a_search_marks_the_points_that_match_and_fades_the_others(browser: Browser, page: Path) -> None:
    browser.open(page)
    assert full(drawn(browser), BLUE, ORANGE, GREY) == [False, False, False]
    search(browser, "LÁMP chair")
    assert text(browser, "#hits") == "0 publications match."
    search(browser, "LÁMP")
    assert full(drawn(browser), BLUE, ORANGE, GREY) == [False, True, False]
    assert text(browser, "#hits") == "1 publication matches."
    search(browser, "us-0")
    assert full(drawn(browser), BLUE, ORANGE, GREY) == [True, False, False]


def test_arrows_go_through_the_matches_and_enter_zooms_to_one(browser: Browser, page: Path) -> None:
    browser.open(page)
    search(browser, "a")
    assert text(browser, "#hits") == "4 publications match.", "every number ends in A1"
    before = drawn(browser)
    browser.press(DOWN, DOWN, DOWN, UP)
    assert browser.run("return document.activeElement.firstChild.data") == "Lamp"
    browser.press(ENTER)
    after = drawn(browser)
    assert text(browser, "#told strong") == "Lamp"
    assert full(before, BLUE, ORANGE, GREY) == [True, True, True]
    assert full(after, BLUE, ORANGE) == [False, True], "the others are out of sight"


def test_a_choice_colours_anew_and_names_the_groups(browser: Browser, page: Path) -> None:
    browser.open(page)
    names = "return [...document.querySelectorAll('#legend button')].map((b) => [b.children[1].innerText, b.innerText])"
    assert [name for name, _ in browser.run(names)] == ["0 cane rod", "1 lamp", "in no cluster"]
    first = drawn(browser)["counts"]
    choose = "const by = document.getElementById('by'); by.value = arguments[0]; by.dispatchEvent(new Event('change'))"
    browser.run(choose, "1")
    assert [(name, label.split()[-1]) for name, label in browser.run(names)] == [("EP", "2"), ("US", "2")]
    second = drawn(browser)["counts"]
    assert strongest(first) == 3
    assert strongest(second) == 2, "blue and orange, and nothing grey"
    browser.run(choose, "2")
    assert [name for name, _ in browser.run(names)] == ["2000", "2001", "2002"]
    assert strongest(drawn(browser)["counts"]) == 3


def test_a_press_on_the_legend_hides_a_group(browser: Browser, page: Path) -> None:
    browser.open(page)
    search(browser, "a")
    assert full(drawn(browser), BLUE, ORANGE) == [True, True]
    browser.click("#legend li:nth-child(2) button")
    assert full(drawn(browser), BLUE, ORANGE) == [True, False]
    assert browser.run("return document.querySelectorAll('#legend [aria-pressed=false]').length") == 1
    browser.click("#none")
    assert drawn(browser)["counts"] == {}
    browser.click("#all")
    assert full(drawn(browser), BLUE, ORANGE) == [True, True]


def test_keys_move_zoom_and_reset(browser: Browser, page: Path) -> None:
    browser.open(page)
    browser.run("document.getElementById('points').focus()")
    whole = drawn(browser)
    browser.press(RIGHT)
    assert whole["left"] > drawn(browser)["left"] + 1 or drawn(browser)["right"] < whole["right"] - 1
    browser.press(LEFT)
    assert drawn(browser) == whole
    browser.press("+")
    assert sum(drawn(browser)["counts"].values()) < sum(whole["counts"].values()), "the outer ones have left"
    browser.press("0")
    assert drawn(browser) == whole


def test_a_pointer_tells_what_it_meets_and_drags_the_map(browser: Browser, page: Path) -> None:
    browser.open(page)
    whole = drawn(browser)
    box = browser.run(
        "const b = document.getElementById('points').getBoundingClientRect(); return [b.x, b.y, b.height]"
    )
    at = box[0] + whole["left"] + 4, box[1] + box[2] * 0.97 - 1
    pointer(browser, to(*at))
    drawn(browser)
    assert text(browser, "#told strong") == HOSTILE, "the leftmost, at the bottom"
    down, up = ({"type": kind, "button": 0} for kind in ("pointerDown", "pointerUp"))
    pointer(browser, to(at[0] + 300, at[1] - 300), down, to(at[0] + 380, at[1] - 300), up)
    moved = drawn(browser)
    assert text(browser, "#told") == ""
    assert moved["left"] == pytest.approx(whole["left"] + 80, abs=1)


def test_n_and_p_walk_over_neighbours_or_matches_and_escape_lets_go(browser: Browser, page: Path) -> None:
    browser.open(page)
    browser.run("document.getElementById('points').focus()")
    told = []
    for key in "nnnnnp":
        browser.press(key)
        drawn(browser)
        told.append(text(browser, "#told strong"))
    assert set(told[:2]) == {"Lamp", "Chair"}, "these are nearest to the middle"
    assert (told[4], told[5]) == (told[0], told[3]), "round, and back"
    browser.press(ESCAPE)
    drawn(browser)
    assert text(browser, "#told") == ""
    search(browser, "script")
    browser.run("document.getElementById('points').focus()")
    told = []
    for key in "nnnp":
        browser.press(key)
        drawn(browser)
        told.append(text(browser, "#told strong"))
    assert told == [HOSTILE, "</script>", HOSTILE, "</script>"]


def test_the_map_can_be_reached_by_tab_alone(browser: Browser, page: Path) -> None:
    browser.open(page)
    reached = []
    expected = ["query", "by", "+", "−", "All", "points", "all", "none", "0 cane rod2", "1 lamp1", "in no cluster1"]
    for _ in expected:
        browser.press(TAB)
        reached.append(browser.run("return document.activeElement.id || document.activeElement.textContent"))
        assert browser.run("return getComputedStyle(document.activeElement).outlineStyle") != "none", reached[-1]
    assert reached == expected


def test_black_points_are_white_on_a_dark_ground(browser: Browser, tmp_path: Path) -> None:
    looked = small_map(tuple(f"title {i}" for i in range(7)))
    looked.shown["office"] = [f"O{i}" for i in range(7)]
    page = tmp_path / "map.html"
    page.write_text(map_page(looked, synthetic=False), encoding="utf-8")
    found = {}
    for dark in (False, True):
        browser.open(page, dark=dark)
        browser.run("const by = document.getElementById('by'); by.value = 1; by.dispatchEvent(new Event('change'))")
        search(browser, "title 6")
        seen = drawn(browser)
        found[dark] = seen["ground"], full(seen, "0,0,0", "242,242,242")
    assert found == {False: ("255,255,255", [True, False]), True: ("23,25,28", [False, True])}


def test_fifty_thousand_points_are_drawn_from_a_file_and_found(browser: Browser, tmp_path: Path) -> None:
    count = 50_000
    looked = small_map(tuple(f"Cane {i} with handle" for i in range(count)))
    places = np.random.default_rng(0).normal(size=(2, count))
    looked.shown["x"], looked.shown["y"] = places
    page = tmp_path / "map.html"
    page.write_text(map_page(looked, synthetic=True), encoding="utf-8")
    assert wrong_with(browser, page) == []
    assert sum(drawn(browser)["counts"].values()) > 50_000
    counts = browser.run("return [...document.querySelectorAll('#legend b')].map((b) => b.textContent)")
    assert counts == [f"{Counter(i % 3 for i in range(count))[code]:,}" for code in range(3)]
    search(browser, "cane 4321")
    assert text(browser, "#hits") == "15 publications match.", "4321, 14321 to 44321, 43210 to 43219"
    search(browser, "handle")
    assert text(browser, "#hits") == "50,000 publications match; the first 20 are listed."
    assert browser.run("return document.querySelectorAll('#found button').length") == 20


def test_in_a_notebook_the_map_lives_in_a_frame(browser: Browser, tmp_path: Path) -> None:
    page = tmp_path / "notebook.html"
    frame = interactive_map(small_map(), synthetic=True).data
    page.write_text(f'<!DOCTYPE html><html lang="en"><meta charset="utf-8"><body>{frame}</body></html>')
    browser.open(page)
    browser.ask("frame", {"id": 0})
    try:
        assert strongest(drawn(browser)["counts"]) == 3
        assert browser.run("return getComputedStyle(document.querySelector('h1')).display") == "none"
    finally:
        browser.ask("frame", {"id": None})
    assert browser.complaints() == []
