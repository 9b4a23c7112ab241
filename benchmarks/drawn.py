"""Landscapes of the published size, and of parts and multiples of it, drawn instead of read."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from patbench_lib.landscape.judgements import Judgements
from patbench_lib.models.budget import Budget
from patbench_lib.types import Bools, Floats

PATENTS, QUERIES = Budget().patents, Budget().queries
DIM, CLUSTERS = 1024, 200
BLOCK = 8192
"""Rows that are drawn at a time."""


class Made:
    """A landscape of a size: vectors on disk, the rest drawn when it is asked for."""

    def __init__(self, folder: Path, scale: float, flops: float, copied: float) -> None:
        self.n, self.q = round(PATENTS * scale), round(QUERIES * scale)
        self.flops, self.copied = flops, copied
        self.vectors = np.load(folder / f"{self.n}.npy", mmap_mode="r")
        self.rng = np.random.default_rng(1)

    def judgements(self, queries: int) -> Judgements:
        """Return some queries, each with one to five relevant documents, and families of about five in four."""
        rows = np.sort(self.rng.choice(self.n, queries, replace=False))
        counts = self.rng.integers(1, 6, queries)
        family = self.rng.integers(0, self.n * 4 // 5, self.n).astype(np.int32)
        documents = self.rng.integers(0, self.n, counts.sum())
        indptr = np.concatenate([[0], np.cumsum(counts)])
        return Judgements(rows, indptr, documents, self.rng.integers(0, 2, counts.sum()), family)

    def labels(self, features: Floats, number: int) -> Bools:
        """Return labels [n, number] that one text in thirteen has, half of whose variance the features explain.

        Labels without noise would be ever harder to fit the more texts there are: their weights have no end.
        """
        leaning = self.rng.standard_normal((DIM, number), dtype=np.float32)
        labels = np.empty((self.n, number), dtype=bool)
        for start in range(0, self.n, BLOCK):
            explained = features[start : start + BLOCK] @ leaning
            labels[start : start + BLOCK] = explained + self.rng.standard_normal(explained.shape, np.float32) > 2
        return labels


def draw_vectors(folder: Path, scale: float) -> Path:
    """Draw unit vectors about so many centres onto disk, a block at a time; return the file."""
    rng, n = np.random.default_rng(0), round(PATENTS * scale)
    centres = rng.standard_normal((CLUSTERS, DIM), dtype=np.float32)
    path = folder / f"{n}.npy"
    file = np.lib.format.open_memmap(path, mode="w+", dtype=np.float32, shape=(n, DIM))
    for start in range(0, n, BLOCK):
        stop = min(start + BLOCK, n)
        block = rng.standard_normal((stop - start, DIM), dtype=np.float32)
        block += 0.7 * centres[rng.integers(0, CLUSTERS, stop - start)]
        file[start:stop] = block / np.linalg.norm(block, axis=1, keepdims=True)
    file.flush()
    return path
