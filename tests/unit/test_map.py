from __future__ import annotations

import json
import re
from html import unescape
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest
from fixtures.maps import HOSTILE, small_map
from matplotlib.colors import to_rgb

from patbench_lib.report.map import interactive_map, map_figure, map_page
from patbench_lib.report.map.groups import IN_NONE, Grouping, groupings
from patbench_lib.report.style import GREY


class Elements(HTMLParser):
    """What a browser makes of a piece of HTML: elements in order, and the text of each script."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.scripts: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        if tag == "script":
            self.scripts.append("")

    def handle_data(self, data: str) -> None:
        if self.tags and self.tags[-1] == "script":
            self.scripts[-1] += data


def test_text_of_patents_stays_data() -> None:
    page = Elements(map_page(small_map(), synthetic=True))
    assert page.tags.count("script") == 2, "the data and what draws them"
    assert "img" not in page.tags
    data = json.loads(page.scripts[0])
    assert data["titles"] == [HOSTILE, "Lamp", "Chair", "</script>"]
    assert "<" not in page.scripts[0]


def test_a_title_that_looks_like_a_place_of_the_page_is_not_filled_in() -> None:
    page = Elements(map_page(small_map(("{{data}}", "{{script}}")), synthetic=False))
    assert json.loads(page.scripts[0])["titles"] == ["{{data}}", "{{script}}"]


def test_the_map_loads_nothing() -> None:
    html = map_page(small_map(), synthetic=False)
    assert not re.search(r"<(script|link|img|iframe)[^>]*(src|href)=", html)
    assert "http" not in html
    assert "synthetic landscape" not in html
    assert "synthetic landscape" in map_page(small_map(), synthetic=True)


def test_a_notebook_holds_the_whole_page_in_a_frame_of_its_own() -> None:
    html = interactive_map(small_map(), synthetic=True).data
    assert Elements(html).tags == ["div", "iframe"]
    found = re.fullmatch(r'<div><iframe [^>]* srcdoc="([^"]*)"></iframe></div>', html)
    assert found is not None
    assert unescape(found[1]) == map_page(small_map(), synthetic=True)


def grouping(*keys: str | None, ordered: bool = False) -> Grouping:
    return Grouping(pd.Series(keys), {key: key for key in keys if key}, IN_NONE, ordered)


def test_many_groups_are_called_others_but_for_the_most_frequent() -> None:
    by = grouping(*"aaaaabbbccd", None)
    found = by.ranked(3)
    assert found.names == ["a", "b", "others", "in no cluster"]
    assert np.bincount(found.codes).tolist() == [5, 3, 3, 1]
    assert found.named == 2
    assert by.ranked(4).names == ["a", "b", "c", "d", "in no cluster"]


def test_classes_that_are_called_as_grey_groups_are_stay_apart() -> None:
    found = grouping(*["others"] * 4, *["in no cluster"] * 3, "b", "c", None).ranked(3)
    assert found.names == ["others", "in no cluster", "others", "in no cluster"]
    assert np.bincount(found.codes).tolist() == [4, 3, 2, 1]
    assert [colour == GREY for colour in found.colours] == [False, False, True, True]


def test_ordered_groups_keep_their_order_and_take_a_scale() -> None:
    found = grouping("1990", "2000", "2000", None, ordered=True).ranked(8)
    assert found.names == ["1990", "2000", "in no cluster"]
    assert len(set(found.colours)) == 3
    assert found.turns == [0, 0, 0]


def test_groups_of_one_colour_have_another_shape() -> None:
    found = grouping(*(f"{i:02}" for i in range(20))).ranked(24)
    assert len(set(zip(found.colours, found.turns, strict=True))) == 20


def test_every_group_of_the_still_map_is_named_in_its_colour() -> None:
    """Matplotlib leaves names that begin with an underscore out of legends, and would shift the others."""
    looked = small_map()
    looked.shown["office"] = ["_x", "$y", "_x", "z"]
    axes = map_figure(looked, synthetic=False).axes[1]
    handles = axes.get_legend().get_lines()
    named = dict(zip([text.get_text() for text in axes.get_legend().get_texts()], handles, strict=True))
    assert list(named) == ["_x", "$y", "z"]
    (points,) = axes.collections
    drawn = dict(zip(points.get_offsets()[:, 0], points.get_facecolors()[:, :3].tolist(), strict=True))
    for x, office in zip(looked.shown["x"], looked.shown["office"], strict=True):
        assert drawn[x] == pytest.approx(to_rgb(named[office].get_color()))


def test_the_still_map_has_a_panel_a_grouping_and_names_what_it_shows() -> None:
    looked = small_map()
    figure = map_figure(looked, synthetic=True)
    assert [axes.get_title() for axes in figure.axes] == list(groupings(looked)) == ["cluster", "office"]
    named = [[text.get_text() for text in axes.get_legend().get_texts()] for axes in figure.axes]
    assert named == [["0 cane rod", "1 lamp", "in no cluster"], ["EP", "US"]]


def test_without_a_system_the_words_say_so() -> None:
    assert "no map" in interactive_map(None, synthetic=False).data
    assert "no map" in map_figure(None, synthetic=False).texts[0].get_text()


def test_the_page_of_a_hundred_thousand_points_is_little_more_than_their_titles() -> None:
    title = "A rod"
    html = map_page(small_map((title,) * 100_000), synthetic=False)
    assert len(html) < 50_000 + 100_000 * (len(title) + 40), "a number, two places and codes each"
