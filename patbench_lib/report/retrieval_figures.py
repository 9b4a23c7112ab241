"""Figures of notebook 03: who retrieves best, where, and which queries fail."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullLocator

from patbench_lib.bench.arena import Arena
from patbench_lib.models.card import Card
from patbench_lib.report.labels import shortened
from patbench_lib.report.style import KIND_COLOURS, KIND_MARKERS, STRATUM_COLOURS, arms, finish, panels, words_figure


def leaderboard_figure(means: pd.DataFrame, cards: Mapping[str, Card], *, synthetic: bool) -> Figure:
    """Draw each system's mean with its interval, best at the top.

    Parameters
    ----------
    means : system, measure, value, low, high, for one landscape, view, stratum and measure.
    """
    ordered = means.sort_values("value", ignore_index=True)
    if len(ordered) == 1:
        return words_figure(
            f"There is nothing here that {ordered['system'].iloc[0]} could be compared with.", synthetic=synthetic
        )
    figure, axes = plt.subplots(figsize=(7.2, 0.4 * len(ordered) + 1.8))
    for kind in dict.fromkeys(cards[system].kind for system in ordered["system"]):
        mine = ordered[[cards[system].kind == kind for system in ordered["system"]]]
        axes.errorbar(
            mine["value"], mine.index, xerr=arms(mine), fmt=KIND_MARKERS[kind], color=KIND_COLOURS[kind],
            capsize=3, markersize=7, label=kind,
        )  # fmt: skip
    axes.set_yticks(ordered.index, ordered["system"])
    axes.set(xlabel=ordered["measure"].iloc[0], ylim=(-0.6, len(ordered) - 0.4))
    figure.legend(loc="outside upper center", ncols=4)
    return finish(figure, synthetic=synthetic)


def views_figure(means: pd.DataFrame, *, synthetic: bool) -> Figure:
    """Draw each system's mean on every view, one panel a system on a shared scale.

    Parameters
    ----------
    means : system, view, measure, value, low, high, for one landscape, stratum and measure.
    """
    systems, views = list(dict.fromkeys(means["system"])), list(dict.fromkeys(means["view"]))
    figure, grid = panels(len(systems), 2.1, margin=0.5)
    for axes, system in zip(grid, systems, strict=True):
        mine = means[means["system"] == system].set_index("view").reindex(views).reset_index()
        best = int(mine["value"].to_numpy().argmax())
        axes.errorbar(range(len(views)), mine["value"], yerr=arms(mine), fmt="o", color="#0072B2", capsize=3)
        axes.plot(best, mine["value"][best], "o", markersize=11, markerfacecolor="none", markeredgecolor="#D55E00")
        axes.set_title(system)
        axes.set_xticks(range(len(views)), views, rotation=45 if len(views) > 3 else 0)
    figure.supylabel(means["measure"].iloc[0], fontsize=10.5)
    return finish(figure, synthetic=synthetic)


def strata_figure(means: pd.DataFrame, measures: Sequence[str], *, synthetic: bool) -> Figure:
    """Draw each system's mean on queries IN and OUT of their domain, one panel a measure.

    Parameters
    ----------
    means : system, stratum, measure, value, low, high, for one landscape and view.
    measures : those to draw, in this order; the first one orders the systems.
    """
    lead = means[(means["measure"] == measures[0]) & (means["stratum"] == "IN")].sort_values("value")
    position = {system: i for i, system in enumerate(lead["system"])}
    size = (7.6, 0.4 * len(position) + 1.6)
    figure, grid = plt.subplots(1, len(measures), figsize=size, sharey=True, squeeze=False)
    for axes, measure in zip(grid[0], measures, strict=True):
        _strata_panel(axes, means[means["measure"] == measure], position)
        axes.set(xlabel=measure)
    grid[0][0].set_yticks(list(position.values()), list(position))
    grid[0][-1].legend(loc="lower right")
    return finish(figure, synthetic=synthetic)


def _strata_panel(axes: Axes, means: pd.DataFrame, position: Mapping[str, int]) -> None:
    for stratum, marker, shift in (("IN", "o", 0.12), ("OUT", "X", -0.12)):
        mine = means[means["stratum"] == stratum]
        height = [position[system] + shift for system in mine["system"]]
        axes.errorbar(
            mine["value"], height, xerr=arms(mine), fmt=marker, color=STRATUM_COLOURS[stratum], capsize=2.5,
            label=stratum,
        )  # fmt: skip
    axes.set_xlim(left=0)


def scale_figure(means: pd.DataFrame, cards: Mapping[str, Card], *, synthetic: bool) -> Figure:
    """Draw quality against parameters, members of a family joined by a line; systems without parameters are left out.

    Parameters
    ----------
    means : system, measure, value, low, high, for one landscape, view, stratum and measure.
    """
    known = means[[cards[system].params_m is not None for system in means["system"]]].copy()
    known["params"] = [cards[system].params_m for system in known["system"]]
    known["family"] = [cards[system].family or system for system in known["system"]]
    figure, axes = plt.subplots(figsize=(7.2, 3.9))
    for family, mine in known.sort_values("params").groupby("family", sort=False):
        line = axes.errorbar(
            mine["params"], mine["value"], yerr=arms(mine), fmt="o-" if len(mine) > 1 else "o", capsize=3, label=family
        )
        rises = np.append(np.diff(mine["value"]) > 0, False)  # a label stands where its line does not go
        for name, params, value, up in zip(mine["system"], mine["params"], mine["value"], rises, strict=True):
            place = {"xytext": (8, -13 if up else 7), "textcoords": "offset points", "fontsize": 9.5}
            axes.annotate(name, (params, value), color=line[0].get_color(), **place)
    axes.set(xscale="log", xlabel="parameters, in millions (logarithmic)", ylabel=means["measure"].iloc[0])
    axes.xaxis.set_major_locator(LogLocator(subs=(1, 1.5, 2, 3, 5, 7)))
    axes.xaxis.set_major_formatter("{x:,.0f}")
    axes.xaxis.set_minor_locator(NullLocator())
    axes.margins(x=0.18)
    return finish(figure, synthetic=synthetic)


def failures_figure(scores: pd.DataFrame, *, synthetic: bool) -> Figure:
    """Draw the share of queries that each system answers not at all, partly, and best possibly.

    Parameters
    ----------
    scores : per-query scores of one landscape, view, stratum and measure: system, measure, value.
    """
    bands = {"0: nothing found": "#b5482a", "between": "#f0d9a8", "1: as good as can be": "#2c7fb8"}
    shares = pd.DataFrame(
        {
            system: [(values <= 0).mean(), ((values > 0) & (values < 1)).mean(), (values >= 1).mean()]
            for system, values in scores.groupby("system")["value"]
        },
        index=list(bands),
    ).T.sort_values("0: nothing found", ascending=False)
    figure, axes = plt.subplots(figsize=(7.2, 0.42 * len(shares) + 1.7))
    left = np.zeros(len(shares))
    for band, colour in bands.items():
        bars = axes.barh(shares.index, shares[band], left=left, color=colour, edgecolor="white", label=band, height=0.7)
        text = "white" if band[0] in "01" else "black"
        axes.bar_label(bars, [f"{v:.0%}" if v >= 0.05 else "" for v in shares[band]], label_type="center", color=text)
        left += shares[band].to_numpy()
    axes.set(xlabel=f"share of queries by their {scores['measure'].iloc[0]}", xlim=(0, 1))
    axes.xaxis.set_major_formatter("{x:.0%}")
    axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=3)
    axes.grid(visible=False)
    return finish(figure, synthetic=synthetic)


def hardest_queries(scores: pd.DataFrame, arena: Arena, *, most: int = 8) -> pd.DataFrame:
    """Return the queries with the lowest mean score over systems, those with most answers first among equals.

    Returns
    -------
    pandas.DataFrame
        query, title, office, IPC, answers (relevant documents), mean over systems, best system.
    """
    judged, patents = arena.judgements, arena.landscape.shown.patents.set_index("publication_number")
    by_query = scores.groupby("query")["value"].agg(["mean", "max"])
    answers = pd.Series(np.diff(judged.indptr), index=patents.index[judged.queries])
    ordered = by_query.assign(answers=answers).sort_values(["mean", "max", "answers"], ascending=[True, True, False])
    chosen = ordered.head(most)
    rows = patents.loc[chosen.index]
    return pd.DataFrame(
        {
            "query": chosen.index,
            "title": [shortened(title) for title in rows["title"]],
            "office": rows["office"].to_numpy(),
            "IPC": [", ".join(symbols[:2]) for symbols in rows["ipc"]],
            "answers": chosen["answers"].to_numpy(),
            "mean over systems": chosen["mean"].to_numpy(),
            "best system": chosen["max"].to_numpy(),
        }
    )
