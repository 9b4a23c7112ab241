"""Figures and tables of notebook 06: late interaction, what it costs, and a second look at a first stage's best."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from patbench_lib.bench.bench import Bench
from patbench_lib.bench.late import encoded_tokens, late_encoder, single_vector_of
from patbench_lib.bench.rerank import reranked
from patbench_lib.evaluate.compare import against
from patbench_lib.landscape.schema import NOT_SHOWN
from patbench_lib.landscape.views import NEEDS
from patbench_lib.report.labels import shortened
from patbench_lib.report.style import KIND_COLOURS, arms, finish, panels, words_figure

GAIN, LOSS = "#0072B2", "#D55E00"
TESTED = ["difference", "low", "high", "p_holm", "significant"]


def compared(scores: pd.DataFrame, bench: Bench) -> pd.DataFrame:
    """Compare each late-interaction system with the baseline and with the same model's single vector.

    Parameters
    ----------
    scores : per-query scores of one measure and stratum.

    Returns
    -------
    pandas.DataFrame
        system, against, difference, low, high, p_holm (over the systems compared with one), significant.
    """
    study, tables = bench.study, []
    late = list(study.late_interaction.systems)
    references = {study.baseline: [s for s in late if s != study.baseline]}
    for system in late:
        if (single := single_vector_of(study, system)) and single != study.baseline:
            references[single] = [*references.get(single, []), system]
    for reference, systems in references.items():
        if systems:
            chosen = scores[scores["system"].isin([reference, *systems])]
            found = against(chosen, reference, study.statistics, seed=study.seed)
            tables.append(found.assign(against=reference)[["system", "against", *TESTED]])
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=["system", "against", *TESTED])


def storage(bench: Bench) -> pd.DataFrame:
    """Return what each late-interaction system keeps of a document on the leading view, beside one vector.

    Returns
    -------
    pandas.DataFrame
        system, mode (how it was searched), limit (tokens), vectors and bytes (per document, mean), single (the same
        model's single vector), times (as many bytes as that); of a study without the single vector, None.
    """
    rows = []
    arena, study = bench.arena, bench.study
    for system in study.late_interaction.systems:
        reading, single = bench.reading(system, arena, arena.views[0]), single_vector_of(study, system)
        each = reading["bytes"] / len(arena.landscape)
        one = bench.encoded(single, arena, arena.views[0]).vectors[0].nbytes if single else None
        rows.append(
            {
                "system": system,
                "mode": reading["mode"],
                "limit": reading["limit"],
                "vectors": reading["vectors"],
                "bytes": each,
                "single": single,
                "bytes of it": one,
                "times": each / one if one else None,
            }
        )
    columns = ["system", "mode", "limit", "vectors", "bytes", "single", "bytes of it", "times"]
    return pd.DataFrame(rows, columns=columns)


def reranking(scores: pd.DataFrame, bench: Bench) -> pd.DataFrame:
    """Compare the baseline with and without each reranker, in every stratum.

    Parameters
    ----------
    scores : of `rerank_scores`, one measure.

    Returns
    -------
    pandas.DataFrame
        reranker, stratum, before, after, difference, low, high, p_holm, n, verdict: "helps", "hurts" or "no clear
        difference" at the study's level.
    """
    baseline = bench.study.baseline
    found = against(scores, baseline, bench.study.statistics, seed=bench.study.seed)
    values = scores.groupby(["system", "stratum"])["value"].mean()
    found["reranker"] = found["system"].str.removeprefix(f"{baseline} + ")
    found["before"] = [values[baseline, stratum] for stratum in found["stratum"]]
    found["after"] = found["before"] + found["difference"]
    found["verdict"] = np.select(
        [~found["significant"].astype(bool), found["difference"] > 0], ["no clear difference", "helps"], "hurts"
    )
    return found[
        ["reranker", "stratum", "before", "after", "difference", "low", "high", "p_holm", "n", "verdict"]
    ].sort_values("reranker", kind="stable", ignore_index=True)


def latency(bench: Bench) -> pd.DataFrame:
    """Return how long each reranker took for a query.

    Returns
    -------
    pandas.DataFrame
        reranker, kind, limit (tokens of a pair, or of a text), among (documents of the first stage), pairs, ms (median
        per query), ms_95 (95th percentile), ms_pair (mean per pair).
    """
    rows = []
    for system in bench.study.reranking.systems:
        made = reranked(bench, system).made
        told = {name: made[name] for name in ("limit", "among", "pairs", "ms", "ms_95")}
        pair = 1000 * made["scoring"] / max(made["pairs"], 1)
        rows.append({"reranker": system, "kind": bench.study.card(system).kind, **told, "ms_pair": pair})
    columns = ["reranker", "kind", "limit", "among", "pairs", "ms", "ms_95", "ms_pair"]
    return pd.DataFrame(rows, columns=columns)


def rerank_figure(found: pd.DataFrame, measure: str, kinds: Mapping[str, str], *, synthetic: bool) -> Figure:
    """Draw the difference that each reranker makes in each stratum, with its interval.

    Parameters
    ----------
    found : of `reranking`.
    kinds : kind of each reranker.
    """
    rerankers, strata = list(dict.fromkeys(found["reranker"])), list(dict.fromkeys(found["stratum"]))
    if not rerankers:
        return words_figure("This study names no reranker.", synthetic=synthetic)
    figure, axes = plt.subplots(figsize=(7.2, 0.42 * len(found) + 1.7))
    height = {stratum: -place for place, stratum in enumerate(strata)}
    spread = np.linspace(0.18, -0.18, len(rerankers)) if len(rerankers) > 1 else [0.0]
    for reranker, shift in zip(rerankers, spread, strict=True):
        mine = found[found["reranker"] == reranker]
        axes.errorbar(
            mine["difference"], [height[s] + shift for s in mine["stratum"]], xerr=arms(mine, "difference"), fmt="o",
            capsize=3, markersize=7, color=KIND_COLOURS[kinds[reranker]], label=reranker,
        )  # fmt: skip
    axes.axvline(0, color="black", linewidth=1)
    axes.set_yticks(list(height.values()), [f"{name}, n = {_queries(found, name):,}" for name in strata])
    axes.set(xlabel=f"difference of {measure}, reranked less first stage", ylim=(-len(strata) + 0.4, 0.6))
    axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=3)
    return finish(figure, synthetic=synthetic)


def _queries(found: pd.DataFrame, stratum: str) -> int:
    return int(found[found["stratum"] == stratum]["n"].iloc[0])


def gains_figure(scores: pd.DataFrame, baseline: str, *, synthetic: bool) -> Figure:
    """Draw what reranking changes for each query, one panel a reranker, queries by difference.

    Parameters
    ----------
    scores : of `rerank_scores`, one measure and stratum.
    """
    wide = scores.pivot(index="query", columns="system", values="value")
    others = [name for name in dict.fromkeys(scores["system"]) if name != baseline]
    if not others:
        return words_figure("This study names no reranker.", synthetic=synthetic)
    figure, grid = panels(len(others), 2.3, margin=0.8, columns=1, width=7.2, xlabel="queries, by difference")
    for axes, name in zip(grid, others, strict=True):
        _gains_panel(axes, np.sort((wide[name] - wide[baseline]).to_numpy())[::-1])
        axes.set_title(name.removeprefix(f"{baseline} + "))
    figure.supylabel(f"difference of {scores['measure'].iloc[0]}", fontsize=10.5)
    return finish(figure, synthetic=synthetic)


def _gains_panel(axes: Axes, differences: np.ndarray) -> None:
    place = np.arange(len(differences))
    axes.fill_between(place, differences.clip(min=0), step="mid", color=GAIN, linewidth=0)
    axes.fill_between(place, differences.clip(max=0), step="mid", color=LOSS, linewidth=0)
    axes.axhline(0, color="black", linewidth=0.8)
    axes.set(ylim=(-1.05, 1.05), xlim=(-0.5, len(place) - 0.5))
    gained, lost = int((differences > 0).sum()), int((differences < 0).sum())
    axes.text(0.03, 0.1, f"{gained:,} gain", transform=axes.transAxes, color=GAIN)
    axes.text(0.97, 0.84, f"{lost:,} lose", transform=axes.transAxes, color=LOSS, ha="right")
    axes.text(0.5, 0.84, f"{len(place) - gained - lost:,} stay", transform=axes.transAxes, ha="center")


def alignment_figure(bench: Bench, *, tokens: int = 12, synthetic: bool) -> Figure:
    """Draw the products behind one score: a query's first tokens, and of a document those that match one of them best.

    The pair is the first query whose best document, by the study's first late-interaction system, is relevant, or the
    first query where there is none.
    """
    systems = bench.study.late_interaction.systems
    if not systems:
        return words_figure("This study names no late-interaction system.", synthetic=synthetic)
    if not bench.arena.landscape.may_show(*NEEDS[bench.arena.views[0]]):
        return words_figure(f"Tokens of view {bench.arena.views[0]}: {NOT_SHOWN}.", synthetic=synthetic)
    (query, document), (asked, found) = _pair(bench, systems[0])
    encoder, arena = late_encoder(bench, systems[0]), bench.arena
    texts = arena.texts(arena.views[0])
    left = encoder.pieces(texts[query], "query")[:tokens]
    right = encoder.pieces(texts[document], "document")
    products = asked[: len(left)].astype(np.float32) @ found.astype(np.float32).T
    columns = np.unique(products.argmax(1))
    figure, axes = plt.subplots(figsize=(7.6, 0.36 * len(left) + 2.0))
    sns.heatmap(
        products[:, columns], ax=axes, cmap="cividis", vmin=0, vmax=1, linewidths=0.5,
        xticklabels=[right[column] for column in columns], yticklabels=left, cbar_kws={"label": "dot product"},
    )  # fmt: skip
    for row, column in enumerate(np.searchsorted(columns, products.argmax(1))):
        best = float(products[row, columns[column]])
        colour = "black" if best > 0.55 else "white"
        axes.text(column + 0.5, row + 0.5, f"{best:.2f}", ha="center", va="center", size=8, color=colour)
    numbers = arena.landscape.numbers
    axes.set(xlabel=f"tokens of {numbers[document]}", ylabel=f"tokens of {numbers[query]}")
    titles = arena.landscape.shown.patents["title"].iloc[[query, document]]
    axes.set_title("\n".join(map(shortened, titles)), fontsize=9.5)
    axes.tick_params(axis="x", rotation=60)
    axes.tick_params(axis="y", rotation=0)
    axes.grid(visible=False)
    return finish(figure, synthetic=synthetic)


def _pair(bench: Bench, system: str) -> tuple[tuple[int, int], tuple[np.ndarray, np.ndarray]]:
    """Return the rows of a query and of its best document, and the vectors of their tokens."""
    arena, judged = bench.arena, bench.arena.judgements
    view = arena.views[0]
    best = bench.run(system, arena, view).documents[:, 0]
    relevant = [
        best[i] in judged.documents[judged.indptr[i] : judged.indptr[i + 1]] for i in range(len(judged.queries))
    ]
    position = int(np.argmax(relevant))
    queries, documents = (encoded_tokens(bench, system, arena, view, role).vectors for role in ("query", "document"))
    rows = int(judged.queries[position]), int(best[position])
    return rows, (queries.take(position), documents.take(rows[1]))


def notes(found: Sequence[object], text: str) -> list[str]:
    """Return the note of a table that has no rows."""
    return [] if len(found) else [text]
