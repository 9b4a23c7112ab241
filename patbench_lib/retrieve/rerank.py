"""Reranking: the best of a first stage, scored again by a model that looks closer."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np

from patbench_lib.retrieve.run import Run, order
from patbench_lib.types import Floats, Ints

Score = Callable[[int, Ints], Floats]
"""Scores documents for the query at a position; shape [documents]."""


def rerank(first: Run, among: int, depth: int, score: Score) -> tuple[Run, Floats]:
    """Rank the best `among` documents of each query again; those below follow in their old order.

    The reranked have the reranker's scores. Those below have no score of its kind: theirs fall by 1 from the lowest of
    the reranked, so that a run sorted by score keeps the order.

    Parameters
    ----------
    first : the first stage's run.
    depth : length of the rankings returned.

    Returns
    -------
    (Run, array [q]) : the run, and the seconds that scoring took for each query.
    """
    run, seconds = Run.empty(first.queries, depth), np.zeros(len(first.queries))
    for position in range(len(first.queries)):
        found = first.ranked(position)
        head, tail = found[:among], found[among:]
        if not len(head):
            continue
        began = time.perf_counter()
        scores = score(position, head)
        seconds[position] = time.perf_counter() - began
        best = order(scores, head, len(head))
        below = scores.min() - 1.0 - np.arange(len(tail))
        kept = slice(0, min(depth, len(found)))
        run.documents[position, kept] = np.concatenate([head[best], tail])[:depth]
        run.scores[position, kept] = np.concatenate([scores[best], below])[:depth]
    return run, seconds
