"""The map on paper: a panel for each way to colour it, the most frequent groups named under it."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from patbench_lib.bench.cluster_map import Looked
from patbench_lib.report.clustering_tables import NO_VECTORS
from patbench_lib.report.map.groups import Grouping, groupings
from patbench_lib.report.style import finish, words_figure

PRINTED = 8
"""Groups that are named on the still map; the rest are grey."""

DENSE = 2000
"""Points above which the still map is a picture inside the drawing: each would be an element of its own."""


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
