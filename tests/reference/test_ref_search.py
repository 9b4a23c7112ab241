"""Lexical search against bm25s's own retrieval, dense search against FAISS."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from fixtures.rooms import judged, rankings

from patbench_lib.retrieve.bm25 import search_bm25, tokenise
from patbench_lib.retrieve.dense import search_exact
from patbench_lib.retrieve.faiss_flat import search_faiss
from patbench_lib.retrieve.settings import Bm25


def collection(size: int, seed: int = 0) -> list[str]:
    """Draw texts whose words fall off as Zipf has it."""
    rng = np.random.default_rng(seed)
    words = np.array([f"word{i}" for i in range(2000)])
    chances = 1 / np.arange(1, 2001)
    lengths = rng.integers(5, 60, size)
    return [" ".join(rng.choice(words, length, p=chances / chances.sum())) for length in lengths]


@pytest.mark.parametrize("variant", ["lucene", "robertson", "atire", "bm25l", "bm25+"])
@pytest.mark.parametrize("stemmer", ["none", "english"])
def test_scores_are_those_of_bm25s_retrieve(variant: Any, stemmer: Any) -> None:
    import bm25s

    texts, depth = collection(300), 20
    settings = Bm25(variant=variant, stemmer=stemmer, k1=0.9, b=0.4)
    run = search_bm25(texts[:40], texts, judged(300, {query: [] for query in range(40)}), depth, settings)
    index = bm25s.BM25(k1=0.9, b=0.4, delta=settings.delta, method=variant)
    terms = tokenise(texts, settings)
    index.index(terms, show_progress=False)
    documents, scores = index.retrieve(terms[:40], k=depth + 1, show_progress=False)
    for query in range(40):
        theirs = {int(d): float(s) for d, s in zip(documents[query], scores[query], strict=True) if d != query}
        expected, size = np.array(sorted(theirs.values(), reverse=True)[:depth]), len(run.ranked(query))
        np.testing.assert_allclose(run.scores[query, :size], expected[:size], rtol=1e-5)
        assert (expected[size:] == 0).all()  # bm25s fills up with documents that score nothing; we end there
        ours = dict(zip(run.ranked(query).tolist(), run.scores[query].tolist(), strict=False))
        last = min(ours.values())  # at the last place bm25s may have chosen another of equals
        assert {d for d, s in ours.items() if s > last * (1 + 1e-6)} <= set(theirs)


def test_bm25_plus_ranks_as_rank_bm25_where_scores_differ() -> None:
    texts = collection(200, seed=1)
    judgements = judged(200, {query: [] for query in range(30)})
    fast = search_bm25(texts[:30], texts, judgements, 25, Bm25(variant="bm25+"))
    slow = search_bm25(texts[:30], texts, judgements, 25, Bm25(implementation="rank-bm25", variant="bm25+"))
    np.testing.assert_allclose(fast.scores, slow.scores, rtol=1e-5)
    for a, b, scores in zip(fast.documents, slow.documents, slow.scores, strict=True):
        apart = np.abs(np.diff(scores, append=0)) > 1e-4 * scores
        clear = apart & np.r_[True, apart[:-1]]
        assert clear.any()
        assert a[clear].tolist() == b[clear].tolist()


@pytest.mark.parametrize("dates", [False, True])
def test_exact_search_finds_what_faiss_finds(dates: bool) -> None:
    rng = np.random.default_rng(0)
    vectors = rng.normal(size=(3000, 48)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    queries = {int(query): [] for query in np.sort(rng.choice(3000, 150, replace=False))}
    judgements = judged(
        3000, queries, family=rng.integers(0, 1200, 3000), dates=rng.integers(0, 50, 3000) if dates else None
    )
    ours = search_exact(vectors[judgements.queries], vectors, judgements, 50)
    theirs = search_faiss(vectors[judgements.queries], vectors, judgements, 50)
    np.testing.assert_allclose(ours.scores, theirs.scores, rtol=1e-5)
    different = ours.documents != theirs.documents
    with np.errstate(invalid="ignore"):
        gaps = np.minimum(np.abs(np.diff(ours.scores, prepend=np.inf)), np.abs(np.diff(ours.scores, append=-np.inf)))
    assert (gaps[different] < 1e-6).all()  # they part only where single precision cannot tell
    assert different.mean() < 0.01
    assert [len(row) for row in rankings(ours)] == [len(row) for row in rankings(theirs)]


def test_faiss_is_called_directly_and_agrees() -> None:
    import faiss

    rng = np.random.default_rng(1)
    vectors = rng.normal(size=(800, 16)).astype(np.float32)
    index = faiss.IndexFlatIP(16)
    index.add(vectors)
    scores, found = index.search(vectors[:60], 11)
    run = search_exact(vectors[:60], vectors, judged(800, {query: [] for query in range(60)}), 10)
    for query in range(60):
        others = found[query] != query
        assert run.ranked(query).tolist() == found[query][others][:10].tolist()
        np.testing.assert_allclose(run.scores[query], scores[query][others][:10], rtol=1e-5)
