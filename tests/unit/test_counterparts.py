"""Searching for the other text of the same publication."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from fixtures.rooms import rankings
from hypothesis import given
from hypothesis import strategies as st

from patbench_lib.evaluate.retrieval import score_run
from patbench_lib.retrieve.counterparts import search_counterparts

DOCUMENTS = np.array([[1.0, 0.0], [0.9, 0.1], [0.0, 1.0], [0.5, 0.5]], dtype=np.float32)


def searched(queries: list[list[float]], places: list[int], family: list[int], depth: int = 4) -> Any:
    return search_counterparts(
        np.array(queries, dtype=np.float32), DOCUMENTS, np.array(places), np.array(family, dtype=np.int32), depth
    )


def test_its_own_document_is_ranked_and_its_family_is_not() -> None:
    # Document 1 scores 0.9 and would be second; it is of the family of document 0.
    run, _ = searched([[1.0, 0.0], [1.0, 0.0]], [0, 3], [5, 5, 1, 2])
    assert rankings(run) == [[0, 3, 2], [0, 1, 3, 2]]
    assert run.scores[0].tolist() == [1.0, 0.5, 0.0, -np.inf]


def test_a_shallow_run_is_filled_up_behind_what_is_left_out() -> None:
    run, _ = searched([[1.0, 0.0]], [1], [5, 5, 5, 2], depth=2)
    assert rankings(run) == [[1, 3]]


def test_scores_are_those_of_the_rank_of_the_own_document() -> None:
    # Document 3 is third of four for its query: nDCG 1 / log2(1 + 3) = 1/2, MRR 1/3. Document 2 is first for its own.
    scores = score_run(*searched([[0.0, 1.0], [1.0, 0.0]], [2, 3], [0, 1, 2, 3]), ["nDCG@10", "MRR"])
    found = scores[scores["stratum"] == "ALL"].set_index(["query", "measure"])["value"]
    assert found[6, "nDCG@10"] == found[6, "MRR"] == 1
    assert found[7, "nDCG@10"] == pytest.approx(1 / 2)
    assert found[7, "MRR"] == pytest.approx(1 / 3)


@given(st.integers(0, 2**32 - 1), st.integers(2, 12), st.integers(1, 5))
def test_rankings_are_those_of_each_query_among_its_own_candidates(seed: int, n: int, families: int) -> None:
    rng = np.random.default_rng(seed)
    documents = rng.normal(size=(n, 3)).astype(np.float32)
    family = rng.integers(0, families, n).astype(np.int32)
    places = np.flatnonzero(rng.random(n) < 0.7)
    queries = rng.normal(size=(len(places), 3)).astype(np.float32)
    if not len(places):
        return
    run, _ = search_counterparts(queries, documents, places, family, 5)
    for query, place, found in zip(queries, places, rankings(run), strict=True):
        allowed = [row for row in range(n) if row == place or family[row] != family[place]]
        assert found == sorted(allowed, key=lambda row: -float(query @ documents[row]))[:5]
