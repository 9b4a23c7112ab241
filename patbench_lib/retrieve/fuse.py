"""Fusion: one ranking from several, by ranks or by normalised scores."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal, get_args

import numpy as np

from patbench_lib.errors import PatbenchError
from patbench_lib.retrieve.run import Run, fill
from patbench_lib.types import Floats, Ints

Normalisation = Literal["min-max", "z-score", "rank"]

NORMALISATIONS: tuple[Normalisation, ...] = get_args(Normalisation)


def fuse_rrf(runs: Sequence[Run], depth: int, *, k: int = 60) -> Run:
    """Fuse runs by reciprocal rank: a document scores the sum of 1 / (k + rank) over the runs that rank it.

    A document that a run does not rank gets nothing from it. The best `depth` of each query's union are kept.

    Source: Cormack, Clarke and Büttcher, Reciprocal Rank Fusion Outperforms Condorcet and Individual Rank Learning
    Methods (SIGIR 2009), where k is 60.
    """
    return _fuse(runs, depth, [1.0] * len(runs), lambda scores: 1.0 / (k + np.arange(1, len(scores) + 1)), missing=0.0)


def fuse_linear(
    runs: Sequence[Run], depth: int, weights: Sequence[float], normalisation: Normalisation = "min-max"
) -> Run:
    """Fuse runs by a weighted sum of scores, normalised per query and run; the best `depth` of each union are kept.

    Interpolation of a dense run and BM25 by alpha has the weights (alpha, 1 - alpha).

    Parameters
    ----------
    normalisation : what makes scores of different systems comparable, with the score of a document that a run does
        not rank as the method's paper has it:

        `min-max`
            (s - min) / (max - min), 1 where all scores are equal; missing 0, the score of the last one ranked (Lee,
            Analyses of Multiple Evidence Combination, SIGIR 1997).
        `z-score`
            (s - mean) / standard deviation; missing -2, below nearly all that is ranked (Montague and Aslam,
            Relevance Score Normalization for Metasearch, CIKM 2001).
        `rank`
            1 - (rank - 1) / n of n ranked; missing 0 (Renda and Straccia, Web Metasearch: Rank vs. Score Based Rank
            Aggregation Methods, SAC 2003).

    Raises
    ------
    PatbenchError
        Where there is not one weight for each run.
    """
    if len(weights) != len(runs):
        raise PatbenchError(f"{len(runs)} runs and {len(weights)} weights.", todo="Give one weight for each run.")
    missing = -2.0 if normalisation == "z-score" else 0.0
    return _fuse(runs, depth, weights, _NORMALISE[normalisation], missing=missing)


def _min_max(scores: Floats) -> Floats:
    span = float(scores.max() - scores.min())
    return (scores - scores.min()) / span if span else np.ones_like(scores)


def _z_score(scores: Floats) -> Floats:
    deviation = float(scores.std())
    return (scores - scores.mean()) / deviation if deviation else np.zeros_like(scores)


def _rank(scores: Floats) -> Floats:
    return 1.0 - np.arange(len(scores)) / len(scores)


_NORMALISE: dict[Normalisation, Callable[[Floats], Floats]] = {
    "min-max": _min_max,
    "z-score": _z_score,
    "rank": _rank,
}


def _fuse(
    runs: Sequence[Run], depth: int, weights: Sequence[float], value: Callable[[Floats], Floats], *, missing: float
) -> Run:
    """Sum weighted values of each query's union of candidates; `value` takes a ranking's scores, best first."""
    queries = runs[0].queries
    if any(not np.array_equal(run.queries, queries) for run in runs):
        raise PatbenchError("The runs to fuse answer different queries.", todo="Make them from the same judgements.")
    fused = Run.empty(queries, depth)
    for position in range(len(queries)):
        fill(fused, position, *_fuse_query(runs, weights, value, position, missing))
    return fused


def _fuse_query(
    runs: Sequence[Run],
    weights: Sequence[float],
    value: Callable[[Floats], Floats],
    position: int,
    missing: float,
) -> tuple[Ints, Floats]:
    ranked = [run.ranked(position) for run in runs]
    union = np.unique(np.concatenate(ranked))
    total = np.zeros(len(union))
    for run, documents, weight in zip(runs, ranked, weights, strict=True):
        values = np.full(len(union), missing)
        if len(documents):
            scores = run.scores[position, : len(documents)].astype(np.float64)
            values[np.searchsorted(union, documents)] = value(scores)
        total += weight * values
    return union, total
