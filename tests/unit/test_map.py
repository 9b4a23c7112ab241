from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from typing import Any

import numpy as np
import pandas as pd
import pytest
from fixtures.maps import HOSTILE, small_map
from matplotlib.colors import to_rgb

from patbench_lib.report.map import GREY, IN_NONE, Grouping, groupings, interactive_map, map_data, map_figure


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


def test_text_of_patents_stays_text() -> None:
    page = Elements(interactive_map(small_map(), synthetic=True).data)
    assert page.tags.count("script") == 3, "data, plotly.js and the map"
    assert "img" not in page.tags
    data = json.loads(page.scripts[0])
    first = data["hover"][0]
    # plotly.js knows a few tags in what hovers: only those that are meant may be left.
    assert set(re.findall(r"<[^>]*>", first)) == {"<b>", "</b>", "<br>"}
    assert "&lt;script&gt;alert('1')&lt;/script&gt; Cane &amp; &lt;b&gt;rod&lt;/b&gt;" in first
    assert "&lt;i&gt;mobility&lt;/i&gt;" in first
    assert data["hover"][3].startswith("<b>&lt;/script&gt;</b>")


def test_the_map_loads_nothing() -> None:
    html = interactive_map(small_map(), synthetic=False).data
    assert not re.search(r"<(script|link|img|iframe)[^>]*(src|href)=", html)
    assert "synthetic landscape" not in html
    assert "synthetic landscape" in interactive_map(small_map(), synthetic=True).data


def test_each_point_is_in_one_group_of_each_grouping() -> None:
    data = map_data(small_map())
    assert data["x"] == [0.0, 0.123, 0.247, 0.37]
    for by in data["groupings"]:
        assert len(by["codes"]) == 4
        assert set(by["codes"]) == set(range(len(by["groups"])))
    cluster, office = data["groupings"]
    assert [group["name"] for group in cluster["groups"]] == ["0 cane rod", "1 lamp", "in no cluster"]
    assert [group["faint"] for group in cluster["groups"]] == [False, False, True]
    assert cluster["codes"] == [0, 1, 2, 0]
    assert [group["name"] for group in office["groups"]] == ["EP", "US"]


def grouping(*keys: str | None) -> Grouping:
    return Grouping(pd.Series(keys), {key: key for key in keys if key}, IN_NONE)


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


def test_groups_of_one_colour_have_another_symbol() -> None:
    looked = small_map(tuple(f"title {i}" for i in range(40)))
    looked.shown["office"] = [f"O{i % 20:02}" for i in range(40)]
    groups: list[dict[str, Any]] = map_data(looked)["groupings"][1]["groups"]
    assert len({(group["colour"], group["symbol"]) for group in groups}) == 20


def test_the_still_map_has_a_panel_a_grouping_and_names_what_it_shows() -> None:
    looked = small_map()
    figure = map_figure(looked, synthetic=True)
    assert [axes.get_title() for axes in figure.axes] == list(groupings(looked)) == ["cluster", "office"]
    named = [[text.get_text() for text in axes.get_legend().get_texts()] for axes in figure.axes]
    assert named == [["0 cane rod", "1 lamp", "in no cluster"], ["EP", "US"]]


def test_without_a_system_the_words_say_so() -> None:
    assert "no map" in interactive_map(None, synthetic=False).data
    assert "no map" in map_figure(None, synthetic=False).texts[0].get_text()


def test_a_hundred_thousand_points_are_some_megabytes() -> None:
    looked = small_map((HOSTILE,) * 100_000)
    html = interactive_map(looked, synthetic=False).data
    assert len(html) < 5_000_000 + 100_000 * 420
