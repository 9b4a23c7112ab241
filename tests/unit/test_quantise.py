from __future__ import annotations

import numpy as np
import pytest
from fixtures.rooms import judged, rankings, run_of
from hypothesis import given, settings
from hypothesis import strategies as st

from patbench_lib.retrieve.dense import search_exact
from patbench_lib.retrieve.quantise import (
    COARSE,
    bytes_stored,
    rescore,
    search_coarse,
    signs,
    to_bits,
    to_int8,
    truncate,
)


def test_truncation_by_hand() -> None:
    vectors = np.array([[3, 4, 12], [0, 0, 5], [-6, 8, 0]], dtype=np.float32)
    short = truncate(vectors, 2, normalise=True)
    # 3-4-5 triangles; the second vector has nothing in its first two dimensions.
    np.testing.assert_allclose(short, [[0.6, 0.8], [0, 0], [-0.6, 0.8]], rtol=1e-6)
    assert truncate(vectors, 2, normalise=False).tolist() == [[3, 4], [0, 0], [-6, 8]]
    assert truncate(vectors, 9, normalise=False).shape == (3, 3)


def test_int8_by_hand() -> None:
    # The first dimension runs from 0 to 255, a step being 1; the second from -255 to 255, a step being 2; the third
    # never changes.
    vectors = np.array([[0, -255, 7], [255, 255, 7], [10.7, 0, 7]], dtype=np.float32)
    codes, step = to_int8(vectors)
    # 10.7 falls into step 10 and 0 into step 127 (of 0 to 255), which are codes -118 and -1.
    assert codes.tolist() == [[-128, -128, -128], [127, 127, -128], [-118, -1, -128]]
    assert codes.dtype == np.int8
    np.testing.assert_allclose(step, [1, 2, 1], rtol=1e-6)


def test_int8_takes_its_ranges_from_candidates_alone() -> None:
    vectors = np.array([[0, 0], [1000, -1000], [255, 510]], dtype=np.float32)
    codes, step = to_int8(vectors, np.array([True, False, True]))
    np.testing.assert_allclose(step, [1, 2], rtol=1e-6)
    # The second is no candidate, and lies beyond both ranges: it gets their last codes.
    assert codes.tolist() == [[-128, -128], [127, -128], [127, 127]]


def test_bits_by_hand() -> None:
    vectors = np.array([[1, -1, 0, 2, -3, 4, 5, -6, 7], [-1] * 9], dtype=np.float32)
    bits = to_bits(vectors)
    # 1 0 0 1 0 1 1 0 | 1, the last byte filled up with zeros; 0 counts as not above 0.
    assert bits.tolist() == [[0b10010110, 0b10000000], [0, 0]]
    assert signs(bits, 9).tolist() == [[1, -1, -1, 1, -1, 1, 1, -1, 1], [-1] * 9]


@pytest.mark.parametrize(
    ("coarse", "expected"),
    [("float16", 20), ("int8", 10), ("binary", 2), ("binary + signs", 2), ("binary + full", 42)],
)
def test_bytes_of_ten_dimensions(coarse: str, expected: float) -> None:
    assert bytes_stored(coarse, 10, 4) == expected  # type: ignore[arg-type]


def test_the_nearest_by_hamming_come_first_and_ties_go_to_the_lower_document() -> None:
    documents = np.array([[1, 1, 1, 1], [1, 1, 1, -1], [-1, 1, 1, 1], [-1, -1, -1, -1], [1, 1, 1, 1]], dtype=np.float32)
    queries = documents[[0]] * np.float32(3)
    judgements = judged(5, {0: []}, family=[0, 1, 2, 3, 4])
    # Distances from document 0: 0 to document 4, 1 to documents 1 and 2, 4 to document 3.
    run = search_coarse(queries, documents, judgements, 5, "binary", rescored=2)
    assert rankings(run) == [[4, 1, 2, 3]]
    assert run.scores[0, :4].tolist() == [4, 2, 2, -4]
    assert rankings(search_coarse(queries, documents, judgements, 5, "binary + full", rescored=2)) == [[4, 1]]


def test_signs_scored_again_by_signs_and_by_full_vectors() -> None:
    query = np.array([[1.0, 0.1]], dtype=np.float32)
    documents = np.array([[9, 9], [0.1, 3.0], [5.0, -1.0], [-1.0, 1.0]], dtype=np.float32)
    judgements = judged(4, {0: []})
    # By signs: document 1 (1, 1) at distance 0, document 2 (1, -1) and document 3 (-1, 1) at distance 1.
    assert rankings(search_coarse(query, documents, judgements, 3, "binary", rescored=3)) == [[1, 2, 3]]
    # q·signs: 1.1, 0.9, -0.9. q·documents: 0.4, 4.9, -0.9.
    by_signs = search_coarse(query, documents, judgements, 3, "binary + signs", rescored=3)
    by_full = search_coarse(query, documents, judgements, 3, "binary + full", rescored=3)
    assert rankings(by_signs) == [[1, 2, 3]]
    np.testing.assert_allclose(by_signs.scores[0], [1.1, 0.9, -0.9], rtol=1e-6)
    assert rankings(by_full) == [[2, 1, 3]]
    np.testing.assert_allclose(by_full.scores[0], [4.9, 0.4, -0.9], rtol=1e-6)


def test_scoring_again_keeps_to_what_was_found() -> None:
    found = run_of({0: [3, 1], 2: []}, 4)
    documents = np.array([[9.0], [2.0], [9.0], [1.0]])
    assert rankings(rescore(np.array([[1.0], [1.0]]), documents, found, 3)) == [[1, 3], []]


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 2**32 - 1), st.sampled_from(COARSE), st.booleans())
def test_no_coarse_search_finds_the_querys_family(seed: int, coarse: str, dated: bool) -> None:
    rng = np.random.default_rng(seed)
    n = int(rng.integers(2, 60))
    vectors = rng.normal(size=(n, int(rng.integers(1, 20)))).astype(np.float32)
    vectors[rng.random(n) < 0.2] = 0
    judgements = judged(
        n,
        {int(query): [] for query in rng.choice(n, min(n, 5), replace=False)},
        family=rng.integers(0, n, n),
        dates=rng.integers(0, 4, n) if dated else None,
    )
    run = search_coarse(vectors[judgements.queries], vectors, judgements, n, coarse, rescored=n)  # type: ignore[arg-type]
    for query, documents in zip(judgements.queries, rankings(run), strict=True):
        assert sorted(documents) == np.flatnonzero(~judgements.excluded(int(query))).tolist()


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 2**32 - 1))
def test_int8_scores_are_off_by_half_a_step_at_most(seed: int) -> None:
    rng = np.random.default_rng(seed)
    vectors = rng.normal(size=(40, 8)).astype(np.float32)
    judgements = judged(40, {query: [] for query in range(5)})
    run = search_coarse(vectors[:5], vectors, judgements, 39, "int8", rescored=1)
    _, step = to_int8(vectors)
    start = vectors.min(axis=0)
    for position in range(5):
        query = vectors[position].astype(np.float64)
        own = query @ (start + 128.5 * step)
        true = vectors[run.documents[position]].astype(np.float64) @ query
        off = np.abs(run.scores[position] + own - true)
        assert (off <= np.abs(query) @ step / 2 + 1e-4).all()


def test_all_dimensions_in_half_precision_rank_as_the_full_vectors_where_scores_are_apart() -> None:
    rng = np.random.default_rng(3)
    vectors = truncate(rng.normal(size=(300, 64)).astype(np.float32), 64, normalise=True)
    judgements = judged(300, {query: [] for query in range(20)})
    full = search_exact(vectors[:20], vectors, judgements, 20)
    half = search_coarse(vectors[:20], vectors, judgements, 20, "float16", rescored=1)
    apart = np.abs(np.diff(full.scores, append=-1)) > 2e-3
    clear = apart & np.c_[np.ones(20, bool), apart[:, :-1]]
    assert clear.mean() > 0.3
    assert (full.documents[clear] == half.documents[clear]).all()
