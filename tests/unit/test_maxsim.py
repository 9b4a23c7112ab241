from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from fixtures.rooms import judged, rankings, run_of
from fixtures.tiny_late import Vectors, double_loop
from hypothesis import given
from hypothesis import strategies as st

from patbench_lib.retrieve import maxsim as module
from patbench_lib.retrieve.maxsim import maxsim, rescore_maxsim, search_maxsim
from patbench_lib.retrieve.run import Run


def drawn(seed: int, texts: int, most: int, dim: int = 5) -> Vectors:
    """Draw texts of 1 to `most` tokens with vectors of length 1."""
    generator = np.random.default_rng(seed)
    rows = [generator.normal(size=(generator.integers(1, most + 1), dim)) for _ in range(texts)]
    return Vectors([row / np.linalg.norm(row, axis=1, keepdims=True) for row in rows])


def picked(vectors: Vectors, rows: list[int]) -> Vectors:
    return Vectors([vectors.rows[row] for row in rows])


def everything(n: int, queries: list[int]) -> Run:
    """Return a first stage that found all other documents."""
    return run_of({query: [row for row in range(n) if row != query] for query in queries}, n - 1)


def test_golden_scores_by_hand() -> None:
    query = np.array([[1.0, 0.0], [0.0, 1.0], [0.5, 0.5]])
    documents = Vectors([[[1, 0], [0, 0.5]], [[0.25, 0.25]], [[-1, 0], [0, -1], [-1, -1]]])  # type: ignore[list-item]
    # first: max(1, 0) + max(0, .5) + max(.5, .25); second: .25 + .25 + .25; third: max(-1, 0, -1) + max(0, -1, -1)
    # + max(-.5, -.5, -1)
    expected = [1 + 0.5 + 0.5, 0.75, 0 + 0 + -0.5]
    assert maxsim(query, documents, np.arange(3)).tolist() == expected


@given(st.integers(0, 10_000), st.integers(1, 6), st.integers(1, 9), st.integers(1, 7))
def test_scores_are_those_of_a_double_loop(seed: int, queries: int, documents: int, most: int) -> None:
    asked, found = drawn(seed, queries, most), drawn(seed + 1, documents, most)
    for query in asked.rows:
        scores = maxsim(query, found, np.arange(documents))
        np.testing.assert_allclose(scores, [double_loop(query, row) for row in found.rows], rtol=1e-5, atol=1e-5)


@given(st.integers(0, 10_000), st.integers(2, 12), st.integers(1, 6), st.integers(1, 12), st.booleans())
def test_all_documents_as_candidates_are_ranked_as_in_an_exact_search(
    seed: int, n: int, most: int, depth: int, copies: bool
) -> None:
    documents = drawn(seed, n, most)
    if copies:  # equal documents tie, in either mode
        documents = picked(documents, [row // 2 for row in range(n)])
    queries = sorted({0, n // 2, n - 1})
    judgements = judged(n, {query: [(query + 1) % n] for query in queries})
    depth = min(depth, n - 1)
    exact = search_maxsim(picked(documents, queries), documents, judgements, depth)
    again = rescore_maxsim(picked(documents, queries), documents, everything(n, queries), depth)
    assert rankings(exact) == rankings(again)
    np.testing.assert_allclose(exact.scores, again.scores, rtol=1e-5, atol=1e-5)
    for position, query in enumerate(queries):
        scores = {row: np.float32(double_loop(documents.rows[query], documents.rows[row])) for row in range(n)}
        best = sorted((row for row in range(n) if row != query), key=lambda row: (-scores[row], row))
        assert exact.ranked(position).tolist() == best[:depth]


def test_scores_do_not_depend_on_the_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    documents, judgements = drawn(3, 60, 20), judged(60, {query: [(query + 1) % 60] for query in range(0, 60, 3)})
    queries = picked(documents, list(range(0, 60, 3)))
    large = search_maxsim(queries, documents, judgements, 10)
    for documents_at_once, queries_at_once in ((1, 1), (7, 30), (64, 3)):
        monkeypatch.setattr(module, "DOCUMENT_TOKENS", documents_at_once * 4)
        monkeypatch.setattr(module, "QUERY_TOKENS", queries_at_once)
        small = search_maxsim(queries, documents, judgements, 10)
        np.testing.assert_array_equal(small.documents, large.documents)
        np.testing.assert_allclose(small.scores, large.scores, rtol=1e-5)


def test_memory_is_bounded_by_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many documents there are, no block of vectors is larger than asked, but for a single long document."""
    sizes: list[int] = []
    padded = module._padded

    def watched(texts: Any, rows: Any, dtype: Any) -> Any:
        block = padded(texts, rows, dtype)
        sizes.append(block.shape[0] * block.shape[1] if len(rows) > 1 else 0)
        return block

    monkeypatch.setattr(module, "_padded", watched)
    monkeypatch.setattr(module, "DOCUMENT_TOKENS", 64)
    for n in (40, 400):
        documents = drawn(1, n, 9)
        search_maxsim(picked(documents, [0, 1]), documents, judged(n, {0: [1], 1: [0]}), 5)
        assert 0 < max(sizes) <= 64
        assert len(sizes) > documents.lengths.sum() / 64


def test_blocks_hold_every_text_once_and_no_more_tokens_than_allowed() -> None:
    lengths = np.array([3, 9, 1, 4, 4, 30, 2])
    blocks = list(module._blocks(lengths, 12))
    assert sorted(np.concatenate(blocks).tolist()) == list(range(7))
    for block in blocks:
        assert len(block) == 1 or lengths[block].max() * len(block) <= 12


def test_a_querys_family_and_later_documents_are_never_ranked() -> None:
    documents = drawn(5, 12, 4)
    family, dates = np.array([0, 0, 0, *range(1, 10)]), np.arange(12)
    queries = [0, 5, 11]
    relevant = {query: [(query + 3) % 12] for query in queries}
    run = search_maxsim(picked(documents, queries), documents, judged(12, relevant, family=family), 11)
    assert [sorted(found) for found in rankings(run)] == [
        list(range(3, 12)),
        [0, 1, 2, 3, 4, *range(6, 12)],
        list(range(11)),
    ]
    run = search_maxsim(picked(documents, queries), documents, judged(12, relevant, family=family, dates=dates), 11)
    assert [sorted(found) for found in rankings(run)] == [[], [0, 1, 2, 3, 4], list(range(11))]


def test_candidates_alone_are_ranked() -> None:
    documents = drawn(6, 9, 4)
    run = rescore_maxsim(picked(documents, [0]), documents, run_of({0: [7, 2, 5]}, 5), 2)
    scores = maxsim(documents.rows[0], documents, np.array([7, 2, 5]))
    assert run.ranked(0).tolist() == [[7, 2, 5][i] for i in np.argsort(-scores)[:2]]


def test_scores_that_single_precision_cannot_tell_apart_are_ranked_rightly() -> None:
    """One document is better by a millionth of the score: only double precision sees it."""
    query = np.full((40, 512), 512**-0.5, dtype=np.float16)
    near = np.tile(query[:1], (3, 1))
    better = near.copy()
    better[0, 0] += np.float16(2.0**-15)
    documents = Vectors([query, near, better, near])
    run = search_maxsim(Vectors([query]), documents, judged(4, {0: [1]}), 3)
    assert run.ranked(0).tolist() == [2, 1, 3]
    assert run.scores[0, 1] == run.scores[0, 2] < run.scores[0, 0]
