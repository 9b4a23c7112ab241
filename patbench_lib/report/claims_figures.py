"""Figures of notebook 14: all claims at once, and how often their rules see what is there."""

from __future__ import annotations

from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from scipy.stats import beta

from patbench_lib.bench.claims import Judged
from patbench_lib.evaluate.claims_calibration import EDGE
from patbench_lib.report.labels import shortened
from patbench_lib.report.style import finish, words_figure

MARKS = {"holds": ("o", "#009E73"), "does not hold": ("X", "#D55E00"), "not decided": ("D", "#6f6f6f")}
"""Marker and colour of each verdict that has an effect."""

PANELS = {"difference of scores": ("score",), "share, or correlation": ("share", "correlation")}
"""What an axis shows, and the units that go on it."""

_PUBLISHED, _RANGE, _ABSENT = "#000000", "#E8F1EA", "#9a9a9a"
_LINES = ("#0072B2", "#D55E00", "#009E73", "#AA4499")

NO_CALIBRATION = "One system, or no query inside and outside of its domain: nothing to calibrate on."


def claims_figure(judged: Judged, *, synthetic: bool) -> Figure:
    """Draw of every claim the part that decides with its interval, the other parts, and the published value.

    A claim that cannot be judged has its row all the same, with what was published.
    """
    rows = judged.verdicts
    units = [judged.statements[name].unit for name in rows["claim"]]
    panels = {title: rows[[unit in own for unit in units]] for title, own in PANELS.items()}
    panels = {title: mine for title, mine in panels.items() if len(mine)}
    counts = [len(mine) for mine in panels.values()]
    figure, grid = plt.subplots(
        len(panels),
        1,
        figsize=(7.6, 0.29 * sum(counts) + 0.75 * len(panels) + 0.5),
        squeeze=False,
        height_ratios=counts,
    )
    for axes, (title, mine) in zip(grid[:, 0], panels.items(), strict=True):
        _claims_panel(axes, judged, mine)
        axes.set_xlabel(title)
    figure.legend(handles=_legend(), loc="outside upper center", ncols=3)
    return finish(figure, synthetic=synthetic)


def _claims_panel(axes: Axes, judged: Judged, rows: pd.DataFrame) -> None:
    axes.axvline(0, color="#4d4d4d", linewidth=1)
    for place, (_, row) in enumerate(rows.iterrows()):
        published = [row["published_low"], row["published_high"]]
        if row["verdict"] in MARKS:
            parts = judged.parts[judged.parts["claim"] == row["claim"]]["effect"]
            marker, colour = MARKS[row["verdict"]]
            axes.plot(parts, [place] * len(parts), ".", color=colour, alpha=0.35, markersize=5)
            axes.plot([row["low"], row["high"]], [place, place], color=colour, linewidth=2)
            axes.plot(row["effect"], place, marker, color=colour, markersize=7, zorder=3)
        axes.plot(published, [place - 0.3, place - 0.3], color=_PUBLISHED, linewidth=2.5, solid_capstyle="butt")
        axes.plot(np.mean(published), place - 0.3, "v", color=_PUBLISHED, markersize=5, zorder=4)
    low, high = axes.get_xlim()
    for place, name in enumerate(rows["claim"]):
        rule = judged.statements[name].rule
        left, right = max(rule.least, low), min(rule.most, high)
        axes.barh(place, right - left, 0.94, left, color=_RANGE, zorder=0)
    axes.set(xlim=(low, high), ylim=(len(rows) - 0.4, -0.6))
    named = [shortened(f"{name} {judged.statements[name].title}", 44) for name in rows["claim"]]
    axes.set_yticks(range(len(rows)), named, fontsize=9)
    for label, verdict in zip(axes.get_yticklabels(), rows["verdict"], strict=True):
        if verdict == "cannot be judged":
            label.set_color(_ABSENT)
    axes.grid(visible=False, axis="y")


def _legend() -> list[Artist]:
    marks: list[Artist] = [
        Line2D([], [], marker=marker, color=colour, linestyle="none", label=verdict)
        for verdict, (marker, colour) in MARKS.items()
    ]
    others = Line2D([], [], marker=".", color="#6f6f6f", alpha=0.5, linestyle="none", label="other parts")
    published = Line2D([], [], marker="v", color=_PUBLISHED, linestyle="none", label="published")
    return [*marks, others, published, Patch(color=_RANGE, label="where it is true")]


def power_figure(calibration: pd.DataFrame, measure: str, level: float, *, synthetic: bool) -> Figure:
    """Draw the share of verdicts that are `holds` against what was planted, with intervals of the share.

    Parameters
    ----------
    calibration : as `bench.claims_calibrated.calibration` gives it.
    """
    rows = calibration[calibration["planted"] != EDGE]
    gap = rows["rule"].str.startswith("gap")
    panels = [(f"planted in {measure}", rows[~gap]), ("share by which OUT was made lower", rows[gap])]
    panels = [(label, mine) for label, mine in panels if len(mine)]
    if not panels:
        return words_figure(NO_CALIBRATION, synthetic=synthetic)
    figure, grid = plt.subplots(1, len(panels), figsize=(7.6, 3.4), sharey=True, squeeze=False)
    for axes, (label, mine) in zip(grid[0], panels, strict=True):
        axes.axhline(1 - level, color="#4d4d4d", linewidth=1, linestyle=":")
        for place, (rule, each) in enumerate(mine.groupby("rule", sort=False)):
            shift = 0.006 * each["strength"].max() * place
            _share(axes, each["strength"].to_numpy() + shift, each, _LINES[place % len(_LINES)], str(rule), level)
        axes.set(xlabel=label, ylim=(-0.03, 1.03))
        axes.legend(fontsize=8, loc="lower right")
    grid[0][0].set_ylabel("share of verdicts that are “holds”")
    return finish(figure, synthetic=synthetic)


def _share(
    axes: Axes, x: Sequence[float] | np.ndarray, rows: pd.DataFrame, colour: str, label: str, level: float
) -> None:
    """Draw shares with the interval of Clopper and Pearson (1934)."""
    hits, total = rows["holds"].to_numpy(), rows["seeds"].to_numpy()
    tail = (1 - level) / 2
    low = np.where(hits > 0, beta.ppf(tail, np.maximum(hits, 1), total - hits + 1), 0.0)
    high = np.where(hits < total, beta.ppf(1 - tail, hits + 1, np.maximum(total - hits, 1)), 1.0)
    share = hits / total
    axes.errorbar(
        x, share, [share - low, high - share], color=colour, marker="o", markersize=4, linewidth=1.4, label=label
    )
