"""A system's ranking of a view's documents for all queries, searched at once or by parts of the documents."""

from __future__ import annotations

import re
import time
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from patbench_lib.bench.arena import Arena
from patbench_lib.bench.late import search_late
from patbench_lib.bench.made import Made
from patbench_lib.encode.cells import Shard
from patbench_lib.encode.encode import Encoded
from patbench_lib.errors import PatbenchError
from patbench_lib.landscape.views import View
from patbench_lib.models.card import SINGLE_VECTOR, Card
from patbench_lib.retrieve.bm25 import search_bm25
from patbench_lib.retrieve.dense import merge_parts, search_exact
from patbench_lib.retrieve.faiss_flat import search_faiss
from patbench_lib.retrieve.run import Run
from patbench_lib.study import Study

if TYPE_CHECKING:
    from patbench_lib.bench.bench import Bench

Searched = tuple[Run, dict[str, Any]]
"""A run, and what is worth knowing of how it was made."""

_PART = re.compile(r"\.\d+-of-(\d+)\.parquet$")


def search(bench: Bench, system: str, arena: Arena, view: View, depth: int) -> Searched:
    """Rank a view's documents; where parts of them were searched already, what is left is, and all are merged."""
    study, judgements = bench.study, arena.judgements
    card = study.card(system)
    if card.kind == "late-interaction":
        return search_late(bench, system, arena, view, depth)
    if card.kind == "lexical":
        return search_bm25(arena.texts_of(view, "query"), arena.texts(view), judgements, depth, study.bm25), {}
    documents, queries = _vectors(bench, system, arena, view)
    reading = documents.described(queries)
    if study.search.backend == "faiss":
        return search_faiss(queries.vectors, documents.vectors, judgements, depth), reading
    if of := _parts_kept(bench, bench.run_name(system, arena, view, depth)):
        shards = [Shard(number, of) for number in range(1, of + 1)]
        parts = [search_part(bench, system, arena, view, depth, shard) for shard in shards]
        began = time.perf_counter()
        run = merge_parts([part.run for part in parts], queries.vectors, documents.vectors, depth)
        seconds = sum(part.made["seconds"] for part in parts) + time.perf_counter() - began
        return run, {**reading, "seconds": seconds}
    run = search_exact(queries.vectors, documents.vectors, judgements, depth, block_mb=study.search.block_mb)
    return run, reading


def search_part(bench: Bench, system: str, arena: Arena, view: View, depth: int, shard: Shard) -> Made:
    """Rank a part of a view's documents by a system's vectors, or find its ranking.

    Raises
    ------
    PatbenchError
        Where the system is not searched by parts.
    """
    if not in_parts(bench.study, bench.study.card(system)):
        raise PatbenchError(
            f"{system} is not searched by parts of the documents.",
            why="Only an exact search of one vector a text is.",
            todo="Leave out --shard.",
        )
    name = f"{bench.run_name(system, arena, view, depth)}.{shard.number}-of-{shard.of}"
    return bench.derived(name, arena, partial(_searched, bench, system, arena, view, depth, shard), depth=depth)


def in_parts(study: Study, card: Card) -> bool:
    """Tell whether a system's search can be cut by documents."""
    return card.kind in SINGLE_VECTOR and study.search.backend == "exact"


def forget_parts(bench: Bench, name: str) -> None:
    """Remove the parts of a run that is merged and kept as a whole."""
    for path in bench.paths.runs.glob(f"{name}.*-of-*"):
        path.unlink(missing_ok=True)


def _searched(bench: Bench, system: str, arena: Arena, view: View, depth: int, shard: Shard) -> Searched:
    documents, queries = _vectors(bench, system, arena, view)
    edges = np.linspace(0, len(documents.vectors), shard.of + 1).astype(int).tolist()
    part = [slice(*edge) for edge in pairwise(edges)][shard.number - 1]
    block_mb, judgements = bench.study.search.block_mb, arena.judgements
    return search_exact(queries.vectors, documents.vectors, judgements, depth, block_mb=block_mb, part=part), {}


def _vectors(bench: Bench, system: str, arena: Arena, view: View) -> tuple[Encoded, Encoded]:
    return bench.encoded(system, arena, view), bench.encoded(system, arena, view, "query")


def _parts_kept(bench: Bench, name: str) -> int:
    """Return how many parts a search was cut into of which any is kept, 0 where none is."""
    kept = sorted(path.name for path in bench.paths.runs.glob(f"{name}.*-of-*.parquet"))
    found = [match for each in kept if (match := _PART.search(each))]
    return int(found[0][1]) if found else 0
