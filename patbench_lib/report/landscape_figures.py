"""Figures and tables of notebook 01: what is in a landscape."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure

from patbench_lib.bench.arena import Arena
from patbench_lib.report.style import STRATUM_COLOURS, finish, words_figure
from patbench_lib.types import Ints

MOST_LABELS = 12


def overview(arenas: Sequence[Arena]) -> pd.DataFrame:
    """Return one column a landscape: publications, families, offices, years, candidates, queries, pairs, IN and OUT."""
    return pd.DataFrame({arena.name: _overview(arena) for arena in arenas}).rename_axis("").reset_index()


def _overview(arena: Arena) -> dict[str, str]:
    patents = arena.landscape.patents
    years = patents["publication_date"].dt.year.dropna()
    offices = patents["office"].replace("", np.nan).nunique()
    return {
        "publications": f"{len(patents):,}",
        "families": f"{patents['family_id'].nunique():,}",
        "offices": f"{offices}" if offices else "unknown",
        "years": f"{years.min():.0f}–{years.max():.0f}" if len(years) else "unknown",
        "citations": f"{patents['cited'].map(len).sum():,}",
        **_judged(arena),
        "label sets": ", ".join(map(arena.landscape.marked, arena.landscape.label_sets)) or "none",
        "fingerprint": arena.landscape.fingerprint[:12],
    }


def _judged(arena: Arena) -> dict[str, str]:
    if arena.unjudged:
        return {"queries": "none"}
    judged = arena.judgements
    return {
        "documents that may be retrieved": f"{len(judged.collection):,}",
        "queries": f"{len(judged.queries):,}",
        "relevant pairs": f"{judged.pairs:,}",
        "queries with an answer IN their domain": f"{len(judged.stratum('IN').queries):,}",
        "queries with an answer OUT of it": f"{len(judged.stratum('OUT').queries):,}",
        "pairs of unknown domain": f"{int((judged.in_domain < 0).sum()):,}",
    }


def findings(arena: Arena) -> pd.DataFrame:
    """Return the quality report as a table with a few row numbers each; one row says so where nothing was found."""
    found = arena.landscape.report.to_frame()
    if found.empty:
        return pd.DataFrame([{"level": "–", "column": "–", "problem": "nothing found", "count": 0}])
    few = [", ".join(map(str, rows[:5])) for rows in found["rows"]]
    found["rows"] = [text + " …" * (count > 5) for text, count in zip(few, found["count"], strict=True)]
    return found


def offices_and_years(arena: Arena) -> Figure:
    """Draw publications by office and by year of publication, and say so where these are unknown."""
    patents = arena.landscape.patents
    figure, (left, right) = plt.subplots(1, 2, figsize=(7.6, 3.4), width_ratios=(1, 1.7))
    offices = patents["office"].replace("", "unknown").value_counts().head(10)
    bars = left.barh(offices.index[::-1], offices[::-1], color="#0072B2")
    left.bar_label(bars, padding=3, fontsize=9, fmt="{:,.0f}")
    left.set(xlabel="publications", title="Office", xlim=(0, offices.max() * 1.2))
    left.grid(axis="y", visible=False)
    years = patents["publication_date"].dt.year.dropna().astype(int).value_counts().sort_index()
    right.bar(years.index, years, color="#56B4E9", edgecolor="#1d5e82", linewidth=0.4, width=0.85)
    if years.empty:
        right.set(xticks=[], yticks=[])
        right.text(0.5, 0.5, "unknown", transform=right.transAxes, ha="center", va="center")
    elif len(years) == 1:
        right.set(xticks=years.index, xlim=(years.index[0] - 1, years.index[0] + 1))
    else:
        right.xaxis.get_major_locator().set_params(integer=True)
    right.set(xlabel="year of publication", title="Year")
    right.grid(axis="x", visible=False)
    return finish(figure, synthetic=arena.landscape.provenance.synthetic)


def label_lists(arena: Arena) -> tuple[str, pd.Series]:
    """Return the name and the lists of the landscape's first label set, or of its IPC classes where it has none."""
    patents = arena.landscape.patents
    if arena.landscape.label_sets:
        name = arena.landscape.label_sets[0]
        return arena.landscape.marked(name), patents[name]
    return "IPC class", patents["ipc"].map(lambda symbols: list(dict.fromkeys(symbol[:3] for symbol in symbols)))


def label_overlap(arena: Arena) -> Figure:
    """Draw how often two labels stand on one publication, for the most frequent labels."""
    name, lists = label_lists(arena)
    labels = lists.explode().value_counts().head(MOST_LABELS).index
    member = np.array([[label in entries for label in labels] for entries in lists], dtype=float).reshape(
        -1, len(labels)
    )
    together = pd.DataFrame(member.T @ member, index=labels, columns=labels)
    share = together.div(np.maximum(np.diag(together), 1), axis=0)
    figure, axes = plt.subplots(figsize=(7.4, 0.42 * len(labels) + 2.2))
    sns.heatmap(
        share, ax=axes, cmap="cividis", vmin=0, vmax=1, annot=True, fmt=".2f", annot_kws={"fontsize": 8.5},
        linewidths=0.5, cbar_kws={"label": "share of the row's publications"},
    )  # fmt: skip
    axes.set(xlabel=f"also labelled ({name})", ylabel=f"labelled ({name})")
    axes.tick_params(axis="x", rotation=40)
    plt.setp(axes.get_xticklabels(), ha="right", rotation_mode="anchor")
    axes.grid(visible=False)
    return finish(figure, synthetic=arena.landscape.provenance.synthetic)


def relevant_per_query(arena: Arena) -> Figure:
    """Draw how many relevant documents queries have, and how the pairs part into IN and OUT."""
    if arena.unjudged:
        return words_figure(f"Nothing to show: {arena.unjudged}.", synthetic=arena.landscape.provenance.synthetic)
    judged = arena.judgements
    figure, (left, right) = plt.subplots(1, 2, figsize=(7.6, 3.2), width_ratios=(1.8, 1))
    sizes = np.diff(judged.indptr)
    top = int(min(sizes.max(), 15))
    counts = np.bincount(sizes.clip(max=top), minlength=top + 1)[1:]
    left.bar(range(1, top + 1), counts, color="#4d4d4d", width=0.8)
    left.set(xlabel="relevant documents of a query", ylabel="queries", title="Queries by number of answers")
    left.xaxis.get_major_locator().set_params(integer=True)
    if sizes.max() > top:
        left.set_xlabel(f"relevant documents of a query ({top}: or more)")
    left.grid(axis="x", visible=False)
    pairs = {"IN": int((judged.in_domain == 1).sum()), "OUT": int((judged.in_domain == 0).sum())}
    bars = right.bar(list(pairs), list(pairs.values()), color=[STRATUM_COLOURS[name] for name in pairs], width=0.6)
    right.bar_label(bars, fmt="{:,.0f}", padding=2)
    right.set(ylabel="pairs", title="Domain of the answer", ylim=(0, max(pairs.values()) * 1.15 + 1))
    right.grid(axis="x", visible=False)
    return finish(figure, synthetic=arena.landscape.provenance.synthetic)


def text_lengths(tokens: Mapping[str, Ints], limits: Mapping[str, int], *, synthetic: bool) -> Figure:
    """Draw the length of each view's texts in tokens, with the limits of models as lines.

    Parameters
    ----------
    tokens : tokens of every publication, by view.
    limits : tokens a model reads at most, by model; models of one limit share a line.
    """
    figure, axes = plt.subplots(figsize=(7.4, 0.5 * len(tokens) + 2.0))
    data = [np.maximum(tokens[view], 1) for view in tokens]
    axes.boxplot(
        data, orientation="horizontal", tick_labels=list(tokens), whis=(5, 95), showfliers=False, widths=0.6,
        patch_artist=True, boxprops={"facecolor": "#cfe3f2"}, medianprops={"color": "#0072B2", "linewidth": 2},
    )  # fmt: skip
    axes.invert_yaxis()
    axes.set(xscale="log", xlabel="tokens of a publication (box: quartiles, whiskers: 5 % and 95 %)", ylabel="view")
    ticks = [t for t in (10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 32_768) if t <= 2 * axes.get_xlim()[1]]
    axes.set_xticks(ticks, [f"{t:,}" for t in ticks], minor=False)
    axes.minorticks_off()
    for limit in sorted(set(limits.values())):
        names = [name for name, value in limits.items() if value == limit]
        axes.axvline(limit, color="#D55E00", linestyle="--", linewidth=1.3)
        text = f"{limit:,}: {names[0]}" + (f" and {len(names) - 1} more" if len(names) > 1 else "")
        axes.annotate(text, (limit, 1.01), xycoords=("data", "axes fraction"), color="#a54400", fontsize=9, ha="center")
    return finish(figure, synthetic=synthetic)
