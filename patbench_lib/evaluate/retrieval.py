"""Retrieval measures per query, through ir-measures over trec_eval."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from patbench_lib.landscape.judgements import Judgements, Stratum
from patbench_lib.retrieve.run import Run

STRATA: tuple[Stratum, ...] = ("ALL", "IN", "OUT")

BLOCK = 8192
"""Queries that are scored at a time."""

_IR_NAMES = {"Recall": "R", "MAP": "AP", "MRR": "RR"}


def score_run(run: Run, judgements: Judgements, measures: Sequence[str]) -> pd.DataFrame:
    """Score a run per query, measure and stratum.

    A query that the run has no documents for counts 0. In a stratum the relevant documents are those of its pairs; the
    ranking stays whole, so documents relevant in the other stratum hold their places as DAPFAM's protocol has it.

    Parameters
    ----------
    measures : `nDCG@10`, `Recall@100`, `P@10`, `MAP`, `MRR` and the like.

    Returns
    -------
    pandas.DataFrame
        query (row of the landscape), stratum, measure, value; ordered by these.
    """
    parts, queries = [], judgements.queries
    for start in range(0, max(len(queries), 1), BLOCK):  # as dictionaries, rankings take a hundred times their memory
        block = queries[start : start + BLOCK]
        asked = np.isin(run.queries, block)
        ranking = ranks(Run(run.queries[asked], run.documents[asked], run.scores[asked]))
        among = judgements.only(np.isin(judgements.pair_queries, block))
        parts += [score_ranks(ranking, among.stratum(name), measures).assign(stratum=name) for name in STRATA]
    scores = pd.concat(parts, ignore_index=True)[["query", "stratum", "measure", "value"]]
    return scores.sort_values(["query", "stratum", "measure"], ignore_index=True)


def ranks(run: Run) -> dict[str, dict[str, float]]:
    """Return a run in the form that ir-measures takes: by query, each document and its rank from 0 with a minus."""
    return {
        str(query): {str(document): float(-rank) for rank, document in enumerate(run.ranked(position))}
        for position, query in enumerate(run.queries)
    }


def score_ranks(ranking: dict[str, dict[str, float]], judgements: Judgements, measures: Sequence[str]) -> pd.DataFrame:
    """Score rankings by query on all pairs of judgements; one without documents counts 0.

    Returns
    -------
    pandas.DataFrame
        query (row of the landscape), measure, value.
    """
    import ir_measures

    columns = ["query", "measure", "value"]
    if not len(judgements.queries):
        empty = pd.DataFrame({column: [] for column in columns})
        return empty.astype({"query": np.int64, "measure": "str", "value": float})
    relevant: dict[str, dict[str, int]] = {str(query): {} for query in judgements.queries}
    for query, document in zip(judgements.pair_queries, judgements.documents, strict=True):
        relevant[str(query)][str(document)] = 1
    asked: dict[Any, str] = {ir_measures.parse_measure(_ir_name(name)): name for name in measures}
    judged = {query: documents for query, documents in ranking.items() if query in relevant}
    found = ir_measures.evaluator(list(asked), relevant).iter_calc(judged)
    rows = [(int(metric.query_id), asked[metric.measure], float(metric.value)) for metric in found]
    return pd.DataFrame(rows, columns=columns)


def _ir_name(measure: str) -> str:
    name, at, cutoff = measure.partition("@")
    return _IR_NAMES.get(name, name) + at + cutoff
