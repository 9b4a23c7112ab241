"""Relevant pairs as a source lists them: which of them can be used, and what is reported of the others."""

from __future__ import annotations

import pandas as pd

from patbench_lib.errors import PatbenchError
from patbench_lib.landscape.quality import QualityReport

COLUMN = "relations"


def usable_pairs(
    listed: pd.DataFrame, queries: set[str], documents: set[str], report: QualityReport, *, name: str
) -> pd.DataFrame:
    """Return the relevant pairs of known queries and documents, once each; what is left out goes into the report.

    Parameters
    ----------
    listed : `query`, `document` (ids), `score` (a number, above 0 where relevant) and `in_domain` (1, 0 or -1), one row
        a pair. Pairs of score 0 are sampled negatives, which say nothing that is not said of all other documents.
    name : of the landscape.

    Raises
    ------
    PatbenchError
        Where no relevant pair is left.
    """
    listed = listed.reset_index(drop=True)
    strangers, missing = ~listed["query"].isin(queries), ~listed["document"].isin(documents)
    report.add("repaired", COLUMN, "query not in the table of queries", _rows(listed, strangers), "the pair left out")
    report.add("repaired", COLUMN, "document not in the corpus", _rows(listed, missing), "the pair left out")
    known = listed[~strangers & ~missing]
    positive = known[known["score"] > 0]
    again = positive.duplicated(["query", "document"])
    report.add("repaired", COLUMN, "pair listed twice", _rows(positive, again), "the first kept")
    positive = positive[~again]
    itself = positive["query"] == positive["document"]
    report.add(
        "note", COLUMN, "query relevant to itself", _rows(positive, itself), "a query is never its own candidate"
    )
    if positive.empty:
        raise PatbenchError(
            f"Landscape '{name}' would have no relevant pair.",
            why=f"Of {len(listed):,} pairs listed, {len(known):,} are of known ids and none of these is relevant.",
            todo="Check that tables of queries, documents and relations belong together.",
        )
    return positive.reset_index(drop=True)


def _rows(frame: pd.DataFrame, mask: pd.Series) -> list[int]:
    return [int(row) + 1 for row in frame.index[mask]]
