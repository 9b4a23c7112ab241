"""How figures look: one style file, one palette for colour-blind readers too, one mark for synthetic data."""

from __future__ import annotations

from contextlib import suppress
from importlib.resources import files

import matplotlib as mpl
import matplotlib.pyplot as plt
from matplotlib.figure import Figure

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
    if synthetic:
        figure.supxlabel("synthetic landscape", x=0.995, ha="right", fontsize=8.5, fontstyle="italic", color="#8a3b12")
    plt.close(figure)
    return figure
