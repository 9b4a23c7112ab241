"""Quality against cost, for every system of a study; of notebook 07."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from great_tables import GT
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from patbench_lib.report.labels import name_points, plain_ticks
from patbench_lib.report.style import KIND_COLOURS, KIND_MARKERS, finish, words_figure
from patbench_lib.report.tables import table
from patbench_lib.types import Bools, Floats

AXES = {
    "texts_per_second": ("texts encoded a second, of BM25 indexed", True),
    "milliseconds": ("milliseconds a query, search alone", False),
    "bytes": ("bytes a patent in the index", False),
}
"""What quality is held against: its name, and whether more of it is better."""

MOST_NAMES = 8
"""Systems that are all named in a panel; of more, those that none beats."""


def undominated(cost: Floats, value: Floats, *, more_is_better: bool) -> Bools:
    """Tell which systems no other beats: at least as cheap and as good, and better in one; shape [s].

    A system whose cost is missing is beaten.
    """
    costs = -cost if more_is_better else cost
    as_good = (costs <= costs[:, None]) & (value >= value[:, None])
    better = (costs < costs[:, None]) | (value > value[:, None])
    best: Bools = ~(as_good & better).any(axis=1) & ~np.isnan(costs)
    return best


def unbeaten(costs: pd.DataFrame, column: str) -> Bools:
    """Tell which rows of costs no other row beats by quality and one of the costs in `AXES`."""
    more_is_better = AXES[column][1]
    return undominated(costs[column].to_numpy(), costs["value"].to_numpy(), more_is_better=more_is_better)


def pareto_figure(costs: pd.DataFrame, *, synthetic: bool) -> Figure:
    """Draw quality against encoding rate, search time and bytes; a stair joins the systems that no other beats.

    Parameters
    ----------
    costs : as `bench.cost.costs` gives them.
    """
    if costs.empty:
        return words_figure("No system of this study could be run.", synthetic=synthetic)
    figure, panels = plt.subplots(3, 1, figsize=(7.2, 8.6))
    kinds = list(dict.fromkeys(costs["kind"]))
    for axes, (column, (label, more)) in zip(panels, AXES.items(), strict=True):
        for kind in kinds:
            mine = costs[costs["kind"] == kind]
            axes.plot(mine[column], mine["value"], KIND_MARKERS[kind], color=KIND_COLOURS[kind], markersize=7)
        axes.set(xscale="log", xlabel=f"{label} (logarithmic)")
        axes.margins(x=0.14, y=0.16)
        plain_ticks(axes)
        best = costs[unbeaten(costs, column)].sort_values(column, ascending=not more)
        _stair(axes, best[column].to_numpy(), best["value"].to_numpy(), more_is_better=more)
    figure.supylabel(costs["measure"].iloc[0], fontsize=10.5)
    handles = [plt.Line2D([], [], marker=KIND_MARKERS[k], color=KIND_COLOURS[k], linestyle="") for k in kinds]
    stair = plt.Line2D([], [], color="#999999", linewidth=1.2)
    figure.legend([*handles, stair], [*kinds, "beaten by none"], loc="outside upper center", ncols=6, columnspacing=1.2)
    finished = finish(figure, synthetic=synthetic)
    for axes, column in zip(panels, AXES, strict=True):
        bold = set(costs[unbeaten(costs, column)]["system"])
        known = costs[costs[column].notna() & (costs["system"].isin(bold) | (len(costs) <= MOST_NAMES))]
        name_points(axes, known["system"].tolist(), known[column].tolist(), known["value"].tolist(), bold=bold)
    return finished


def _stair(axes: Axes, x: Floats, y: Floats, *, more_is_better: bool) -> None:
    """Draw the best quality that each cost buys, from the cheapest system on to the edge of the panel."""
    ends, (bottom, top) = axes.get_xlim(), axes.get_ylim()
    edge = ends[0] if more_is_better else ends[1]
    axes.plot(np.append(np.repeat(x, 2), edge), np.append(bottom, np.repeat(y, 2)), color="#999999", linewidth=1.2)
    axes.set(xlim=ends, ylim=(bottom, top))


def costs_table(costs: pd.DataFrame, left_out: dict[str, str], measure: str, *, synthetic: bool) -> GT:
    """Return quality and cost of every system, best first."""
    columns = {
        "system": "system", "kind": "kind", "params_m": "parameters (M)", "value": measure,
        "texts_per_second": "texts a second", "milliseconds": "ms a query", "bytes": "bytes a patent",
    }  # fmt: skip
    notes = [
        "Texts a second: encoded, or of BM25 indexed. Search: one query at a time in one thread; MaxSim is not timed."
    ]
    return table(
        costs.sort_values("value", ascending=False)[list(columns)].rename(columns=columns),
        decimals={"parameters (M)": 1, measure: 3, "ms a query": 3},
        whole=["texts a second", "bytes a patent"],
        unbroken=["system"],
        notes=[*notes, *(f"Left out: {system}. {reason}" for system, reason in left_out.items())],
        synthetic=synthetic,
    )
