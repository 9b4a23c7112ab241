"""The best documents of some queries while scores arrive, tile by tile of the documents."""

from __future__ import annotations

import numpy as np

from patbench_lib.retrieve.run import order
from patbench_lib.types import Bools, Floats, Ints

CLOSE = 2.0**-18
"""Scores closer than this, relative to the largest that two vectors' lengths allow, may be in the wrong order."""

SLACK = 8
"""How many times `depth` documents a query may collect, on average, before all but the best are dropped."""

_LOOKED = 8192


class Leading:
    """Collects what may be among the best `depth` documents of each query, and ranks it.

    The `depth`-th largest of the maxima of groups of scores is no larger than the `depth`-th largest score. What is
    below it by more than rounding is out, and so are whole groups by their maxima: one look at the scores is enough.

    Parameters
    ----------
    queries, documents : vectors, shape [q, d] and [n, d]; scores too close to tell apart are computed again from them.
    scale : the largest score each query's and any document's length allow, a power of two, shape [q].
    """

    def __init__(self, queries: Floats, documents: Floats, scale: Floats, depth: int) -> None:
        self._queries, self._documents, self._scale, self._depth = queries, documents, scale, depth
        self._maxima = np.zeros((len(queries), 0), dtype=np.float32)
        self._parts: list[tuple[Ints, Ints, Floats]] = []
        self._least = np.full(len(queries), np.finfo(np.float32).min, dtype=np.float32)

    def take(self, first: int, groups: Floats, maxima: Floats) -> None:
        """Look through the scores of the documents from row `first` on.

        Parameters
        ----------
        groups : scores, -inf for a document that may not be ranked, shape [q, groups, size].
        maxima : the largest score of each group, shape [q, groups].
        """
        self._raise_least(maxima)
        rows, number, size = groups.shape
        chosen = np.flatnonzero(maxima >= self._least[:, None])
        inner = groups.reshape(rows * number, size)[chosen]
        passed = np.flatnonzero(inner >= self._least[chosen // number, None])
        group = chosen[passed // size]
        values = inner.ravel()[passed].astype(np.float64)
        self._parts.append((group // number, first + group % number * size + passed % size, values))
        if sum(len(values) for _, _, values in self._parts) > SLACK * self._depth * rows:
            found, scores, _ = self._decided()
            self._parts = []
            self.join(found, scores)

    def join(self, found: Ints, scores: Floats) -> None:
        """Add the leading documents of a part that was looked through before, here or by another process.

        Parameters
        ----------
        found, scores : the best `depth` of that part by `ranked`, in any precision; filled up with -inf, shape [q, k].
        """
        kept = np.isfinite(scores)
        self._parts.append((np.nonzero(kept)[0], found[kept], scores[kept].astype(np.float64)))

    def ranked(self) -> tuple[Ints, Floats]:
        """Return the best documents and scores, best first, filled up with -1 and -inf, shape [q, at most depth].

        All scores are those of `exact_scores`: they do not depend on how the documents were cut into parts.
        """
        found, values, exact = self._decided()
        row, column = np.nonzero(~exact & np.isfinite(values))
        values[row, column] = self.exact_scores(row, found[row, column])
        return found, values

    def _decided(self) -> tuple[Ints, Floats, Bools]:
        """Return the best documents, their scores, and which of these are exact: all that decide an order are."""
        found, values = self._collected()
        exact = _doubtful(values, self._depth, CLOSE * self._scale)
        row, column = np.nonzero(exact)
        values[row, column] = self.exact_scores(row, found[row, column])
        best = order(values, found, self._depth)
        documents, scores = np.take_along_axis(found, best, axis=1), np.take_along_axis(values, best, axis=1)
        return documents, scores, np.take_along_axis(exact, best, axis=1)

    def _raise_least(self, maxima: Floats) -> None:
        self._maxima = np.hstack([self._maxima, maxima])
        if self._maxima.shape[1] >= self._depth:
            self._maxima = np.partition(self._maxima, -self._depth, axis=1)[:, -self._depth :]
            least = (self._maxima[:, 0] - CLOSE * self._scale).astype(np.float32)
            self._least = np.maximum(self._least, np.nextafter(least, -np.inf, dtype=np.float32))

    def _collected(self) -> tuple[Ints, Floats]:
        """Return documents and scores that are still in, by descending score."""
        nothing = (np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0))
        rows, documents, values = (np.concatenate(part) for part in zip(nothing, *self._parts, strict=True))
        still = np.flatnonzero(values >= self._least[rows])
        still = still[np.argsort(rows[still], kind="stable")]
        sizes = np.bincount(rows[still], minlength=len(self._queries))
        filled = np.arange(sizes.max(initial=0)) < sizes[:, None]
        found, padded = np.full(filled.shape, -1, dtype=np.int64), np.full(filled.shape, -np.inf)
        found[filled], padded[filled] = documents[still], values[still]
        descending = np.argsort(-padded, axis=1)
        return np.take_along_axis(found, descending, axis=1), np.take_along_axis(padded, descending, axis=1)

    def exact_scores(self, queries: Ints, documents: Ints) -> Floats:
        """Return dot products in double precision, rounded so that equal vectors have equal scores, shape [pairs]."""
        products = np.empty(len(queries))
        step = max(1, (1 << 20) // (8 * self._queries.shape[1]))  # what stays in a processor's cache
        for start in range(0, len(queries), step):
            part = slice(start, start + step)
            left, right = self._queries[queries[part]], self._documents[documents[part]]
            products[part] = np.einsum("ij,ij->i", left, right, dtype=np.float64)
        scale = self._scale[queries]
        rounded: Floats = (products / scale).round(12) * scale
        return rounded


def _doubtful(values: Floats, depth: int, close: Floats) -> Bools:
    """Return which of the descending values are too close to a neighbour to tell apart, where it may matter."""
    with np.errstate(invalid="ignore"):  # the difference of two -inf
        near = values[:, :-1] - values[:, 1:] <= close[:, None]
    doubtful = np.zeros(values.shape, dtype=bool)
    doubtful[:, :-1] |= near
    doubtful[:, 1:] |= near
    last = values[:, depth - 1] - close if depth <= values.shape[1] else np.full(len(values), -np.inf)
    return doubtful & np.isfinite(values) & (values >= last[:, None])


def single(vectors: Floats) -> Floats:
    """Return vectors in single precision, as they are where they already are."""
    return np.ascontiguousarray(vectors, dtype=np.float32)


def largest_scores(queries: Floats, documents: Floats) -> Floats:
    """Return for each query the largest score that the vectors' lengths allow, to the nearest power of two; shape [q].

    By it scores are told apart and rounded; scaling by a power of two is free of rounding.
    """
    lengths = _lengths(queries).astype(np.float64) * _lengths(documents).max()
    scale: Floats = np.exp2(np.round(np.log2(np.maximum(lengths, 2.0**-100))))
    return scale


def _lengths(vectors: Floats) -> Floats:
    import torch

    tiles = (torch.from_numpy(single(vectors[first : first + _LOOKED])) for first in range(0, len(vectors), _LOOKED))
    return torch.cat([torch.linalg.vector_norm(tile, dim=1) for tile in tiles]).numpy()
