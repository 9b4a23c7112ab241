"""What every system of a study costs, beside its quality; on the leading view of the study's landscape."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, replace
from typing import Any

import numpy as np
import pandas as pd

from patbench_lib.bench.bench import Bench
from patbench_lib.bench.keys import code_digest, run_key
from patbench_lib.bench.rates import encoding_rate
from patbench_lib.bench.variants import Source, main_scores
from patbench_lib.errors import PatbenchError
from patbench_lib.evaluate.compare import means
from patbench_lib.kept import find_json, found_or_made, save_json
from patbench_lib.models.card import SINGLE_VECTOR
from patbench_lib.retrieve.approximate import build_index, search_index
from patbench_lib.retrieve.footprint import bm25_footprint
from patbench_lib.study import digest
from patbench_lib.types import Ints

SAMPLE = 100
"""Queries whose search is timed."""

COSTS = ["system", "kind", "params_m", "texts_per_second", "milliseconds", "bytes"]
MEASURED = ["landscape", "view", "stratum", "measure", "value", "low", "high", "n"]


def costs(bench: Bench) -> tuple[pd.DataFrame, dict[str, str]]:
    """Return what each system takes, those of late interaction too, and why any that cannot be run here is left out.

    Returns
    -------
    (pandas.DataFrame, dict)
        system, kind, params_m (millions of parameters), texts_per_second (encoded; of BM25 indexed), milliseconds
        (median search of one query in one thread, its encoding left out; not of late interaction), bytes (of a document
        in the index), then view, measure, value, low, high, n as `evaluate.compare.means` gives them; what was not
        measured is missing.
    """
    rows, scores, left_out = [], [], {}
    for system in dict.fromkeys((*bench.study.systems, *bench.study.late_interaction.systems)):
        card = bench.study.card(system)
        try:
            run = bench.run(system, bench.arena, bench.arena.views[0])
        except PatbenchError as error:
            left_out[system] = error.what
            continue
        rows.append({"system": system, "kind": card.kind, "params_m": card.params_m, **_cost(bench, system)})
        scores.append(main_scores(bench, run, system))
    table = pd.DataFrame(rows).reindex(columns=COSTS).astype(dict.fromkeys(COSTS[2:], float))
    if not scores:
        return table.reindex(columns=[*COSTS, *MEASURED]), left_out
    measured = means(pd.concat(scores, ignore_index=True), bench.study.statistics, seed=bench.study.seed)
    return table.merge(measured, on="system"), left_out


def _cost(bench: Bench, system: str) -> dict[str, float | None]:
    card = bench.study.card(system)
    if card.kind == "lexical":
        return _kept(bench, system, lambda: _lexical(bench))
    reading = bench.reading(system, bench.arena, bench.arena.views[0])
    rate = {"texts_per_second": encoding_rate(bench, reading).get("texts_per_second")}
    if card.kind in SINGLE_VECTOR:
        return rate | _kept(bench, system, lambda: _flat(bench, system))
    return rate | {"bytes": reading["bytes"] / len(bench.arena.landscape)}


def _kept(bench: Bench, system: str, measure: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """Return what was measured of a system's search, once for the run that it belongs to."""
    arena, view = bench.arena, bench.arena.views[0]
    key = digest(run_key(bench.study, bench.study.card(system), view, arena.key), SAMPLE, code_digest("bench"))
    path = bench.paths.runs / f"{arena.name}.{view}.{system}.footprint.{key}.json"
    return found_or_made(path, find_json, lambda each: save_json(each, measure()))


def _sample(queries: Ints) -> Ints:
    """Return positions of the queries that are timed, evenly spread."""
    return np.unique(np.linspace(0, len(queries) - 1, min(SAMPLE, len(queries))).astype(np.int64))


def _lexical(bench: Bench) -> dict[str, Any]:
    arena, view = bench.arena, bench.arena.views[0]
    queries = arena.judgements.queries
    asked = [arena.texts(view)[row] for row in queries[_sample(queries)]]
    footprint = bm25_footprint(asked, arena.collection(view), bench.study.depth, bench.study.bm25)
    return asdict(footprint) if footprint else {}


def _flat(bench: Bench, system: str) -> dict[str, Any]:
    """Time an exact search of the vectors through FAISS's flat index; their bytes are those that are stored."""
    source, judgements = Source(bench, system), bench.arena.judgements
    chosen = _sample(judgements.queries)
    timed = replace(judgements, queries=judgements.queries[chosen])
    index = build_index(source.documents, "flat")
    _, milliseconds = search_index(index, source.queries[chosen], timed, bench.study.depth)
    documents = source.documents
    return {"milliseconds": milliseconds, "bytes": documents.shape[1] * documents.dtype.itemsize}
