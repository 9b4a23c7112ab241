"""Measures of multi-label predictions are scikit-learn's."""

from __future__ import annotations

import numpy as np
import pytest
from fixtures.labelled import measured, prediction
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import (
    accuracy_score,
    f1_score,
    label_ranking_average_precision_score,
    precision_recall_fscore_support,
)

from patbench_lib.classify.measures import per_label
from patbench_lib.classify.prediction import Prediction


@st.composite
def predictions(draw: st.DrawFn) -> Prediction:
    """Draw gold, decisions and scores with ties; labels may have neither gold nor decision, and all may be gold."""
    rng = np.random.default_rng(draw(st.integers(0, 10**6)))
    m, labels = draw(st.integers(1, 40)), draw(st.integers(2, 12))
    gold = rng.random((m, labels)) < rng.choice([0.0, 0.1, 0.5, 1.0], labels)
    gold[np.arange(m), rng.integers(0, labels, m)] = True  # test publications have a label
    scores = rng.integers(0, draw(st.sampled_from([2, 5, 1000])), (m, labels)) / 10
    decided = np.where(rng.random(labels) < 0.2, gold, scores > rng.choice([0.0, 0.2, 50.0], labels))
    return prediction(gold, decided, scores)


@settings(max_examples=200, deadline=None)
@given(predictions())
def test_measures_are_scikit_learns(made: Prediction) -> None:
    assert measured(made) == {
        "micro-F1": pytest.approx(f1_score(made.gold, made.decided, average="micro")),
        "macro-F1": pytest.approx(f1_score(made.gold, made.decided, average="macro", zero_division=np.nan)),
        "LRAP": pytest.approx(label_ranking_average_precision_score(made.gold, made.scores)),
        "subset accuracy": pytest.approx(accuracy_score(made.gold, made.decided)),
    }


@settings(max_examples=100, deadline=None)
@given(predictions())
def test_measures_of_each_label_are_scikit_learns(made: Prediction) -> None:
    _, _, f1, support = precision_recall_fscore_support(made.gold, made.decided, zero_division=np.nan)
    found = per_label(made)
    for column, expected in (("F1", f1), ("support", support)):
        np.testing.assert_allclose(found[column], expected, err_msg=column)
