"""A run: the ranked documents of each query, in one order that all systems share."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from patbench_lib.kept import find_frame, save_frame
from patbench_lib.types import Floats, Ints


@dataclass(frozen=True)
class Run:
    """Ranked documents per query.

    Attributes
    ----------
    queries : rows of the landscape that are queries, shape [q].
    documents : rows of the ranked documents, best first, -1 where a query has fewer, shape [q, depth].
    scores : their scores, -inf where there is no document, shape [q, depth], float32.
    """

    queries: Ints
    documents: Ints
    scores: Floats

    @property
    def depth(self) -> int:
        """Length of the longest ranking that fits."""
        return int(self.documents.shape[1])

    def ranked(self, position: int) -> Ints:
        """Return the documents of the query at a position, best first, without padding."""
        documents: Ints = self.documents[position]
        return documents[documents >= 0]

    def save(self, path: Path) -> None:
        """Write the run as compressed Parquet: query, document, score, best first."""
        filled = self.documents >= 0
        rows, _ = np.nonzero(filled)
        frame = pd.DataFrame(
            {"query": self.queries[rows], "document": self.documents[filled], "score": self.scores[filled]}
        )
        save_frame(frame, path)

    @classmethod
    def load(cls, path: Path, queries: Ints, depth: int) -> Run | None:
        """Read a run, None where there is no whole one; `queries` were asked: one that found nothing has no row."""
        frame = find_frame(path)
        if frame is None:
            return None
        run = cls.empty(queries, depth)
        position = np.searchsorted(queries, frame["query"].to_numpy())
        rank = frame.groupby("query").cumcount().to_numpy()
        run.documents[position, rank] = frame["document"]
        run.scores[position, rank] = frame["score"]
        return run

    @classmethod
    def empty(cls, queries: Ints, depth: int) -> Run:
        """Return a run in which no query found anything."""
        shape = (len(queries), depth)
        return cls(queries, np.full(shape, -1, dtype=np.int64), np.full(shape, -np.inf, dtype=np.float32))


def order(scores: Floats, documents: Ints, depth: int) -> Ints:
    """Return positions of the best `depth` entries along the last axis: score descending, ties document ascending.

    This is the only place where a ranking is decided. Rows of a landscape ascend with publication numbers, so a tie
    goes to the lower number, whatever system, block size or machine made the scores. Scores are compared in single
    precision, as a run keeps them: sorting a stored or exported run by its own scores gives the same ranking.
    """
    return np.lexsort((documents, -np.asarray(scores, dtype=np.float32)), axis=-1)[..., :depth]


def fill(run: Run, position: int, documents: Ints, scores: Floats) -> None:
    """Write the best of some scored documents into a query's row of a run that is being built."""
    best = order(scores, documents, run.depth)
    run.documents[position, : len(best)] = documents[best]
    run.scores[position, : len(best)] = scores[best]
