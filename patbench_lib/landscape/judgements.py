"""Judgements: which documents are relevant to which query, who may be retrieved, and the stratum of each pair."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import pandas as pd
import scipy.sparse as sp
from pydantic import BaseModel, ConfigDict, Field, StrictInt

from patbench_lib.errors import PatbenchError
from patbench_lib.landscape.codes import Level, cut_all
from patbench_lib.landscape.numbers import LeadingZeros, match_keys
from patbench_lib.landscape.schema import Landscape
from patbench_lib.landscape.unjudged import why_unjudged
from patbench_lib.types import Bools, Ints

Stratum = Literal["ALL", "IN", "OUT"]
Relation = Literal["cites", "cited_by", "both", "coupling", "given"]

UNKNOWN_DAY = np.iinfo(np.int64).max
"""Stands for a missing publication date, where only earlier documents are candidates."""


class Relevance(BaseModel):
    """Which relation between two patents makes one relevant to the other."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    relation: Relation = Field(
        default="cites",
        description="documents a query cites, is cited by, both, coupling, or given: judgements the landscape brings",
    )
    min_shared: StrictInt = Field(default=1, ge=1, description="coupling: citations that two patents share at least")
    earlier_only: bool = Field(default=False, description="only documents published before the query are candidates")
    domain_level: Literal["class", "subclass"] = Field(
        default="class",
        description="IN means a shared IPC symbol cut to its class (3 characters) or subclass (4); given pairs say it",
    )
    leading_zeros: LeadingZeros = Field(
        default="keep", description="whether EP-0495168 and EP-495168 are two publications (keep) or one (ignore)"
    )


@dataclass(frozen=True)
class Judgements:
    """Queries and their relevant documents, integer-coded: rows of the landscape throughout.

    Attributes
    ----------
    queries : rows that are queries, ascending, shape [q].
    indptr, documents : relevant rows of query i are `documents[indptr[i]:indptr[i + 1]]`, ascending.
    in_domain : per pair: 1 shares a domain (IN), 0 does not (OUT), -1 one of the two has no IPC symbol; of given
        judgements what these say.
    family : family code of every row, shape [n]; a query's whole family is never a candidate.
    dates : days since 1970 of every row where only earlier documents are candidates, else None.
    candidates : rows that may be retrieved at all, shape [n]; None for all of them.
    """

    queries: Ints
    indptr: Ints
    documents: Ints
    in_domain: Ints
    family: Ints
    dates: Ints | None = None
    candidates: Bools | None = None

    @property
    def pairs(self) -> int:
        """Number of relevant pairs."""
        return len(self.documents)

    @property
    def pair_queries(self) -> Ints:
        """Row of the query of each pair, shape [pairs]."""
        return np.repeat(self.queries, np.diff(self.indptr))

    @property
    def collection(self) -> Ints:
        """Rows that may be retrieved by some query, ascending: what term counts and LSA are made of."""
        return np.arange(len(self.family)) if self.candidates is None else np.flatnonzero(self.candidates)

    @property
    def reach(self) -> int:
        """Most documents that every query can rank, were each its own family and of any date."""
        own = self.candidates is None or bool(self.candidates[self.queries].any())
        return len(self.collection) - own

    def excluded(self, query: int) -> Bools:
        """Tell for every row whether it is no candidate for a query row, shape [n]."""
        banned: Bools = self.family == self.family[query]
        if self.dates is not None:
            banned = banned | (self.dates >= self.dates[query])
        if self.candidates is not None:
            banned = banned | ~self.candidates
        return banned

    def stratum(self, name: Stratum) -> Judgements:
        """Keep the pairs of a stratum, and the queries that have one there."""
        if name == "ALL":
            return self
        return self.only(self.in_domain == (1 if name == "IN" else 0))

    def only(self, kept: Bools) -> Judgements:
        """Keep some pairs, told by a mask of shape [pairs], and the queries that have one of them."""
        counts: Ints = np.add.reduceat(kept.astype(np.int64), self.indptr[:-1])
        indptr = np.concatenate([[0], np.cumsum(counts[counts > 0])])
        return replace(
            self,
            queries=self.queries[counts > 0],
            indptr=indptr,
            documents=self.documents[kept],
            in_domain=self.in_domain[kept],
        )


def judge(landscape: Landscape, relevance: Relevance) -> Judgements:
    """Derive judgements from a landscape's citations, or take those that it brings.

    Under the relation `given` only documents of the source are candidates, and the pairs' domains are the source's.
    Under any other all publications are, and the landscape's own judgements are not looked at.

    Raises
    ------
    PatbenchError
        Where the landscape has no citations at all, no query has a relevant document, or judgements are to be given
        and the landscape has none.
    """
    if reason := why_unjudged(landscape):
        raise PatbenchError(
            f"Retrieval cannot be judged: {reason}.",
            why="What is relevant to a patent is known from whom it cites, or from whoever collected the landscape.",
            todo="Classify and cluster it, which a study does by itself, or retrieve from a landscape with citations.",
        )
    queries, documents, given_domains = _pairs(landscape, relevance)
    candidates = landscape.given.candidates if landscape.given and relevance.relation == "given" else None
    keep = landscape.family[queries] != landscape.family[documents]
    dates = _days(landscape) if relevance.earlier_only else None
    if dates is not None:
        keep &= (dates[documents] < dates[queries]) & (dates[queries] < UNKNOWN_DAY)
    order = np.lexsort((documents[keep], queries[keep]))
    queries, documents = queries[keep][order], documents[keep][order]
    if not len(queries):
        raise _nothing_relevant(landscape, relevance.relation)
    rows, counts = np.unique(queries, return_counts=True)
    if given_domains is None:
        shared = _shares_domain(landscape, relevance.domain_level, queries, documents)
    else:
        shared = given_domains[keep][order]
    indptr = np.concatenate([[0], np.cumsum(counts)])
    return Judgements(rows, indptr, documents, shared, landscape.family, dates, candidates)


def _pairs(landscape: Landscape, relevance: Relevance) -> tuple[Ints, Ints, Ints | None]:
    """Return query and document of each related pair, and where they are given their domains."""
    if relevance.relation != "given":
        related = _related(landscape, relevance).tocoo()
        return related.row, related.col, None
    if landscape.given is None:
        raise PatbenchError(
            f"Landscape '{landscape.name}' brings no judgements (relation given).",
            why="Only landscapes built from sources that have them do: dapfam, patenteb.",
            todo="Choose a relation of citations, `cites` for one: for the study under `relevance`, for this landscape "
            "alone by its own `relation`.",
        )
    return landscape.given.pair_queries, landscape.given.documents, landscape.given.in_domain


def _nothing_relevant(landscape: Landscape, relation: Relation) -> PatbenchError:
    what = f"No patent of landscape '{landscape.name}' has a relevant document in it (relation {relation})."
    if relation == "given":
        return PatbenchError(
            what,
            why="No given pair is of two families, or with `earlier_only` none has a document known to be earlier.",
            todo="Set `earlier_only: false`, or look at the quality report of the build for pairs that were left out.",
        )
    todo = "Try `relevance: {relation: coupling, min_shared: 2}`, a larger set, or `leading_zeros: ignore`."
    if landscape.given is not None:
        todo = "It brings judgements of its own: set `relation: given`, under `relevance` or for this landscape alone."
    return PatbenchError(
        what, why="Citations may all leave the set, or stay within families, which are never candidates.", todo=todo
    )


def count_unmatched_zeros(landscape: Landscape) -> int:
    """Count citations inside the set that match only where leading zeros are ignored."""
    return int(citations(landscape, "ignore")[0].nnz - citations(landscape, "keep")[0].nnz)


def citations(landscape: Landscape, zeros: LeadingZeros = "keep") -> tuple[sp.csr_matrix, sp.csr_matrix]:
    """Return who cites whom inside the set [n, n], and who cites which document at all [n, distinct documents]."""
    patents = landscape.patents
    own = match_keys(patents["publication_number"], zeros)
    lengths = patents["cited"].map(len).to_numpy()
    keys = match_keys((entry for entries in patents["cited"] for entry in entries), zeros)
    codes, distinct = pd.factorize(np.array(keys, dtype=object))
    citing = np.repeat(np.arange(len(patents)), lengths)
    n, m = len(patents), max(len(distinct), 1)
    cites = _binary(citing, codes, (n, m))
    position = {key: code for code, key in enumerate(distinct)}
    inside = [(position[key], row) for row, key in enumerate(own) if key in position]
    columns, rows = np.array(inside, dtype=np.int64).reshape(-1, 2).T
    which = _binary(columns, rows, (m, n))
    return _ones(cites @ which), cites


def _binary(rows: Ints, columns: Ints, shape: tuple[int, int]) -> sp.csr_matrix:
    return _ones(sp.csr_matrix((np.ones(len(rows), dtype=np.int32), (rows, columns)), shape=shape))


def _ones(matrix: sp.csr_matrix) -> sp.csr_matrix:
    matrix.sum_duplicates()
    matrix.data[:] = 1
    return matrix


def _related(landscape: Landscape, relevance: Relevance) -> sp.csr_matrix:
    inside, cites = citations(landscape, relevance.leading_zeros)
    if relevance.relation == "cites":
        return inside
    if relevance.relation == "cited_by":
        return inside.T
    if relevance.relation == "both":
        return _ones((inside + inside.T).tocsr())
    shared = (cites @ cites.T).tocsr()
    shared.data[shared.data < relevance.min_shared] = 0
    shared.eliminate_zeros()
    return shared


def _days(landscape: Landscape) -> Ints:
    """Publication dates as days; an unknown date is later than all, so that it is never a candidate."""
    dates = landscape.patents["publication_date"]
    days = dates.to_numpy().astype("datetime64[D]").astype(np.int64)
    return np.where(dates.isna(), UNKNOWN_DAY, days)


def _shares_domain(landscape: Landscape, level: Level, queries: Ints, documents: Ints) -> Ints:
    domains = [set(cut_all(symbols, level)) for symbols in landscape.patents["ipc"]]
    pairs = zip(queries, documents, strict=True)
    known = ((domains[query], domains[document]) for query, document in pairs)
    return np.array([int(bool(a & b)) if a and b else -1 for a, b in known], dtype=np.int8)
