from __future__ import annotations

import faiss
import numpy as np
import pytest
from fixtures.rooms import judged, rankings, run_of

from patbench_lib.landscape.judgements import Judgements
from patbench_lib.retrieve.approximate import build_index, one_thread, pq_shape, recall, search_index
from patbench_lib.retrieve.dense import search_exact

FAMILIES = np.repeat(np.arange(250), 2)


@pytest.fixture(scope="module")
def vectors() -> np.ndarray:
    rng = np.random.default_rng(0)
    centres = rng.normal(size=(25, 32))
    drawn = centres[rng.integers(0, 25, 500)] + 0.6 * rng.normal(size=(500, 32))
    drawn /= np.linalg.norm(drawn, axis=1, keepdims=True)
    return drawn.astype(np.float32)


@pytest.fixture(scope="module")
def judgements() -> Judgements:
    return judged(500, {query: [] for query in range(0, 500, 10)}, family=FAMILIES)


@pytest.mark.parametrize(("kind", "effort"), [("flat", 0), ("HNSW", 500)])
def test_what_looks_at_everything_finds_what_exact_search_finds(
    vectors: np.ndarray, judgements: Judgements, kind: str, effort: int
) -> None:
    index = build_index(vectors, kind, links=16)  # type: ignore[arg-type]
    run, milliseconds = search_index(index, vectors[judgements.queries], judgements, 10, effort=effort)
    assert rankings(run) == rankings(search_exact(vectors[judgements.queries], vectors, judgements, 10))
    assert milliseconds > 0
    assert index.seconds > 0


@pytest.mark.parametrize(("kind", "efforts"), [("HNSW", (1, 200)), ("IVF-PQ", (1, 12))])
def test_more_effort_finds_more(
    vectors: np.ndarray, judgements: Judgements, kind: str, efforts: tuple[int, int]
) -> None:
    index, queries = build_index(vectors, kind, links=4, code_bytes=16), vectors[judgements.queries]  # type: ignore[arg-type]
    exact = search_exact(queries, vectors, judgements, 10)
    little, much = (
        recall(search_index(index, queries, judgements, 10, effort=effort)[0], exact, 10) for effort in efforts
    )
    assert little < much


@pytest.mark.parametrize("kind", ["flat", "HNSW", "IVF-PQ"])
@pytest.mark.parametrize("dated", [False, True])
def test_nothing_excluded_is_found(vectors: np.ndarray, kind: str, dated: bool) -> None:
    dates = np.arange(500) % 7 if dated else None
    judgements = judged(500, {query: [] for query in range(0, 500, 25)}, family=FAMILIES, dates=dates)
    run, _ = search_index(build_index(vectors, kind), vectors[judgements.queries], judgements, 10, effort=8)  # type: ignore[arg-type]
    for query, documents in zip(judgements.queries, rankings(run), strict=True):
        assert not judgements.excluded(int(query))[documents].any()
        assert len(documents) == len(set(documents))


def test_bytes_of_indexes(vectors: np.ndarray) -> None:
    flat = build_index(vectors, "flat")
    assert 500 * 32 * 4 <= flat.bytes < 500 * 32 * 4 + 200
    graph = build_index(vectors, "HNSW", links=16)
    assert graph.bytes > flat.bytes + 500 * 2 * 16 * 4, "vectors and, on the lowest level, 2 · 16 links of 4 bytes each"
    short, longer = (build_index(vectors, "IVF-PQ", code_bytes=size).bytes for size in (4, 12))
    assert short < longer < flat.bytes


@pytest.mark.parametrize(
    ("n", "dims", "code_bytes", "expected"),
    [
        (113_148, 1024, 48, (1345, 32, 8)),  # 4 · sqrt(n); of 48 bytes the most parts that divide 1,024 are 32
        (600, 384, 48, (15, 128, 3)),  # 600 / 39 = 15 lists and, of 2, 4, 8, … centroids, 8; 128 · 3 bits are 48 bytes
        (120, 384, 48, (3, 384, 1)),
        (50, 7, 1, (1, 7, 1)),
        (20, 3, 1, (1, 3, 1)),
        (10_000, 13, 1, (256, 1, 8)),  # 400 lists would have 25 documents each
    ],
)
def test_lists_parts_and_bits(n: int, dims: int, code_bytes: int, expected: tuple[int, int, int]) -> None:
    assert pq_shape(n, dims, code_bytes) == expected


def test_the_smallest_collections_can_be_indexed() -> None:
    vectors = np.eye(3, dtype=np.float32)
    judgements = judged(3, {0: [1]})
    for kind in ("flat", "HNSW", "IVF-PQ"):
        run, _ = search_index(build_index(vectors, kind), vectors[:1], judgements, 5, effort=4)  # type: ignore[arg-type]
        assert sorted(run.ranked(0).tolist()) == [1, 2]


def test_indexes_are_the_same_every_time(vectors: np.ndarray, judgements: Judgements) -> None:
    for kind in ("HNSW", "IVF-PQ"):
        first, second = (build_index(vectors, kind) for _ in range(2))  # type: ignore[arg-type]
        assert faiss.serialize_index(first.faiss).tobytes() == faiss.serialize_index(second.faiss).tobytes()


def test_recall_by_hand() -> None:
    exact = run_of({0: [5, 6, 7], 1: [2]}, 3)
    # Of the two best of query 0 one is found, of query 1 its only one: 2 of 3.
    assert recall(run_of({0: [5, 9, 6], 1: [2, 3]}, 3), exact, 2) == pytest.approx(2 / 3)
    assert recall(exact, exact, 3) == 1


def test_threads_are_given_back() -> None:
    faiss.omp_set_num_threads(2)
    with pytest.raises(RuntimeError, match="stop"), one_thread():
        assert faiss.omp_get_max_threads() == 1
        raise RuntimeError("stop")
    assert faiss.omp_get_max_threads() == 2
