"""Figures of notebook 09: how well clusters agree with labels, by system, algorithm, number and size of model."""

from __future__ import annotations

from collections.abc import Mapping

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from patbench_lib.bench.cluster_cases import Case
from patbench_lib.bench.cluster_map import Looked
from patbench_lib.bench.clustering import MEASURES, select
from patbench_lib.models.card import Card
from patbench_lib.report.clustering_tables import NO_VECTORS, why_nothing
from patbench_lib.report.labels import name_points, plain_ticks
from patbench_lib.report.style import KIND_COLOURS, KIND_MARKERS, finish, panels, words_figure

TRANSFORM_MARKS = {"raw": ("o", "#0072B2"), "normalised": ("D", "#D55E00"), "whitened": ("^", "#009E73")}
GOLD_K, CHOSEN = "#555555", "#D55E00"


def systems_figure(results: pd.DataFrame, case: Case | None, cards: Mapping[str, Card], *, synthetic: bool) -> Figure:
    """Draw every measure of every system in the leading case, with its spread over repeats, best at the top.

    Parameters
    ----------
    results : of `bench.clustering.clustering_results`.
    """
    if case is None or results.empty:
        return words_figure(why_nothing(case), synthetic=synthetic)
    mine = select(results, case)
    measures = [name for name in MEASURES if name in set(mine["measure"])]
    height = _heights(mine)
    figure, grid = panels(len(measures), 0.28 * len(height) + 0.75, margin=0.5)
    for axes, measure in zip(grid, measures, strict=True):
        rows = mine.loc[mine["measure"] == measure, ["system", "value", "spread"]]
        for system, value, spread in rows.itertuples(index=False):
            kind = cards[system].kind
            axes.errorbar(
                value, height[system], xerr=spread, fmt=KIND_MARKERS[kind], color=KIND_COLOURS[kind], capsize=3
            )
        axes.set(title=measure, ylim=(-0.6, len(height) - 0.4))
    grid[0].set_yticks(list(height.values()), list(height))
    return finish(figure, synthetic=synthetic)


def ways_figure(results: pd.DataFrame, case: Case | None, *, synthetic: bool) -> Figure:
    """Draw V-measure and ARI of every system by algorithm and form of the vectors, on the leading label set."""
    if case is None or results.empty:
        return words_figure(why_nothing(case), synthetic=synthetic)
    mine = select(results, case, but="method transform")
    methods = list(dict.fromkeys(mine["method"]))
    measures = [name for name in ("V-measure", "ARI") if name in set(mine["measure"])]
    height = _heights(select(results, case))
    size = (7.6, len(measures) * (0.34 * len(height) + 0.8) + 0.6)
    figure, grid = plt.subplots(len(measures), len(methods), figsize=size, sharex="row", sharey=True, squeeze=False)
    for row, measure in zip(grid, measures, strict=True):
        for axes, method in zip(row, methods, strict=True):
            _ways_panel(axes, mine[(mine["measure"] == measure) & (mine["method"] == method)], height)
            axes.set(title=method if measure == measures[0] else "", xlabel=measure)
    grid[0][0].set_yticks(list(height.values()), list(height))
    figure.legend(*grid[0][0].get_legend_handles_labels(), loc="outside upper center", ncols=3)
    return finish(figure, synthetic=synthetic)


def _heights(lead: pd.DataFrame) -> dict[str, int]:
    """Return the row of each system, by V-measure in the leading case, the best on top."""
    ordered = lead[lead["measure"] == "V-measure"].sort_values("value", kind="stable")
    return {system: place for place, system in enumerate(ordered["system"])}


def _ways_panel(axes: Axes, mine: pd.DataFrame, height: Mapping[str, int]) -> None:
    found = list(dict.fromkeys(mine["transform"]))
    shifts = np.linspace(0.22, -0.22, len(found)) if len(found) > 1 else np.zeros(len(found))
    for transform, shift in zip(found, shifts, strict=True):
        these, (marker, colour) = mine[mine["transform"] == transform], TRANSFORM_MARKS[transform]
        places = [height[system] + shift for system in these["system"]]
        axes.errorbar(
            these["value"], places, xerr=these["spread"], fmt=marker, color=colour, markersize=5, capsize=2,
            label=transform,
        )  # fmt: skip
    axes.set_ylim(-0.6, len(height) - 0.4)


def numbers_figure(looked: Looked | None, *, synthetic: bool) -> Figure:
    """Draw silhouette and stability against the number of clusters, with what each chooses and the gold number."""
    if looked is None or looked.numbers.empty:
        text = NO_VECTORS if looked is None else "There are too few publications to try any number of clusters."
        return words_figure(text, synthetic=synthetic)
    found = looked.numbers
    figure, grid = plt.subplots(1, 2, figsize=(7.6, 3.0), sharex=True)
    for axes, criterion in zip(grid, ("silhouette", "stability"), strict=True):
        value, spread = found[criterion], found[f"{criterion}_spread"]
        axes.plot(found["k"], value, "o-", color="#0072B2")
        axes.fill_between(found["k"], value - spread, value + spread, color="#0072B2", alpha=0.18, linewidth=0)
        if looked.case:
            axes.axvline(len(np.unique(looked.case.classes[1])), color=GOLD_K, linestyle="--", label="gold classes")
        if criterion in looked.chosen:
            best = found[found["k"] == looked.chosen[criterion]].iloc[0]
            axes.plot(
                best["k"], best[criterion], "o", markersize=12, markerfacecolor="none", markeredgecolor=CHOSEN,
                markeredgewidth=1.8, linestyle="none", label="chosen",
            )  # fmt: skip
        axes.set(xlabel="number of clusters k", ylabel=criterion, xticks=found["k"])
    handles, names = grid[0].get_legend_handles_labels()
    figure.legend(handles, names, loc="outside upper center", ncols=2)
    return finish(figure, synthetic=synthetic)


def size_figure(results: pd.DataFrame, case: Case | None, cards: Mapping[str, Card], *, synthetic: bool) -> Figure:
    """Draw V-measure and ARI in the leading case against parameters, members of a family joined by a line."""
    if case is None or results.empty:
        return words_figure(why_nothing(case), synthetic=synthetic)
    mine = select(results, case)
    mine = mine[[cards[system].params_m is not None for system in mine["system"]]]
    if mine.empty:
        return words_figure("No system of this study with one vector a text has parameters.", synthetic=synthetic)
    measures = [name for name in ("V-measure", "ARI") if name in set(mine["measure"])]
    figure, grid = plt.subplots(1, len(measures), figsize=(7.6, 3.4), squeeze=False)
    for axes, measure in zip(grid[0], measures, strict=True):
        handles = _size_panel(axes, mine[mine["measure"] == measure], cards)
        axes.set(xscale="log", xlabel="parameters, in millions", ylabel=measure)
        axes.margins(x=0.2, y=0.15)
        plain_ticks(axes)
    figure.legend([*handles.values()], [*handles], loc="outside upper center", ncols=4)
    for axes, measure in zip(grid[0], measures, strict=True):
        rows = mine[mine["measure"] == measure]
        sizes = [float(cards[system].params_m or 0) for system in rows["system"]]
        name_points(axes, rows["system"].tolist(), sizes, rows["value"].tolist())
    return finish(figure, synthetic=synthetic)


def _size_panel(axes: Axes, mine: pd.DataFrame, cards: Mapping[str, Card]) -> dict[str, Artist]:
    """Draw the members of each family, and return what stands for each in a legend.

    Matplotlib by itself would leave out a family whose name begins with an underscore.
    """
    known = mine.assign(
        params=[float(cards[system].params_m or 0) for system in mine["system"]],
        family=[cards[system].family or system for system in mine["system"]],
    ).sort_values("params")
    handles: dict[str, Artist] = {}
    for family, members in known.groupby("family", sort=False):
        line = "o-" if len(members) > 1 else "o"
        drawn = axes.errorbar(members["params"], members["value"], yerr=members["spread"], fmt=line, capsize=3)
        handles[str(family)] = drawn.lines[0]
    return handles
