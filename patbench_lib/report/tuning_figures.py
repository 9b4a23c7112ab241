"""Figures of notebook 10: how trainings went, and whether their gain is that of the recipe or of the amount of data."""

from __future__ import annotations

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from patbench_lib.report.change_tables import NO_CONTROL
from patbench_lib.report.style import finish, words_figure
from patbench_lib.report.tuning_marks import (
    NO_TUNING,
    RECIPE_COLOURS,
    WHO,
    against_each_other,
    legend,
    model_markers,
    name_recipes,
)
from patbench_lib.report.tuning_tables import LOSS

SMOOTHED = 5
"""Logged losses that the drawn line is the running mean of."""


def course_figure(course: pd.DataFrame, *, synthetic: bool) -> Figure:
    """Draw the loss and the development score of each training against its steps, one row a model.

    Parameters
    ----------
    course : as `tuning_tables.course_of` gives it.
    """
    if course.empty:
        return words_figure(NO_TUNING, synthetic=synthetic)
    models, drawn = list(dict.fromkeys(course["model"])), list(dict.fromkeys(course["what"]))
    size = (7.6, 2.05 * len(models) + 0.7)
    figure, grid = plt.subplots(len(models), len(drawn), figsize=size, sharex="row", squeeze=False)
    for line, model in zip(grid, models, strict=True):
        for axes, what in zip(line, drawn, strict=True):
            _course(axes, course[(course["model"] == model) & (course["what"] == what)], what)
            axes.set_title(f"{model}: {what}")
            axes.xaxis.set_major_locator(MaxNLocator(5, integer=True))
    figure.supxlabel("step", fontsize=10.5)
    handles = {name: line for axes in grid.flat for line, name in zip(*axes.get_legend_handles_labels(), strict=True)}
    recipes = sorted(handles)
    figure.legend([handles[name] for name in recipes], recipes, loc="outside upper center", ncols=len(recipes))
    return finish(figure, synthetic=synthetic)


def _course(axes: Axes, mine: pd.DataFrame, what: str) -> None:
    """Draw one quantity of a model's trainings; a ring marks the step whose weights were kept."""
    for recipe, rows in mine.groupby("recipe", sort=False):
        colour = RECIPE_COLOURS[str(recipe)]
        values = rows["value"].rolling(SMOOTHED, min_periods=1).mean() if what == LOSS else rows["value"]
        axes.plot(rows["step"], values, "-" if what == LOSS else "o-", color=colour, markersize=3.5, label=str(recipe))
        best = rows[rows["kept"]]
        axes.scatter(best["step"], best["value"], s=100, facecolors="none", edgecolors=colour, linewidths=1.4)


def control_figure(changes: pd.DataFrame, *, synthetic: bool) -> Figure:
    """Draw the change of every model and recipe with equally many pairs against that with all its pairs.

    Parameters
    ----------
    changes : of the study's own landscape, all kinds and one stratum.
    """
    keys = ["measure", *WHO]
    wide = changes.pivot(index=keys, columns="kind", values="difference").reset_index()
    if not {"plain", "matched"} <= set(wide) or (wide := wide.dropna(subset=["plain", "matched"])).empty:
        return words_figure(NO_CONTROL, synthetic=synthetic)
    texts = "change with all its pairs", "change with as many pairs as all others"
    order = list(dict.fromkeys(changes["measure"]))
    return scatter_figure(wide, "plain", "matched", order, texts, square=True, synthetic=synthetic)


def scatter_figure(
    wide: pd.DataFrame,
    x: str,
    y: str,
    panels: list[str],
    texts: tuple[str, str],
    *,
    square: bool = False,
    sharey: bool = False,
    synthetic: bool,
) -> Figure:
    """Draw two changes of every model and recipe against each other, one panel a measure.

    Parameters
    ----------
    wide : measure, model, recipe and the two columns.
    panels : measures in order.
    texts : what the two axes show.
    square : whether both axes have one scale.
    sharey : whether all panels have the same vertical scale.
    """
    shown = [measure for measure in panels if measure in set(wide["measure"])]
    columns = min(3, len(shown))
    lines = -(-len(shown) // columns)
    size = (2.5 * columns + 0.3, 2.5 * lines + 0.8)
    figure, grid = plt.subplots(lines, columns, figsize=size, sharey=sharey, squeeze=False)
    for axes in grid.flat[len(shown) :]:
        axes.set_visible(False)
    markers = model_markers(wide)
    parts = {measure: wide[wide["measure"] == measure] for measure in shown}
    for axes, (measure, rows) in zip(grid.flat, parts.items(), strict=False):
        against_each_other(axes, rows, x, y, markers, square=square)
        axes.set_title(measure)
    figure.supxlabel(texts[0], fontsize=10.5)
    figure.supylabel(texts[1], fontsize=10.5)
    handles = legend(markers)
    figure.legend(handles=handles, loc="outside upper center", ncols=min(4, len(handles)))
    for axes, rows in zip(grid.flat, parts.values(), strict=False):
        name_recipes(axes, rows, x, y)
    return finish(figure, synthetic=synthetic)
