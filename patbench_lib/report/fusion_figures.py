"""Figures and tables of notebook 05: what fusing a lexical and a dense ranking changes, and where."""

from __future__ import annotations

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from great_tables import GT
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from patbench_lib.bench.fusion import RRF
from patbench_lib.evaluate.assessment import Assessment
from patbench_lib.evaluate.fusion import ANY
from patbench_lib.report.style import STRATUM_COLOURS, arms, finish, words_figure
from patbench_lib.report.tables import table

NOTHING = "Nothing to show: fusion takes a lexical system and another, and queries of two families."


def by_strength(assessed: Assessment) -> pd.Series:
    """Return the dense systems' own means on the development queries, weakest first."""
    chosen = assessed.choices[assessed.choices["method"] == ANY]
    strength: pd.Series = chosen.set_index("system")["dense"].sort_values(kind="stable")
    return strength


def curves_figure(assessed: Assessment, sparse: str, measure: str, *, synthetic: bool) -> Figure:
    """Draw the mean over all queries against alpha, one panel a normalisation and one line a system.

    The line's end at 0 is the lexical system and that at 1 the dense one; a ring marks the alpha that the development
    queries chose.
    """
    linear = assessed.curves[assessed.curves["method"] != RRF]
    if linear.empty:
        return words_figure("Nothing to show: the study interpolates no pair of systems.", synthetic=synthetic)
    methods, systems = list(dict.fromkeys(linear["method"])), list(by_strength(assessed).index)
    colours = mpl.colormaps["viridis"]([0.92 * i / max(len(systems) - 1, 1) for i in range(len(systems))])
    height = 3.3 + 0.25 * -(-len(systems) // 4)
    figure, panels = plt.subplots(1, len(methods), figsize=(7.6, height), sharey=True, squeeze=False)
    chosen = assessed.choices.set_index(["system", "method"])["value"]
    for axes, method in zip(panels[0], methods, strict=True):
        mine = linear[linear["method"] == method]
        axes.axhline(mine["sparse"].iloc[0], color="black", linestyle=":", linewidth=1, label=f"{sparse} alone")
        for system, colour in zip(systems, colours, strict=True):
            line = mine[mine["system"] == system].set_index("value")["mean"]
            axes.plot(line.index, line, marker=".", markersize=5, color=colour, label=system)
            alpha = chosen[system, method]
            ring = {"markersize": 10, "markerfacecolor": "none", "markeredgewidth": 1.6, "clip_on": False}
            axes.plot(alpha, line[alpha], "o", markeredgecolor=colour, **ring)
        axes.set_title(method)
        axes.set_xticks([0, 0.5, 1], ["0", "0.5", "1"])
    panels[0][0].set_ylabel(measure)
    figure.supxlabel("α, the weight of the dense system", fontsize=10.5)
    figure.legend(*panels[0][0].get_legend_handles_labels(), loc="outside upper center", ncols=min(4, len(systems) + 1))
    return finish(figure, synthetic=synthetic)


def gains_figure(assessed: Assessment, measure: str, *, synthetic: bool) -> Figure:
    """Draw what the best choice gains on the test queries, systems by their own strength, the strongest at the top."""
    if assessed.gains.empty:
        return words_figure(NOTHING, synthetic=synthetic)
    strength = by_strength(assessed)
    references = {"dense": "over the dense system alone", "better": "over the better of the two"}
    figure, panels = plt.subplots(1, 2, figsize=(7.6, 0.42 * len(strength) + 1.7), sharey=True)
    for axes, (reference, title) in zip(panels, references.items(), strict=True):
        mine = assessed.gained(reference=reference).set_index("system").loc[strength.index]
        _intervals(axes, mine, "difference", mine["significant"])
        axes.set(title=title, xlabel=f"gain in {measure}")
        axes.locator_params(axis="x", nbins=5)
    panels[0].set_yticks(range(len(strength)), [f"{system}  ({value:.3f})" for system, value in strength.items()])
    panels[0].set_ylim(-0.6, len(strength) - 0.4)
    return finish(figure, synthetic=synthetic)


def _intervals(axes: Axes, frame: pd.DataFrame, value: str, filled: pd.Series) -> None:
    """Draw values with their intervals from the bottom up, filled where told, and a line at zero."""
    colour, heights = STRATUM_COLOURS["IN"], np.arange(len(frame))
    axes.axvline(0, color="#4d4d4d", linewidth=1)
    axes.errorbar(frame[value], heights, xerr=arms(frame, value), fmt="none", color=colour, capsize=3)
    axes.scatter(frame[value], heights, c=np.where(filled, colour, "white"), edgecolors=colour, s=49, zorder=3)


def gap_figure(assessed: Assessment, *, synthetic: bool) -> Figure:
    """Draw the gap between IN and OUT without and with fusion, and its change with an interval."""
    if assessed.gaps.empty:
        return words_figure("Nothing to show: no test queries IN and OUT of their domain.", synthetic=synthetic)
    gaps = assessed.gaps.set_index("system")
    gaps = gaps.loc[[system for system in by_strength(assessed).index if system in gaps.index]]
    figure, (left, right) = plt.subplots(1, 2, figsize=(7.6, 0.42 * len(gaps) + 1.9), sharey=True)
    heights = list(range(len(gaps)))
    left.hlines(heights, gaps["dense"], gaps["fused"], color="#9a9a9a", linewidth=2, zorder=1)
    left.plot(gaps["dense"], heights, "o", color="#4d4d4d", markerfacecolor="white", markersize=7, label="dense alone")
    left.plot(gaps["fused"], heights, "o", color=STRATUM_COLOURS["OUT"], markersize=7, label="fused")
    left.set(xlabel="gap: 1 − OUT / IN", xlim=(min(0.0, gaps[["dense", "fused"]].to_numpy().min() - 0.05), 1.02))
    left.xaxis.set_major_formatter("{x:.0%}")
    left.set_yticks(heights, list(gaps.index))
    left.set_ylim(-0.6, len(gaps) - 0.4)
    left.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=2)
    _intervals(right, 100 * gaps[["change", "low", "high"]], "change", gaps["low"] * gaps["high"] > 0)
    right.set(xlabel="change of the gap, percentage points")
    return finish(figure, synthetic=synthetic)


def rrf_table(assessed: Assessment, sparse: str, *, synthetic: bool) -> GT:
    """Return the means over all queries by k, beside those of the two systems alone and the k that was chosen."""
    mine = assessed.curves[assessed.curves["method"] == RRF].copy()
    mine["k"] = [f"k = {value:g}" for value in mine["value"]]
    wide = mine.pivot(index="system", columns="k", values="mean")[list(dict.fromkeys(mine["k"]))]
    alone = mine.drop_duplicates("system").set_index("system")[["sparse", "dense"]]
    alone.columns = pd.Index([f"{sparse} alone", "dense alone"])
    chosen = assessed.choices[assessed.choices["method"] == RRF].set_index("system")["value"]
    rows = alone.join(wide).loc[list(by_strength(assessed).index[::-1])]
    shown = rows.assign(**{"chosen k": chosen.astype(int)}).reset_index(names="system")
    decimals = {str(column): 3 for column in rows}
    return table(shown, decimals=decimals, unbroken=["system"], notes=_notes(shown), synthetic=synthetic)


def methods_table(assessed: Assessment, *, synthetic: bool) -> GT:
    """Return the test means of each method's choice, with the choice and a mark where it differs from dense alone."""
    systems = list(by_strength(assessed).index[::-1]) if len(assessed.gains) else []
    methods = list(dict.fromkeys(assessed.gains["method"]))
    rows = pd.DataFrame({"system": systems})
    for method in methods:
        mine = assessed.gained(method=method).set_index("system").loc[systems]
        if method == methods[0]:
            rows["dense alone"] = [f"{value:.3f}" for value in mine["alone"]]
        title = {RRF: "rrf (k)", ANY: "best of all"}.get(method, f"{method} (α)")
        rows[title] = [
            f"{fused:.3f} {_mark(difference, significant)} ({_shown(method, chosen)})"
            for fused, difference, significant, chosen in zip(
                mine["fused"], mine["difference"], mine["significant"], mine["chosen"], strict=True
            )
        ]
    notes = [
        "In brackets what the development queries chose. ▲ above, ▼ below the dense system alone: paired randomisation "
        "test over families, Holm-corrected for the number of systems within each column."
    ]
    return table(rows, unbroken=["system"], notes=_notes(rows, *notes), synthetic=synthetic)


def _notes(rows: pd.DataFrame, *notes: str) -> list[str]:
    """Return the notes of a table, for one without rows the reason instead."""
    return [NOTHING] if rows.empty else list(notes)


def _mark(difference: float, significant: bool) -> str:
    return ("▲" if difference > 0 else "▼") if significant else "\u2007"


def _shown(method: str, label: str) -> str:
    return label if method == ANY else label.rpartition(" ")[2]


def strata_table(assessed: Assessment, *, synthetic: bool) -> GT:
    """Return what the best choice gains over the dense system on all test queries, IN and OUT apart."""
    kept = ["stratum", "system", "alone", "fused", "difference", "low", "high", "p_holm", "n"]
    mine = assessed.gains[(assessed.gains["method"] == ANY) & (assessed.gains["reference"] == "dense")][kept]
    order = {system: place for place, system in enumerate(by_strength(assessed).index[::-1])}
    strata = list(dict.fromkeys(mine["stratum"]))
    rows = mine.sort_values(
        ["stratum", "system"], key=lambda column: column.map({**order, **{name: i for i, name in enumerate(strata)}})
    )
    decimals = dict.fromkeys(["alone", "fused", "difference", "low", "high"], 3)
    return table(
        rows,
        decimals={**decimals, "p_holm": 4},
        whole=["n"],
        unbroken=["system"],
        notes=_notes(rows),
        synthetic=synthetic,
    )


def oracle_table(assessed: Assessment, sparse: str, *, synthetic: bool) -> GT:
    """Return the means that hindsight would reach, each an upper bound."""
    titles = {
        "sparse": f"{sparse} alone",
        "dense": "dense alone",
        "chosen": "fusion as chosen",
        "hindsight": "best single fusion",
        "run": "better run for each query",
        "each": "best fusion for each query",
    }
    order = {system: place for place, system in enumerate(by_strength(assessed).index[::-1])}
    rows = assessed.oracle.sort_values("system", key=lambda column: column.map(order)).rename(columns=titles)
    notes = ["The last three columns know the answers: upper bounds that no system reaches."]
    decimals = dict.fromkeys(titles.values(), 3)
    return table(rows, decimals=decimals, unbroken=["system"], notes=_notes(rows, *notes), synthetic=synthetic)
