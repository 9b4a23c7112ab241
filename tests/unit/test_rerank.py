from __future__ import annotations

import numpy as np
from fixtures.rooms import rankings, run_of
from hypothesis import given
from hypothesis import strategies as st

from patbench_lib.retrieve.rerank import rerank
from patbench_lib.retrieve.run import Run
from patbench_lib.types import Floats, Ints


def by_number(position: int, documents: Ints) -> Floats:
    """Prefer higher numbers."""
    return documents.astype(np.float64)


def test_the_first_ones_are_ranked_again_and_the_rest_stay_by_hand() -> None:
    run, seconds = rerank(run_of({0: [4, 9, 2, 7, 8], 1: [3]}, 5), 3, 5, by_number)
    assert rankings(run) == [[9, 4, 2, 7, 8], [3]]
    # 7 and 8 fall by 1 from the lowest of the reranked, 2
    assert run.scores[0].tolist() == [9, 4, 2, 1, 0]
    assert run.scores[1].tolist() == [3, *[-np.inf] * 4]
    assert seconds.shape == (2,) and (seconds > 0).all()


def test_a_query_that_found_nothing_stays_empty() -> None:
    run, seconds = rerank(Run.empty(np.array([3]), 4), 2, 4, by_number)
    assert rankings(run) == [[]] and seconds.tolist() == [0]


def test_equal_scores_go_to_the_lower_number() -> None:
    run, _ = rerank(run_of({0: [5, 1, 3]}, 3), 3, 3, lambda _, documents: np.ones(len(documents)))
    assert rankings(run) == [[1, 3, 5]]


@given(st.permutations(range(8)), st.integers(1, 10), st.integers(1, 8), st.integers(0, 9999))
def test_a_run_that_is_sorted_by_its_scores_keeps_its_order(
    found: list[int], among: int, depth: int, seed: int
) -> None:
    values = np.random.default_rng(seed).normal(size=8)
    run, _ = rerank(run_of({0: found}, 8), among, depth, lambda _, documents: values[documents])
    kept = run.ranked(0).tolist()
    best = sorted(found[:among], key=lambda row: (-np.float32(values[row]), row))
    assert kept == [*best, *found[among:]][:depth]
    assert (np.diff(run.scores[0][: len(kept)]) <= 0).all()


def test_a_first_stage_may_be_deeper_than_the_result() -> None:
    run, _ = rerank(run_of({0: [0, 1, 2, 3, 4, 5]}, 6), 6, 2, by_number)
    assert rankings(run) == [[5, 4]] and run.depth == 2
