"""Figures of notebook 13: how the expert's text and a patent's own differ, and which of them serves better at what."""

from __future__ import annotations

from collections.abc import Mapping

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from patbench_lib.landscape.views import EXPERT
from patbench_lib.report.style import finish, panels, words_figure

OWN_COLOUR, EXPERT_COLOUR = "#8c8c8c", "#0072B2"
BETTER, WORSE, NEITHER = "#0072B2", "#D55E00", "#777777"
BINS = 25

NO_LABELS = "No label set can be learnt here, or no system gives a text one vector."


def texts_figure(wording: pd.DataFrame, own: str, *, why: str, synthetic: bool) -> Figure:
    """Draw the lengths of both texts, and how far their words overlap, over publications.

    Parameters
    ----------
    wording : as `landscape.wording.wording` gives it; the other text is the expert's.
    own : name of the own view.
    why : nothing is drawn, where there are no texts.
    """
    if wording.empty:
        return words_figure(why, synthetic=synthetic)
    figure, (left, right) = plt.subplots(1, 2, figsize=(7.6, 2.7), sharey=True)
    most = max(wording["own_words"].max(), wording["other_words"].max())
    lengths = {own: wording["own_words"], EXPERT: wording["other_words"]}
    _histogram(left, lengths, np.linspace(0, most, BINS + 1))
    overlap = {"words in both of words in either": wording["jaccard"], f"{EXPERT}'s words new to {own}": wording["new"]}
    _histogram(right, overlap, np.linspace(0, 1, BINS + 1))
    left.set(xlabel="words of a text", ylabel="publications")
    right.set(xlabel="share of distinct words")
    for axes in (left, right):
        axes.margins(y=0.35)  # the legend stands above the bars
        axes.legend(loc="upper center", ncols=1, fontsize=8.5)
    return finish(figure, synthetic=synthetic)


def _histogram(axes: Axes, values: Mapping[str, pd.Series], edges: np.ndarray) -> None:
    for (name, each), colour in zip(values.items(), (OWN_COLOUR, EXPERT_COLOUR), strict=True):
        counts, _ = np.histogram(each.dropna(), edges)
        axes.stairs(counts, edges, fill=True, color=colour, alpha=0.3)
        axes.stairs(counts, edges, color=colour, linewidth=1.3, label=name)


def advantage_figure(differences: pd.DataFrame, by: str, xlabel: str, *, why: str, synthetic: bool) -> Figure:
    """Draw how far the expert's view is ahead of an own one for each system, with intervals; filled where significant.

    Parameters
    ----------
    differences : expert's less own, as `bench.expert_text.expert_tables` gives them.
    by : column with a panel for each of its values: view or measure.
    why : nothing is drawn, where there are no differences.
    """
    if differences.empty:
        return words_figure(why, synthetic=synthetic)
    shown, systems = (list(dict.fromkeys(differences[name])) for name in (by, "system"))
    figure, grid = panels(len(shown), 0.27 * len(systems) + 0.75, margin=0.5, columns=4 if len(shown) == 4 else 3)
    for axes, value in zip(grid, shown, strict=True):
        axes.axvline(0, color="#4d4d4d", linewidth=1)
        mine = differences[differences[by] == value].set_index("system").reindex(systems[::-1])
        for height, (_, row) in enumerate(mine.iterrows()):
            _interval(axes, row, height)
        axes.set(title=f"{EXPERT} − {value}" if by == "view" else value, ylim=(-0.6, len(systems) - 0.4))
        axes.set_yticks(range(len(systems)), systems[::-1])
        axes.grid(visible=False, axis="y")
        axes.locator_params(axis="x", nbins=3 if len(shown) == 4 else 4)
    figure.supxlabel(xlabel, fontsize=10.5)
    return finish(figure, synthetic=synthetic)


def _interval(axes: Axes, row: pd.Series, height: int) -> None:
    """Draw one difference with its interval; nothing where a system has none."""
    if pd.isna(row["difference"]):
        return
    colour = NEITHER if not row["significant"] else BETTER if row["difference"] > 0 else WORSE
    axes.hlines(height, row["low"], row["high"], colors=colour, linewidth=1.6)
    axes.plot(row["difference"], height, "o", color=colour, markerfacecolor=colour if row["significant"] else "white")


def pairs_figure(pairs: pd.DataFrame, measure: str, *, why: str, synthetic: bool) -> Figure:
    """Draw what each system reaches by the view of its queries and that of its documents, a panel a system.

    Parameters
    ----------
    pairs : as `bench.expert_text.expert_tables` gives them.
    why : nothing is drawn, where there are none.
    """
    if pairs.empty:
        return words_figure(why, synthetic=synthetic)
    systems, views = list(dict.fromkeys(pairs["system"])), list(dict.fromkeys(pairs["held"]))
    low, high = pairs["value"].min(), pairs["value"].max()
    figure, grid = panels(len(systems), 1.75, margin=0.5, xlabel="documents' view")
    for axes, system in zip(grid, systems, strict=True):
        mine = pairs[pairs["system"] == system].pivot(index="asked", columns="held", values="value")
        values = mine.loc[views, views].to_numpy(float)
        image = axes.imshow(values, cmap="cividis", vmin=low, vmax=high, aspect="auto")
        for (row, column), value in np.ndenumerate(values):
            weight = "bold" if value == values.max() else "normal"
            ink = "white" if value < (low + high) / 2 else "black"
            axes.text(column, row, f"{value:.3f}", ha="center", va="center", color=ink, fontweight=weight)
        axes.set_xticks(range(len(views)), views)
        axes.set_yticks(range(len(views)), views)
        axes.set_title(system)
        axes.grid(visible=False)
    figure.supylabel("queries' view", fontsize=10.5)
    bar = figure.colorbar(image, ax=grid, label=measure, fraction=0.05)
    bar.outline.set_visible(False)
    return finish(figure, synthetic=synthetic)
