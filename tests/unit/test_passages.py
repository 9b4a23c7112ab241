"""Windows of texts, and search by the best of them: by hand, against a plain double loop, and in blocks of any size."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from fixtures.rooms import WordHash, judged, rankings
from fixtures.tiny_models import tiny_bert, tiny_card
from hypothesis import given, settings
from hypothesis import strategies as st

from patbench_lib.encode import passages as cutting
from patbench_lib.encode.encode import encode
from patbench_lib.encode.passages import cut_passages, windows
from patbench_lib.errors import PatbenchError
from patbench_lib.landscape.judgements import Judgements
from patbench_lib.models.encoder import Encoder, load_encoder
from patbench_lib.retrieve import passages as searching
from patbench_lib.retrieve.dense import search_exact
from patbench_lib.retrieve.passages import pool_passages, search_passages

LONG = "a cane with two wheels and one sensor near the handle and a lamp"


@pytest.fixture(scope="module")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> Encoder:
    folder = tiny_bert(tmp_path_factory.mktemp("tiny"))
    return load_encoder(tiny_card(folder, prompts={"document": "text: "}), device="cpu")


def test_windows_by_hand() -> None:
    # Ten words of one token each: 0-3, 3-6, … would leave one token, so the last window begins at 6, not at 9.
    assert list(windows(range(10), 4, 1)) == [(0, 4), (3, 7), (6, 10)]
    assert list(windows(range(9), 4, 1)) == [(0, 4), (3, 7), (5, 9)]
    assert list(windows(range(4), 4, 1)) == [(0, 4)]


def test_windows_end_between_words() -> None:
    # Words of tokens 0, 1-3, 4, 5-6, 7: a window of 5 ends before 5; the next one shares token 4 at least.
    words = [0, 1, 1, 1, 2, 3, 3, 4]
    assert list(windows(words, 5, 1)) == [(0, 5), (4, 8)]
    assert list(windows(words, 6, 2)) == [(0, 5), (1, 7), (4, 8)]


def test_a_word_longer_than_a_window_is_cut() -> None:
    assert list(windows([0] * 7, 3, 1)) == [(0, 3), (2, 5), (4, 7)]
    assert list(windows([None] * 5, 3, 0)) == [(0, 3), (2, 5)]


@settings(deadline=None, max_examples=300)
@given(st.lists(st.integers(1, 9), min_size=1, max_size=30), st.integers(1, 12), st.data())
def test_windows_hold_every_token_share_the_overlap_and_get_on(
    sizes: list[int], window: int, data: st.DataObject
) -> None:
    overlap = data.draw(st.integers(0, window - 1))
    words = [word for word, size in enumerate(sizes) for _ in range(size)]
    made = list(windows(words, window, overlap))
    assert made[0][0] == 0
    assert made[-1][1] == len(words)
    for first, after in made:
        assert 0 < after - first <= window
    for (first, after), (second, last) in pairwise(made):
        assert first < second <= after - overlap
        assert after < last


def test_passages_are_pieces_of_the_text_with_at_most_the_tokens_asked_for(encoder: Encoder) -> None:
    texts = ["a cane", LONG, "", f"{LONG}. {LONG}?"]
    made = cut_passages(texts, encoder, window=8, overlap=2)
    assert made.indptr[0] == 0
    assert len(made.texts) == made.indptr[-1]
    groups = [made.texts[a:b] for a, b in pairwise(made.indptr)]
    assert groups[0] == ["a cane"]
    assert groups[1] == [
        "a cane with two wheels and one sensor",
        "one sensor near the handle and a lamp",
    ]
    assert groups[2] == [""]
    for text, group in zip(texts, groups, strict=True):
        assert all(passage in text for passage in group)
    plain = encoder.count_tokens([""], "document")[0]
    assert (encoder.count_tokens(made.texts, "document") - plain).max() == 8


def test_texts_are_cut_alike_however_many_at_once(encoder: Encoder, monkeypatch: pytest.MonkeyPatch) -> None:
    texts = [LONG, "", "a cane", f"{LONG} {LONG}", "lamp"]
    whole = cut_passages(texts, encoder, window=8, overlap=3)
    monkeypatch.setattr(cutting, "TEXTS_AT_ONCE", 2)
    parts = cut_passages(texts, encoder, window=8, overlap=3)
    assert parts.texts == whole.texts
    assert parts.indptr.tolist() == whole.indptr.tolist()


def test_passages_go_through_the_store_of_whole_texts(encoder: Encoder, tmp_path: Path) -> None:
    made = cut_passages(["a cane", LONG], encoder, window=8, overlap=2)
    first = encode(encoder, ["a cane", LONG], "document", tmp_path, progress=False)
    second = encode(encoder, made.texts, "document", tmp_path, progress=False)
    assert first.store == second.store
    assert np.array_equal(first.vectors[0], second.vectors[0]), "a short text is its own passage, encoded once"


def test_a_window_that_the_model_cannot_read_is_refused(encoder: Encoder) -> None:
    # 64 positions less [CLS], [SEP] and the prompt: "text" and ":" are one token each
    with pytest.raises(PatbenchError, match=r"(?s)61 tokens does not fit into the 64.*4 of them.*to 60 or less"):
        cut_passages([LONG], encoder, window=61, overlap=2)
    assert cut_passages([LONG], encoder, window=60, overlap=2).texts == [LONG]


def test_a_tokenizer_without_offsets_is_refused() -> None:
    slow = WordHash()
    slow.model = SimpleNamespace(tokenizer=SimpleNamespace(is_fast=False))  # type: ignore[attr-defined]
    for encoder in (WordHash(), slow):
        with pytest.raises(PatbenchError, match="does not say where in the text its tokens stand"):
            cut_passages(["a b"], encoder, window=8, overlap=0)


HAND = np.array([[4, 0], [1, 0], [3, 0], [2, 0], [5, 0], [0, 1]], dtype=np.float32)
SPANS = np.array([0, 1, 5, 6])  # document 0 has one passage, document 1 four, document 2 one
ASKED = np.array([[1, 0]], dtype=np.float32)


@pytest.mark.parametrize(
    ("best", "wanted"),
    [(1, {1: 5.0, 0: 4.0}), (3, {0: 4.0, 1: (5 + 3 + 2) / 3})],
)
def test_scores_by_hand(best: int, wanted: dict[int, float]) -> None:
    run = search_passages(ASKED, HAND, SPANS, judged(3, {2: [0]}), 2, best=best)
    assert dict(zip(run.documents[0].tolist(), run.scores[0].tolist(), strict=True)) == pytest.approx(wanted)


def test_pooled_vectors_by_hand() -> None:
    vectors = np.array([[3, 0], [0, 4], [0, 2], [1, 1], [-1, -1]], dtype=np.float32)
    spans = np.array([0, 2, 3, 5])
    assert pool_passages(vectors, spans, normalise=False).tolist() == [[1.5, 2], [0, 2], [0, 0]]
    assert pool_passages(vectors, spans, normalise=True) == pytest.approx(np.array([[0.6, 0.8], [0, 1], [0, 0]]))


@st.composite
def problems(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray, np.ndarray, Judgements, int]:
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    n, d = draw(st.integers(2, 60)), draw(st.integers(1, 12))
    indptr = np.concatenate([[0], np.cumsum(rng.integers(1, draw(st.integers(2, 9)), n))])
    kind = draw(st.sampled_from(["floats", "integers", "near"]))
    vectors = rng.normal(size=(indptr[-1], d))
    if kind == "integers":
        vectors = rng.integers(-2, 3, (indptr[-1], d)).astype(float)
    if kind == "near":  # copies that differ in the last bits of single precision
        vectors = vectors[rng.integers(0, 1 + n // 8, indptr[-1])] * (
            1 + rng.integers(-2, 3, (indptr[-1], d)) * 2.0**-23
        )
    asked = np.sort(rng.choice(n, rng.integers(1, min(n, 9) + 1), replace=False))
    judgements = judged(
        n,
        {int(query): [] for query in asked},
        family=rng.integers(0, draw(st.integers(1, n)), n),
        dates=rng.integers(0, 5, n) if draw(st.booleans()) else None,
    )
    queries = vectors[rng.integers(0, indptr[-1], len(asked))]
    return queries.astype(np.float32), vectors.astype(np.float32), indptr, judgements, draw(st.integers(1, n + 2))


def brute(
    queries: np.ndarray, passages: np.ndarray, indptr: np.ndarray, judgements: Judgements, depth: int, best: int
) -> list[list[int]]:
    """Rank in double precision, one document at a time; equal where a run cannot tell scores apart, ties by row."""
    found = []
    longest = np.linalg.norm(passages.astype(np.float64), axis=1).max()
    for vector, query in zip(queries.astype(np.float64), judgements.queries, strict=True):
        unit = 2.0 ** np.round(np.log2(longest * np.linalg.norm(vector) or 2.0**-100))
        excluded, scores = judgements.excluded(int(query)), {}
        for document in range(len(indptr) - 1):
            mine = passages[indptr[document] : indptr[document + 1]].astype(np.float64)
            products = sorted(((row @ vector / unit).round(12) * unit for row in mine), reverse=True)[:best]
            if not excluded[document]:
                scores[document] = np.float32(sum(products) / len(products))
        found.append(sorted(scores, key=lambda document: (-scores[document], document))[:depth])
    return found


@settings(deadline=None, max_examples=200)
@given(problems(), st.sampled_from([1, 2, 3]))
def test_search_is_a_double_loop(
    problem: tuple[np.ndarray, np.ndarray, np.ndarray, Judgements, int], best: int
) -> None:
    assert rankings(search_passages(*problem, best=best)) == brute(*problem, best)


@settings(deadline=None, max_examples=100)
@given(problems(), st.sampled_from([1, 3]), st.sampled_from([1, 3, 20]), st.sampled_from([1, 64]))
def test_the_ranking_is_the_same_for_all_tiles_and_blocks(
    problem: tuple[np.ndarray, np.ndarray, np.ndarray, Judgements, int], best: int, tile: int, block_mb: int
) -> None:
    expected = search_passages(*problem, best=best)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(searching, "TILE", tile)
        found = search_passages(*problem, best=best, block_mb=block_mb)
        pooled = pool_passages(problem[1], problem[2], normalise=True)
    assert rankings(found) == rankings(expected)
    np.testing.assert_allclose(found.scores, expected.scores, rtol=1e-4, atol=1e-4)
    np.testing.assert_array_equal(pooled, pool_passages(problem[1], problem[2], normalise=True))


def test_many_blocks_make_the_run_of_one() -> None:
    rng = np.random.default_rng(0)
    vectors, indptr = rng.normal(size=(9000, 4)).astype(np.float32), np.arange(0, 9001, 3)
    judgements = judged(3000, {query: [] for query in range(0, 3000, 20)})
    queries = vectors[indptr[:-1]][::20]
    # 1 MiB holds 2**20 / (4 * 8190 * 5) = 6 queries' scores, so 150 queries take 25 blocks
    small = search_passages(queries, vectors, indptr, judgements, 10, best=1, block_mb=1)
    assert rankings(small) == rankings(search_passages(queries, vectors, indptr, judgements, 10, best=1, block_mb=256))


@settings(deadline=None, max_examples=60)
@given(problems())
def test_one_passage_a_document_is_exact_search(
    problem: tuple[np.ndarray, np.ndarray, np.ndarray, Judgements, int],
) -> None:
    queries, vectors, indptr, judgements, depth = problem
    documents, one_each = vectors[indptr[:-1]], np.arange(len(indptr))
    expected = search_exact(queries, documents, judgements, depth)
    for best in (1, 3):
        run = search_passages(queries, documents, one_each, judgements, depth, best=best)
        assert rankings(run) == rankings(expected)
