"""MaxSim over token vectors: of every document or of a first stage's, in blocks, with the same ranking either way.

MaxSim(q, d) = sum over the tokens of q of the largest dot product with a token of d (Khattab and Zaharia, ColBERT,
SIGIR 2020). Single precision depends in its last bits on how documents are blocked. Scores too close for it to tell
apart are computed again in double precision, which adds products of half-precision numbers, as they are stored, without
rounding where vectors have length 1: what decides a ranking then depends on no block and no machine.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import reduce
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from patbench_lib.landscape.judgements import Judgements
from patbench_lib.retrieve.exclusion import Exclusion
from patbench_lib.retrieve.leading import CLOSE
from patbench_lib.retrieve.run import Run, fill
from patbench_lib.types import Floats, Ints

if TYPE_CHECKING:
    import torch

DOCUMENT_TOKENS = 1 << 13
"""Tokens of a block of documents, padding included; a longer document is a block of its own."""

QUERY_TOKENS = 1 << 9
"""Tokens of the queries that are compared with a block of documents at a time."""


class Ragged(Protocol):
    """Vectors of the tokens of texts."""

    @property
    def lengths(self) -> Ints:
        """Tokens of each text, at least 1, shape [n]."""
        ...

    @property
    def dim(self) -> int:
        """Dimensions of a vector."""
        ...

    def take(self, position: int) -> Floats:
        """Return the vectors of one text, shape [tokens, d]."""
        ...


def search_maxsim(
    queries: Ragged, documents: Ragged, judgements: Judgements, depth: int, *, block_mb: int = 64, device: str = "cpu"
) -> Run:
    """Rank all candidates by MaxSim for every query.

    Parameters
    ----------
    queries : of `judgements.queries`, in their order.
    documents : of all rows of the landscape.
    block_mb : memory for a block of queries, and as much again for its scores, in MiB. Beside them there are one block
        of documents and its products: memory does not grow with the documents' token vectors.
    device : where single precision is computed.
    """
    import torch

    run, exclusion = Run.empty(judgements.queries, depth), Exclusion(judgements)
    widest = max(len(documents.lengths), int(queries.lengths.max(initial=1)) * queries.dim)
    step = max(1, (block_mb << 20) // (4 * widest))
    for start in range(0, len(run.queries), step):
        positions = np.arange(start, min(start + step, len(run.queries)))
        scores, error = _single(queries, documents, positions, device)
        exclusion.strike(torch.from_numpy(scores), run.queries[positions], slice(0, len(documents.lengths)))
        for position, row, close in zip(positions.tolist(), scores, error.tolist(), strict=True):
            leading = _leading(row, depth, close)
            fill(run, position, leading, _settled(queries.take(position), documents, leading, row[leading], close))
    return run


def rescore_maxsim(queries: Ragged, documents: Ragged, first: Run, depth: int) -> Run:
    """Rank the documents of a first stage by MaxSim, as `search_maxsim` ranks them among all."""
    run = Run.empty(first.queries, depth)
    for position in range(len(first.queries)):
        found = first.ranked(position)
        fill(run, position, found, maxsim(queries.take(position), documents, found))
    return run


def maxsim(query: Floats, documents: Ragged, rows: Ints) -> Floats:
    """Return the scores of some documents for a query, precise enough to rank them; shape [n].

    Parameters
    ----------
    query : vectors of its tokens, shape [tokens, d].
    """
    import torch

    left, longest = torch.from_numpy(query.astype(np.float32)), 0.0
    scores = np.empty(len(rows), dtype=np.float32)
    for part in _blocks(documents.lengths[rows], DOCUMENT_TOKENS):
        right = torch.from_numpy(_padded(documents, rows[part], np.float32))
        longest = max(longest, _longest(right))
        scores[part] = _best(left, right).double().sum(0).numpy()
    return _settled(query, documents, rows, scores, _error(query, longest))


def _best(left: torch.Tensor, right: torch.Tensor) -> torch.Tensor:
    """Return the largest product of each query token with any token of each document, shape [tokens, n]."""
    products = left @ right.flatten(0, 1).T
    return products.view(len(left), *right.shape[:2]).amax(2)


def _settled(query: Floats, documents: Ragged, rows: Ints, scores: Floats, error: float) -> Floats:
    """Return scores with those computed in double precision that are too close to another to be told apart."""
    settled: Floats = scores.astype(np.float64)
    descending = np.argsort(-settled)
    near = -np.diff(settled[descending]) <= 2 * error
    mask = np.zeros(len(rows), dtype=bool)
    mask[descending[:-1][near]] = mask[descending[1:][near]] = True
    doubtful = np.flatnonzero(mask)
    settled[doubtful] = _precise(query, documents, rows[doubtful])
    return settled


def _precise(query: Floats, documents: Ragged, rows: Ints) -> Floats:
    import torch

    scores, left = np.empty(len(rows)), torch.from_numpy(query.astype(np.float64))
    for part in _blocks(documents.lengths[rows], DOCUMENT_TOKENS):
        best = _best(left, torch.from_numpy(_padded(documents, rows[part], np.float64))).numpy()
        scores[part] = reduce(np.add, best)  # one query token after the other: numpy's own sum has no fixed order
    return scores


def _error(query: Floats, longest: float) -> float:
    """Return by how much a score in single precision may be wrong: `CLOSE` for each token of the query."""
    return float(CLOSE * np.linalg.norm(query.astype(np.float64), axis=1).sum() * longest)


def _longest(vectors: torch.Tensor) -> float:
    import torch

    return float(torch.linalg.vector_norm(vectors, dim=-1).max())


def _blocks(lengths: Ints, most: int) -> Iterator[Ints]:
    """Yield positions of texts of like length, so that each block with its padding has at most so many tokens."""
    order, start = np.argsort(lengths, kind="stable"), 0
    ascending = lengths[order]
    while start < len(order):
        here = ascending[start : start + most]
        sizes = here * np.arange(1, len(here) + 1)  # lengths ascend: the last one is what all are padded to
        size = max(1, int(np.searchsorted(sizes, most, side="right")))
        yield order[start : start + size]
        start += size


def _padded(texts: Ragged, rows: Ints, dtype: Any) -> Floats:
    """Return the vectors of texts, shape [n, longest, d]; the first one again fills up, which changes no maximum."""
    lengths = texts.lengths[rows]
    padded: Floats = np.empty((len(rows), lengths.max(), texts.dim), dtype=dtype)
    for place, (row, length) in enumerate(zip(rows, lengths, strict=True)):
        padded[place, :length] = texts.take(row)
        padded[place, length:] = padded[place, 0]
    return padded


def _single(queries: Ragged, documents: Ragged, positions: Ints, device: str) -> tuple[Floats, Floats]:
    """Return scores in single precision, shape [q, n], and for each query by how much they can be wrong, shape [q]."""
    import torch

    scores, longest = np.empty((len(positions), len(documents.lengths)), dtype=np.float32), 0.0
    groups = list(_groups(queries.lengths[positions], QUERY_TOKENS))
    lefts = [np.concatenate([queries.take(positions[i]) for i in group]).astype(np.float32) for group in groups]
    for rows in _blocks(documents.lengths, DOCUMENT_TOKENS):
        right = torch.from_numpy(_padded(documents, rows, np.float32)).to(device)
        longest = max(longest, _longest(right))
        for group, left in zip(groups, lefts, strict=True):
            best = _best(torch.from_numpy(left).to(device), right).cpu().numpy()
            starts = np.concatenate([[0], np.cumsum(queries.lengths[positions[group]])[:-1]])
            scores[np.ix_(group, rows)] = np.add.reduceat(best, starts, axis=0, dtype=np.float64)
    return scores, np.array([_error(queries.take(i), longest) for i in positions])


def _groups(lengths: Ints, most: int) -> Iterator[Ints]:
    """Yield positions of texts that follow each other, so many tokens at a time."""
    chosen: list[int] = []
    for position, length in enumerate(lengths):
        if chosen and lengths[chosen].sum() + length > most:
            yield np.array(chosen)
            chosen = []
        chosen.append(position)
    yield np.array(chosen)


def _leading(scores: Floats, depth: int, error: float) -> Ints:
    """Return the rows that may be among the best, ascending: an excluded one never is."""
    allowed = np.flatnonzero(np.isfinite(scores))
    if len(allowed) <= depth:
        return allowed
    least = np.partition(scores[allowed], -depth)[-depth]
    return allowed[scores[allowed] >= np.float64(least) - 2 * error]
