from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from patbench_lib.classify.threshold import tuned, tuned_for_all


def f1(scores: np.ndarray, gold: np.ndarray, threshold: float) -> float:
    decided = scores > threshold
    return float(2 * (decided & gold).sum() / max(1, decided.sum() + gold.sum()))


def column(*values: float) -> np.ndarray:
    return np.array(values)[:, None]


def test_the_cut_of_the_best_f1_is_in_the_middle_of_two_scores() -> None:
    # best first: yes, yes, no, yes, no; F1 after each: 2/4, 4/5, 4/6, 6/7, 6/8
    scores, gold = column(0.9, 0.8, 0.4, 0.2, 0.1), column(1, 1, 0, 1, 0).astype(bool)
    assert tuned(scores, gold) == pytest.approx([0.15])


def test_of_equal_cuts_the_one_nearest_to_half_is_taken() -> None:
    # yes, no, no, yes: F1 after each 2/3, 2/4, 2/5, 4/6; the first and the last are equal
    gold = column(1, 0, 0, 1).astype(bool)
    assert tuned(column(0.9, 0.3, 0.2, 0.1), gold) == pytest.approx([0.6])
    assert tuned(column(0.99, 0.98, 0.97, 0.96), gold) == pytest.approx([0.48])


def test_equal_scores_are_not_cut_apart_and_a_score_of_nothing_is_no_decision() -> None:
    assert tuned(column(0.4, 0.4, 0.4), column(1, 0, 0).astype(bool)) == pytest.approx([0.2])
    assert tuned(column(0.0, 0.0), column(1, 0).astype(bool)) == pytest.approx([0.5])
    assert tuned(column(0.6, 0.0), column(1, 1).astype(bool)) == pytest.approx([0.3])


def test_a_label_without_a_positive_keeps_half() -> None:
    scores = np.array([[0.9, 0.1], [0.2, 0.3]])
    assert tuned(scores, np.array([[False, True], [False, False]]))[0] == 0.5
    assert tuned(np.zeros((0, 3)), np.zeros((0, 3), dtype=bool)).tolist() == [0.5, 0.5, 0.5]


def test_neighbouring_numbers_are_told_apart() -> None:
    above = np.nextafter(0.5, 1)
    assert (column(above, 0.5) > tuned(column(above, 0.5), column(1, 0).astype(bool))).tolist() == [[True], [False]]


@given(st.lists(st.tuples(st.integers(0, 6), st.booleans()), min_size=1, max_size=12))
def test_no_threshold_is_better(pairs: list[tuple[int, bool]]) -> None:
    scores = np.array([score for score, _ in pairs]) / 6
    gold = np.array([label for _, label in pairs])
    found = float(tuned(scores[:, None], gold[:, None])[0])
    candidates = [*np.arange(0, 13) / 12]  # every middle and every score
    best = max(f1(scores, gold, threshold) for threshold in candidates)
    assert f1(scores, gold, found) == best
    assert 0 <= found < 1
    if not gold.any():
        assert found == 0.5


@given(st.integers(0, 1000))
def test_labels_do_not_touch_each_other(seed: int) -> None:
    rng = np.random.default_rng(seed)
    scores, gold = rng.random((9, 3)).round(1), rng.random((9, 3)) < 0.4
    assert tuned(scores, gold).tolist() == [tuned(scores[:, [i]], gold[:, [i]])[0] for i in range(3)]


@given(
    st.lists(st.integers(0, 5), min_size=1, max_size=5).flatmap(
        lambda counts: st.tuples(
            st.just(counts), st.lists(st.lists(st.booleans(), min_size=len(counts), max_size=len(counts)), max_size=8)
        )
    )
)
def test_no_other_number_of_most_frequent_labels_is_better_for_all(drawn: tuple[list[int], list[list[bool]]]) -> None:
    counts, rows = drawn
    frequency, gold = np.array(counts) / 5, np.array(rows, dtype=bool).reshape(-1, len(counts))
    found = tuned_for_all(frequency, gold)
    assert 0 <= found < 1

    def micro(threshold: float) -> float:
        decided = np.tile(frequency > threshold, (len(gold), 1))
        return float(2 * (decided & gold).sum() / max(1, decided.sum() + gold.sum()))

    assert micro(found) == max(micro(level) for level in (*np.arange(0, 10) / 10, 0.5))


def test_of_equal_cuts_for_all_the_fewest_labels_are_given() -> None:
    # frequency 0.8 gives one label, 0.4 three, 0.2 all four
    gold = np.array([[True, False, True, True]])
    assert tuned_for_all(np.array([0.8, 0.4, 0.4, 0.2]), gold) == pytest.approx(0.1)  # micro-F1 2/4, 4/6, 6/7
    even = np.array([[True, False, False, True]])
    assert tuned_for_all(np.array([0.8, 0.4, 0.4, 0.2]), even) == pytest.approx(0.6)  # 2/3, 2/5, 4/6
    assert tuned_for_all(np.array([0.8, 0.0]), np.array([[False, True]])) == 0.5, "nothing that occurs is ever right"
