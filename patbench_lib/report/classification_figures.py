"""Figures and tables of notebook 08: which labels can be read off frozen vectors, how, and from how many examples."""

from __future__ import annotations

from collections.abc import Mapping

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from great_tables import GT
from matplotlib.figure import Figure

from patbench_lib.bench.bench import Bench
from patbench_lib.bench.classification import MAIN, usable_sets
from patbench_lib.bench.classified import splits
from patbench_lib.landscape.label_sets import PARTS, LabelSet
from patbench_lib.models.card import Card
from patbench_lib.report.labels import plain_ticks
from patbench_lib.report.style import KIND_COLOURS, KIND_MARKERS, arms, finish, panels, words_figure
from patbench_lib.report.tables import leaderboard, table

NO_LABELS = "Nothing to show: none of the study's label sets can be used on the landscape."
NO_VECTORS = "Nothing to show: no system of the study gives a text one vector."

BASELINE_COLOUR = "#4d4d4d"
"""Of classifiers without vectors."""

ROW = 0.21
"""Height of a row of a figure with many rows, in inches."""


def label_sets_table(bench: Bench, *, synthetic: bool) -> GT:
    """Return what each label set is and what a split makes of it; why a set is left out stands below."""
    arena, rows = bench.arena, []
    sets, reasons = usable_sets(bench, arena)
    for labels in sets:
        made = splits(bench, arena, labels)
        support = labels.matrix.sum(axis=0)
        rows.append(
            {
                "label set": arena.landscape.marked(labels.name),
                "labels": len(labels.labels),
                "left out": len(labels.rare) + len(labels.crowded),
                "publications": len(labels.rows),
                "labels each": labels.matrix[labels.rows].sum() / len(labels.rows),
                "rarest": support.min(),
                "most frequent": f"{labels.labels[0]} ({support.max() / len(labels.rows):.0%})",
                "train / validation / test": f"{len(made[0].train)} / {len(made[0].validation)} / {len(made[0].test)}",
                "lacking": max(len(split.absent) for split in made),
            }
        )
    columns = ["label set", "labels", "left out", "publications", "labels each", "rarest", "most frequent"]
    frame = pd.DataFrame(rows, columns=[*columns, "train / validation / test", "lacking"])
    asked = bench.study.labels
    notes = [
        f"Left out: labels on fewer than {asked.min_support} publications or {PARTS} families, or beyond the "
        f"{asked.most} most frequent. Rarest: publications with the rarest label kept. Parts: publications, in the "
        "first split. Lacking: labels that some part lacks, in the split with most of them.",
        *(f"{name} is left out: {why}" for name, why in reasons.items()),
    ]
    whole = ["labels", "left out", "publications", "rarest", "lacking"]
    unbroken = ["label set", "train / validation / test"]
    return table(frame, decimals={"labels each": 2}, whole=whole, unbroken=unbroken, notes=notes, synthetic=synthetic)


def scores_table(
    results: pd.DataFrame, comparisons: pd.DataFrame, measure: str, baseline: str, *, synthetic: bool
) -> GT:
    """Return classifiers by label sets: the value, a mark where it differs from the baseline, the best in bold."""
    if results.empty:
        return table(pd.DataFrame({"classifier": []}), notes=[NO_LABELS], synthetic=synthetic)
    names = {"classifier": "system", "label_set": "view"}
    values, tests = (
        each[each["measure"] == measure][[*names, *kept]].rename(columns=names)
        for each, kept in ((results, ["value"]), (comparisons, ["difference", "significant"]))
    )
    shown = leaderboard(values, tests, baseline, across="label set", synthetic=synthetic)
    return shown.cols_label(system="classifier")


def views_table(labels: LabelSet | None, values: pd.DataFrame, differences: pd.DataFrame, *, synthetic: bool) -> GT:
    """Return systems by views for the probe and the main measure, marked where a view differs from the leading one.

    Parameters
    ----------
    labels : that are predicted, None where there are none.
    values, differences : as `bench.classification_by.by_view` gives them.
    """
    if values.empty:
        why = NO_LABELS if labels is None else NO_VECTORS
        return table(pd.DataFrame({"system": []}), notes=[why], synthetic=synthetic)
    mine, tested = (frame[frame["measure"] == MAIN] for frame in (values, differences))
    return leaderboard(mine, tested, str(mine["view"].iloc[0]), within="system", synthetic=synthetic)


def chosen_table(chosen: pd.DataFrame, *, synthetic: bool) -> GT:
    """Return the strengths that validation chose, probes by label sets, with a mark at the first and the last tried."""
    marked = chosen.assign(
        shown=[f"{c:g}{'*' if edge else ''}" for c, edge in zip(chosen["strength"], chosen["at_edge"], strict=True)]
    )
    joined = marked.groupby(["classifier", "label_set"], sort=False)["shown"].agg(_once)
    wide = joined.unstack().reindex(columns=list(dict.fromkeys(chosen["label_set"])))
    wide = wide.reindex(list(dict.fromkeys(chosen["classifier"]))).rename_axis("classifier").reset_index()
    notes = [
        "C, the inverse strength of the penalty, of every split, or once where all chose the same one; * is the first "
        "or the last one tried."
    ]
    return table(wide, unbroken=["classifier"], notes=notes, synthetic=synthetic)


def _once(strengths: pd.Series) -> str:
    return ", ".join(strengths if strengths.nunique() > 1 else strengths[:1])


def scores_figure(results: pd.DataFrame, cards: Mapping[str, Card], *, synthetic: bool) -> Figure:
    """Draw the main measure of probes and baselines with intervals, one panel a label set, best of the first on top."""
    mine = results[(results["measure"] == MAIN) & (results["method"] != "kNN")]
    if mine.empty:
        return words_figure(NO_LABELS, synthetic=synthetic)
    sets = list(dict.fromkeys(mine["label_set"]))
    order = list(mine[mine["label_set"] == sets[0]].sort_values("value")["classifier"])
    figure, grid = panels(len(sets), ROW * len(order) + 0.45, margin=0.5, xlabel=MAIN)
    for axes, name in zip(grid, sets, strict=True):
        rows = mine[mine["label_set"] == name].set_index("classifier").loc[order].reset_index()
        for kind in dict.fromkeys(_kind(system, cards) for system in rows["system"]):
            part = rows[[_kind(system, cards) == kind for system in rows["system"]]]
            axes.errorbar(part["value"], part.index, xerr=arms(part), fmt=_marker(kind), color=_colour(kind), capsize=2)
        axes.set_title(name)
    grid[0].set_yticks(range(len(order)), order)
    grid[0].set_ylim(-0.6, len(order) - 0.4)
    return finish(figure, synthetic=synthetic)


def _kind(system: str, cards: Mapping[str, Card]) -> str:
    return cards[system].kind if system in cards else ""


def _colour(kind: str) -> str:
    return KIND_COLOURS.get(kind, BASELINE_COLOUR)


def _marker(kind: str) -> str:
    return KIND_MARKERS.get(kind, "X")


def methods_figure(results: pd.DataFrame, *, synthetic: bool) -> Figure:
    """Draw for each system and label set what its probe and its kNN reach, joined by a line."""
    mine = results[(results["measure"] == MAIN) & (results["method"] != "baseline")]
    if mine.empty:
        return words_figure(NO_LABELS if results.empty else NO_VECTORS, synthetic=synthetic)
    sets = list(dict.fromkeys(mine["label_set"]))
    lead = mine[(mine["label_set"] == sets[0]) & (mine["method"] == "probe")].sort_values("value")
    order = list(lead["system"])
    figure, grid = panels(len(sets), ROW * len(order) + 0.75, margin=0.7, xlabel=MAIN)
    for axes, name in zip(grid, sets, strict=True):
        wide = mine[mine["label_set"] == name].pivot(index="system", columns="method", values="value").loc[order]
        heights = range(len(order))
        axes.hlines(heights, wide["kNN"], wide["probe"], color="#9a9a9a", linewidth=2, zorder=1)
        axes.plot(wide["probe"], heights, "o", color="#0072B2", label="probe")
        axes.plot(wide["kNN"], heights, "D", color="#E69F00", markersize=5, label="kNN")
        axes.set_title(name)
    grid[0].set_yticks(range(len(order)), order)
    grid[0].set_ylim(-0.6, len(order) - 0.4)
    figure.legend(*grid[0].get_legend_handles_labels(), loc="outside upper center", ncols=2)
    return finish(figure, synthetic=synthetic)


def curve_figure(curve: pd.DataFrame, *, synthetic: bool) -> Figure:
    """Draw the main measure against the number of training publications, a line a classifier.

    Parameters
    ----------
    curve : as `bench.classification_by.curve` gives it. The best probe and the best baseline have their interval
        shaded.
    """
    mine = curve[curve["measure"] == MAIN]
    if mine.empty:
        return words_figure(NO_LABELS, synthetic=synthetic)
    figure, axes = plt.subplots(figsize=(7.2, 4.0))
    whole = mine[mine["share"] == mine["share"].max()].sort_values("value", ascending=False)
    shaded = whole.drop_duplicates("method")["classifier"].tolist()
    probes = whole[whole["method"] == "probe"]["classifier"].tolist()
    colours = mpl.colormaps["viridis"](np.linspace(0, 0.85, max(len(probes), 1)))
    strokes = iter(["--", "-.", ":"])
    for name in whole["classifier"]:
        line = mine[mine["classifier"] == name].sort_values("train")
        with_vectors = name in probes
        colour = colours[probes.index(name)] if with_vectors else BASELINE_COLOUR
        stroke = "-" if with_vectors else next(strokes)
        axes.plot(line["train"], line["value"], stroke, marker=".", markersize=7, color=colour, label=name)
        if name in shaded:
            axes.fill_between(line["train"], line["low"], line["high"], color=colour, alpha=0.13, linewidth=0)
    axes.set(xscale="log", xlabel="training publications (logarithmic)", ylabel=MAIN)
    plain_ticks(axes)
    figure.legend(loc="outside right center")
    return finish(figure, synthetic=synthetic)
