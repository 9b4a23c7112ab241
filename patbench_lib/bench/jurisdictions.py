"""Retrieval by patent office, on the study's landscape and leading view: cells, an equal mix, families."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from patbench_lib.bench.bench import Bench
from patbench_lib.bench.keys import code_digest
from patbench_lib.bench.office_mix import matched_table, standardised_table, traits
from patbench_lib.bench.results import keep_tables
from patbench_lib.evaluate.compare import by_query, corrected, tested
from patbench_lib.evaluate.offices import (
    ALL,
    PROTOCOLS,
    named_offices,
    office_scores,
    preferred,
    shared_by_family,
    within_families,
)
from patbench_lib.evaluate.retrieval import ranks, score_ranks
from patbench_lib.evaluate.statistics import interval
from patbench_lib.study import digest
from patbench_lib.types import Bools

CELLS = ["protocol", "query_office", "document_office", "system", "value", "low", "high", "n"]
PAIRED = ["side", "system", "difference", "low", "high", "p", "n", "p_holm", "significant"]


def systems_asked(bench: Bench) -> tuple[str, ...]:
    """Return the systems that are looked at by office."""
    return bench.study.jurisdictions.systems or bench.study.systems


def jurisdiction_tables(bench: Bench) -> dict[str, pd.DataFrame]:
    """Compute or find, and keep, what the notebook of offices shows.

    Returns
    -------
    dict
        `cells`: protocol, query_office and document_office (`all` among them), system, value, low, high, n (queries);
        value, low and high are missing where n is below `min_queries`. `standardised` and `matched`: as
        `bench.office_mix` gives them. `families`: side, system, difference, low, high, p, n (families), p_holm,
        significant; side `query` is a translated query less the others of its family, side `document` the share of
        pairs in which the translated member of a relevant family is ranked higher, less one half. A table has no row
        where the landscape has nothing for it.
    """
    study, arena = bench.study, bench.arena
    view, systems = arena.views[0], systems_asked(bench)
    files = [bench.scores_file(system, arena, view).name for system in systems]
    code = code_digest("bench"), code_digest("evaluate")
    key = digest(study.jurisdictions, study.labels, study.statistics, study.seed, study.main_measure, files, code)
    return keep_tables(bench, "jurisdictions", key, lambda: _compute(bench))


def offices_of(bench: Bench) -> np.ndarray:
    """Return the office of each publication of the study's landscape, shape [n]."""
    return named_offices(bench.arena.landscape.patents["office"].tolist(), bench.study.jurisdictions.offices)


def _compute(bench: Bench) -> dict[str, pd.DataFrame]:
    scores, asked = _scores(bench), traits(bench, offices_of(bench))
    alone = scores[(scores["document_office"] == ALL) & (scores["protocol"] == PROTOCOLS[0])]
    return {
        "cells": _cells(bench, scores),
        "standardised": standardised_table(bench, alone, asked),
        "matched": matched_table(bench, alone, asked),
        "families": _families(bench),
    }


def _scores(bench: Bench) -> pd.DataFrame:
    """Return system, query (row), query_office, family, document_office, protocol, value."""
    arena, office, tables = bench.arena, offices_of(bench), []
    for system in systems_asked(bench):
        run = bench.run(system, arena, arena.views[0])
        scored = office_scores(run, arena.judgements, office, bench.study.main_measure)
        tables.append(scored.assign(system=system))
    scores = pd.concat(tables, ignore_index=True)
    rows = scores["query"].to_numpy()
    return scores.assign(query_office=office[rows], family=arena.landscape.family[rows])


def _cells(bench: Bench, scores: pd.DataFrame) -> pd.DataFrame:
    study, tables = bench.study, []
    both = pd.concat([scores, scores.assign(query_office=ALL)], ignore_index=True)
    for cell, group in both.groupby(CELLS[:3]):
        wide, families = by_query(group)
        measured: dict[str, Any] = {"value": np.nan, "low": np.nan, "high": np.nan}
        if len(wide) >= study.jurisdictions.min_queries:
            values, statistics = wide.to_numpy(), study.statistics
            low, high = interval(
                values, families, level=statistics.level, resamples=statistics.resamples, seed=study.seed
            )
            measured = {"value": values.mean(0), "low": low, "high": high}
        named = dict(zip(CELLS[:3], cell, strict=True))
        tables.append(pd.DataFrame({**named, "system": wide.columns, **measured, "n": len(wide)}))
    return pd.concat(tables, ignore_index=True)[CELLS]


def _families(bench: Bench) -> pd.DataFrame:
    translated = np.isin(offices_of(bench), bench.study.jurisdictions.translated)
    tables = [_on_queries(bench, translated), _on_documents(bench, translated)]
    filled = [table for table in tables if len(table)]
    if not filled:
        return pd.DataFrame(columns=PAIRED).astype({"significant": bool})
    joined = corrected(pd.concat(filled, ignore_index=True), ["side"], bench.study.statistics.level)
    return joined[PAIRED]


def _on_queries(bench: Bench, translated: Bools) -> pd.DataFrame:
    """Return the paired difference within families, all queries of one judged by the same relevant documents."""
    arena, study = bench.arena, bench.study
    judged, values = shared_by_family(arena.judgements), {}
    for system in systems_asked(bench):
        ranking = ranks(bench.run(system, arena, arena.views[0]))
        values[system] = score_ranks(ranking, judged, [study.main_measure]).set_index("query")["value"]
    wide = pd.DataFrame(values).sort_index()
    rows = wide.index.to_numpy()
    differences = within_families(wide.assign(family=judged.family[rows]), translated[rows])
    return _tested(bench, differences, differences.index.to_numpy(), "query")


def _on_documents(bench: Bench, translated: Bools) -> pd.DataFrame:
    """Return how far from one half the share is in which the translated member of a relevant family is above."""
    arena, tables = bench.arena, []
    for system in systems_asked(bench):
        shares = preferred(bench.run(system, arena, arena.views[0]), arena.judgements, translated)
        away = shares.to_frame(system) - 0.5
        tables.append(_tested(bench, away, arena.landscape.family[away.index], "document"))
    return pd.concat(tables, ignore_index=True)


def _tested(bench: Bench, differences: pd.DataFrame, families: np.ndarray, side: str) -> pd.DataFrame:
    """Return the mean of each column with interval and test; nothing below the least number of families."""
    count = len(set(families.tolist()))
    if count < bench.study.jurisdictions.min_queries:
        return pd.DataFrame()
    measured = tested(differences.to_numpy(), families, bench.study.statistics, seed=bench.study.seed)
    return pd.DataFrame({"side": side, "system": differences.columns, **measured}).assign(n=count)
