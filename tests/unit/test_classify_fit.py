from __future__ import annotations

import json
from math import log, sqrt
from typing import Any

import numpy as np
import pytest

from patbench_lib.classify import fit
from patbench_lib.classify.features import standardise
from patbench_lib.classify.fit import (
    log_loss,
    predict_bm25_knn,
    predict_knn,
    predict_prior,
    predict_probe,
    predict_tfidf,
)
from patbench_lib.classify.lexical import bm25_neighbours, tfidf
from patbench_lib.classify.settings import Classification
from patbench_lib.errors import PatbenchError
from patbench_lib.landscape.label_sets import LabelSet
from patbench_lib.retrieve.settings import Bm25

TRAIN, VALIDATION, TEST = np.arange(120), np.arange(120, 160), np.arange(160, 220)
FIXED = Classification(threshold="fixed")


def label_set(matrix: Any) -> LabelSet:
    matrix = np.asarray(matrix, dtype=bool)
    names = tuple(f"label {i}" for i in range(matrix.shape[1]))
    return LabelSet("drawn", names, matrix, np.full(len(matrix), -1), matrix.sum(axis=1), {}, {})


def learnable(*, seed: int = 0) -> tuple[np.ndarray, LabelSet]:
    """Features whose signs are the labels, with noise beside them."""
    rng = np.random.default_rng(seed)
    features = rng.standard_normal((220, 8)).astype(np.float32)
    return features, label_set(features[:, :3] > np.array([0, 0.5, 1]))


def agreement(prediction: Any) -> float:
    return float((prediction.decided == prediction.gold).mean())


def test_a_probe_learns_what_features_say() -> None:
    features, labels = learnable()
    prediction, made = predict_probe(features, labels, TRAIN, VALIDATION, TEST, Classification())
    assert agreement(prediction) > 0.9
    assert prediction.rows.tolist() == TEST.tolist()
    np.testing.assert_array_equal(prediction.gold, labels.matrix[TEST])
    np.testing.assert_array_equal(prediction.decided, prediction.scores > np.array(made["thresholds"]))
    assert made["unfinished"] == 0 and made["iterations"] > 0 and not made["standardised"]
    assert json.loads(json.dumps(made)) == made


def test_the_strength_is_the_one_of_the_least_loss_on_validation() -> None:
    features, labels = learnable()
    _, made = predict_probe(features, labels, TRAIN, VALIDATION, TEST, Classification())
    tried = {float(strength): loss for strength, loss in made["log_loss"].items()}
    assert set(tried) <= set(Classification().strengths)
    assert made["strength"] == min(tried, key=lambda strength: tried[strength])
    alone, told = predict_probe(
        features, labels, TRAIN, VALIDATION, TEST, Classification(strengths=(made["strength"],))
    )
    whole, _ = predict_probe(features, labels, TRAIN, VALIDATION, TEST, Classification())
    np.testing.assert_array_equal(alone.scores, whole.scores)
    assert told["log_loss"] == {str(made["strength"]): tried[made["strength"]]}


def test_strengths_are_tried_until_two_in_a_row_bring_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    features, labels = learnable()
    for losses, tried, chosen in (
        ([5, 4, 6, 3, 9], 5, 10.0),
        ([5, 4, 6, 7, 1], 4, 0.1),
        ([5, 5, 5, 1, 0], 3, 0.01),
        ([5, 4, 3, 2, 1], 5, 100.0),
    ):
        answers = iter(losses)
        monkeypatch.setattr(fit, "log_loss", lambda scores, gold, answers=answers: next(answers))
        asked = Classification(strengths=(0.01, 0.1, 1.0, 10.0, 100.0))
        _, made = predict_probe(features, labels, TRAIN, VALIDATION, TEST, asked)
        assert (list(made["log_loss"].values()), made["strength"]) == (losses[:tried], chosen)
        assert made["at_edge"] == (chosen in (0.01, 100.0))


def test_an_equal_loss_goes_to_the_stronger_penalty_and_edges_are_told() -> None:
    features, labels = np.zeros((220, 2), dtype=np.float32), learnable()[1]
    _, made = predict_probe(features, labels, TRAIN, VALIDATION, TEST, Classification(strengths=(10.0, 1.0)))
    assert (made["strength"], made["at_edge"]) == (1.0, True)
    rng = np.random.default_rng(1)
    _, made = predict_probe(
        rng.standard_normal((220, 30)), labels, TRAIN, VALIDATION, TEST, Classification(strengths=(1e-4, 100.0))
    )
    assert (made["strength"], made["at_edge"]) == (1e-4, True), "nothing to learn: the stronger penalty overfits less"
    _, made = predict_probe(features, labels, TRAIN, VALIDATION, TEST, Classification(strengths=(1.0,)))
    assert not made["at_edge"], "of one strength none was chosen"
    features, _ = learnable()
    _, made = predict_probe(
        features, labels, TRAIN, VALIDATION, TEST, Classification(strengths=(1e-6, made["strength"], 1e6))
    )
    assert (made["strength"], made["at_edge"]) == (1.0, False)


def test_test_publications_have_no_part_in_what_is_learnt() -> None:
    features, labels = learnable()
    texts = [
        f"{'cane' if row[0] else 'wheel'} {'lamp' if row[1] else 'rail'} of type{i}"
        for i, row in enumerate(labels.matrix)
    ]
    other = features.copy()
    other[TEST] *= 100
    swapped = list(texts)
    swapped[TEST[-1]] = "cane cane cane unheard"
    kept = TEST[:-1]
    for told, retold in (
        (
            predict_probe(features, labels, TRAIN, VALIDATION, TEST, FIXED)[1],
            predict_probe(other, labels, TRAIN, VALIDATION, TEST, FIXED)[1],
        ),
        (
            predict_tfidf(texts, labels, TRAIN, VALIDATION, kept, FIXED)[0].scores.tolist(),
            predict_tfidf(swapped, labels, TRAIN, VALIDATION, TEST, FIXED)[0].scores[:-1].tolist(),
        ),
        (
            predict_bm25_knn(texts, labels, TRAIN, kept, FIXED, Bm25())[0].scores.tolist(),
            predict_bm25_knn(swapped, labels, TRAIN, TEST, FIXED, Bm25())[0].scores[:-1].tolist(),
        ),
    ):
        assert told == retold


def test_features_are_standardised_only_where_the_study_says_so() -> None:
    features, labels = learnable()
    features *= np.float32(1e-3)
    settings = Classification(strengths=(1.0,), threshold="fixed")
    plain, made = predict_probe(features, labels, TRAIN, VALIDATION, TEST, settings)
    scaled, told = predict_probe(
        features, labels, TRAIN, VALIDATION, TEST, settings.model_copy(update={"standardise": True})
    )
    assert not made["standardised"] and told["standardised"]
    assert agreement(scaled) > 0.9 > agreement(plain), "features this small are all but forbidden by the penalty"


def test_thresholds_are_tuned_on_validation_or_half() -> None:
    features, labels = learnable()
    _, made = predict_probe(features, labels, TRAIN, VALIDATION, TEST, FIXED)
    assert made["thresholds"] == [0.5, 0.5, 0.5]
    _, made = predict_probe(features, labels, TRAIN, VALIDATION, TEST, Classification())
    assert all(0 < threshold < 1 for threshold in made["thresholds"]) and made["thresholds"] != [0.5, 0.5, 0.5]


def test_a_label_that_training_lacks_is_never_given() -> None:
    features, labels = learnable()
    matrix = labels.matrix.copy()
    matrix[TRAIN, 2] = False
    prediction, _ = predict_probe(features, label_set(matrix), TRAIN, VALIDATION, TEST, FIXED)
    assert not prediction.decided[:, 2].any() and prediction.scores[:, 2] == pytest.approx(0.5 / 121)


def test_the_prior_is_the_frequency_in_training_for_all() -> None:
    labels = label_set([[1, 1, 0], [1, 0, 0], [1, 0, 0], [0, 0, 0], [1, 1, 0], [0, 0, 1]])
    train, validation, test = np.arange(4), np.array([4]), np.array([5])
    prediction, made = predict_prior(labels, train, validation, test, FIXED)
    assert prediction.scores.tolist() == [[0.75, 0.25, 0.0]]
    assert prediction.decided.tolist() == [[True, False, False]]
    tuned, made = predict_prior(labels, train, validation, test, Classification())
    assert tuned.decided.tolist() == [[True, True, False]], "both are right on validation: micro-F1 1 against 2/3"
    assert made["thresholds"] == pytest.approx([0.125] * 3)


def test_the_prior_gives_no_rare_label_to_all() -> None:
    # frequencies 3/4 and 1/4 in training; on validation all have the first label and one has the second
    labels = label_set([[1, 1], [1, 0], [1, 0], [0, 0], [1, 1], [1, 0], [1, 0], [1, 0], [0, 1]])
    prediction, _ = predict_prior(labels, np.arange(4), np.arange(4, 8), np.array([8]), Classification())
    # micro-F1 of the first alone 2·4/(4+5), of both 2·5/(8+5)
    assert prediction.decided.tolist() == [[True, False]]


def test_neighbours_decide_by_majority() -> None:
    features = np.array([[0.0], [0.1], [0.2], [9.0], [9.1], [0.05], [9.05]], dtype=np.float32)
    labels = label_set([[1, 0], [1, 1], [0, 1], [0, 0], [0, 1], [1, 0], [0, 0]])
    prediction, made = predict_knn(features, labels, np.arange(5), np.array([5, 6]), Classification(neighbours=2))
    assert prediction.scores.tolist() == [[1.0, 0.5], [0.0, 0.5]]
    assert prediction.decided.tolist() == [[True, False], [False, False]], "half is no majority"
    assert made == {"neighbours": 2}


def test_texts_vote_by_bm25_and_missing_ones_count_against() -> None:
    texts = ["cane wheel", "cane lamp", "sensor", "cane", "nothing shared"]
    labels = label_set([[1], [1], [0], [1], [0]])
    prediction, made = predict_bm25_knn(
        texts, labels, np.arange(3), np.array([3, 4]), Classification(neighbours=5), Bm25()
    )
    assert prediction.scores[:, 0] == pytest.approx([2 / 3, 0])
    assert prediction.decided[:, 0].tolist() == [True, False]
    assert made == {"neighbours": 3}


def test_the_best_match_is_the_first_neighbour_and_rows_break_ties() -> None:
    train = ["lamp", "cane rail", "cane", "cane"]
    assert bm25_neighbours(train, ["cane", "lamp", "unheard"], 2, Bm25()).tolist() == [[2, 3], [0, -1], [-1, -1]]
    assert bm25_neighbours(["", "of the"], ["cane"], 2, Bm25()).tolist() == [[-1, -1]]


def test_words_are_weighted_by_the_training_texts_alone() -> None:
    first, second = tfidf(["cane cane wheel", "cane"], ["wheel wheel unheard"])
    # terms cane, wheel: idf 1 + ln(3/3) = 1 and 1 + ln(3/2); tf 1 + ln 2 and 1
    cane, wheel = 1 + log(2), 1 + log(3 / 2)
    length = sqrt(cane**2 + wheel**2)
    assert first.toarray() == pytest.approx(np.array([[cane / length, wheel / length], [1, 0]]))
    assert second.toarray() == pytest.approx(np.array([[0, 1]]))


def test_texts_without_a_term_are_told() -> None:
    with pytest.raises(PatbenchError, match="2 training texts hold no term"):
        tfidf(["", "-"])


def test_standard_features_have_mean_0_and_deviation_1_over_training() -> None:
    train, other = standardise(
        np.array([[1.0, 0.1], [3.0, 0.1], [5.0, 0.1]], dtype=np.float32), np.array([[3.0, 7.0]], dtype=np.float32)
    )
    # mean 3, deviation sqrt(8 / 3)
    assert train == pytest.approx(np.array([[-2, 0], [0, 0], [2, 0]]) / sqrt(8 / 3))
    assert other.tolist() == [[0.0, 0.0]], "a column that training says nothing of is 0"


def test_log_loss_by_hand() -> None:
    assert log_loss(np.array([[0.8, 0.5]]), np.array([[True, False]])) == pytest.approx(-(log(0.8) + log(0.5)) / 2)
    assert np.isfinite(log_loss(np.array([[0.0]]), np.array([[True]])))
