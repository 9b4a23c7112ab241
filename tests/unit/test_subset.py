"""Retrieval among some publications alone."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from patbench_lib.evaluate.subset import among, condensed_run
from patbench_lib.landscape.judgements import Judgements
from patbench_lib.retrieve.run import Run

NONE = -np.inf


def judgements() -> Judgements:
    """Return queries 0, 2 and 3: 0 asks for 1 and 4, 2 for 1, 3 for 4."""
    family = np.arange(5)
    return Judgements(np.array([0, 2, 3]), np.array([0, 2, 3, 4]), np.array([1, 4, 1, 4]), np.ones(4, int), family)


def test_a_query_needs_its_own_text_and_an_answer_that_has_one() -> None:
    kept = np.array([True, True, True, False, False])
    some = among(judgements(), kept)
    assert some.queries.tolist() == [0, 2]
    assert some.indptr.tolist() == [0, 1, 2] and some.documents.tolist() == [1, 1]
    assert among(judgements(), np.zeros(5, dtype=bool)).queries.tolist() == []
    everything = among(judgements(), np.ones(5, dtype=bool))
    assert everything.documents.tolist() == judgements().documents.tolist()


def test_what_stands_below_moves_up() -> None:
    documents, scores = np.array([[3, 1, 4], [4, 0, -1]]), np.array([[0.9, 0.5, 0.1], [0.7, 0.2, NONE]], np.float32)
    run = condensed_run(Run(np.array([0, 2]), documents, scores), np.array([True, True, True, False, True]))
    assert run.documents.tolist() == [[1, 4, -1], [4, 0, -1]]
    np.testing.assert_array_equal(run.scores, np.array([[0.5, 0.1, NONE], [0.7, 0.2, NONE]], np.float32))
    assert run.scores.dtype == np.float32


@given(st.permutations(range(8)), st.lists(st.booleans(), min_size=8, max_size=8), st.integers(0, 8))
def test_the_order_of_those_kept_is_as_it_was(order: list[int], mask: list[bool], filled: int) -> None:
    documents = np.array([[*order[:filled], *[-1] * (8 - filled)]])
    scores = np.where(documents >= 0, -np.arange(8.0), NONE).astype(np.float32)
    run = condensed_run(Run(np.array([0]), documents, scores), np.array(mask))
    assert run.ranked(0).tolist() == [document for document in order[:filled] if mask[document]]
    assert (run.scores[0][: len(run.ranked(0))] > NONE).all() and (run.scores[0][len(run.ranked(0)) :] == NONE).all()
