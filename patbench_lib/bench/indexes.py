"""FAISS's indexes over one system's vectors: what each finds of what exact search finds, and what it takes."""

from __future__ import annotations

from functools import cache, partial
from typing import Any

import pandas as pd

from patbench_lib.bench.bench import Bench
from patbench_lib.bench.variants import Source, cutoff, main_scores, single_vector
from patbench_lib.retrieve.approximate import Index, Kind, build_index, recall, search_index
from patbench_lib.retrieve.run import Run

COLUMNS = ["index", "described", "effort", "recall", "value", "milliseconds", "seconds", "bytes", "n"]


def best_single(bench: Bench) -> str | None:
    """Return the best by the main measure of the systems with one vector a text; None where there is none."""
    lead = bench.arena.views[0]
    values = {s: main_scores(bench, bench.run(s, bench.arena, lead), s)["value"].mean() for s in single_vector(bench)}
    return max(values, key=lambda system: values[system]) if values else None


def approximate_indexes(bench: Bench, system: str | None) -> pd.DataFrame:
    """Search a system's vectors through a flat index, HNSW and IVF-PQ, with each effort that the study names.

    Returns
    -------
    pandas.DataFrame
        index (flat, HNSW or IVF-PQ), described (with its sizes), effort (efSearch, or lists searched; 0 for flat),
        recall (of what exact search finds, as deep as the main measure looks), value (mean of the main measure),
        milliseconds (median of a query, in one thread), seconds (of building, in one thread), bytes (of the index, for
        a document), n (queries). Empty without a system.
    """
    if system is None:
        return pd.DataFrame(columns=COLUMNS)
    settings, exact, depth = bench.study.truncation, bench.run(system, bench.arena, bench.arena.views[0]), cutoff(bench)
    source, rows = Source(bench, system), []

    @cache
    def built(kind: Kind) -> Index:
        return build_index(
            source.documents,
            kind,
            candidates=bench.arena.judgements.candidates,
            links=settings.hnsw_links,
            code_bytes=settings.pq_bytes,
        )

    def make(kind: Kind, effort: int) -> tuple[Run, dict[str, Any]]:
        index = built(kind)
        run, milliseconds = search_index(index, source.queries, bench.arena.judgements, depth, effort=effort)
        size = index.bytes / len(source.documents)
        said = {"described": index.described, "building": index.seconds, "milliseconds": milliseconds, "bytes": size}
        return run, said

    asked: list[tuple[Kind, int, tuple[int, ...]]] = [("flat", 0, (0,))]
    asked += [("HNSW", settings.hnsw_links, settings.hnsw_search), ("IVF-PQ", settings.pq_bytes, settings.ivf_probes)]
    for kind, size, efforts in asked:
        for effort in efforts:
            kept = source.derived(f"{kind}-{effort}", partial(make, kind, effort), size, depth)
            value = float(main_scores(bench, kept.run, system)["value"].mean())
            found = {"recall": recall(kept.run, exact, depth), "value": value, "n": len(exact.queries)}
            rows.append({**kept.made, "index": kind, "effort": effort, "seconds": kept.made["building"], **found})
    return pd.DataFrame(rows)[COLUMNS]
