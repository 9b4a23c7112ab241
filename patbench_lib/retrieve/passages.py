"""Search by passages: documents have several vectors, and are ranked by the best of them.

The maximum over passages is the best passage of Callan, *Passage-Level Evidence in Document Retrieval* (SIGIR 1994),
which Dai and Callan (SIGIR 2019) use with transformers. The mean of the best three is steadier where one passage fits
by chance.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from patbench_lib.landscape.judgements import Judgements
from patbench_lib.retrieve.exclusion import Exclusion
from patbench_lib.retrieve.leading import Leading, largest_scores, single
from patbench_lib.retrieve.run import Run
from patbench_lib.types import Floats, Ints

if TYPE_CHECKING:
    import torch

TILE = 8192
"""Passages scored at a time, those of whole documents; a document with more of them is scored by itself."""


def search_passages(
    queries: Floats,
    passages: Floats,
    indptr: Ints,
    judgements: Judgements,
    depth: int,
    *,
    best: int,
    block_mb: int = 64,
) -> Run:
    """Rank all candidates by the mean dot product of their best passages for every query.

    As in `search_exact`, scores too close to tell apart are computed again in double precision: the ranking is the same
    for all sizes of blocks.

    Parameters
    ----------
    queries : vectors of `judgements.queries`, shape [q, d].
    passages : vectors of the passages of all rows of the landscape, shape [p, d]; read a tile at a time.
    indptr : passages of document i are `passages[indptr[i]:indptr[i + 1]]`, at least one each, shape [n + 1].
    best : passages that count, 1 for the maximum; of a document with fewer, those that it has.
    block_mb : memory for the scores of a block of queries, in MiB; bounds the memory of the search.
    """
    import torch

    run, exclusion = Run.empty(judgements.queries, depth), Exclusion(judgements)
    scale, tiles = largest_scores(queries, passages), list(_tiles(indptr))
    widest = max((int(indptr[tile.stop] - indptr[tile.start]) for tile in tiles), default=1)
    # Of every passage the score, and of every document at most: its best ones, the next layer and two more to compare.
    block = max(1, (block_mb << 20) // (4 * widest * (best + 4)))
    for start in range(0, len(queries), block):
        rows = slice(start, min(start + block, len(queries)))
        left = single(queries[rows])
        leading = _LeadingPassages(left, passages, indptr, scale[rows], depth, best)
        for tile in tiles:
            first, after = int(indptr[tile.start]), int(indptr[tile.stop])
            products = torch.mm(torch.from_numpy(left), torch.from_numpy(single(passages[first:after])).T)
            scores = _mean_of_best(products, indptr[tile.start : tile.stop + 1] - first, best)
            exclusion.strike(scores, judgements.queries[rows], tile)
            leading.take(tile.start, scores.numpy()[:, :, None], scores.numpy())
        found, values = leading.ranked()
        run.documents[rows, : found.shape[1]] = found
        run.scores[rows, : found.shape[1]] = values
    return run


def pool_passages(passages: Floats, indptr: Ints, *, normalise: bool) -> Floats:
    """Return one vector a document, the mean of its passages' vectors, shape [n, d], float32.

    Parameters
    ----------
    normalise : bring the mean back to length 1; a mean of zero stays zero.
    """
    pooled = np.empty((len(indptr) - 1, passages.shape[1]), dtype=np.float32)
    for tile in _tiles(indptr):
        first, after = int(indptr[tile.start]), int(indptr[tile.stop])
        counts = np.diff(indptr[tile.start : tile.stop + 1])
        sums = np.add.reduceat(single(passages[first:after]), indptr[tile] - first, axis=0)
        pooled[tile] = sums / counts[:, None]
    if normalise:
        lengths = np.linalg.norm(pooled, axis=1, keepdims=True)
        np.divide(pooled, lengths, out=pooled, where=lengths > 0)
    return pooled


class _LeadingPassages(Leading):
    """The best documents, where what decides between two of them is computed from all their passages."""

    def __init__(self, queries: Floats, passages: Floats, indptr: Ints, scale: Floats, depth: int, best: int) -> None:
        super().__init__(queries, passages, scale, depth)
        self._indptr, self._best = indptr, best

    def exact_scores(self, queries: Ints, documents: Ints) -> Floats:
        """Return scores in double precision from products rounded so that equal vectors tie, shape [pairs]."""
        sizes = self._indptr[documents + 1] - self._indptr[documents]
        pair = np.repeat(np.arange(len(documents)), sizes)
        within = np.arange(len(pair)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
        products = super().exact_scores(queries[pair], self._indptr[documents[pair]] + within)
        descending = np.lexsort((-products, pair))
        counted = descending[within < self._best]  # `within` also counts from the best of each pair downwards
        sums = np.bincount(pair[counted], products[counted], minlength=len(documents))
        means: Floats = sums / np.minimum(sizes, self._best)
        return means


def _tiles(indptr: Ints) -> Iterator[slice]:
    """Yield slices of documents with at most TILE passages together, or of one document that has more."""
    start, n = 0, len(indptr) - 1
    while start < n:
        stop = int(np.searchsorted(indptr, indptr[start] + TILE, side="right")) - 1
        stop = max(stop, start + 1)
        yield slice(start, stop)
        start = stop


def _mean_of_best(products: torch.Tensor, indptr: Ints, best: int) -> torch.Tensor:
    """Return the mean of each document's largest products, shape [q, n]; products have shape [q, p].

    Passages are taken in layers, the first one of each document, then the second one, and so on. Documents stand by
    falling number of passages, so that those which still have one are the first columns.
    """
    import torch

    counts = np.diff(indptr)
    order = np.argsort(-counts, kind="stable")
    starts = torch.from_numpy(indptr[:-1][order])
    largest = torch.full((best, len(products), len(counts)), -torch.inf)
    for layer in range(int(counts.max())):
        live = int((counts > layer).sum())
        values = products[:, starts[:live] + layer]
        for place in largest[:, :, :live]:
            lesser = torch.minimum(place, values)
            torch.maximum(place, values, out=place)
            values = lesser
    largest[largest == -torch.inf] = 0.0  # places of documents with fewer passages than count
    sums = largest.sum(0) / torch.from_numpy(np.minimum(counts[order], best).astype(np.float32))
    return sums[:, torch.from_numpy(np.argsort(order))]
