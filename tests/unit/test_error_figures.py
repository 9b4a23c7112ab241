"""Errors of classifiers, counted by hand."""

from __future__ import annotations

import numpy as np
import pytest

from patbench_lib.classify.prediction import Prediction
from patbench_lib.landscape.label_sets import LabelSet
from patbench_lib.report.error_figures import confused, label_scores, own_f1

A, B, C = range(3)


def said(rows: list[int], gold: list[set[int]], decided: list[set[int]]) -> Prediction:
    """Make a prediction from the labels that each publication has and is given."""
    has, given = ([[label in each for label in range(3)] for each in part] for part in (gold, decided))
    decisions = np.array(given)
    return Prediction(np.array(rows), np.array(has), decisions.astype(float), decisions)


FIRST = said([0, 1, 2], [{A}, {A, B}, {C}], [{B}, {A}, {A, C}])
SECOND = said([1, 3], [{A, B}, {B}], [{A, C}, {B}])


def test_missed_and_invented_labels_are_counted_in_pairs() -> None:
    counts = confused([FIRST, SECOND])
    expected = np.zeros((4, 4))
    expected[A, B] = 1  # publication 0 has A and is given B
    expected[B, -1] = 1  # publication 1 misses B in the first split, where nothing is put in its place
    expected[-1, A] = 1  # publication 2 is given A beside the C that it has
    expected[B, C] = 1  # publication 1 in the second split
    assert counts.tolist() == expected.tolist()


def test_f1_of_each_publication_is_the_mean_over_splits_and_classifiers() -> None:
    f1 = own_f1([[FIRST, SECOND], [FIRST]], 5)
    # publication 1: 2/3 from {A} for {A, B}, twice; 1/2 from {A, C}
    assert f1.to_dict() == pytest.approx({0: 0.0, 1: (2 / 3 + 2 / 3 + 1 / 2) / 3, 2: 2 / 3, 3: 1.0})


def test_f1_of_each_label_has_mean_and_spread_over_splits() -> None:
    labels = LabelSet("x", ("a", "b", "c"), FIRST.gold, np.zeros(3, int), np.ones(3, int), {}, {})
    scores = label_scores([FIRST, SECOND], labels)
    # a: 1 hit, 1 invented, 1 missed, then 1 hit; b: 1 invented, 1 missed, then 1 hit, 1 missed
    assert scores["F1"].tolist() == pytest.approx([(1 / 2 + 1) / 2, (0 + 2 / 3) / 2, (1 + 0) / 2])
    assert scores["spread"].tolist() == pytest.approx(
        [np.std([1 / 2, 1], ddof=1), np.std([0, 2 / 3], ddof=1), np.std([1, 0], ddof=1)]
    )
    assert scores["support"].tolist() == [1.5, 1.5, 0.5]
    assert (label_scores([FIRST], labels)["spread"] == 0).all()
