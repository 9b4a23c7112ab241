from __future__ import annotations

import numpy as np
import pytest
from fixtures.labelled import measured, prediction

from patbench_lib.classify import measures
from patbench_lib.classify.measures import MEASURES, measures_of, outcomes, per_label, ranking_precision

GOLD = [[1, 0, 0, 0], [1, 1, 0, 0], [0, 1, 0, 0]]
DECIDED = [[1, 0, 0, 0], [1, 0, 1, 0], [1, 1, 0, 0]]
SCORES = [[0.9, 0.5, 0.1, 0.0], [0.9, 0.3, 0.8, 0.1], [0.7, 0.7, 0.2, 0.1]]


def test_measures_of_a_small_prediction() -> None:
    found = measured(prediction(GOLD, DECIDED, SCORES))
    assert list(found) == list(MEASURES)
    # hits: 2 + 1; invented: 1 of label 0 and 1 of label 2; missed: 1 of label 1
    assert found["micro-F1"] == pytest.approx(2 * 3 / (2 * 3 + 2 + 1))
    # label 0: 2·2/(2·2+1); label 1: 2·1/(2·1+1); label 2 is never right; label 3 is nowhere and does not count
    assert found["macro-F1"] == pytest.approx((4 / 5 + 2 / 3 + 0) / 3)
    # first: its label leads; second: 1/1 and 2/3; third: equal scores share rank 2
    assert found["LRAP"] == pytest.approx((1 + (1 + 2 / 3) / 2 + 1 / 2) / 3)
    assert found["subset accuracy"] == pytest.approx(1 / 3)


def test_each_label_by_itself() -> None:
    found = per_label(prediction(GOLD, DECIDED, SCORES))
    assert found["F1"].tolist() == pytest.approx([4 / 5, 2 / 3, 0, np.nan], nan_ok=True)
    assert found["support"].tolist() == [2, 2, 0, 0]


def test_outcomes_are_hits_invented_and_missed() -> None:
    found = outcomes(prediction([[1, 0], [0, 1]], [[1, 1], [0, 0]], [[1, 1], [0.5, 0]])).toarray()
    assert found.tolist() == [[1, 0, 0, 1, 0, 0, 1, 1 / 2, 0], [0, 0, 0, 0, 0, 1, 1, 1 / 2, 0]]


def test_without_publications_nothing_is_measured() -> None:
    assert np.isnan(measures_of(np.zeros((2, 9)))).all()


def test_ranking_precision_where_all_or_no_labels_are_gold() -> None:
    found = ranking_precision(np.array([[True, True], [False, False]]), np.array([[0.1, 0.2], [0.3, 0.4]]))
    assert found.tolist() == [1.0, 1.0]


def test_ranking_precision_does_not_depend_on_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    gold, scores = rng.random((50, 7)) < 0.3, rng.integers(0, 4, (50, 7)) / 4
    whole = ranking_precision(gold, scores)
    monkeypatch.setattr(measures, "CELLS", 3 * 7)
    assert np.array_equal(ranking_precision(gold, scores), whole)


def test_random_labels_are_measured_at_chance() -> None:
    # Labels drawn with the rates p, decisions drawn apart from them with the same rates: a label's F1 is p. Of one gold
    # label among 5 in a random order, LRAP is the mean of 1/rank.
    rng = np.random.default_rng(0)
    rates = np.array([0.5, 0.3, 0.2, 0.1, 0.05])
    gold, decided = (rng.random((40_000, 5)) < rates for _ in range(2))
    found = measured(prediction(gold, decided, rng.random((40_000, 5))))
    assert found["macro-F1"] == pytest.approx(rates.mean(), abs=0.01)
    assert found["micro-F1"] == pytest.approx((rates**2).sum() / rates.sum(), abs=0.01)
    assert found["subset accuracy"] == pytest.approx((rates**2 + (1 - rates) ** 2).prod(), abs=0.01)
    single = np.eye(5, dtype=bool)[rng.integers(0, 5, 40_000)]
    assert ranking_precision(single, rng.random((40_000, 5))).mean() == pytest.approx(
        (1 + 1 / 2 + 1 / 3 + 1 / 4 + 1 / 5) / 5, abs=0.01
    )
