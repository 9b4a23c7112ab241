"""Shorter and coarser vectors: the first dimensions, smaller numbers, signs alone; and the search over them.

Documents are stored shorter or coarser; queries, which nobody stores, stay as exact as they are, but for the search by
signs. Truncation keeps its quality in models trained for it: Kusupati et al., Matryoshka Representation Learning
(NeurIPS 2022). int8 and signs are those of `sentence_transformers.quantize_embeddings`.
"""

from __future__ import annotations

from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from patbench_lib.landscape.judgements import Judgements
from patbench_lib.retrieve.dense import TILE, search_exact
from patbench_lib.retrieve.run import Run, fill
from patbench_lib.types import Bools, Floats

Codes = NDArray[Any]
"""Bytes that stand for vectors."""

Coarse = Literal["float16", "int8", "binary", "binary + signs", "binary + full"]
"""How documents are stored; what signs find may be scored again, by the query and the signs or the full vectors."""

COARSE: tuple[Coarse, ...] = get_args(Coarse)


def truncate(vectors: Floats, dims: int, *, normalise: bool) -> Floats:
    """Return the first dimensions of vectors [n, d], scaled to length 1 again where asked, shape [n, min(dims, d)].

    A vector that has nothing in these dimensions stays zero.
    """
    short: Floats = vectors[:, :dims].astype(np.float32)
    if not normalise:
        return short
    lengths = np.linalg.norm(short, axis=1, keepdims=True)
    np.divide(short, lengths, out=short, where=lengths > 0)
    return short


def to_int8(vectors: Floats, candidates: Bools | None = None) -> tuple[Codes, Floats]:
    """Return vectors in one byte a dimension, shape [n, d], and the width of a step in each dimension, shape [d].

    The range of each dimension over these very vectors is cut into 255 steps; a code is the step, less 128.

    Parameters
    ----------
    candidates : which vectors make the ranges, shape [n]; all where not given. Those of queries alone are not to.
    """
    ranged = vectors if candidates is None else vectors[candidates]
    start, end = ranged.min(axis=0).astype(np.float32), ranged.max(axis=0).astype(np.float32)
    step = (end - start) / 255
    step = np.where(step == 0, np.float32(1), step)
    codes = np.empty(vectors.shape, dtype=np.int8)
    for first in range(0, len(vectors), TILE):  # so that no second set of vectors is held
        part = slice(first, first + TILE)
        codes[part] = np.clip(np.floor((vectors[part] - start) / step), 0, 255) - 128
    return codes, step


def to_bits(vectors: Floats) -> Codes:
    """Return one bit a dimension, 1 where it is above 0, eight to a byte: shape [n, ceil(d / 8)]."""
    return np.packbits(vectors > 0, axis=1)


def signs(bits: Codes, dims: int) -> Codes:
    """Return bits as 1 and -1, shape [n, dims]."""
    return np.unpackbits(bits, axis=1, count=dims).astype(np.int8) * np.int8(2) - np.int8(1)


def bytes_stored(coarse: Coarse, dims: int, full: int) -> float:
    """Return the bytes of a document of some dimensions, where a full-precision number takes `full` bytes."""
    bits = -(-dims // 8)
    return {"float16": 2 * dims, "int8": dims, "binary + full": bits + full * dims}.get(coarse, bits)


def search_coarse(
    queries: Floats,
    documents: Floats,
    judgements: Judgements,
    depth: int,
    coarse: Coarse,
    *,
    rescored: int,
    block_mb: int = 64,
) -> Run:
    """Rank all candidates for every query over documents stored more coarsely.

    Parameters
    ----------
    queries, documents : vectors at full precision, shape [q, d] and [n, d].
    rescored : how many documents that signs find are scored again, where they are; a ranking ends with them.
    """
    if coarse == "float16":
        return search_exact(queries, documents.astype(np.float16), judgements, depth, block_mb=block_mb)
    if coarse == "int8":
        return _search_int8(queries, documents, judgements, depth, block_mb)
    bits, width = to_bits(documents), documents.shape[1]
    # Signs that differ in h of d dimensions have the product d - 2h: the nearest by Hamming have the largest.
    found = search_exact(
        signs(to_bits(queries), width).astype(np.float32),
        signs(bits, width),
        judgements,
        depth if coarse == "binary" else rescored,
        block_mb=block_mb,
    )
    if coarse == "binary":
        return found
    return rescore(queries, signs(bits, width) if coarse == "binary + signs" else documents, found, depth)


def _search_int8(queries: Floats, documents: Floats, judgements: Judgements, depth: int, block_mb: int) -> Run:
    """Rank by q · (start + (code + 128.5) step), the middle of a step standing for what fell into it.

    All but (q step) · code is the same for every document and left out. Codes become numbers a tile at a time.
    """
    codes, step = to_int8(documents, judgements.candidates)
    return search_exact(queries * step, codes, judgements, depth, block_mb=block_mb)


def rescore(queries: Floats, documents: Codes, found: Run, depth: int) -> Run:
    """Rank what a run found by the product of query and document, shape [q, d] and [n, d]; what it lacks stays out."""
    run = Run.empty(found.queries, depth)
    for position, query in enumerate(queries):
        rows = found.ranked(position)
        fill(run, position, rows, documents[rows].astype(np.float64) @ query.astype(np.float64))
    return run
