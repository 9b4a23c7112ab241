"""Figures of notebook 12: retrieval by office of query and document, at an equal mix, and under translation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from patbench_lib.evaluate.offices import ALL, OTHER, PROTOCOLS
from patbench_lib.report.style import arms, finish, panels, words_figure

GREY = "#d9d9d9"
NO_CELLS = "No office has enough queries for a mean over them."
ONE_OFFICE = "Fewer than two offices have enough queries: there is nothing to compare."
NO_FAMILIES = "Too few families have a member whose text is translated and one whose text is not."

KIND_MARKS = {"raw": ("o", "#8c8c8c"), "standardised": ("D", "#0072B2")}
SIDES = {
    "query": "translated query less the others\nof its family",
    "document": "share in which the translated member\nis ranked higher, less one half",
}


def leading_system(cells: pd.DataFrame) -> str | None:
    """Return the system with the highest mean over all queries and documents; None where there is no mean."""
    over_all = cells[(cells["query_office"] == ALL) & (cells["document_office"] == ALL)].dropna(subset=["value"])
    return None if over_all.empty else str(over_all.sort_values("value", kind="stable")["system"].iloc[-1])


def in_order(found: Sequence[str], offices: Sequence[str]) -> list[str]:
    """Return the offices that are found in the study's order, others together after them and `all` last."""
    return [name for name in (*offices, OTHER, ALL) if name in set(found)]


def matrix_figure(cells: pd.DataFrame, offices: Sequence[str], measure: str, *, synthetic: bool) -> Figure:
    """Draw the leading system's mean by office of query and of document; cells with too few queries are grey.

    Parameters
    ----------
    cells : as `bench.jurisdictions` gives them; the condensed ranking is drawn.
    """
    system = leading_system(cells)
    if system is None:
        return words_figure(NO_CELLS, synthetic=synthetic)
    mine = cells[(cells["system"] == system) & (cells["protocol"] == PROTOCOLS[0])]
    value, count = (mine.pivot(index="query_office", columns="document_office", values=x) for x in ("value", "n"))
    rows, columns = in_order(list(value.index), offices), in_order(list(value.columns), offices)
    means, counts = value.loc[rows, columns].to_numpy(float), count.loc[rows, columns].fillna(0).to_numpy(int)
    figure, axes = plt.subplots(figsize=(min(7.6, 0.72 * len(columns) + 2.4), 0.5 * len(rows) + 1.6))
    colours = plt.get_cmap("viridis").with_extremes(bad=GREY)
    shown = axes.imshow(np.ma.masked_invalid(means), cmap=colours, aspect="auto", vmin=0)
    middle = (shown.norm.vmax or 0) * 0.55
    for (row, column), mean in np.ndenumerate(means):
        n = f"{counts[row, column]:,}"
        ink = "#333333" if np.isnan(mean) else "white" if mean < middle else "black"
        axes.text(
            column, row, n if np.isnan(mean) else f"{mean:.2f}\n{n}", ha="center", va="center", color=ink, fontsize=8.5
        )
    axes.set_xticks(range(len(columns)), columns)
    axes.set_yticks(range(len(rows)), rows)
    axes.set(xlabel="office of the relevant documents", ylabel="office of the query", title=system)
    axes.grid(visible=False)
    _part_margins(axes, rows, columns)
    bar = figure.colorbar(shown, ax=axes, label=measure, fraction=0.05)
    bar.outline.set_visible(False)
    return finish(figure, synthetic=synthetic)


def _part_margins(axes: Axes, rows: Sequence[str], columns: Sequence[str]) -> None:
    """Draw a frame around the means over all offices, which are not one office among others."""
    style: dict[str, Any] = {"fill": False, "edgecolor": "#D55E00", "linewidth": 1.6, "clip_on": False}
    if ALL in rows:
        axes.add_patch(Rectangle((-0.5, len(rows) - 1.5), len(columns), 1, **style))
    if ALL in columns:
        axes.add_patch(Rectangle((len(columns) - 1.5, -0.5), 1, len(rows), **style))


def mix_figure(standardised: pd.DataFrame, offices: Sequence[str], measure: str, *, synthetic: bool) -> Figure:
    """Draw each office's mean as it is and at the same mix of field and period, one panel a system.

    Parameters
    ----------
    standardised : as `bench.office_mix.standardised_table` gives it.
    """
    if standardised.empty:
        return words_figure(ONE_OFFICE, synthetic=synthetic)
    systems = list(dict.fromkeys(standardised["system"]))
    names = in_order(list(standardised["office"]), offices)[::-1]
    figure, grid = panels(len(systems), 0.3 * len(names) + 0.7, margin=0.9, xlabel=measure)
    for axes, system in zip(grid, systems, strict=True):
        for shift, (kind, (marker, colour)) in zip((0.16, -0.16), KIND_MARKS.items(), strict=True):
            mine = standardised[(standardised["system"] == system) & (standardised["kind"] == kind)]
            mine = mine.set_index("office").reindex(names).dropna(subset=["value"])
            heights = [names.index(name) + shift for name in mine.index]
            axes.errorbar(
                mine["value"], heights, xerr=arms(mine), fmt=marker, color=colour, markersize=5, linewidth=1.2,
                label=kind,
            )  # fmt: skip
        axes.set(title=system, ylim=(-0.6, len(names) - 0.4))
        axes.set_yticks(range(len(names)), names)
        axes.grid(visible=False, axis="y")
        axes.locator_params(axis="x", nbins=5)
    handles, labels = grid[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=2)
    return finish(figure, synthetic=synthetic)


def translation_figure(families: pd.DataFrame, measure: str, *, synthetic: bool) -> Figure:
    """Draw the effect of translation within families: on queries, and on which member is ranked higher.

    Parameters
    ----------
    families : as `bench.jurisdictions` gives them.
    """
    sides = [side for side in SIDES if side in set(families["side"])]
    if not sides:
        return words_figure(NO_FAMILIES, synthetic=synthetic)
    systems = list(dict.fromkeys(families["system"]))[::-1]
    size = (3.8 * len(sides), 0.32 * len(systems) + 1.5)
    figure, grid = plt.subplots(1, len(sides), figsize=size, sharey=True, squeeze=False)
    for axes, side in zip(grid[0], sides, strict=True):
        mine = families[families["side"] == side].set_index("system").loc[systems]
        for height, (_, row) in enumerate(mine.iterrows()):
            fill = "#D55E00" if row["significant"] else "white"
            ends = arms(mine.iloc[[height]], "difference")
            axes.errorbar(
                row["difference"], height, xerr=ends, fmt="o", color="#D55E00", markerfacecolor=fill, markersize=6
            )
        axes.axvline(0, color="#4d4d4d", linewidth=1)
        unit = measure if side == "query" else "share"
        axes.set(title=f"{SIDES[side]}", xlabel=f"difference ({unit})", ylim=(-0.6, len(systems) - 0.4))
        axes.title.set_fontsize(9.5)
        axes.locator_params(axis="x", nbins=5)
        axes.grid(visible=False, axis="y")
    grid[0][0].set_yticks(range(len(systems)), systems)
    return finish(figure, synthetic=synthetic)
