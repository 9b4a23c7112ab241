"""The map of publications: still, in three panels, and one to move about in, which needs no network."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from importlib.resources import files
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from IPython.display import HTML
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from patbench_lib.bench.cluster_map import Looked
from patbench_lib.cluster.algorithms import NOISE
from patbench_lib.landscape.schema import NOT_SHOWN
from patbench_lib.report.clustering_tables import NO_VECTORS
from patbench_lib.report.style import SYNTHETIC, finish, words_figure
from patbench_lib.types import Ints

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000", "#B8A900")
SYMBOLS = ("circle", "diamond", "square", "triangle-up", "cross", "x", "star")
"""Groups take the colours in turn, with another symbol for each turn, so that they differ without colour."""

GREY = "#b8b8b8"
OTHER, IN_NONE, NO_CLASS, NO_OFFICE = "others", "in no cluster", "no single class", "no office"
PRINTED, LISTED = 8, 24
"""Groups that are named on the still and on the moving map; the rest are grey and called `OTHER`."""

DENSE = 2000
"""Points above which the still map is a picture inside the drawing: each would be an element of its own."""


@dataclass(frozen=True)
class Grouping:
    """What publications on a map are coloured by.

    Attributes
    ----------
    keys : group of each publication, missing where it is in none.
    names : what a group is called; a name is no key, for a user's label may be called as anything here is.
    none : what those in no group are called.
    """

    keys: pd.Series
    names: Mapping[Any, str]
    none: str

    def ranked(self, most: int) -> Ranked:
        """Return the groups that are named, the most frequent first, then the grey ones: others, and in none."""
        counts = self.keys.value_counts()
        order = sorted(counts.index, key=lambda key: (-counts[key], self.names[key]))
        kept = order if len(order) <= most else order[: most - 1]
        codes = self.keys.map({key: place for place, key in enumerate(kept)}).fillna(len(kept)).to_numpy(dtype=np.int64)
        names, none = [self.names[key] for key in kept], self.keys.isna().to_numpy()
        if len(order) > len(kept):
            names.append(OTHER)
        if none.any():
            codes[none] = len(names)
            names.append(self.none)
        return Ranked(codes, names, len(kept))


@dataclass(frozen=True)
class Ranked:
    """Groups as they are drawn: the code of each publication [n], a name for each code, and how many are not grey."""

    codes: Ints
    names: list[str]
    named: int

    @property
    def colours(self) -> list[str]:
        """Return the colour of each code."""
        return [COLOURS[code % len(COLOURS)] if code < self.named else GREY for code in range(len(self.names))]


def groupings(looked: Looked) -> dict[str, Grouping]:
    """Return how publications on the map are grouped: by gold class, by cluster and by office."""
    shown = looked.shown
    said = {
        number: " ".join([str(number), *(words.split(", ")[:2] if words != NOT_SHOWN else ())])
        for number, words in zip(looked.topics["cluster"], looked.topics["words"], strict=True)
    }
    found = {
        "cluster": Grouping(shown["cluster"].where(shown["cluster"] != NOISE), said, IN_NONE),
        "office": _as_called(shown["office"].replace("", None), NO_OFFICE),
    }
    gold = {f"gold: {looked.case.labels.name}": _as_called(shown["gold"], NO_CLASS)} if looked.case else {}
    return {**gold, **found}


def _as_called(keys: pd.Series, none: str) -> Grouping:
    return Grouping(keys, {key: str(key) for key in keys.dropna().unique()}, none)


def map_figure(looked: Looked | None, *, synthetic: bool) -> Figure:
    """Draw the map in a panel a grouping, the most frequent groups named under it."""
    if looked is None:
        return words_figure(f"{NO_VECTORS} So there is no map.", synthetic=synthetic)
    groups = groupings(looked)
    figure, grid = plt.subplots(1, len(groups), figsize=(7.6, 4.9), squeeze=False, sharex=True, sharey=True)
    for axes, (name, by) in zip(grid[0], groups.items(), strict=True):
        _panel(axes, looked.shown, by)
        axes.set_title(name, fontsize=10)
    return finish(figure, synthetic=synthetic)


def _panel(axes: Axes, shown: pd.DataFrame, by: Grouping) -> None:
    """Draw points and a legend; seaborn and Matplotlib would leave out a name that begins with an underscore."""
    groups = by.ranked(PRINTED)
    colours = np.array(groups.colours)
    order = np.argsort(groups.codes < groups.named, kind="stable")  # the grey ones first, under the others
    size = float(np.clip(6000 / len(shown), 0.5, 14))
    axes.scatter(
        shown["x"].to_numpy()[order], shown["y"].to_numpy()[order], c=colours[groups.codes[order]], s=size, linewidth=0,
        alpha=0.85, rasterized=len(shown) > DENSE,
    )  # fmt: skip
    axes.set(xlabel="", ylabel="", xticks=[], yticks=[], aspect="auto")
    axes.spines[:].set_visible(True)
    axes.spines[:].set_color("#cccccc")
    handles = [Line2D([], [], linestyle="", marker="o", markeredgewidth=0, color=colour) for colour in colours]
    names = [name if len(name) <= 26 else f"{name[:25]}…" for name in groups.names]
    axes.legend(
        handles, names, loc="upper left", bbox_to_anchor=(-0.04, -0.01), fontsize=8.5, handletextpad=0.2, borderpad=0,
        labelspacing=0.25,
    )  # fmt: skip


def interactive_map(looked: Looked | None, *, synthetic: bool) -> HTML:
    """Return the map as HTML: it moves, zooms, tells each publication, and is coloured by what a button says.

    plotly.js is inside, so a page with it loads nothing; points are drawn by WebGL, a hundred thousand of them too.
    Text of patents is written as text wherever it goes: into the data, where `<` would end the script, and into what
    hovers, where plotly.js would read tags.
    """
    if looked is None:
        return HTML(f"<p>{NO_VECTORS} So there is no map.</p>")
    from plotly.offline import get_plotlyjs

    data, names = map_data(looked), list(groupings(looked))
    buttons = "".join(f'<button type="button" aria-pressed="false">{escape(name)}</button> ' for name in names)
    note = f" <em>{SYNTHETIC}</em>" if synthetic else ""
    count = f"{len(looked.shown):,} publications"
    return HTML(
        '<div class="patbench-map" role="group" aria-label="Interactive map of publications">\n'
        f"<style>{_STYLE}</style>\n<p>Colour by {buttons}</p>\n"
        f'<div class="patbench-map-plot" role="img" aria-label="{count} as points, near where texts are alike"></div>\n'
        f"<p>{count}, vectors of {escape(looked.system)}.{note}</p>\n"
        "<noscript><p>The map needs JavaScript; the figure above shows the same.</p></noscript>\n"
        f'<script type="application/json" class="patbench-map-data">{_json(data)}</script>\n'
        f"<script>{get_plotlyjs()}</script>\n"
        f"<script>{files('patbench_lib.report').joinpath('map.js').read_text(encoding='utf-8')}</script>\n</div>"
    )


_STYLE = (
    ".patbench-map button{padding:.2em .8em;border:1px solid #888;border-radius:4px;background:#fff;color:#222}"
    '.patbench-map button[aria-pressed="true"]{background:#0072B2;border-color:#0072B2;color:#fff}'
    ".patbench-map-plot{min-height:620px}"
)


def map_data(looked: Looked) -> dict[str, Any]:
    """Return what map.js draws: x, y, hover (lines for plotly.js, text escaped) and the groupings with their codes."""
    shown = looked.shown
    return {
        "x": np.round(shown["x"].to_numpy(dtype=float), 3).tolist(),
        "y": np.round(shown["y"].to_numpy(dtype=float), 3).tolist(),
        "hover": [_hover(*row) for row in zip(*(shown[column] for column in _HOVERED), strict=True)],
        "groupings": [_grouping(by) for by in groupings(looked).values()],
    }


_HOVERED = ("number", "office", "title", "labels", "cluster")


def _hover(number: str, office: str, title: str, labels: str, cluster: int) -> str:
    titled = [escape(line, quote=False) for line in _lines(title)]
    lines = [f"<b>{'<br>'.join(titled)}</b>" if titled else "", escape(f"{number}, {office}", quote=False)]
    lines += [escape(line, quote=False) for line in _lines(labels)]
    return "<br>".join([*filter(None, lines), IN_NONE if cluster == NOISE else f"cluster {cluster}"])


def _lines(text: str, width: int = 70, most: int = 4) -> list[str]:
    plain = " ".join(text.split())
    if len(plain) <= width:  # the usual case, and wrapping is what takes time
        return [plain] if plain else []
    return textwrap.wrap(plain, width, max_lines=most, placeholder=" …")


def _grouping(by: Grouping) -> dict[str, Any]:
    ranked = by.ranked(LISTED)
    groups = [
        {
            "name": escape(name, quote=False),
            "colour": colour,
            "symbol": SYMBOLS[code // len(COLOURS) % len(SYMBOLS)],
            "faint": code >= ranked.named,
        }
        for code, (name, colour) in enumerate(zip(ranked.names, ranked.colours, strict=True))
    ]
    return {"groups": groups, "codes": ranked.codes.tolist()}


def _json(data: dict[str, Any]) -> str:
    """Return JSON that an HTML script can hold: no `<` that could end it, no character that ends a line of script."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text
