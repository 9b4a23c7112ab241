"""Figures and tables of notebook 02: the models, what they read and how fast."""

from __future__ import annotations

import matplotlib.pyplot as plt
import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure

from patbench_lib.bench.bench import Bench
from patbench_lib.bench.readings import reading_of
from patbench_lib.report.labels import plain_ticks
from patbench_lib.report.style import KIND_COLOURS, finish, words_figure


def readings(bench: Bench) -> pd.DataFrame:
    """Return how each system reads each view of the study's landscape.

    Returns
    -------
    pandas.DataFrame
        system, kind, view, limit, tokens (mean), truncated and read (shares, of texts and of tokens).
    """
    rows = [
        {
            "system": system,
            "kind": bench.study.card(system).kind,
            "view": view,
            **reading_of(bench, system, view),
        }
        for system in bench.study.systems
        for view in bench.arena.views
    ]
    frame = pd.DataFrame(rows).reindex(columns=["system", "kind", "view", "limit", "tokens", "truncated", "read"])
    return frame.fillna({"truncated": 0.0, "read": 1.0})


def share_read(frame: pd.DataFrame, *, synthetic: bool) -> Figure:
    """Draw the share of all tokens of a view that each model read."""
    wide = frame.pivot(index="system", columns="view", values="read")
    wide = wide.loc[list(dict.fromkeys(frame["system"])), list(dict.fromkeys(frame["view"]))]
    figure, axes = plt.subplots(figsize=(1.05 * wide.shape[1] + 2.6, 0.42 * len(wide) + 1.5))
    sns.heatmap(
        wide, ax=axes, cmap="cividis", vmin=0, vmax=1, annot=True, fmt=".0%", linewidths=0.6,
        cbar_kws={"label": "tokens read", "format": "{x:.0%}"},
    )  # fmt: skip
    axes.set(xlabel="view", ylabel="")
    axes.tick_params(axis="y", rotation=0)
    axes.grid(visible=False)
    return finish(figure, synthetic=synthetic)


def rates(frame: pd.DataFrame, *, synthetic: bool) -> Figure:
    """Draw texts of the leading view encoded a second by each model."""
    if frame.empty:
        return words_figure("No system of this study encodes texts.", synthetic=synthetic)
    ordered = frame.sort_values("texts_per_second")
    figure, axes = plt.subplots(figsize=(7.2, 0.42 * len(ordered) + 1.4))
    colours = [KIND_COLOURS[kind] for kind in ordered["kind"]]
    bars = axes.barh(ordered["system"], ordered["texts_per_second"], color=colours, height=0.65)
    axes.bar_label(bars, fmt="{:,.0f}", padding=4, fontsize=9.5)
    axes.set(xscale="log", xlabel="texts encoded a second (logarithmic)")
    axes.set_xlim(right=float(ordered["texts_per_second"].max()) * 2.5)
    plain_ticks(axes)
    axes.grid(axis="y", visible=False)
    kinds = list(dict.fromkeys(ordered["kind"][::-1]))
    handles = [plt.Rectangle((0, 0), 1, 1, color=KIND_COLOURS[kind]) for kind in kinds]
    axes.legend(handles, kinds, loc="lower right")
    return finish(figure, synthetic=synthetic)
