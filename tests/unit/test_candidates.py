"""Candidates that are not all rows: every way to search leaves the others out, and is brute force over the rest."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import faiss
import numpy as np
import pytest
from fixtures.rooms import judged, rankings
from fixtures.studies import bench
from hypothesis import given, settings
from hypothesis import strategies as st

from patbench_lib.errors import PatbenchError
from patbench_lib.finetune.develop import make_development
from patbench_lib.landscape.judgements import Judgements
from patbench_lib.retrieve import dense, leading
from patbench_lib.retrieve.approximate import build_index, search_index
from patbench_lib.retrieve.bm25 import search_bm25
from patbench_lib.retrieve.dense import search_exact
from patbench_lib.retrieve.faiss_flat import search_faiss
from patbench_lib.retrieve.maxsim import search_maxsim
from patbench_lib.retrieve.passages import search_passages
from patbench_lib.retrieve.quantise import search_coarse
from patbench_lib.retrieve.settings import Bm25
from patbench_lib.retrieve.trec import read_trec


class Tokens:
    """Token vectors held in memory, as `search_maxsim` reads them."""

    def __init__(self, texts: list[np.ndarray]) -> None:
        self.texts, self.dim = texts, texts[0].shape[1]
        self.lengths = np.array([len(text) for text in texts])

    def take(self, position: int) -> np.ndarray:
        return self.texts[position]


@st.composite
def masked(draw: st.DrawFn) -> tuple[np.ndarray, Judgements, int]:
    """Draw whole-numbered vectors, for scores that no search can round, and judgements with candidates at random."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    n = draw(st.integers(2, 80))
    vectors = rng.integers(-3, 4, (n, 8)).astype(np.float32)
    queries = np.sort(rng.choice(n, rng.integers(1, min(n, 8) + 1), replace=False))
    candidates = rng.random(n) < draw(st.sampled_from([0.1, 0.5, 0.9]))
    if draw(st.booleans()):
        candidates[queries] = False  # none is a document
    made = judged(
        n,
        {int(query): [] for query in queries},
        family=rng.integers(0, draw(st.integers(1, n)), n),
        dates=rng.integers(0, 5, n) if draw(st.booleans()) else None,
    )
    return vectors, replace(made, candidates=candidates), draw(st.integers(1, n + 1))


def brute(scores: np.ndarray, made: Judgements, depth: int) -> list[list[int]]:
    """Rank by a loop over rows that knows what may be retrieved by itself; equal scores by row."""
    assert made.candidates is not None
    found = []
    for row, query in zip(scores, made.queries, strict=True):
        allowed = [
            i
            for i in range(len(row))
            if made.candidates[i]
            and made.family[i] != made.family[query]
            and (made.dates is None or made.dates[i] < made.dates[query])
        ]
        found.append(sorted(allowed, key=lambda i: (-row[i], i))[:depth])
    return found


def values(ranked: list[list[int]], scores: np.ndarray) -> list[list[float]]:
    return [[float(row[i]) for i in found] for row, found in zip(scores, ranked, strict=True)]


@settings(deadline=None, max_examples=120)
@given(masked(), st.sampled_from([(8192, 64), (4, 2), (1, 1)]))
def test_dense_searches_are_brute_force(problem: tuple[np.ndarray, Judgements, int], sizes: tuple[int, int]) -> None:
    vectors, made, depth = problem
    queries = vectors[made.queries]
    products = queries @ vectors.T
    expected = brute(products, made, depth)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(dense, "TILE", sizes[0])
        patch.setattr(dense, "GROUP", sizes[1])
        patch.setattr(leading, "SLACK", sizes[1])
        assert rankings(search_exact(queries, vectors, made, depth)) == expected
    spans = np.arange(len(vectors) + 1)
    assert rankings(search_passages(queries, vectors, spans, made, depth, best=1)) == expected
    assert rankings(search_coarse(queries, vectors, made, depth, "float16", rescored=depth)) == expected
    tokens = Tokens([vector[None] for vector in vectors]), Tokens([vector[None] for vector in queries])
    assert rankings(search_maxsim(tokens[1], tokens[0], made, depth)) == expected
    # FAISS breaks ties at the last place as it likes: what it finds is allowed and as good.
    flat = build_index(vectors, "flat")
    for run in (search_faiss(queries, vectors, made, depth), search_index(flat, queries, made, depth)[0]):
        found = rankings(run)
        assert values(found, products) == values(expected, products)
        assert all(not made.excluded(int(q))[rows].any() for q, rows in zip(made.queries, found, strict=True))


@settings(deadline=None, max_examples=40)
@given(masked())
def test_indexes_find_candidates_alone(problem: tuple[np.ndarray, Judgements, int]) -> None:
    vectors, made, depth = problem
    for kind, effort in (("HNSW", 64), ("IVF-PQ", 8)):
        index = build_index(vectors, kind)  # type: ignore[arg-type]
        run, _ = search_index(index, vectors[made.queries], made, depth, effort=effort)
        for query, rows in zip(made.queries, rankings(run), strict=True):
            assert not made.excluded(int(query))[rows].any()


def test_indexes_learn_from_candidates_alone() -> None:
    rng = np.random.default_rng(0)
    vectors, candidates = rng.normal(size=(400, 8)).astype(np.float32), np.arange(400) < 200
    other = np.where(candidates[:, None], vectors, 100 * vectors)
    learnt = [build_index(each, "IVF-PQ", candidates=candidates).faiss for each in (vectors, other)]
    centres = [faiss.vector_to_array(index.pq.centroids) for index in learnt]
    np.testing.assert_array_equal(*centres)
    lists = [index.quantizer.reconstruct_n(0, index.nlist) for index in learnt]
    np.testing.assert_array_equal(*lists)
    assert learnt[0].nlist == build_index(vectors[candidates], "IVF-PQ").faiss.nlist
    without = faiss.vector_to_array(build_index(other, "IVF-PQ").faiss.pq.centroids)
    assert without.shape != centres[0].shape or np.abs(without - centres[0]).max() > 1


WORDS = ("cane", "wheel", "lamp", "sensor", "strap", "query")


@settings(deadline=None, max_examples=60)
@given(masked(), st.sampled_from(["bm25s", "rank-bm25"]), st.integers(0, 1000))
def test_bm25_counts_terms_in_candidates_alone(
    problem: tuple[np.ndarray, Judgements, int], implementation: str, seed: int
) -> None:
    _, made, depth = problem
    assert made.candidates is not None
    rng, n = np.random.default_rng(seed), len(made.family)
    texts = [" ".join(rng.choice(WORDS, rng.integers(1, 9))) for _ in range(n)]
    asked = [texts[query] for query in made.queries]
    variant = {"implementation": implementation, "variant": "bm25+" if implementation == "rank-bm25" else "lucene"}
    how = Bm25(**variant)  # type: ignore[arg-type]
    run = search_bm25(asked, texts, made, depth, how)
    # The same with a collection that has never had the others: rows are those of the candidates.
    rows = np.flatnonzero(made.candidates)
    alone = np.concatenate([rows, made.queries])
    place = np.arange(len(rows), len(alone))
    small = replace(
        made,
        queries=place,
        family=made.family[alone],
        dates=None if made.dates is None else made.dates[alone],
        candidates=np.arange(len(alone)) < len(rows),
    )
    expected = search_bm25(asked, [texts[row] for row in alone], small, depth, how)
    assert rankings(run) == [rows[found].tolist() for found in (expected.ranked(i) for i in range(len(place)))]
    np.testing.assert_array_equal(run.scores, expected.scores)
    changed = [text if made.candidates[row] else "cane cane wheel lamp" for row, text in enumerate(texts)]
    np.testing.assert_array_equal(search_bm25(asked, changed, made, depth, how).scores, run.scores)


def test_runs_of_others_lose_what_is_no_candidate(tmp_path: Path) -> None:
    made = replace(judged(4, {0: [2]}), candidates=np.array([False, True, True, False]))
    path = tmp_path / "run.trec"
    path.write_text("".join(f"N0 Q0 N{i} {i} {5 - i} x\n" for i in (1, 2, 3)))
    read = read_trec(path, ["N0", "N1", "N2", "N3"], made)
    assert rankings(read.run) == [[1, 2]] and read.excluded_documents == 1


def test_development_queries_rank_candidates_alone() -> None:
    candidates = np.array([False, False, True, True, True, False, False, True])
    made = replace(judged(8, {0: [2], 1: [3]}), candidates=candidates)
    texts = [f"text {i}" for i in range(8)]
    small = make_development(made, np.array([1]), texts, texts, pool=8, seed=0)
    # Query 1, its answer 3, and the other candidates 2, 4 and 7; never 0, 5 and 6.
    assert small.documents == ["text 1", "text 2", "text 3", "text 4", "text 7"]
    assert (~small.judgements.excluded(0)).tolist() == [False, True, True, True, True]


def test_the_depth_is_held_against_candidates(tmp_path: Path) -> None:
    ours = bench(tmp_path)
    arena = ours.arena
    candidates = np.zeros(len(arena.landscape), dtype=bool)
    candidates[-12:] = True
    vars(arena)["judgements"] = replace(arena.judgements, candidates=candidates)
    assert ours.run("BM25", arena, "TA", depth=11).documents.max() >= len(candidates) - 12
    with pytest.raises(PatbenchError, match=r"depth 13 is more than the 1[12] documents"):
        ours.run("BM25", arena, "TA", depth=13)


def test_lsa_is_fitted_to_candidates(tmp_path: Path) -> None:
    ours = bench(tmp_path, systems=["BM25", "LSA"])
    arena = ours.arena
    candidates = np.arange(len(arena.landscape)) % 2 == 0
    vars(arena)["judgements"] = replace(arena.judgements, candidates=candidates)
    assert arena.collection("TA") == arena.texts("TA")[::2]
    fitted = ours.encoder("LSA", arena, "TA")
    assert fitted.dim == candidates.sum()  # a direction for each text, of all texts there would be twice as many
