"""Exact dense search through FAISS's flat index, for those who want FAISS's own arithmetic."""

from __future__ import annotations

import numpy as np

from patbench_lib.landscape.judgements import Judgements
from patbench_lib.retrieve.run import Run, fill
from patbench_lib.types import Floats


def search_faiss(queries: Floats, documents: Floats, judgements: Judgements, depth: int) -> Run:
    """Rank all candidates by inner product for every query, each with a selector that leaves out its own family."""
    import faiss

    index = faiss.IndexFlatIP(documents.shape[1])
    index.add(np.ascontiguousarray(documents, dtype=np.float32))
    run = Run.empty(judgements.queries, depth)
    for position, query in enumerate(judgements.queries):
        banned = faiss.IDSelectorBatch(np.flatnonzero(judgements.excluded(int(query))))
        selector = faiss.SearchParameters(sel=faiss.IDSelectorNot(banned))  # type: ignore[call-arg]
        vector = np.ascontiguousarray(queries[position : position + 1], dtype=np.float32)
        scores, found = index.search(vector, min(depth, len(documents)), params=selector)
        kept = found[0] >= 0
        fill(run, position, found[0][kept], scores[0][kept])
    return run
