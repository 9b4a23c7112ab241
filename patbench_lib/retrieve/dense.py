"""Exact dense search: blocks of one matrix product, the best of each row, and a ranking free of rounding.

Vectors are stored normalised where the model's card says so; the score is their dot product.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from patbench_lib.landscape.judgements import Judgements
from patbench_lib.retrieve.exclusion import Exclusion
from patbench_lib.retrieve.run import Run, order
from patbench_lib.types import Floats, Ints

if TYPE_CHECKING:
    import torch

SPARE = 8
"""Documents taken beyond the depth, among which a tie at the last place is usually settled."""

CLOSE = 2.0**-18
"""Scores closer than this, relative to the best, may be in the wrong order in single precision."""


def search_exact(queries: Floats, documents: Floats, judgements: Judgements, depth: int, *, block_mb: int = 256) -> Run:
    """Rank all candidates by dot product for every query.

    Single-precision products depend in their last bits on block size and processor. Scores too close to tell apart are
    therefore computed again in double precision, so that the ranking is the same everywhere and equal vectors tie.

    Parameters
    ----------
    queries : vectors of `judgements.queries`, shape [q, d].
    documents : vectors of all rows of the landscape, shape [n, d].
    block_mb : memory for the scores of a block of queries, in MiB; bounds the memory of the search.
    """
    import torch

    left, right = (torch.from_numpy(np.ascontiguousarray(part, dtype=np.float32)) for part in (queries, documents))
    run, exclusion = Run.empty(judgements.queries, depth), Exclusion(judgements)
    block = max(1, min(len(queries), (block_mb << 20) // (4 * len(documents))))
    buffer = torch.empty((block, len(documents)))
    for start in range(0, len(queries), block):
        rows = slice(start, min(start + block, len(queries)))
        scores = torch.mm(left[rows], right.T, out=buffer[: rows.stop - rows.start])
        _exclude(scores, exclusion, judgements.queries[rows])
        found, values = _best(scores, left[rows], right, depth)
        best = order(values, found, depth)
        width = best.shape[1]
        run.documents[rows, :width] = np.take_along_axis(found, best, axis=1)
        run.scores[rows, :width] = np.take_along_axis(values, best, axis=1)
    run.documents[np.isneginf(run.scores)] = -1
    return run


def _exclude(scores: torch.Tensor, exclusion: Exclusion, queries: Ints) -> None:
    import torch

    positions, members = exclusion.pairs(queries)
    scores[torch.from_numpy(positions), torch.from_numpy(members)] = -torch.inf
    later = exclusion.later(queries)
    if later is not None:
        scores.masked_fill_(torch.from_numpy(later), -torch.inf)


def _best(scores: torch.Tensor, queries: torch.Tensor, documents: torch.Tensor, depth: int) -> tuple[Ints, Floats]:
    """Return documents and scores that hold the best `depth` of each row, shape [block, depth + more]."""
    import torch

    width = min(depth + SPARE, scores.shape[1])
    top = torch.topk(scores, width, dim=1)
    values, found = top.values.double().numpy(), top.indices.numpy()
    close = CLOSE * np.maximum(1.0, np.abs(values[:, :1]))
    if depth < scores.shape[1]:
        crowded = values[:, -1] > values[:, depth - 1] - close[:, 0]
        if crowded.any():
            found, values = _widen(scores, found, values, depth, np.flatnonzero(crowded), close)
    with np.errstate(invalid="ignore"):  # the difference of two -inf
        near = values[:, :-1] - values[:, 1:] < close
    doubtful = np.zeros(values.shape, dtype=bool)
    doubtful[:, :-1] |= near
    doubtful[:, 1:] |= near
    rows, columns = np.nonzero(doubtful & np.isfinite(values))
    values[rows, columns] = _precise(queries, documents, rows, found[rows, columns])
    return found, values


def _widen(
    scores: torch.Tensor, found: Ints, values: Floats, depth: int, rows: Ints, close: Floats
) -> tuple[Ints, Floats]:
    """Take, in rows where the last place is contested by more than the spare documents, all that contest it."""
    least = values[:, depth - 1] - close[:, 0]
    wide = {row: np.flatnonzero(scores[int(row)].numpy() >= least[row]) for row in rows}
    width = max([found.shape[1], *(len(entries) for entries in wide.values())])
    extra = width - found.shape[1]
    found = np.pad(found, ((0, 0), (0, extra)))
    values = np.pad(values, ((0, 0), (0, extra)), constant_values=-np.inf)
    for row, entries in wide.items():
        line = scores[int(row)].numpy()[entries]
        ranked = np.argsort(-line, kind="stable")
        found[row, : len(entries)], values[row, : len(entries)] = entries[ranked], line[ranked]
    return found, values


def _precise(queries: torch.Tensor, documents: torch.Tensor, rows: Ints, columns: Ints) -> Floats:
    """Return dot products in double precision, rounded so that equal vectors have equal scores, shape [pairs]."""
    products = np.empty(len(rows))
    step = max(1, (16 << 20) // (8 * queries.shape[1]))
    for start in range(0, len(rows), step):
        part = slice(start, start + step)
        left = queries[rows[part]].double()
        products[part] = (left * documents[columns[part]].double()).sum(1).numpy()
    return products.round(12)
