"""Exact dense search against the bare matrix product and against FAISS's flat index.

The product is the part of the work that cannot be saved. It is made for as many queries at a time as fit a quarter of
a gibibyte, and all documents, into memory asked for anew; the search makes it in tiles.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from clock import arguments, in_turns, ratio, report

from patbench_lib.landscape.judgements import Judgements
from patbench_lib.retrieve.dense import search_exact

BLOCK_MB = 256


def problem(queries: int, documents: int, dim: int) -> tuple[Any, Any, Judgements]:
    """Draw unit vectors, and families of two on average."""
    rng = np.random.default_rng(0)
    vectors = rng.standard_normal((documents, dim), dtype=np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    rows = np.sort(rng.choice(documents, queries, replace=False))
    nothing = np.zeros(0, dtype=np.int64)
    family = rng.integers(0, max(1, documents // 2), documents).astype(np.int32)
    return vectors[rows], vectors, Judgements(rows, np.zeros(queries + 1, np.int64), nothing, nothing, family)


def main() -> None:
    options = arguments(__doc__, queries=2000, documents=113_148, dim=768, depth=100, rounds=7)
    queries, documents, judgements = problem(options.queries, options.documents, options.dim)
    left, right = torch.from_numpy(queries), torch.from_numpy(documents)
    block = max(1, min(len(queries), (BLOCK_MB << 20) // (4 * len(documents))))

    def product() -> None:
        buffer = torch.empty((block, len(documents)))
        for start in range(0, len(queries), block):
            part = left[start : start + block]
            torch.mm(part, right.T, out=buffer[: len(part)])

    import faiss

    index = faiss.IndexFlatIP(options.dim)
    index.add(documents)
    faiss.omp_set_num_threads(torch.get_num_threads())
    rivals = {
        "torch.mm alone": product,
        "search_exact": lambda: search_exact(queries, documents, judgements, options.depth),
        "FAISS IndexFlatIP (no family left out)": lambda: index.search(queries, options.depth),
    }
    seconds = in_turns(rivals, options.rounds)
    mm, ours, flat = rivals
    figures = {
        "torch.mm's share of search_exact": (ratio(seconds, mm, ours), "aim: at least 0.9"),
        "FAISS's time by search_exact's": (ratio(seconds, flat, ours), "more than 1: we are faster"),
    }
    report(options, seconds, figures)


if __name__ == "__main__":
    main()
