"""Orders that scores do not decide: hand-made ties, and every order of them between the two extremes."""

from __future__ import annotations

from itertools import permutations

import numpy as np
from fixtures.rooms import judged, rankings, run_of
from hypothesis import given, settings
from hypothesis import strategies as st

from patbench_lib.evaluate.retrieval import ranks, score_ranks
from patbench_lib.evaluate.ties import extremes
from patbench_lib.landscape.judgements import Judgements
from patbench_lib.retrieve.run import Run

MEASURES = ["nDCG@10", "nDCG@2", "MAP", "MRR", "Recall@3", "P@2"]


def scored(scores: list[float], documents: list[int]) -> Run:
    return Run(np.array([0]), np.array([documents]), np.array([scores], dtype=np.float32))


def test_only_documents_of_one_score_change_places() -> None:
    run = scored([0.9, 0.9, 0.5, 0.5, 0.5, 0.1], [1, 2, 3, 4, 5, 6])
    worst, best = extremes(run, judged(7, {0: [1, 5, 6]}))
    assert rankings(worst) == [[2, 1, 3, 4, 5, 6]]
    assert rankings(best) == [[1, 2, 5, 3, 4, 6]]
    assert best.scores.tolist() == run.scores.tolist()


def test_a_chain_of_near_scores_is_one_tie_and_a_wider_step_ends_it() -> None:
    run = scored([0.5, 0.5 - 8e-7, 0.5 - 16e-7, 0.4999], [1, 2, 3, 4])
    _, best = extremes(run, judged(5, {0: [3, 4]}))
    assert rankings(best) == [[3, 1, 2, 4]]
    _, best = extremes(run, judged(5, {0: [3, 4]}), near=1e-7)
    assert rankings(best) == [[1, 2, 3, 4]]


def test_places_without_a_document_stay_last() -> None:
    run = run_of({0: [2, 1], 3: []}, depth=4)
    for each in extremes(run, judged(4, {0: [1], 3: [2]})):
        assert rankings(each) == [[2, 1], []]


def test_a_query_is_judged_by_its_own_documents() -> None:
    run = run_of({0: [2, 1], 3: [2, 1]}, depth=2)
    run.scores[:] = 1.0
    worst, best = extremes(run, judged(4, {0: [1], 3: [2]}))
    assert rankings(best) == [[1, 2], [2, 1]]
    assert rankings(worst) == [[2, 1], [1, 2]]


@settings(deadline=None, max_examples=50)
@given(st.lists(st.sampled_from([0.2, 0.4, 0.6]), min_size=2, max_size=4), st.data())
def test_every_order_of_ties_lies_between_the_extremes(values: list[float], data: st.DataObject) -> None:
    values = sorted(values, reverse=True)
    documents = list(range(1, len(values) + 1))
    relevant = data.draw(st.sets(st.sampled_from(documents), min_size=1))
    judgements = judged(len(values) + 1, {0: sorted(relevant)})
    low, high = (value_of(each, judgements) for each in extremes(scored(values, documents), judgements))
    found = []
    for order in permutations(range(len(values))):
        if [values[place] for place in order] == values:
            found.append(value_of(scored(values, [documents[place] for place in order]), judgements))
    np.testing.assert_allclose(np.min(found, axis=0), low)
    np.testing.assert_allclose(np.max(found, axis=0), high)


def value_of(run: Run, judgements: Judgements) -> np.ndarray:
    scores = score_ranks(ranks(run), judgements, MEASURES)
    return scores.set_index("measure")["value"].loc[MEASURES].to_numpy()
