"""BM25: Okapi's probabilistic weighting of terms, through bm25s or the reference rank-bm25.

Source: Robertson and Zaragoza, The Probabilistic Relevance Framework: BM25 and Beyond (2009); the variants as collected
by Kamphuis, de Vries, Boytsov and Lin, Which BM25 Do You Mean? (2020).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cache, reduce
from operator import add
from typing import Any

import numpy as np

from patbench_lib.landscape.judgements import Judgements
from patbench_lib.retrieve.run import Run, fill
from patbench_lib.retrieve.settings import Bm25
from patbench_lib.types import Floats, Ints

Scorer = Callable[[list[str]], tuple[Floats, float]]
"""For the terms of one query: scores of all documents [n], and the score of a document that has none of the terms."""


def search_bm25(
    query_texts: Sequence[str], document_texts: Sequence[str], judgements: Judgements, depth: int, settings: Bm25
) -> Run:
    """Rank documents by BM25 for every query of the judgements.

    A document that shares no term with the query is not retrieved, so a ranking may be shorter than `depth`. Terms are
    counted in the documents that may be retrieved: a query that is none of them changes no document frequency and no
    mean length.

    Parameters
    ----------
    query_texts : texts of `judgements.queries`, in their order.
    document_texts : texts of all rows of the landscape.
    """
    run, rows = Run.empty(judgements.queries, depth), judgements.collection
    for position, scored in enumerate(score_each(query_texts, [document_texts[row] for row in rows], settings)):
        if scored is not None:
            scores, floor = scored
            scores[judgements.excluded(int(judgements.queries[position]))[rows]] = floor
            best = contenders(scores, floor, depth)
            fill(run, position, rows[best], scores[best])
    return run


def score_each(
    query_texts: Sequence[str], document_texts: Sequence[str], settings: Bm25
) -> Iterator[tuple[Floats, float] | None]:
    """Give, for each query, what `Scorer` returns, or None where it shares no term with any document."""
    documents = tokenise(document_texts, settings)
    known = {term for terms in documents for term in terms}
    score = _scorer(documents, settings) if known else None  # an index of no terms cannot be built
    for terms in tokenise(query_texts, settings):
        shared = [term for term in terms if term in known]
        yield score(shared) if score and shared else None


def contenders(scores: Floats, floor: float, depth: int) -> Ints:
    """Return the documents above the floor that can be among the best `depth`, ties with the last one included."""
    if len(scores) > depth:
        floor = max(floor, np.nextafter(np.partition(scores, -depth)[-depth], -np.inf))
    return np.flatnonzero(scores > floor)


def tokenise(texts: Sequence[str], settings: Bm25) -> list[list[str]]:
    """Return the terms of each text: words of two letters or more, lower case, stopped and stemmed as set.

    A text without terms gives an empty list. `allow_empty` says so; without it, bm25s gives such texts the empty string
    as a common term, and texts that hold nothing would find each other.
    """
    import bm25s

    stemmer = None
    if settings.stemmer == "english":
        import Stemmer

        stemmer = Stemmer.Stemmer("english")
    stopwords = "en" if settings.stopwords == "english" else []
    terms: list[list[str]] = bm25s.tokenize(
        list(texts), stopwords=stopwords, stemmer=stemmer, return_ids=False, show_progress=False, allow_empty=True
    )
    return terms


def _scorer(documents: list[list[str]], settings: Bm25) -> Scorer:
    if settings.implementation == "rank-bm25":
        return _reference_scorer(documents, settings)
    import bm25s

    index: Any = bm25s.BM25(k1=settings.k1, b=settings.b, delta=settings.delta, method=settings.variant)
    index.index(documents, show_progress=False)
    index._compute_relevance_from_scores = _compiled_scorer()

    def score(terms: list[str]) -> tuple[Floats, float]:
        ids = index.get_tokens_ids(terms)
        absent = index.nonoccurrence_array
        return index.get_scores_from_ids(ids), 0.0 if absent is None else float(absent[ids].sum())

    return score


@cache
def _compiled_scorer() -> Any:
    """Compile bm25s's scorer once a process; `activate_numba_scorer` alone would do so for every index."""
    import bm25s

    index: Any = bm25s.BM25()
    index.activate_numba_scorer()
    return index._compute_relevance_from_scores


def _reference_scorer(documents: list[list[str]], settings: Bm25) -> Scorer:
    import rank_bm25

    if settings.variant == "okapi":
        okapi: Any = rank_bm25.BM25Okapi(documents, k1=settings.k1, b=settings.b)
        return lambda terms: (_get_scores(okapi, terms, 0.0), 0.0)
    plus: Any = rank_bm25.BM25Plus(documents, k1=settings.k1, b=settings.b, delta=settings.delta)

    def score(terms: list[str]) -> tuple[Floats, float]:
        # Added one by one as get_scores does: `sum` rounds otherwise from Python 3.12 on, and the floor must be equal.
        floor = reduce(add, (plus.idf[term] * settings.delta for term in terms), 0.0)
        return _get_scores(plus, terms, floor), floor

    return score


def _get_scores(index: Any, terms: list[str], floor: float) -> Floats:
    """Score all documents; at b = 1 rank-bm25 divides 0 by 0 for a document without terms, which has the floor."""
    with np.errstate(invalid="ignore"):
        scores = index.get_scores(terms)
    return np.where(np.isnan(scores), floor, scores)
