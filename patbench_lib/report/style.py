"""How figures look: one style file, one palette for colour-blind readers too, one mark for synthetic data."""

from __future__ import annotations

from contextlib import suppress
from importlib.resources import files
from typing import Any

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from patbench_lib.types import Floats

SYNTHETIC = "synthetic landscape"

KIND_COLOURS = {
    "lexical": "#000000",
    "lsa": "#E69F00",
    "static": "#009E73",
    "dense": "#0072B2",
    "late-interaction": "#D55E00",
    "cross-encoder": "#CC79A7",
}
"""Colour of each kind of system, from the palette of Okabe and Ito (2008)."""

KIND_MARKERS = {
    "lexical": "s",
    "lsa": "D",
    "static": "^",
    "dense": "o",
    "late-interaction": "v",
    "cross-encoder": "P",
}
"""Marker of each kind, so that figures can be read without colour."""

NOTHING_DRAWN = "nothing-drawn"
"""Id, in the drawing, of a figure that only says why there is nothing to draw."""

GROUP_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000", "#B8A900")
"""Colours that groups of a map take in turn: the same palette, its yellow darkened to be seen on white."""

GREY = "#b8b8b8"
"""Of what is in no group that is named."""

STRATUM_COLOURS = {"ALL": "#4d4d4d", "IN": "#0072B2", "OUT": "#D55E00"}


def use_style() -> None:
    """Set the style of all following figures, and vector output where a notebook shows them."""
    plt.style.use(str(files("patbench_lib.report").joinpath("patbench.mplstyle")))
    mpl.rcParams["svg.hashsalt"] = "patbench"
    with suppress(ImportError):  # outside a notebook there is no inline backend to set
        from matplotlib_inline.backend_inline import set_matplotlib_formats

        set_matplotlib_formats("svg", metadata={"Date": None})  # type: ignore[no-untyped-call]


def finish(figure: Figure, *, synthetic: bool) -> Figure:
    """Write on a figure that its data are synthetic, where they are, and hand it over to be shown once.

    The mark is part of the picture, so that it goes wherever the picture is copied to. Closing takes the figure from
    pyplot, which would show it a second time at the end of a notebook's cell.
    """
    style: dict[str, Any] = {"ha": "right", "fontsize": 8.5, "fontstyle": "italic", "color": "#8a3b12"}
    if synthetic and figure.get_supxlabel():  # the place that the layout keeps free is taken: stand beside it
        figure.text(0.995, 0.004, SYNTHETIC, **style)
    elif synthetic:
        figure.supxlabel(SYNTHETIC, x=0.995, **style)
    plt.close(figure)
    return figure


def words_figure(text: str, *, synthetic: bool) -> Figure:
    """Return a figure of nothing but words: why a study has nothing to draw. Other pages do not embed it."""
    figure, axes = plt.subplots(figsize=(7.2, 1.2))
    axes.set_axis_off()  # a notebook shows no figure that has no axes at all
    axes.set_gid(NOTHING_DRAWN)
    figure.text(0.5, 0.5, text, ha="center", va="center", wrap=True)
    return finish(figure, synthetic=synthetic)


def panels(
    count: int, height: float, *, margin: float, columns: int = 3, width: float = 7.6, xlabel: str = ""
) -> tuple[Figure, list[Axes]]:
    """Return a figure with so many panels on shared scales, row by row; the lowest of each column carry the labels.

    Parameters
    ----------
    height, margin : of each row, and of what is above and below all rows, in inches.
    """
    columns = min(columns, count)
    rows = -(-count // columns)
    figure, grid = plt.subplots(
        rows, columns, figsize=(width, rows * height + margin), sharex=True, sharey=True, squeeze=False
    )
    used, spare = grid.flat[:count], grid.flat[count:]
    for axes in spare:
        axes.set_visible(False)
    for axes in used[-columns:]:
        axes.tick_params(labelbottom=True)
        axes.set_xlabel(xlabel)
    return figure, list(used)


def arms(frame: pd.DataFrame, value: str = "value") -> Floats:
    """Return the lengths of interval arms below and above the value, shape [2, rows]."""
    lengths: Floats = np.array([frame[value] - frame["low"], frame["high"] - frame[value]]).clip(min=0)
    return lengths
