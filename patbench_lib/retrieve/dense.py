"""Exact dense search: tiles of one matrix product, the best of each row, and a ranking free of rounding.

Vectors are stored normalised where the model's card says so; the score is their dot product.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import numpy as np

from patbench_lib.landscape.judgements import Judgements
from patbench_lib.retrieve.exclusion import Exclusion
from patbench_lib.retrieve.leading import Leading, largest_scores, single
from patbench_lib.retrieve.run import Run
from patbench_lib.types import Floats

TILE = 8192
"""Documents scored at a time: scores are looked through while they are in the processor's cache."""

GROUP = 64
"""Documents whose best score is looked at first, where there are enough of them; TILE is a multiple of it."""


def search_exact(
    queries: Floats,
    documents: Floats,
    judgements: Judgements,
    depth: int,
    *,
    block_mb: int = 64,
    part: slice = slice(None),
) -> Run:
    """Rank all candidates by dot product for every query.

    Single-precision products depend in their last bits on block size and processor. Scores too close to tell apart, and
    those of all that are ranked, are therefore computed again in double precision: ranking and scores are the same
    everywhere, and equal vectors tie.

    Parameters
    ----------
    queries : vectors of `judgements.queries`, shape [q, d].
    documents : vectors of all rows of the landscape, shape [n, d]; read a tile at a time.
    block_mb : memory for the scores of a block of queries, in MiB; bounds the memory of the search.
    part : rank these documents alone; `merge_parts` joins the runs of parts that have all documents together.
    """
    import torch

    run, exclusion, scale = (
        Run.empty(judgements.queries, depth),
        Exclusion(judgements),
        largest_scores(queries, documents),
    )
    begin, end, _ = part.indices(len(documents))
    group = GROUP if end - begin >= 2 * depth * GROUP else 1
    tile = min(TILE, max(1, -(-(end - begin) // group)) * group)
    block = max(1, min(len(queries), (block_mb << 20) // (4 * tile)))
    buffer = torch.empty((block, tile))
    with ThreadPoolExecutor(torch.get_num_threads()) as pool:
        for start in range(0, len(queries), block):
            rows = slice(start, min(start + block, len(queries)))
            left, scores = torch.from_numpy(single(queries[rows])), buffer[: rows.stop - start]
            parts = _parts(len(left), torch.get_num_threads())
            leading = [Leading(left.numpy()[part], documents, scale[rows][part], depth) for part in parts]
            for first in range(begin, end, tile):
                right = torch.from_numpy(single(documents[first : min(first + tile, end)]))
                torch.mm(left, right.T, out=scores[:, : len(right)])
                scores[:, len(right) :] = -torch.inf
                exclusion.strike(scores, judgements.queries[rows], slice(first, first + len(right)))
                groups = scores.view(len(left), -1, group)
                maxima = groups.amax(2)
                jobs = [(first, groups[part].numpy(), maxima[part].numpy()) for part in parts]
                list(pool.map(Leading.take, leading, *zip(*jobs, strict=True)))
            for part, (found, values) in zip(parts, pool.map(Leading.ranked, leading), strict=True):
                run.documents[rows][part, : found.shape[1]] = found
                run.scores[rows][part, : found.shape[1]] = values
    return run


def merge_parts(runs: Sequence[Run], queries: Floats, documents: Floats, depth: int) -> Run:
    """Join the runs of parts of the documents into what `search_exact` gives for all of them at once.

    Each run holds the best of its part, so the best of all are among them; what is as good as another, or nearly, is
    told apart by the vectors, as in one search.

    Parameters
    ----------
    runs : of the same queries, each over other documents and as deep as is asked for.
    queries, documents : vectors, as for `search_exact`.
    """
    leading = Leading(single(queries), documents, largest_scores(queries, documents), depth)
    for run in runs:
        leading.join(run.documents, run.scores)
    merged = Run.empty(runs[0].queries, depth)
    found, values = leading.ranked()
    merged.documents[:, : found.shape[1]] = found
    merged.scores[:, : found.shape[1]] = values
    return merged


def _parts(count: int, workers: int) -> list[slice]:
    edges = np.linspace(0, count, min(workers, count) + 1).astype(int)
    return [slice(*edge) for edge in pairwise(edges.tolist())]
