"""Approximate search through FAISS: a graph (HNSW) or lists of product-quantised vectors (IVF-PQ), beside a flat index.

Malkov and Yashunin, Efficient and Robust Approximate Nearest Neighbor Search Using Hierarchical Navigable Small World
Graphs (TPAMI 2020); Jégou, Douze and Schmid, Product Quantization for Nearest Neighbor Search (TPAMI 2011). All build
and search in one thread, so that an index is the same every time and latencies can be compared.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from patbench_lib.landscape.judgements import Judgements
from patbench_lib.retrieve.run import Run, fill
from patbench_lib.types import Bools, Floats

Kind = Literal["flat", "HNSW", "IVF-PQ"]

TRAINED_ON = 39
"""Vectors that FAISS asks for to place one centroid."""


@dataclass(frozen=True)
class Index:
    """An index over all documents, and what it took.

    Attributes
    ----------
    kind : which index; `described` adds its sizes.
    seconds : of training and adding.
    bytes : of the index as FAISS writes it.
    """

    kind: Kind
    described: str
    faiss: Any
    seconds: float
    bytes: int


def build_index(
    documents: Floats, kind: Kind, *, candidates: Bools | None = None, links: int = 32, code_bytes: int = 48
) -> Index:
    """Build an index for inner products over documents [n, d].

    IVF-PQ has 4·sqrt(n) lists and codes of 8 bits, or fewer of each where the documents are too few to train as many:
    FAISS wants 39 for a centroid. A code has as many parts as divide the dimensions and fit into `code_bytes`.

    Parameters
    ----------
    candidates : which documents IVF-PQ is trained on, shape [n]; all where not given. Queries alone are not to be seen.
    links : neighbours of a node in HNSW.
    code_bytes : most bytes of a vector in IVF-PQ.
    """
    import faiss

    vectors = np.ascontiguousarray(documents, dtype=np.float32)
    learnt = vectors if candidates is None else vectors[candidates]
    dims = vectors.shape[1]
    index: Any
    if kind == "flat":
        index, described = faiss.IndexFlatIP(dims), "flat"
    elif kind == "HNSW":
        index, described = faiss.IndexHNSWFlat(dims, links, faiss.METRIC_INNER_PRODUCT), f"HNSW, {links} links"
    else:
        lists, parts, bits = pq_shape(len(learnt), dims, code_bytes)
        index = faiss.IndexIVFPQ(faiss.IndexFlatIP(dims), dims, lists, parts, bits, faiss.METRIC_INNER_PRODUCT)
        index.cp.min_points_per_centroid = index.pq.cp.min_points_per_centroid = 1  # tiny collections train too
        described = f"IVF-PQ, {lists} lists, {parts} parts of {bits} bits"
    with one_thread():
        began = time.perf_counter()
        index.train(learnt)
        index.add(vectors)
        seconds = time.perf_counter() - began
    return Index(kind, described, index, seconds, len(faiss.serialize_index(index)))


def pq_shape(n: int, dims: int, code_bytes: int) -> tuple[int, int, int]:
    """Return lists, parts of a code and bits of a part for IVF-PQ over n documents; see `build_index`."""
    lists = max(1, min(round(4 * n**0.5), n // TRAINED_ON))
    bits = min(8, max(1, (n // TRAINED_ON).bit_length() - 1))
    parts = max(
        part for part in range(1, dims + 1) if dims % part == 0 and (part == 1 or part * bits <= 8 * code_bytes)
    )
    return lists, parts, bits


def pq_bytes(n: int, dims: int, code_bytes: int) -> float:
    """Return the bytes of a document in IVF-PQ over n of them: its code, a number of 8 bytes, its share of centres."""
    lists, parts, bits = pq_shape(n, dims, code_bytes)
    return -(-parts * bits // 8) + 8 + 4 * dims * (lists + (1 << bits)) / n


def search_index(
    index: Index, queries: Floats, judgements: Judgements, depth: int, *, effort: int = 0
) -> tuple[Run, float]:
    """Rank what an index finds for every query, each with a selector that leaves out its own family.

    Parameters
    ----------
    queries : vectors of `judgements.queries`, shape [q, d].
    effort : efSearch of HNSW, or lists that IVF-PQ searches; of no use to a flat index.

    Returns
    -------
    (Run, float)
        The run and the median milliseconds of a query, one at a time in one thread, the selector's making left out.
    """
    run, took = Run.empty(judgements.queries, depth), np.zeros(len(queries))
    with one_thread():
        for position, query in enumerate(judgements.queries):
            chosen = np.packbits(~judgements.excluded(int(query)), bitorder="little")
            parameters = _parameters(index.kind, chosen, effort)
            vector = np.ascontiguousarray(queries[position : position + 1], dtype=np.float32)
            began = time.perf_counter()
            scores, found = index.faiss.search(vector, min(depth, index.faiss.ntotal), params=parameters)
            took[position] = time.perf_counter() - began
            kept = found[0] >= 0
            fill(run, position, found[0][kept], scores[0][kept])
    return run, 1000 * float(np.median(took))


def _parameters(kind: Kind, chosen: Any, effort: int) -> Any:
    import faiss

    library: Any = faiss  # whose stubs lack what these take
    selector = library.IDSelectorBitmap(chosen)
    if kind == "HNSW":
        return library.SearchParametersHNSW(sel=selector, efSearch=effort)
    if kind == "IVF-PQ":
        return library.SearchParametersIVF(sel=selector, nprobe=effort)
    return library.SearchParameters(sel=selector)


@contextmanager
def one_thread() -> Iterator[None]:
    """Let FAISS use one thread, and as many as before afterwards."""
    import faiss

    before = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(1)
    try:
        yield
    finally:
        faiss.omp_set_num_threads(before)


def recall(run: Run, exact: Run, k: int) -> float:
    """Return the share of the exact k best that a run has among its k best, over all queries.

    A query with fewer than k candidates is asked for those it has.
    """
    wanted, found = exact.documents[:, :k], run.documents[:, :k]
    hits = sum(len(np.intersect1d(a[a >= 0], b[b >= 0])) for a, b in zip(wanted, found, strict=True))
    return hits / max(int((wanted >= 0).sum()), 1)
