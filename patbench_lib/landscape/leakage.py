"""Leakage: what publications that are learnt from have in common with those that results are reported on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
import scipy.sparse as sp

from patbench_lib.landscape.judgements import Relevance, citations
from patbench_lib.landscape.near_duplicates import near_duplicates
from patbench_lib.landscape.schema import Landscape
from patbench_lib.types import Ints

Kind = Literal["family", "citation", "near-duplicate", "shared citations", "judgement", "publication"]

SHOWN = 3


@dataclass(frozen=True)
class Finding:
    """Pairs of a publication learnt from and one held out that have something in common.

    Attributes
    ----------
    what : which text, or what else there is to know of the kind.
    leak : whether it tells of the answers; a shared citation does only where it makes two patents relevant.
    pairs : rows learnt from and held out, shape [pairs, 2], distinct and ascending.
    """

    kind: Kind
    what: str
    leak: bool
    pairs: Ints


def find_leaks(
    landscape: Landscape, train: Ints, held_out: Ints, relevance: Relevance, texts: Mapping[str, Sequence[str]]
) -> list[Finding]:
    """Return what links two sides of a landscape, nothing where they have nothing in common.

    Families and citations, in either direction, are leaks always, and so are near-duplicate texts and, where relevant
    pairs are given, these. Two patents that cite the same documents are relevant to each other under the relation
    `coupling`; under any other the finding is told and is no leak.

    Parameters
    ----------
    train, held_out : rows learnt from, and rows that results are reported on.
    relevance : the relation, and how citations are matched.
    texts : name of a text and the texts of all publications: each is looked through by itself.
    """
    cites, documents = citations(landscape, relevance.leading_zeros)
    n, family = len(landscape), landscape.family
    of_family = sp.csr_matrix((np.ones(n, dtype=np.int32), (np.arange(n), family)), shape=(n, int(family.max()) + 1))
    given = landscape.given if relevance.relation == "given" else None
    judged = sp.csr_matrix((n, n), dtype=np.int32)
    if given is not None:
        pairs = given.pair_queries, given.documents
        judged = sp.csr_matrix((np.ones(len(given.documents), dtype=np.int32), pairs), shape=(n, n))
    coupled, least = relevance.relation == "coupling", relevance.min_shared
    found = [
        Finding("family", "", True, _across(of_family[train] @ of_family[held_out].T, train, held_out)),
        Finding("citation", "", True, _across((cites + cites.T).tocsr()[train][:, held_out], train, held_out)),
        Finding("judgement", "", True, _across((judged + judged.T).tocsr()[train][:, held_out], train, held_out)),
        *(
            Finding("near-duplicate", name, True, _copies(each, landscape, train, held_out))
            for name, each in texts.items()
        ),
        Finding(
            "shared citations",
            f"{least} or more" + ("" if coupled else f"; no answers under the relation {relevance.relation}"),
            coupled,
            _across(documents[train] @ documents[held_out].T, train, held_out, least=least),
        ),
    ]
    return [finding for finding in found if len(finding.pairs)]


def find_copies(
    texts: Mapping[str, Sequence[str]], rows: Ints, elsewhere: Mapping[str, Sequence[str]], name: str
) -> list[Finding]:
    """Return near-duplicates between rows of a landscape and all publications of another, for texts that both have.

    Parameters
    ----------
    name : of the other landscape; the second row of each pair is one of it.
    """
    found = []
    for text in texts:
        if text in elsewhere:
            own = [texts[text][row] for row in rows]
            pairs = near_duplicates([*own, *elsewhere[text]], np.repeat([0, 1], [len(own), len(elsewhere[text])]))
            pairs = np.stack([rows[pairs[:, 0]], pairs[:, 1] - len(own)], axis=1)
            found.append(Finding("near-duplicate", f"{text}, in landscape {name}", True, pairs))
    return [finding for finding in found if len(finding.pairs)]


def find_same(landscape: Landscape, rows: Ints, elsewhere: Landscape) -> list[Finding]:
    """Return which rows of a landscape are in another one too, by number; their texts there may be other versions."""
    numbers = np.array(landscape.numbers, dtype=object)[rows]
    _, own, other = np.intersect1d(numbers, np.array(elsewhere.numbers, dtype=object), return_indices=True)
    pairs = np.stack([rows[own], other], axis=1).astype(np.int64)
    return [Finding("publication", f"in landscape {elsewhere.name}", True, pairs)] if len(pairs) else []


def leakage_table(
    findings: Sequence[Finding], landscape: Landscape, elsewhere: Landscape | None = None
) -> pd.DataFrame:
    """Return kind, what, leak, pairs, publications (held out) and examples (learnt from → held out) of each."""
    numbers, held_out = landscape.numbers, (elsewhere or landscape).numbers
    columns = ["kind", "what", "leak", "pairs", "publications", "examples"]
    rows = [
        (
            finding.kind,
            finding.what,
            "yes" if finding.leak else "no",
            len(finding.pairs),
            len(np.unique(finding.pairs[:, 1])),
            "; ".join(f"{numbers[one]} → {held_out[other]}" for one, other in finding.pairs[:SHOWN]),
        )
        for finding in findings
    ]
    return pd.DataFrame(rows, columns=columns)


def _across(linked: Any, train: Ints, held_out: Ints, *, least: int = 1) -> Ints:
    """Return the rows of the pairs of a sparse matrix [train, held out] that reach a number."""
    entries = linked.tocoo()
    kept = entries.data >= least
    pairs = np.stack([train[entries.row[kept]], held_out[entries.col[kept]]], axis=1).astype(np.int64)
    return np.unique(pairs, axis=0)


def _copies(texts: Sequence[str], landscape: Landscape, train: Ints, held_out: Ints) -> Ints:
    """Return near-duplicates across the two sides; those of one family are found as a family."""
    rows = np.concatenate([train, held_out])
    side = np.repeat([0, 1], [len(train), len(held_out)])
    found = near_duplicates([texts[row] for row in rows], side)  # ascending: the one learnt from comes first
    pairs = rows[found]
    return np.unique(pairs[landscape.family[pairs[:, 0]] != landscape.family[pairs[:, 1]]], axis=0)
