"""Evidence on retrieval without training (C5, C6, C7, C10, C11)."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import pairwise, product
from typing import Any

import pandas as pd

from patbench_lib.bench.bench import Bench
from patbench_lib.bench.claims_evidence import Evidence, differences, lacking, moved
from patbench_lib.bench.rerank import rerank_scores
from patbench_lib.bench.variants import cheaper_vectors, single_vector
from patbench_lib.bench.views import leading_scores, main_rows, view_differences, view_scores
from patbench_lib.evaluate.compare import against, by_query, tested
from patbench_lib.evaluate.gap import relative_gap
from patbench_lib.reference.expected import groups


def larger_in_family(bench: Bench, about: Mapping[str, Any]) -> Evidence:
    """Hold each model against the next smaller one of its family, on the leading view."""
    sizes = _sizes(bench)
    families: dict[str, list[str]] = {}
    for system in sorted(sizes, key=lambda name: sizes[name][1]):
        families.setdefault(sizes[system][0], []).append(system)
    pairs = [(large, small) for members in families.values() for small, large in pairwise(members)]
    return _held(bench, pairs, "No two systems of this study are of one family and of known size.")


def smaller_across(bench: Bench, about: Mapping[str, Any]) -> Evidence:
    """Hold each model against every larger one of another family, on the leading view."""
    sizes = _sizes(bench)
    pairs = [
        (small, large)
        for small, large in product(sizes, sizes)
        if sizes[small][0] != sizes[large][0] and sizes[small][1] < sizes[large][1]
    ]
    return _held(bench, pairs, "No two systems of this study are of different families and of known, different sizes.")


def best_view(bench: Bench, about: Mapping[str, Any]) -> Evidence:
    """Hold a view against every other, system by system.

    Parameters
    ----------
    about : view.
    """
    view, views = about["view"], bench.arena.views
    if view not in views:
        missing = bench.arena.views_missing.get(view)
        return lacking(
            f"The landscape has no {' and no '.join(missing)}." if missing else f"{view} is no view of this study."
        )
    if len(views) < 2:
        return lacking(f"{view} is the only view of this study.")
    rows = view_differences(bench, view_scores(bench), view)
    published = [_published(row["system"], view) - _published(row["system"], row["view"]) for _, row in rows.iterrows()]
    named = [f"{row['system']}, {view} − {row['view']}" for _, row in rows.iterrows()]
    return differences(rows, named, sign=-1, published=published)


def domain_gap(bench: Bench, about: Mapping[str, Any]) -> Evidence:
    """Return how much lower each system scores outside the domain than inside, on the leading view.

    Parameters
    ----------
    about : `recall` where the first measure of recall is told beside the main measure.
    """
    study = bench.study
    recall = [name for name in study.measured() if name.startswith("Recall")][:1] if about.get("recall") else []
    scores = leading_scores(bench, study.systems)
    scores = scores[scores["measure"].isin([study.main_measure, *recall])]
    gaps = relative_gap(scores, study.statistics, seed=study.seed)
    gaps = gaps[gaps["gap"].map(math.isfinite)].rename(columns={"gap": "difference"})
    if gaps.empty:
        return lacking("No system finds anything for queries inside their domain, or none is inside, or none outside.")
    named = [f"{row['system']}, {row['measure']}" for _, row in gaps.iterrows()]
    return differences(gaps.assign(n=gaps[["n_in", "n_out"]].min(axis=1)), named)


def kept_when_cut(bench: Bench, about: Mapping[str, Any]) -> Evidence:
    """Hold what vectors keep when they are cut against published shares, for systems as wide as the published ones.

    Parameters
    ----------
    about : group and series of the expected numbers.
    """
    group = groups()[about["group"]]
    shares, (narrow, wide) = group.values[about["series"]], group.widths[about["series"]]
    fit = [system for system in single_vector(bench) if narrow <= (bench.study.card(system).dim or 0) <= wide]
    if not fit:
        return lacking(f"No system of this study has vectors of {narrow:,} to {wide:,} dimensions.")
    kept = cheaper_vectors(bench)
    kept = kept[kept["system"].isin(fit) & kept["variant"].isin(shares) & kept["retention"].notna()]
    if kept.empty:
        return lacking(f"truncation.dims has none of {', '.join(shares)}, or nothing is found.")
    named = [f"{row['system']}, {row['variant']} dimensions" for _, row in kept.iterrows()]
    found = differences(kept.rename(columns={"retention": "difference"}), named)
    return moved(found, -kept["variant"].map(shares).to_numpy(dtype=float))


def reranking(bench: Bench, about: Mapping[str, Any]) -> Evidence:
    """Hold BM25 reranked by each cross-encoder of the study against BM25 alone, on the leading view."""
    study = bench.study
    named = [name for name in study.reranking.systems if study.card(name).kind == "cross-encoder"]
    if not named:
        return lacking("This study reranks with no cross-encoder.")
    if study.card(study.baseline).kind != "lexical":
        return lacking(f"What is reranked is the baseline, {study.baseline}, which is no lexical system.")
    scores = main_rows(bench, rerank_scores(bench))
    rows = against(scores, study.baseline, study.statistics, seed=study.seed)
    rows = rows[rows["system"].isin([f"{study.baseline} + {name}" for name in named])]
    return differences(rows, rows["system"].tolist())


def _sizes(bench: Bench) -> dict[str, tuple[str, float]]:
    """Return family and size of every system with one vector a text and a known size; some are their own family."""
    cards = {system: bench.study.card(system) for system in single_vector(bench)}
    return {name: (card.family or name, card.params_m) for name, card in cards.items() if card.params_m}


def _held(bench: Bench, pairs: Sequence[tuple[str, str]], why: str) -> Evidence:
    """Return the difference of each pair of systems, first less second, with published values where both have one."""
    if not pairs:
        return lacking(why)
    study, view = bench.study, bench.arena.views[0]
    systems = list(dict.fromkeys(name for pair in pairs for name in pair))
    wide, families = by_query(main_rows(bench, leading_scores(bench, systems)))
    one, other = (wide[list(side)].to_numpy() for side in zip(*pairs, strict=True))
    rows = pd.DataFrame(tested(one - other, families, study.statistics, seed=study.seed))
    published = [_published(first, view) - _published(second, view) for first, second in pairs]
    return differences(rows, [f"{first} − {second}" for first, second in pairs], published=published)


def _published(system: str, view: str) -> float:
    """Return the published score of a system on a view, nan where there is none."""
    group = groups()["paper"]
    return group.values.get(system, {}).get(view, math.nan)
