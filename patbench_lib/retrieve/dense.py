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
"""Scores closer than this, relative to the largest that two vectors' lengths allow, may be in the wrong order."""

GROUPS = (64, 8)
"""Sizes of the groups whose maxima are looked at first, one level below the other; see `_top`."""


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
    padded = -(-len(documents) // GROUPS[0]) * GROUPS[0]
    block = max(1, min(len(queries), (block_mb << 20) // (4 * padded)))
    buffer = torch.empty((block, padded))
    buffer[:, len(documents) :] = -torch.inf
    scale = _scale(left, right)
    for start in range(0, len(queries), block):
        rows = slice(start, min(start + block, len(queries)))
        scores = buffer[: rows.stop - rows.start]
        torch.mm(left[rows], right.T, out=scores[:, : len(documents)])
        _exclude(scores[:, : len(documents)], exclusion, judgements.queries[rows])
        found, values = _best(scores, left[rows], right, depth, scale[rows])
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


def _scale(queries: torch.Tensor, documents: torch.Tensor) -> Floats:
    """Return for each query the largest score that the vectors' lengths allow, up to a power of two; shape [q].

    By it scores are told apart and rounded; scaling by a power of two is free of rounding.
    """
    import torch

    longest = float(torch.linalg.vector_norm(documents, dim=1).max())
    lengths = torch.linalg.vector_norm(queries, dim=1).double().numpy()
    scale: Floats = np.exp2(np.ceil(np.log2(np.maximum(lengths * longest, 2.0**-100))))
    return scale


def _top(scores: torch.Tensor, width: int, groups: tuple[int, ...] = GROUPS) -> tuple[torch.Tensor, Ints]:
    """Return the best `width` scores of each row and their columns; as torch.topk, which it does most work for.

    No score is among the best `width` whose group is not among the best `width` groups by their maxima. So rows are
    parted into groups, and the best groups alone are searched, in the same way.
    """
    import torch

    rows, columns = scores.shape
    if not groups or columns < 2 * width * groups[0]:
        top = torch.topk(scores, width, dim=1)
        return top.values, top.indices.numpy()
    size, number = groups[0], columns // groups[0]
    maxima = scores.view(rows, number, size).amax(2)
    chosen = torch.topk(maxima, width, dim=1, sorted=False).indices.numpy()
    members = (chosen + np.arange(rows)[:, None] * number).ravel()
    inner = scores.view(rows * number, size).index_select(0, torch.from_numpy(members))
    values, positions = _top(inner.view(rows, width * size), width, groups[1:])
    return values, np.take_along_axis(chosen, positions // size, 1) * size + positions % size


def _best(
    scores: torch.Tensor, queries: torch.Tensor, documents: torch.Tensor, depth: int, scale: Floats
) -> tuple[Ints, Floats]:
    """Return documents and scores that hold the best `depth` of each row, shape [block, depth + more]."""
    best, found = _top(scores, min(depth + SPARE, len(documents)))
    values = best.double().numpy()
    close = CLOSE * scale[:, None]
    if depth < len(documents):
        crowded = values[:, -1] > values[:, depth - 1] - close[:, 0]
        if crowded.any():
            found, values = _widen(scores, found, values, depth, np.flatnonzero(crowded), close)
    with np.errstate(invalid="ignore"):  # the difference of two -inf
        near = values[:, :-1] - values[:, 1:] <= close
    doubtful = np.zeros(values.shape, dtype=bool)
    doubtful[:, :-1] |= near
    doubtful[:, 1:] |= near
    rows, columns = np.nonzero(doubtful & np.isfinite(values))
    values[rows, columns] = _precise(queries, documents, rows, found[rows, columns], scale[rows])
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


def _precise(queries: torch.Tensor, documents: torch.Tensor, rows: Ints, columns: Ints, scale: Floats) -> Floats:
    """Return dot products in double precision, rounded so that equal vectors have equal scores, shape [pairs].

    NumPy does it, on one core: so small pieces of work cost more in waiting for another core than they take.
    """
    left, right = queries.numpy(), documents.numpy()
    products = np.empty(len(rows))
    step = max(1, (1 << 20) // (8 * left.shape[1]))  # what stays in a processor's cache
    for start in range(0, len(rows), step):
        part = slice(start, start + step)
        products[part] = (left[rows[part]].astype(np.float64) * right[columns[part]]).sum(1)
    rounded: Floats = (products / scale).round(12) * scale
    return rounded
