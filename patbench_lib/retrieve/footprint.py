"""What a search takes: milliseconds a query, bytes a document, and for a lexical index the time to make it."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from patbench_lib.retrieve.bm25 import contenders, tokenise
from patbench_lib.retrieve.run import order
from patbench_lib.retrieve.settings import Bm25
from patbench_lib.types import Ints


@dataclass(frozen=True)
class Footprint:
    """What it takes to search a collection.

    Attributes
    ----------
    milliseconds : median of a query, one at a time in one thread.
    bytes : of a document in the index.
    texts_per_second : documents that are read, counted and indexed in a second.
    """

    milliseconds: float
    bytes: float
    texts_per_second: float


def bm25_footprint(
    query_texts: Sequence[str], document_texts: Sequence[str], depth: int, settings: Bm25
) -> Footprint | None:
    """Index texts with bm25s, write the index, and search it query by query, the query's own splitting included.

    Returns
    -------
    Footprint or None
        None where bm25s has no index: of rank-bm25, or of texts without a term.
    """
    import bm25s

    began = time.perf_counter()
    documents = tokenise(document_texts, settings)
    if settings.implementation != "bm25s" or not any(documents):
        return None
    index: Any = bm25s.BM25(k1=settings.k1, b=settings.b, delta=settings.delta, method=settings.variant)
    index.index(documents, show_progress=False)
    indexing = time.perf_counter() - began
    with tempfile.TemporaryDirectory() as folder:
        index.save(folder, show_progress=False)
        size = sum(file.stat().st_size for file in Path(folder).iterdir())
    took = []
    for text in query_texts:
        began = time.perf_counter()
        _search(index, text, depth, settings)
        took.append(time.perf_counter() - began)
    n = len(document_texts)
    return Footprint(1000 * float(np.median(took)), size / n, n / indexing)


def _search(index: Any, text: str, depth: int, settings: Bm25) -> Ints:
    ids = index.get_tokens_ids(tokenise([text], settings)[0])
    if not len(ids):
        return np.zeros(0, dtype=np.int64)
    scores = index.get_scores_from_ids(ids)
    best = contenders(scores, 0.0, depth)
    return best[order(scores[best], best, depth)]
