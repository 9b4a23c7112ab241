from __future__ import annotations

import random
from itertools import pairwise

import numpy as np
import pytest
from fixtures.rooms import judged, rankings
from hypothesis import given, settings
from hypothesis import strategies as st

from patbench_lib.landscape.judgements import Judgements
from patbench_lib.retrieve import dense, leading
from patbench_lib.retrieve.dense import merge_parts, search_exact
from patbench_lib.retrieve.exclusion import Exclusion
from patbench_lib.retrieve.faiss_flat import search_faiss


def brute(queries: np.ndarray, documents: np.ndarray, judgements: Judgements, depth: int) -> list[list[int]]:
    """Rank by products in double precision, equal where a run cannot tell them apart, ties by row."""
    found = []
    for vector, query in zip(queries, judgements.queries, strict=True):
        products = documents.astype(np.float64) @ vector.astype(np.float64)
        lengths = np.linalg.norm(documents.astype(np.float64), axis=1).max() * np.linalg.norm(vector) or 1.0
        scale = 2.0 ** np.round(np.log2(lengths))
        scores = ((products / scale).round(12) * scale).astype(np.float32)
        allowed = np.flatnonzero(~judgements.excluded(int(query)))
        found.append(allowed[np.lexsort((allowed, -scores[allowed]))][:depth].tolist())
    return found


@st.composite
def problems(draw: st.DrawFn) -> tuple[np.ndarray, Judgements, int]:
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    n, d = draw(st.integers(2, 300)), draw(st.integers(1, 24))
    kind = draw(st.sampled_from(["floats", "unit", "integers", "large", "small", "near", "zeros"]))
    vectors = rng.normal(size=(n, d))
    if kind == "integers":
        vectors = rng.integers(-2, 3, (n, d))
    if kind in ("unit", "near"):
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    if kind == "near":  # copies that differ in the last bits of single precision
        vectors = vectors[rng.integers(0, max(1, n // 8), n)] * (1 + rng.integers(-2, 3, (n, d)) * 2.0**-23)
    if kind == "zeros":
        vectors[rng.random(n) < 0.7] = 0
    vectors = (vectors * {"large": 1e6, "small": 1e-6}.get(kind, 1)).astype(np.float32)
    if draw(st.booleans()):  # duplicates
        vectors[rng.integers(0, n, n // 2)] = vectors[0]
    queries = np.sort(rng.choice(n, rng.integers(1, min(n, 12) + 1), replace=False))
    judgements = judged(
        n,
        {int(query): [] for query in queries},
        family=rng.integers(0, draw(st.integers(1, n)), n),
        dates=rng.integers(0, 5, n) if draw(st.booleans()) else None,
    )
    return vectors, judgements, draw(st.integers(1, n + 2))


@settings(deadline=None, max_examples=250)
@given(problems())
def test_search_is_brute_force_in_double_precision(problem: tuple[np.ndarray, Judgements, int]) -> None:
    vectors, judgements, depth = problem
    queries = vectors[judgements.queries]
    assert rankings(search_exact(queries, vectors, judgements, depth)) == brute(queries, vectors, judgements, depth)


@settings(deadline=None, max_examples=120)
@given(
    problems(),
    st.integers(1, 5),
    st.sampled_from([(1, 1), (3, 1), (8, 2), (16, 4), (64, 64)]),
    st.sampled_from([0, 1, 8]),
)
def test_the_ranking_is_the_same_for_all_block_sizes_tiles_and_groups(
    problem: tuple[np.ndarray, Judgements, int], rows: int, sizes: tuple[int, int], slack: int
) -> None:
    vectors, judgements, depth = problem
    queries = vectors[judgements.queries]
    expected = search_exact(queries, vectors, judgements, depth)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(dense, "TILE", sizes[0])
        patch.setattr(dense, "GROUP", sizes[1])
        patch.setattr(leading, "SLACK", slack)
        found = search_exact(queries, vectors, judgements, depth, block_mb=1)
        one_by_one = [
            search_exact(queries[i : i + rows], vectors, part(judgements, i, rows), depth)
            for i in range(0, len(queries), rows)
        ]
    assert rankings(found) == rankings(expected)
    assert found.scores.tobytes() == expected.scores.tobytes()
    assert [row for run in one_by_one for row in rankings(run)] == rankings(expected)


@settings(deadline=None, max_examples=200)
@given(problems(), st.lists(st.integers(0, 302), max_size=6), st.randoms(use_true_random=False))
def test_parts_of_the_documents_merge_into_the_search_of_all(
    problem: tuple[np.ndarray, Judgements, int], cuts: list[int], shuffled: random.Random
) -> None:
    vectors, judgements, depth = problem
    queries, n = vectors[judgements.queries], len(vectors)
    edges = [0, *sorted(min(cut, n) for cut in cuts), n]  # a cut at an edge or made twice leaves a part empty
    parts = [slice(*edge) for edge in pairwise(edges)]
    runs = [search_exact(queries, vectors, judgements, depth, part=part) for part in parts]
    for run, part in zip(runs, parts, strict=True):
        assert all(part.start <= row < part.stop for row in run.documents[run.documents >= 0])
    shuffled.shuffle(runs)
    merged, whole = merge_parts(runs, queries, vectors, depth), search_exact(queries, vectors, judgements, depth)
    assert rankings(merged) == rankings(whole) == brute(queries, vectors, judgements, depth)
    assert merged.scores.tobytes() == whole.scores.tobytes()
    assert not np.isnan(merged.scores).any()


def test_a_tie_of_two_parts_goes_to_the_lower_row_whichever_part_comes_first() -> None:
    vectors = np.array([[1, 0], [2, 0], [1, 1], [2, 1], [2, 0]], dtype=np.float32)
    judgements = judged(5, {0: []})
    # products with (1, 0): 2 for rows 1, 3 and 4, 1 for row 2; row 0 is the query itself
    runs = [search_exact(vectors[:1], vectors, judgements, 3, part=part) for part in (slice(3, 5), slice(0, 3))]
    assert [rankings(run) for run in runs] == [[[3, 4]], [[1, 2]]]
    merged = merge_parts(runs, vectors[:1], vectors, 3)
    assert rankings(merged) == [[1, 3, 4]]
    assert merged.scores.tolist() == [[2, 2, 2]]


def part(judgements: Judgements, start: int, size: int) -> Judgements:
    queries = {int(query): [] for query in judgements.queries[start : start + size]}
    return judged(len(judgements.family), queries, family=judgements.family, dates=judgements.dates)


@settings(deadline=None, max_examples=60)
@given(problems(), st.sampled_from([search_exact, search_faiss]))
def test_no_document_of_the_querys_family_nor_a_later_one_is_ever_ranked(
    problem: tuple[np.ndarray, Judgements, int], search: object
) -> None:
    vectors, judgements, depth = problem
    run = search(vectors[judgements.queries], vectors, judgements, depth)  # type: ignore[operator]
    for query, documents in zip(judgements.queries, rankings(run), strict=True):
        assert not judgements.excluded(int(query))[documents].any()
        assert len(set(documents)) == len(documents)
        assert len(documents) == min(depth, int((~judgements.excluded(int(query))).sum()))


def test_blocks_are_bounded_and_many_make_the_same_run() -> None:
    rng = np.random.default_rng(0)
    vectors = rng.normal(size=(4000, 8)).astype(np.float32)
    judgements = judged(4000, {query: [] for query in range(0, 4000, 10)})
    # 1 MiB holds 2**20 / (4 * 4032) = 65 rows of scores of all 4,032 documents: 400 queries take seven blocks
    small = search_exact(vectors[::10], vectors, judgements, 20, block_mb=1)
    large = search_exact(vectors[::10], vectors, judgements, 20, block_mb=512)
    assert rankings(small) == rankings(large) == brute(vectors[::10], vectors, judgements, 20)


def test_more_equals_at_the_last_place_than_places() -> None:
    vectors = np.ones((500, 3), dtype=np.float32)
    vectors[7] *= 2
    judgements = judged(500, {0: [], 499: []})
    run = search_exact(vectors[[0, 499]], vectors, judgements, 4)
    assert rankings(run) == [[7, 1, 2, 3], [7, 0, 1, 2]]


def test_large_vectors_with_small_products_are_told_apart_rightly() -> None:
    # Single precision loses the small part of 1000 * 1000 - 1000 * 1000 + small.
    small = np.linspace(0.001, 0.03, 30)
    vectors = np.stack([np.full(31, 1000.0), np.full(31, 1000.0), np.r_[0.0, small]], axis=1).astype(np.float32)
    queries = np.array([[1000.0, -1000.0, 1.0]], dtype=np.float32)
    judgements = judged(31, {0: []})
    assert rankings(search_exact(queries, vectors, judgements, 30)) == [list(range(30, 0, -1))]


def test_scores_are_the_dot_products() -> None:
    vectors = np.array([[1, 0], [3, 4], [0, 2]], dtype=np.float32)
    run = search_exact(vectors[1:2], vectors, judged(3, {1: [0]}), 2)
    assert run.documents.tolist() == [[2, 0]]
    assert run.scores.tolist() == [[4 * 2, 3 * 1]]


def test_half_precision_vectors_are_searched_in_single() -> None:
    vectors = np.random.default_rng(1).normal(size=(50, 8)).astype(np.float16)
    judgements = judged(50, {query: [] for query in range(5)})
    wide = vectors.astype(np.float32)
    assert rankings(search_exact(vectors[:5], vectors, judgements, 9)) == brute(wide[:5], wide, judgements, 9)


def test_a_query_without_candidates_has_an_empty_ranking() -> None:
    vectors = np.eye(3, dtype=np.float32)
    for search in (search_exact, search_faiss):
        assert rankings(search(vectors[:1], vectors, judged(3, {0: [1]}, family=[0, 0, 0]), 2)) == [[]]


def test_the_vectors_given_are_not_changed() -> None:
    vectors = np.random.default_rng(1).normal(size=(9, 4)).astype(np.float32)
    before = vectors.copy()
    search_exact(vectors[:2], vectors, judged(9, {0: [], 1: []}), 3)
    assert (vectors == before).all()


def test_excluded_pairs_are_whole_families() -> None:
    exclusion = Exclusion(judged(6, {1: [0], 4: [0]}, family=[2, 0, 2, 0, 1, 0]))
    positions, members = exclusion.pairs(np.array([1, 4]))
    assert list(zip(positions.tolist(), members.tolist(), strict=True)) == [(0, 1), (0, 3), (0, 5), (1, 4)]
    assert exclusion.later(np.array([1]), slice(None)) is None


def test_only_earlier_documents_where_dates_matter() -> None:
    exclusion = Exclusion(judged(4, {1: [0], 2: [0]}, dates=[1, 2, 2, 3]))
    later = exclusion.later(np.array([1, 2]), slice(None))
    assert later is not None
    assert later.tolist() == [[False, True, True, True], [False, True, True, True]]
