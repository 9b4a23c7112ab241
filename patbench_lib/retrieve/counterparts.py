"""Search for the other text of the same publication: one relevant document a query, and near-copies left out."""

from __future__ import annotations

import numpy as np

from patbench_lib.landscape.judgements import Judgements
from patbench_lib.retrieve.dense import search_exact
from patbench_lib.retrieve.run import Run
from patbench_lib.types import Floats, Ints


def search_counterparts(
    queries: Floats, documents: Floats, places: Ints, family: Ints, depth: int, *, block_mb: int = 64
) -> tuple[Run, Judgements]:
    """Rank documents by dot product for queries that each ask for the document of their own publication.

    The other documents of a query's family are no candidates: they would stand in its own document's way.

    Parameters
    ----------
    queries : vectors, shape [q, d].
    documents : vectors, shape [n, d].
    places : own document of each query, ascending, shape [q].
    family : family code of each document, shape [n].

    Returns
    -------
    (Run, Judgements)
        Documents are rows 0 to n - 1, and the query that asks for document i is row n + i: a query is no document.
    """
    judgements = own_relevant(places, len(documents))
    siblings = int(np.bincount(family).max()) - 1
    run = search_exact(queries, documents, judgements, depth + siblings, block_mb=block_mb)
    return without_siblings(run, family, depth), judgements


def own_relevant(places: Ints, documents: int) -> Judgements:
    """Return judgements in which its own document alone is relevant to a query, and none is excluded."""
    return Judgements(
        queries=documents + places,
        indptr=np.arange(len(places) + 1),
        documents=places,
        in_domain=np.full(len(places), -1, dtype=np.int8),
        family=np.arange(2 * documents, dtype=np.int32),
    )


def without_siblings(run: Run, family: Ints, depth: int) -> Run:
    """Return the best `depth` of a run without the documents of a query's family that are not its own.

    Parameters
    ----------
    run : as deep as `depth` and the largest family's other members; query i is row n + i.
    family : of each document, shape [n].
    """
    own = run.queries[:, None] - len(family)
    kept = (run.documents >= 0) & ((family[run.documents] != family[own]) | (run.documents == own))
    order = np.argsort(~kept, axis=1, kind="stable")[:, :depth]
    there, documents, scores = (np.take_along_axis(each, order, axis=1) for each in (kept, run.documents, run.scores))
    return Run(run.queries, np.where(there, documents, -1), np.where(there, scores, np.float32(-np.inf)))
