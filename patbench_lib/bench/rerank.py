"""Reranking on the bench: the study's baseline on the leading view, and a closer look at its best."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from patbench_lib.bench.bench import Bench
from patbench_lib.bench.keys import code_digest, model_key, run_key
from patbench_lib.bench.late import encoded_tokens
from patbench_lib.bench.made import Made
from patbench_lib.encode.batches import batches
from patbench_lib.models.cross import PairScorer, load_cross
from patbench_lib.retrieve.maxsim import maxsim
from patbench_lib.retrieve.rerank import Score, rerank
from patbench_lib.retrieve.run import Run
from patbench_lib.study import digest
from patbench_lib.types import Floats, Ints


def reranked(bench: Bench, system: str) -> Made:
    """Return the baseline's run on the leading view with its best reranked by a system, made or found.

    Returns
    -------
    Made
        The run, and beside it: `first`, `among` (documents reranked per query, at most), `pairs`, `scoring` (seconds),
        `ms` (per query: median) and `ms_95` (95th percentile), `limit` (tokens of a pair, or of a text).
    """
    study, arena = bench.study, bench.arena
    view, card = arena.views[0], study.card(system)
    deep = min(max(study.depth, study.reranking.depth), arena.judgements.reach)
    first = study.model_copy(update={"depth": deep})
    key = digest(
        run_key(first, study.card(study.baseline), view, arena.key),
        model_key(study, card),
        study.reranking.depth,
        study.depth,
        [code_digest(room) for room in ("encode", "retrieve", "bench")],
    )
    name = f"{arena.name}.{view}.{study.baseline}+{system}.{key}"
    return bench.derived(name, arena, lambda: _rerank(bench, system, deep))


def _rerank(bench: Bench, system: str, deep: int) -> tuple[Run, dict[str, Any]]:
    study = bench.study
    first = bench.run(study.baseline, bench.arena, bench.arena.views[0], depth=deep)
    cross = study.card(system).kind == "cross-encoder"
    score, limit = _pair_score(bench, system) if cross else _late_score(bench, system)
    among = study.reranking.depth
    run, seconds = rerank(first, among, study.depth, score)
    said = {
        "first": study.baseline,
        "among": min(among, first.depth),
        "pairs": int((first.documents[:, :among] >= 0).sum()),
        "scoring": float(seconds.sum()),
        "ms": 1000 * float(np.median(seconds)),
        "ms_95": 1000 * float(np.quantile(seconds, 0.95)),
        "limit": limit,
    }
    return run, said


def _late_score(bench: Bench, system: str) -> tuple[Score, int | None]:
    """Score by MaxSim over token vectors that were made before: encoding is no part of the time."""
    arena, view = bench.arena, bench.arena.views[0]
    documents, queries = (encoded_tokens(bench, system, arena, view, role) for role in ("document", "query"))

    def score(position: int, rows: Ints) -> Floats:
        return maxsim(queries.vectors.take(position), documents.vectors, rows)

    return score, documents.limit


def _pair_score(bench: Bench, system: str) -> tuple[Score, int | None]:
    """Score by reading query and document together, in batches of pairs of like length."""
    scorer: PairScorer = bench.loaded(system, load_cross)
    texts, asked = (bench.arena.texts_of(bench.arena.views[0], role) for role in ("document", "query"))

    def score(position: int, rows: Ints) -> Floats:
        return score_pairs(
            scorer, [(asked[position], texts[row]) for row in rows], batch_tokens=bench.study.encoding.batch_tokens
        )

    return score, scorer.max_tokens


def score_pairs(scorer: PairScorer, pairs: list[tuple[str, str]], *, batch_tokens: int) -> Floats:
    """Return the scores of pairs, read in batches of like length; shape [n]."""
    scores = np.empty(len(pairs), dtype=np.float32)
    for positions in batches(scorer.count_tokens(pairs), limit=scorer.max_tokens, budget=batch_tokens):
        scores[positions] = scorer.score_batch([pairs[position] for position in positions])
    return scores


def rerank_scores(bench: Bench) -> pd.DataFrame:
    """Return scores on the leading view of the baseline, and of the baseline reranked by each of the study's rerankers.

    Returns
    -------
    pandas.DataFrame
        As `Bench.scores` gives them; a reranked run is called after both, as in "BM25 + X".
    """
    study, arena = bench.study, bench.arena
    view = arena.views[0]
    after = [
        bench.score(reranked(bench, name).run, arena, system=f"{study.baseline} + {name}", view=view)
        for name in study.reranking.systems
    ]
    return pd.concat([bench.scores(study.baseline, arena, view), *after], ignore_index=True)
