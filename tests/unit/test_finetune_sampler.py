from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given
from hypothesis import strategies as st

from patbench_lib.errors import PatbenchError
from patbench_lib.finetune.masks import Relations
from patbench_lib.finetune.mine import mine_negatives
from patbench_lib.finetune.pairs import Pairs
from patbench_lib.finetune.sampler import PlannedBatches, plan_batches


def distinct(count: int) -> np.ndarray:
    """Return texts of pairs that share none."""
    return np.arange(2 * count).reshape(count, 2)


def test_an_epoch_sees_every_pair_once_where_batches_come_out_even() -> None:
    plan = plan_batches(distinct(12), ["view"] * 12, batch=4, epochs=2, seed=0)
    assert plan.shape == (6, 4)
    assert sorted(plan[:3].ravel()) == sorted(plan[3:].ravel()) == list(range(12))
    assert plan[:3].tolist() != plan[3:].tolist(), "shuffled anew"


@given(st.integers(0, 1000), st.integers(4, 60), st.integers(4, 40))
def test_no_batch_holds_a_text_twice(seed: int, count: int, distinct_texts: int) -> None:
    texts = np.random.default_rng(seed).integers(0, distinct_texts, size=(count, 2))
    try:
        plan = plan_batches(texts, ["citation"] * count, batch=3, epochs=2, seed=seed)
    except PatbenchError:
        assert count < 40 or distinct_texts < 10, "only few pairs or few texts fill no batch"
        return
    for batch in plan:
        held = [text for pair in texts[batch] for text in set(pair.tolist())]
        assert len(held) == len(set(held))


def test_signals_take_turns_and_a_small_one_comes_round_again() -> None:
    signals = ["citation"] * 8 + ["label"] * 2 + ["view"] * 4
    plan = plan_batches(distinct(14), signals, batch=2, epochs=1, seed=3)
    of_batches = [{signals[pair] for pair in batch} for batch in plan]
    assert of_batches == [{"citation"}, {"label"}, {"view"}] * 2 + [{"citation"}]
    assert sorted(plan[1]) == sorted(plan[4]) == [8, 9]


def test_the_plan_depends_on_the_seed_alone_and_a_longer_one_begins_alike() -> None:
    made = [plan_batches(distinct(20), ["view"] * 20, batch=4, epochs=1, seed=seed) for seed in (1, 1, 2)]
    np.testing.assert_array_equal(made[0], made[1])
    assert made[0].tolist() != made[2].tolist()
    longer = plan_batches(distinct(20), ["view"] * 20, batch=4, epochs=1, seed=1, steps=17)
    assert len(longer) == 17
    np.testing.assert_array_equal(longer[:5], made[0])


def test_a_loader_gets_the_batches_in_order() -> None:
    batches = PlannedBatches(np.array([[3, 1], [0, 2]]))
    assert list(batches) == [[3, 1], [0, 2]]
    assert (len(batches), batches.batch_size) == (2, 2)


def test_too_few_pairs_for_a_batch_are_refused_with_their_number() -> None:
    with pytest.raises(PatbenchError, match="The 3 pairs of the signal 'view' do not fill a batch of 4"):
        plan_batches(distinct(3), ["view"] * 3, batch=4, epochs=1, seed=0)


def test_one_text_in_every_pair_fills_no_batch() -> None:
    texts = np.array([[0, place] for place in range(1, 200)])
    with pytest.raises(PatbenchError, match="holds no text twice"):
        plan_batches(texts, ["citation"] * 199, batch=2, epochs=1, seed=0)


def test_no_pairs_at_all_are_refused() -> None:
    with pytest.raises(PatbenchError, match="no pairs"):
        plan_batches(np.zeros((0, 2), dtype=np.int64), [], batch=2, epochs=1, seed=0)


def pairs(anchors: list[int], positives: list[int], family: list[int]) -> Pairs:
    signals = np.array(["citation"] * len(anchors), dtype=object)
    size = (len(family), len(family))
    ones = np.ones(len(anchors))
    cites = sp.csr_matrix((ones, (anchors, positives)), shape=size)
    return Pairs(
        "R1",
        signals,
        np.array(anchors),
        np.array(positives),
        np.full(len(anchors), "", dtype=object),
        Relations(np.array(family), cites),
        ("abstract", "claims"),
    )


def test_mined_negatives_are_the_most_alike_of_the_unrelated() -> None:
    made = pairs([0, 1, 2, 3], [4, 5, 6, 7], [0, 1, 2, 3, 4, 5, 0, 7])
    positives = np.eye(4)
    anchors = np.array([[0.1, 0.2, 0.9, 0.8], [0.9, 0.1, 0.3, 0.2], [0.4, 0.3, 0.2, 0.1], [0.1, 0.2, 0.3, 0.4]])
    # The third positive is of the first anchor's family.
    assert mine_negatives(made, anchors, positives, 2).tolist() == [[3, 1], [0, 2], [0, 1], [2, 1]]


def test_a_pair_without_unrelated_publications_has_nothing_to_mine() -> None:
    made = pairs([0, 1], [2, 3], [0, 1, 2, 0])
    with pytest.raises(PatbenchError, match="fewer than 1 publications"):
        mine_negatives(made, np.eye(2), np.eye(2), 1)
