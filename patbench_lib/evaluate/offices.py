"""Retrieval by office: scores of a query on the documents of one office, and of the members of one family.

The cell of query office a and document office b has the queries of a with a relevant document of b, and these documents
are the relevant ones. What else is relevant to the query is no error, so in the *condensed* ranking it is taken out and
what stands below moves up. In the *whole* ranking it keeps its place and counts as not relevant, as in DAPFAM's OUT:
offices with few documents then score low because those with many stand above them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from patbench_lib.evaluate.retrieval import ranks, score_ranks
from patbench_lib.landscape.judgements import Judgements
from patbench_lib.retrieve.run import Run
from patbench_lib.types import Bools, Ints

ALL, OTHER = "all", "other"
PROTOCOLS = ("condensed", "whole")


def named_offices(codes: Sequence[str], offices: Sequence[str]) -> np.ndarray:
    """Return the office of each publication, those that are not asked for as `other`, shape [n]."""
    return np.array([code if code in offices else OTHER for code in codes], dtype=object)


def office_scores(run: Run, judgements: Judgements, office: np.ndarray, measure: str) -> pd.DataFrame:
    """Score each query on the relevant documents of each office by itself, by both protocols, and on all of them.

    Parameters
    ----------
    office : of each row of the landscape, shape [n].

    Returns
    -------
    pandas.DataFrame
        query (row of the landscape), document_office (`all` among them), protocol, value.
    """
    whole, target = ranks(run), office[judgements.documents]
    everything = score_ranks(whole, judgements, [measure]).assign(document_office=ALL)
    tables = [everything.assign(protocol=name) for name in PROTOCOLS]
    for name in sorted(set(target)):
        judged = judgements.only(target == name)
        rankings = {"condensed": condensed(whole, judgements, target != name), "whole": whole}
        tables += [
            score_ranks(ranking, judged, [measure]).assign(document_office=name, protocol=protocol)
            for protocol, ranking in rankings.items()
        ]
    return pd.concat(tables, ignore_index=True)[["query", "document_office", "protocol", "value"]]


def condensed(
    ranking: dict[str, dict[str, float]], judgements: Judgements, removed: Bools
) -> dict[str, dict[str, float]]:
    """Return rankings without some of the relevant documents, told by a mask of shape [pairs]."""
    out: dict[str, set[str]] = {}
    for query, document in zip(judgements.pair_queries[removed], judgements.documents[removed], strict=True):
        out.setdefault(str(query), set()).add(str(document))
    return {
        query: {document: rank for document, rank in found.items() if document not in out.get(query, ())}
        for query, found in ranking.items()
    }


def shared_by_family(judgements: Judgements) -> Judgements:
    """Give all queries of a family the relevant documents of any of them, so that they differ in their text alone.

    Where only earlier documents are candidates, those that are none for every query of the family are left out.
    """
    pairs = pd.DataFrame({"query": judgements.pair_queries, "document": judgements.documents})
    pairs["family"] = judgements.family[pairs["query"]]
    queries = pd.DataFrame({"query": judgements.queries, "family": judgements.family[judgements.queries]})
    known = pairs[["family", "document"]].drop_duplicates()
    if judgements.dates is not None:
        first = queries.assign(day=judgements.dates[queries["query"]]).groupby("family")["day"].min()
        known = known[judgements.dates[known["document"]] < first.loc[known["family"]].to_numpy()]
    union = queries.merge(known, on="family").sort_values(["query", "document"])
    rows, counts = np.unique(union["query"].to_numpy(), return_counts=True)
    return replace(
        judgements,
        queries=rows,
        indptr=np.concatenate([[0], np.cumsum(counts)]),
        documents=union["document"].to_numpy(),
        in_domain=np.full(len(union), -1, dtype=np.int8),
    )


def within_families(scores: pd.DataFrame, translated: Bools) -> pd.DataFrame:
    """Return how translated queries of a family differ from its others: mean of the ones less mean of the others.

    Parameters
    ----------
    scores : family, and a column for each system; a row a query.
    translated : which of the queries are, shape [q].

    Returns
    -------
    pandas.DataFrame
        A column for each system, by family; families with queries of one kind alone have no row.
    """
    first, second = (scores[mask].groupby("family").mean() for mask in (translated, ~translated))
    return (first - second).dropna()


def preferred(run: Run, judgements: Judgements, translated: Bools) -> pd.Series:
    """Return how often a system ranks a translated member of a relevant family above one that is not, by query.

    For each relevant family with members of both kinds, all pairs of a translated and another member are looked at.
    One that is not ranked stands below one that is; a pair of which neither is ranked says nothing. Members with the
    same text have the same score: they count one half, since the order by publication number, which decides ties in a
    run, would prefer CN to US. A query's value is the mean over its pairs.

    Parameters
    ----------
    translated : of each row of the landscape, shape [n].
    """
    members = _mixed(judgements.family, translated)
    place = {int(query): position for position, query in enumerate(run.queries)}
    shares: dict[int, float] = {}
    for i, query in enumerate(judgements.queries):
        ranked, position = run.ranked(place[int(query)]), place[int(query)]
        found = dict(zip(ranked.tolist(), run.scores[position].tolist(), strict=False))  # padding has no document
        relevant = judgements.documents[judgements.indptr[i] : judgements.indptr[i + 1]]
        banned, wins = judgements.excluded(int(query)), []
        for family in sorted({int(code) for code in judgements.family[relevant]} & members.keys()):
            ones, others = (rows[~banned[rows]] for rows in members[family])
            pairs = [(found.get(int(a), -np.inf), found.get(int(b), -np.inf)) for a in ones for b in others]
            wins += [(1 + np.sign(a - b)) / 2 if a > -np.inf else 0.0 for a, b in pairs if max(a, b) > -np.inf]
        if wins:
            shares[int(query)] = float(np.mean(wins))
    return pd.Series(shares, dtype=float)


def _mixed(family: Ints, translated: Bools) -> dict[int, tuple[Ints, Ints]]:
    """Return the translated rows and the others of each family that has both."""
    mixed = np.intersect1d(family[translated], family[~translated])
    order = np.argsort(family, kind="stable")
    starts, ends = (np.searchsorted(family[order], mixed, side=side) for side in ("left", "right"))
    members = {int(code): order[i:j] for code, i, j in zip(mixed, starts, ends, strict=True)}
    return {code: (rows[translated[rows]], rows[~translated[rows]]) for code, rows in members.items()}
