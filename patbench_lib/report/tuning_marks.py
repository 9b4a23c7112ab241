"""What the figures of notebooks 10 and 11 share: colours of recipes, markers of models, rows and panels of changes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from patbench_lib.report.labels import name_points
from patbench_lib.report.style import finish, words_figure

RECIPE_COLOURS = {"R1": "#0072B2", "R2": "#D55E00", "R3": "#009E73", "R4": "#AA4499", "R5": "#E69F00"}
KIND_MARKS = {
    "plain": ("o", "#4d4d4d"),
    "gentle": ("D", "#0072B2"),
    "both": ("^", "#009E73"),
    "blend": ("s", "#D55E00"),
}
"""Marker and colour of a recipe as it is and of each remedy."""

REMEDIES = {"plain": "as it is", "gentle": "lower rate", "both": "both landscapes", "blend": "blended weights"}

MODEL_MARKERS = "os^Dv<>Xp*"
ZERO = "#4d4d4d"

NO_TUNING = "This study fine-tunes no model."
SMALLEST = 0.0005
"""The least change that three decimals show as a gain."""

WHO = ["model", "recipe"]


def tested_on(changes: pd.DataFrame, home: str) -> pd.Series:
    """Return what each change was tested on, in words: which landscape, and whether all of it.

    Parameters
    ----------
    home : name of the study's own landscape, of which only the test part is new to tuned models.
    """
    whole = changes["whole"].map({True: "all of ", False: "held-out part of "})
    return (whole + changes["landscape"]).mask(changes["landscape"] == home, f"own landscape, {home}")


def titled(measure: str, stratum: str) -> str:
    """Return what a panel or column shows, the stratum named where it is not all queries."""
    return measure if stratum == "ALL" else f"{measure}, {stratum}"


def heights(rows: pd.DataFrame) -> dict[tuple[str, str], float]:
    """Return the height of each model and recipe, in order of appearance from the top, with a gap between models."""
    pairs = list(dict.fromkeys(zip(rows["model"], rows["recipe"], strict=True)))
    models = list(dict.fromkeys(model for model, _ in pairs))
    return {pair: -(place + 0.5 * models.index(pair[0])) for place, pair in enumerate(pairs)}


def name_rows(axes: Axes, height: Mapping[tuple[str, str], float]) -> None:
    """Name the rows of models and recipes, and part the models."""
    axes.set_yticks(list(height.values()), [f"{model}  {recipe}" for model, recipe in height])
    axes.set_ylim(min(height.values()) - 0.6, 0.6)
    axes.grid(visible=False, axis="y")


def intervals(
    axes: Axes, rows: pd.DataFrame, places: Sequence[float], colours: Sequence[str], marker: str = "o"
) -> None:
    """Draw differences with their intervals, filled where they are significant, and a line at zero."""
    axes.axvline(0, color=ZERO, linewidth=1)
    axes.hlines(places, rows["low"], rows["high"], colors=colours, linewidth=1.6)
    filled = [colour if sure else "white" for colour, sure in zip(colours, rows["significant"], strict=True)]
    axes.scatter(rows["difference"], places, c=filled, edgecolors=colours, marker=marker, s=38, zorder=3)


def changes_figure(changes: pd.DataFrame, *, alike: bool = False, why: str = NO_TUNING, synthetic: bool) -> Figure:
    """Draw the change of every model and recipe against its zero-shot model, one panel a measure and stratum.

    Parameters
    ----------
    changes : of one landscape and kind; see `bench.changes.changes`.
    alike : whether all panels show the same measure, and so share a scale.
    why : nothing is shown, where there are no changes.
    """
    if changes.empty:
        return words_figure(why, synthetic=synthetic)
    height = heights(changes)
    panels = list(changes.groupby(["measure", "stratum"], sort=False))
    columns = 2 if len(panels) == 4 else min(3, len(panels))
    lines = -(-len(panels) // columns)
    size = (7.6, lines * (0.23 * (-min(height.values()) + 1.2) + 0.75) + 0.35)
    figure, grid = plt.subplots(lines, columns, figsize=size, sharex=alike, sharey=True, squeeze=False)
    for axes in grid.flat[len(panels) :]:
        axes.set_visible(False)
    for axes, ((measure, stratum), rows) in zip(grid.flat, panels, strict=False):
        places = [height[pair] for pair in zip(rows["model"], rows["recipe"], strict=True)]
        intervals(axes, rows, places, [RECIPE_COLOURS[recipe] for recipe in rows["recipe"]])
        axes.set_title(titled(str(measure), str(stratum)))
        axes.locator_params(axis="x", nbins=4)
    name_rows(grid[0][0], height)
    figure.supxlabel("change against the zero-shot model", fontsize=10.5)
    return finish(figure, synthetic=synthetic)


def against_each_other(
    axes: Axes, rows: pd.DataFrame, x: str, y: str, markers: Mapping[str, str], *, square: bool = False
) -> None:
    """Draw one value of every model and recipe against another, with lines at zero where changes can have either sign.

    Parameters
    ----------
    markers : of each model.
    square : whether both axes have one scale, with a line where the two values are the same.
    """
    axes.axhline(0, color=ZERO, linewidth=0.8)
    if x != "zero_shot":
        axes.axvline(0, color=ZERO, linewidth=0.8)
    for _, row in rows.iterrows():
        axes.plot(row[x], row[y], markers[row["model"]], color=RECIPE_COLOURS[row["recipe"]], markersize=7)
    if square:
        ends = rows[[x, y]].to_numpy()
        low, high = min(ends.min(), 0.0), max(ends.max(), 0.0)
        room = 0.14 * (high - low or 1.0)
        axes.set(xlim=(low - room, high + room), ylim=(low - room, high + room))
        axes.axline((0, 0), slope=1, color=ZERO, linewidth=0.8, linestyle=":")
    else:
        axes.margins(x=0.22, y=0.16)
    axes.locator_params(axis="x", nbins=3)
    axes.locator_params(axis="y", nbins=5)


def name_recipes(axes: Axes, rows: pd.DataFrame, x: str, y: str) -> None:
    """Write the recipe beside each point, once the figure is laid out."""
    name_points(axes, rows["recipe"].tolist(), rows[x].tolist(), rows[y].tolist())


def model_markers(rows: pd.DataFrame) -> dict[str, str]:
    """Return a marker for each model, in order of appearance."""
    models = list(dict.fromkeys(rows["model"]))
    return {model: MODEL_MARKERS[place % len(MODEL_MARKERS)] for place, model in enumerate(models)}


def legend(markers: Mapping[str, str]) -> list[Artist]:
    """Return what stands for each model in a legend."""
    return [Line2D([], [], marker=mark, color=ZERO, linestyle="none", label=name) for name, mark in markers.items()]


def spread_out(count: int, width: float) -> list[float]:
    """Return offsets of several marks of one row, the first at the top."""
    return list(np.linspace(width / 2, -width / 2, count)) if count > 1 else [0.0]
