"""Names beside points, which cover neither each other nor other points; plain numbers on log axes; plain names."""

from __future__ import annotations

import html
import re
import textwrap
from collections.abc import Collection, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import LogLocator, NullLocator
from matplotlib.transforms import Bbox

_PLACES = ((7, 3, "left"), (7, -12, "left"), (-7, 3, "right"), (-7, -12, "right"), (0, 8, "center"), (0, -17, "center"))
"""Offsets from the point in points of print, and which end of the name is put there; the first free one is taken."""

_CUT = " …"

_MARKUP = re.compile(r"[\\`*\[\]$~^|@]|(?<![^\W_])_|_(?![^\W_])")
"""What Markdown reads as markup within a line; an underscore inside a word it leaves alone."""


def plain(text: str) -> str:
    """Return a name that a user gave, a label or a column, for Markdown that shows it as it is written.

    Examples
    --------
    >>> plain("a_b <i>*x*")
    'a_b &lt;i&gt;\\\\*x\\\\*'
    """
    return _MARKUP.sub(r"\\\g<0>", html.escape(" ".join(text.split()), quote=False))


def counted(number: int, noun: str) -> str:
    """Return a number with its noun, in the plural but for one."""
    return f"{number:,} {noun}{'s' * (number != 1)}"


def shortened(text: str, width: int = 90) -> str:
    """Return a text cut between words where it is long, or within a first word that is too long itself.

    Parameters
    ----------
    width : characters at most, the mark of the cut included; a title has room for the default.
    """
    short = textwrap.shorten(text, width, placeholder=_CUT)
    return short if short.strip(_CUT) or not text.strip() else text.strip()[: width - len(_CUT)] + _CUT


def name_points(
    axes: Axes, names: Sequence[str], x: Sequence[float], y: Sequence[float], *, bold: Collection[str] = ()
) -> None:
    """Write a name beside each point, at the first place that is free; those in bold choose first.

    Call it when the limits of the axes are final: places are found by drawing.
    """
    figure = axes.get_figure(root=True)
    assert figure is not None, "axes that are drawn on belong to a figure"
    figure.canvas.draw()
    size = 4 * figure.dpi / 72
    taken = [Bbox([point - size, point + size]) for point in axes.transData.transform(np.column_stack([x, y]))]
    inside = axes.get_window_extent()
    for name, left, bottom in sorted(zip(names, x, y, strict=True), key=lambda each: each[0] not in bold):
        text = axes.annotate(name, (left, bottom), xytext=(0, 0), textcoords="offset points", fontsize=9)
        text.set_fontweight("bold" if name in bold else "normal")
        boxes = []
        for right, up, side in _PLACES:
            text.set(ha=side)
            text.set_position((right, up))
            box = text.get_window_extent()
            boxes.append((sum(map(box.overlaps, taken)) + (box.x1 > inside.x1 or box.x0 < inside.x0), right, up, side))
            if boxes[-1][0] == 0:
                break
        _, right, up, side = min(boxes, key=lambda each: each[0])
        text.set(ha=side)
        text.set_position((right, up))
        taken.append(text.get_window_extent())


def plain_ticks(axes: Axes) -> None:
    """Label a logarithmic horizontal axis by plain numbers, more of them where it spans less than a decade.

    Call it when the limits of the axes are final.
    """
    low, high = axes.get_xlim()
    axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5) if high > 10 * low else (1, 1.2, 1.5, 2, 3, 4, 5, 7)))
    axes.xaxis.set_major_formatter("{x:,g}")
    axes.xaxis.set_minor_locator(NullLocator())
