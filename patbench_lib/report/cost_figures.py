"""Figures and tables of notebook 07: shorter and coarser vectors, approximate indexes, and what all systems cost."""

from __future__ import annotations

from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from great_tables import GT
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, LogLocator

from patbench_lib.report.labels import plain_ticks
from patbench_lib.report.published_truncation import published
from patbench_lib.report.style import finish, panels, words_figure
from patbench_lib.report.tables import table

INDEX_STYLES = {"flat": ("s", "#000000"), "HNSW": ("o", "#0072B2"), "IVF-PQ": ("^", "#D55E00")}

EFFORTS = {"HNSW": "efSearch {}", "IVF-PQ": "nprobe {}"}


def retention_figure(variants: pd.DataFrame, measure: str, *, synthetic: bool) -> Figure:
    """Draw what is retained of the main measure by the dimensions kept, as a number and as a share of the width.

    Parameters
    ----------
    variants : as `bench.variants.cheaper_vectors` gives them.
    """
    cut = variants[(variants["kind"] != "numbers") & variants["retention"].notna()]
    if cut.empty:
        return words_figure("No system of this study has vectors that could be cut.", synthetic=synthetic)
    figure, (left, right) = plt.subplots(1, 2, figsize=(7.6, 4.7), sharey=True)
    for axes, column in ((left, "dims"), (right, "share")):
        for system, mine in cut.groupby("system", sort=False):
            mine = mine.sort_values(column)
            line = axes.plot(mine[column], mine["retention"], "o-", markersize=4.5, label=system)[0]
            axes.fill_between(mine[column], mine["low"], mine["high"], color=line.get_color(), alpha=0.08, linewidth=0)
        _published(axes, column)
        axes.axhline(1, color="#808080", linewidth=0.8, zorder=0)
        axes.set_xscale("log", base=2)
        axes.set_ylim(bottom=0)
        axes.yaxis.set_major_formatter("{x:.0%}")
    left.set(xlabel="dimensions kept (logarithmic)", ylabel=f"{measure} retained")
    right.set(xlabel="share of the full width (logarithmic)")
    left.xaxis.set_major_formatter("{x:.0f}")
    right.xaxis.set_major_locator(FixedLocator([1 / 64, 1 / 32, 1 / 16, 1 / 8, 1 / 4, 1 / 2, 1]))
    right.xaxis.set_major_formatter(lambda x, _: "1" if x >= 1 else f"1/{round(1 / x)}")
    lines, names = left.get_legend_handles_labels()
    systems = cut["system"].nunique()
    figure.legend(lines[:systems], names[:systems], loc="outside upper center", ncols=5)
    reported: dict[str, Any] = {"title": "reported elsewhere", "fontsize": 8, "title_fontsize": 8.5}
    left.legend(lines[systems:], names[systems:], loc="lower right", **reported)
    return finish(figure, synthetic=synthetic)


def _published(axes: Axes, column: str) -> None:
    """Mark what others measured; of models of several widths the share is a range."""
    for series, marker in zip(published(), "DPX", strict=True):
        dims, kept = np.array(list(series.kept)), list(series.kept.values())
        style: dict[str, Any] = {"fmt": marker, "color": "#555555", "markerfacecolor": "white", "markersize": 6}
        if column == "dims":
            axes.errorbar(dims, kept, **style, label=series.models)
        else:
            least, most = dims / series.widths[1], dims / series.widths[0]
            middle = np.sqrt(least * most)
            axes.errorbar(middle, kept, xerr=[middle - least, most - middle], linewidth=0.9, **style)


def numbers_table(variants: pd.DataFrame, measure: str, *, synthetic: bool) -> GT:
    """Return how documents are stored, their bytes, and what is retained, a row for each system and kind of number."""
    shown = variants[variants["kind"] != "dimensions"]
    columns = {"system": "system", "variant": "numbers", "bytes": "bytes a patent", "value": measure}
    shown = shown[[*columns, "retention", "low", "high"]].rename(columns=columns)
    return table(
        shown,
        decimals={measure: 3},
        whole=["bytes a patent"],
        percent=["retention", "low", "high"],
        unbroken=["system", "numbers"],
        notes=["Retention is the mean over queries divided by that of the full vectors, with its interval."],
        synthetic=synthetic,
    )


def bytes_figure(variants: pd.DataFrame, measure: str, *, synthetic: bool) -> Figure:
    """Draw quality against bytes a patent, a panel for each system: fewer dimensions as a line, coarser numbers beside.

    Parameters
    ----------
    variants : as `bench.variants.cheaper_vectors` gives them.
    """
    systems = list(dict.fromkeys(variants["system"]))
    if not systems:
        return words_figure("No system of this study gives a text one vector.", synthetic=synthetic)
    figure, grid = panels(len(systems), 2.3, margin=0.9, xlabel="bytes a patent (log.)")
    for axes, system in zip(grid, systems, strict=True):
        _bytes_panel(axes, variants[variants["system"] == system])
        axes.set_title(system)
    grid[0].set_ylim(0, 1.08 * variants["value"].max() or None)
    figure.supylabel(measure, fontsize=10.5)
    handles, labels = grid[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=3)
    return finish(figure, synthetic=synthetic)


def _bytes_panel(axes: Axes, mine: pd.DataFrame) -> None:
    cut = mine[mine["kind"] != "numbers"].sort_values("bytes")
    axes.plot(cut["bytes"], cut["value"], "o-", color="#0072B2", markersize=4.5, label="fewer dimensions")
    styles = {"float16": ("s", "#009E73"), "int8": ("D", "#E69F00"), "binary": ("X", "#D55E00")}
    styles |= {"binary + signs": ("v", "#CC79A7"), "binary + full": ("^", "#000000")}
    for variant, (marker, colour) in styles.items():
        here = mine[mine["variant"] == variant]
        axes.plot(here["bytes"], here["value"], marker, color=colour, markersize=6.5, label=variant)
    axes.set_xscale("log", base=2)
    axes.xaxis.set_major_locator(LogLocator(base=4))
    axes.xaxis.set_major_formatter("{x:,.0f}")


def indexes_figure(indexes: pd.DataFrame, system: str | None, *, synthetic: bool) -> Figure:
    """Draw what each index finds of the exact answer against the time of a query.

    Parameters
    ----------
    indexes : as `bench.indexes.approximate_indexes` gives them.
    """
    if indexes.empty:
        return words_figure("No system of this study has vectors to index.", synthetic=synthetic)
    figure, axes = plt.subplots(figsize=(7.2, 4.0))
    for name, mine in indexes.groupby("index", sort=False):
        marker, colour = INDEX_STYLES[str(name)]
        label = f"{mine['described'].iloc[0]}: {mine['bytes'].iloc[0]:,.0f} bytes a patent"
        axes.plot(mine["milliseconds"], mine["recall"], f"{marker}-", color=colour, label=label)
        for effort, x, y in zip(mine["effort"], mine["milliseconds"], mine["recall"], strict=True):
            if name in EFFORTS:
                place: dict[str, Any] = {"xytext": (5, -13), "textcoords": "offset points", "fontsize": 9}
                axes.annotate(EFFORTS[str(name)].format(effort), (x, y), color=colour, **place)
    axes.set(xscale="log", xlabel="milliseconds a query, one thread (logarithmic)", ylim=(0, 1.05))
    axes.set_ylabel(f"recall of the exact search over {system}")
    axes.yaxis.set_major_formatter("{x:.0%}")
    axes.margins(x=0.16)
    plain_ticks(axes)
    axes.legend(loc="lower right")
    return finish(figure, synthetic=synthetic)


def indexes_table(indexes: pd.DataFrame, measure: str, *, synthetic: bool) -> GT:
    """Return what each index finds and takes, a row for each effort."""
    columns = {
        "described": "index", "effort": "effort", "recall": "recall", "value": measure,
        "milliseconds": "ms a query", "seconds": "seconds to build", "bytes": "bytes a patent",
    }  # fmt: skip
    return table(
        indexes[list(columns)].rename(columns=columns),
        decimals={measure: 3, "ms a query": 3, "seconds to build": 2},
        whole=["bytes a patent"],
        percent=["recall"],
        unbroken=["index"],
        notes=[
            "Effort: efSearch of HNSW; nprobe, the lists searched, of IVF-PQ. Bytes: of the written index, by patents."
        ],
        synthetic=synthetic,
    )
