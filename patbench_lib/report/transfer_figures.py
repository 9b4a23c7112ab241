"""Figures of notebook 11: what tuned models lose elsewhere, what that depends on, and how far their vectors moved."""

from __future__ import annotations

import textwrap

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from patbench_lib.bench.drift import ZERO_SHOT
from patbench_lib.report.style import finish, words_figure
from patbench_lib.report.transfer_tables import NO_DRIFT, NO_REMEDY, NO_TRANSFER, TESTED_ON, remedied, traded
from patbench_lib.report.tuning_figures import scatter_figure
from patbench_lib.report.tuning_marks import (
    KIND_MARKS,
    RECIPE_COLOURS,
    REMEDIES,
    ZERO,
    heights,
    intervals,
    legend,
    model_markers,
    name_rows,
    spread_out,
)


def strength_figure(changes: pd.DataFrame, measure: str, *, synthetic: bool) -> Figure:
    """Draw the change on the external landscape against the zero-shot score there, one panel a stratum.

    Parameters
    ----------
    changes : of the external landscape, recipes as they are, retrieval's main measure.
    """
    if changes.empty:
        return words_figure(NO_TRANSFER, synthetic=synthetic)
    named = changes.assign(measure=changes["stratum"])
    texts = f"zero-shot {measure}", "change"
    order = list(dict.fromkeys(changes["stratum"]))
    return scatter_figure(named, "zero_shot", "difference", order, texts, sharey=True, synthetic=synthetic)


def tradeoff_figure(changes: pd.DataFrame, home: str, *, synthetic: bool) -> Figure:
    """Draw the change on the external landscape against that on the study's own, one panel a measure.

    Parameters
    ----------
    changes : of both landscapes and all kinds.
    home : name of the study's own landscape.
    """
    wide = traded(changes, home)
    if wide.empty:
        return words_figure(NO_TRANSFER, synthetic=synthetic)
    texts = "change on the landscape it was tuned on", "change on the external landscape"
    order = list(dict.fromkeys(changes["measure"]))
    return scatter_figure(wide, "difference_own", "difference_external", order, texts, synthetic=synthetic)


def remedies_figure(changes: pd.DataFrame, home: str, *, synthetic: bool) -> Figure:
    """Draw each model and recipe as it is and with every remedy, one panel for what they were tested on.

    Parameters
    ----------
    changes : of both landscapes and all kinds.
    home : name of the study's own landscape.
    """
    mine = remedied(changes, home)
    if mine.empty:
        return words_figure(NO_REMEDY, synthetic=synthetic)
    parts = list(mine.groupby(TESTED_ON, sort=False))
    kinds = [kind for kind in KIND_MARKS if kind in set(mine["kind"])]
    height = heights(mine)
    size = (7.6, 0.5 * (-min(height.values()) + 1.2) + 1.1)
    figure, grid = plt.subplots(1, len(parts), figsize=size, sharey=True)
    for axes, (part, tested) in zip(grid, parts, strict=True):
        for kind, shift in zip(kinds, spread_out(len(kinds), 0.54), strict=True):
            rows = tested[tested["kind"] == kind]
            places = [height[pair] + shift for pair in zip(rows["model"], rows["recipe"], strict=True)]
            marker, colour = KIND_MARKS[kind]
            intervals(axes, rows, places, [colour] * len(rows), marker)
        axes.set_title(textwrap.fill(str(part), 22), fontsize=10)
        axes.locator_params(axis="x", nbins=4)
    name_rows(grid[0], height)
    figure.supxlabel(f"change of {mine['measure'].iloc[0]} against the zero-shot model", fontsize=10.5)
    handles = [
        plt.Line2D([], [], marker=marker, color=colour, linestyle="none", label=REMEDIES[kind])
        for kind, (marker, colour) in KIND_MARKS.items()
        if kind in kinds
    ]
    figure.legend(handles=handles, loc="outside upper center", ncols=len(handles))
    return finish(figure, synthetic=synthetic)


def drift_figure(moved: pd.DataFrame, *, synthetic: bool) -> Figure:
    """Draw where training moves each model in the plane of alignment and uniformity, one panel a landscape.

    Parameters
    ----------
    moved : as `bench.drift.drift` gives it, the zero-shot models among it.
    """
    if moved.empty:
        return words_figure(NO_DRIFT, synthetic=synthetic)
    landscapes = list(dict.fromkeys(moved["landscape"]))
    figure, grid = plt.subplots(1, len(landscapes), figsize=(7.6, 4.0), squeeze=False)
    markers = model_markers(moved)
    for axes, landscape in zip(grid[0], landscapes, strict=True):
        _arrows(axes, moved[moved["landscape"] == landscape], markers)
        axes.set(title=landscape, xlabel="uniformity (lower: spread more evenly)")
        axes.margins(0.12)
        axes.locator_params(axis="x", nbins=4)
    grid[0][0].set_ylabel("alignment (lower: answers nearer)")
    recipes = [recipe for recipe in RECIPE_COLOURS if recipe in set(moved["recipe"])]
    lines = [plt.Line2D([], [], color=RECIPE_COLOURS[recipe], label=recipe) for recipe in recipes]
    handles = [*legend(markers), *lines]
    figure.legend(handles=handles, loc="outside upper center", ncols=min(6, len(handles)))
    return finish(figure, synthetic=synthetic)


def _arrows(axes: Axes, moved: pd.DataFrame, markers: dict[str, str]) -> None:
    for model, rows in moved.groupby("model", sort=False):
        before = rows[rows["recipe"] == ZERO_SHOT]
        start = before["uniformity"].iloc[0], before["alignment"].iloc[0]
        for _, row in rows.drop(before.index).iterrows():
            end, colour = (row["uniformity"], row["alignment"]), RECIPE_COLOURS[row["recipe"]]
            axes.annotate(
                "", end, start, arrowprops={"arrowstyle": "->", "color": colour, "linewidth": 1.6, "shrinkA": 3}
            )
            axes.plot(*end, markers[str(model)], color=colour, markersize=3)
        axes.plot(*start, markers[str(model)], color=ZERO, markersize=8)
