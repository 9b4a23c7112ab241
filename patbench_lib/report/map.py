"""The map of publications: still, in three panels, and one to move about in, which needs no network."""

from __future__ import annotations

import json
import textwrap
from html import escape
from importlib.resources import files
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from IPython.display import HTML
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from patbench_lib.bench.cluster_map import NO_CLASS, Looked
from patbench_lib.cluster.algorithms import NOISE
from patbench_lib.report.clustering_tables import NO_VECTORS
from patbench_lib.report.style import SYNTHETIC, finish, words_figure

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000", "#B8A900")
SYMBOLS = ("circle", "diamond", "square", "triangle-up", "cross", "x", "star")
"""Groups take the colours in turn, with another symbol for each turn, so that they differ without colour."""

GREY, OTHER, IN_NONE = "#b8b8b8", "others", "in no cluster"
PRINTED, LISTED = 8, 24
"""Groups that are named on the still and on the moving map; the rest are grey and called `OTHER`."""

DENSE = 2000
"""Points above which the still map is a picture inside the drawing: each would be an element of its own."""


def groupings(looked: Looked) -> dict[str, pd.Series]:
    """Return the group of each publication on the map by gold class, by cluster and by office."""
    shown = looked.shown
    said = {
        number: " ".join([str(number), *words.split(", ")[:2]])
        for number, words in zip(looked.topics["cluster"], looked.topics["words"], strict=True)
    }
    clusters = shown["cluster"].map({**said, NOISE: IN_NONE})
    gold = {f"gold: {looked.case.labels.name}": shown["gold"]} if looked.case else {}
    return {**gold, "cluster": clusters, "office": shown["office"].replace("", "no office")}


def named_groups(values: pd.Series, most: int) -> tuple[pd.Series, list[str]]:
    """Return values with all but the most frequent called others, and the names that are left, the grey ones last."""
    faint = {NO_CLASS, IN_NONE}
    counts = values[~values.isin(faint)].value_counts()
    named = sorted(counts.index, key=lambda name: (-counts[name], str(name)))
    kept = named if len(named) <= most else named[: most - 1]
    left = values.where(values.isin({*kept, *faint}), OTHER)
    present = set(left)
    return left, [*kept, *(name for name in (OTHER, IN_NONE, NO_CLASS) if name in present)]


def map_figure(looked: Looked | None, *, synthetic: bool) -> Figure:
    """Draw the map in a panel a grouping, the most frequent groups named under it."""
    if looked is None:
        return words_figure(f"{NO_VECTORS} So there is no map.", synthetic=synthetic)
    groups = groupings(looked)
    figure, grid = plt.subplots(1, len(groups), figsize=(7.6, 4.9), squeeze=False, sharex=True, sharey=True)
    for axes, (name, values) in zip(grid[0], groups.items(), strict=True):
        _panel(axes, looked.shown, values)
        axes.set_title(name, fontsize=10)
    return finish(figure, synthetic=synthetic)


def _panel(axes: Axes, shown: pd.DataFrame, values: pd.Series) -> None:
    left, names = named_groups(values, PRINTED)
    colours = {name: _colour(name, place) for place, name in enumerate(names)}
    faint_first = np.argsort([colours[name] != GREY for name in left], kind="stable")
    points = shown.assign(group=left).iloc[faint_first]
    size = float(np.clip(6000 / len(points), 0.5, 14))
    sns.scatterplot(
        points, x="x", y="y", hue="group", hue_order=names, palette=colours, s=size, linewidth=0, alpha=0.85, ax=axes,
        rasterized=len(points) > DENSE,
    )  # fmt: skip
    axes.set(xlabel="", ylabel="", xticks=[], yticks=[], aspect="auto")
    axes.spines[:].set_visible(True)
    axes.spines[:].set_color("#cccccc")
    handles, _ = axes.get_legend_handles_labels()
    names = [name if len(name) <= 26 else f"{name[:25]}…" for name in names]
    axes.legend(
        handles, names, loc="upper left", bbox_to_anchor=(-0.04, -0.01), fontsize=8.5, markerscale=1.4,
        handletextpad=0.2, borderpad=0, labelspacing=0.25,
    )  # fmt: skip


def _colour(name: str, place: int) -> str:
    return GREY if name in (OTHER, IN_NONE, NO_CLASS) else COLOURS[place % len(COLOURS)]


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
        "groupings": [_grouping(values) for values in groupings(looked).values()],
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


def _grouping(values: pd.Series) -> dict[str, Any]:
    left, names = named_groups(values, LISTED)
    place = {name: code for code, name in enumerate(names)}
    groups = [
        {
            "name": escape(str(name), quote=False),
            "colour": _colour(name, code),
            "symbol": SYMBOLS[code // len(COLOURS) % len(SYMBOLS)],
            "faint": _colour(name, code) == GREY,
        }
        for code, name in enumerate(names)
    ]
    return {"groups": groups, "codes": left.map(place).tolist()}


def _json(data: dict[str, Any]) -> str:
    """Return JSON that an HTML script can hold: no `<` that could end it, no character that ends a line of script."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text
