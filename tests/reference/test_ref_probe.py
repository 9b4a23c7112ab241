"""The probe, its features and its neighbours against scikit-learn, and against mteb's own protocol."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
import scipy.sparse as sp
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score, label_ranking_average_precision_score
from sklearn.metrics import log_loss as sklearn_log_loss
from sklearn.multiclass import OneVsRestClassifier
from sklearn.neighbors import KNeighborsClassifier
from sklearn.preprocessing import StandardScaler

from patbench_lib.classify import design
from patbench_lib.classify.features import standardise
from patbench_lib.classify.fit import log_loss, predict_knn, predict_tfidf
from patbench_lib.classify.knn import neighbours, votes
from patbench_lib.classify.lexical import tfidf
from patbench_lib.classify.probe import fit, fit_each, probabilities
from patbench_lib.classify.settings import Classification
from patbench_lib.landscape.label_sets import LabelSet


def drawn(n: int, d: int, labels: int, *, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Correlated features of unlike scale, off the origin, and labels from frequent to rare that depend on them."""
    rng = np.random.default_rng(seed)
    features = rng.standard_normal((n, d)) @ rng.standard_normal((d, d)) / d * np.linspace(0.2, 3, d) + 1
    odds = (features - 1) @ rng.standard_normal((d, labels))
    odds = 2 * odds / odds.std(axis=0) - np.linspace(0, 3, labels)
    return features.astype(np.float32), rng.random((n, labels)) < 1 / (1 + np.exp(-odds))


def label_set(matrix: np.ndarray) -> LabelSet:
    names = tuple(f"label {i}" for i in range(matrix.shape[1]))
    return LabelSet("drawn", names, matrix, np.full(len(matrix), -1), matrix.sum(axis=1), {}, {})


def exact(features: Any, labels: np.ndarray, strength: float, asked: Any) -> np.ndarray:
    """Return scikit-learn's probabilities, converged in double precision."""
    classifier = LogisticRegression(C=strength, tol=1e-9, max_iter=10_000)
    fitted = OneVsRestClassifier(classifier).fit(features.astype(np.float64), labels.astype(int))
    return np.asarray(fitted.predict_proba(asked.astype(np.float64)))


@pytest.mark.parametrize("strength", [0.01, 1.0, 100.0, 10_000.0])
@pytest.mark.parametrize(("n", "d"), [(400, 24), (60, 90)], ids=["more texts", "more features, separable"])
def test_probabilities_are_those_of_one_against_the_rest(n: int, d: int, strength: float) -> None:
    features, labels = drawn(n + 100, d, 6)
    expected = exact(features[:n], labels[:n], strength, features)
    found = probabilities(fit(features[:n], labels[:n], strength), features)
    np.testing.assert_allclose(found, expected, atol=1e-3)


@pytest.mark.parametrize("filled", [0, design.FILLED], ids=["sparse", "filled in"])
@pytest.mark.parametrize("strength", [0.1, 1.0, 100.0])
def test_sparse_features_give_the_same_probabilities(
    strength: float, filled: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(design, "FILLED", filled)
    features, labels = drawn(300, 40, 5)
    features[np.random.default_rng(1).random(features.shape) < 0.8] = 0
    sparse = sp.csr_matrix(features)
    expected = exact(sparse[:250], labels[:250], strength, sparse)
    found = probabilities(fit(sparse[:250], labels[:250], strength), sparse)
    np.testing.assert_allclose(found, expected, atol=1e-3)


def test_several_strengths_are_each_fitted_as_if_alone() -> None:
    features, labels = drawn(200, 10, 4)
    for strength, probe in zip((10.0, 0.1, 1.0), fit_each(features, labels, (10.0, 0.1, 1.0)), strict=True):
        np.testing.assert_allclose(
            probabilities(probe, features), exact(features, labels, strength, features), atol=1e-3
        )


def test_standardised_features_are_those_of_scikit_learn() -> None:
    features, _ = drawn(300, 12, 2)
    features[:, 3] = 0.1
    scaler = StandardScaler().fit(features[:200].astype(np.float64))
    train, rest = standardise(features[:200], features[200:])
    expected = scaler.transform(features.astype(np.float64))
    expected[:, 3] = 0
    np.testing.assert_allclose(np.vstack([train, rest]), expected, atol=1e-5)


@pytest.mark.parametrize("k", [1, 4, 5, 500])
def test_neighbours_vote_as_scikit_learns_do(k: int) -> None:
    features, labels = drawn(400, 7, 5)
    train, test = slice(0, 300), slice(300, 400)
    theirs = KNeighborsClassifier(n_neighbors=min(k, 300)).fit(features[train], labels[train].astype(int))
    distances = theirs.kneighbors(features[test])[1]
    found = neighbours(features[train], features[test], k)
    np.testing.assert_array_equal(found, distances)
    shares = votes(found, labels[train], found.shape[1])
    np.testing.assert_array_equal(shares > 0.5, theirs.predict(features[test]) == 1)
    for label, expected in enumerate(theirs.predict_proba(features[test])):
        np.testing.assert_allclose(shares[:, label], expected[:, 1])


MTEB = [
    # training rows that it sampled, its accuracy, LRAP and F1, and how many labels it gave
    (
        "19 26 46 51 61 64 77 92 126 146 166 184 191 193 198 214 230 253 254 256 259 261 271 273 281 284 290 293 296",
        (0.28, 0.6940555555555556, 0.5541218705047934, 150),
    ),
    (
        "18 36 48 51 59 61 76 78 86 91 92 102 138 143 147 158 159 168 177 202 262 279 280 291",
        (0.15, 0.6127777777777779, 0.521070031807701, 137),
    ),
    (
        "51 68 79 83 110 125 129 135 144 155 158 191 192 195 196 210 221 230 237 243 248 256 261 265 290 291 295",
        (0.2, 0.6218333333333331, 0.45081749078692507, 96),
    ),
]
"""Three experiments of mteb 2.26.24's AbsTaskMultilabelClassification, run on the data drawn in the test: its functions
_undersample_data_indices (samples_per_label 8, generator of seed 42), _evaluate_classifier (5 neighbours) and
_calculate_scores, taken out of its source file as they are. It ranks by decisions, so LRAP is of decisions here."""


@pytest.mark.parametrize(("sample", "scores"), MTEB)
def test_neighbours_score_as_mteb_does_on_its_own_samples(sample: str, scores: Sequence[float]) -> None:
    rng = np.random.default_rng(5)
    features = rng.standard_normal((400, 12)).astype(np.float32)
    gold = features @ rng.standard_normal((12, 6)) > 2
    train = np.array([int(row) for row in sample.split()])
    prediction, _ = predict_knn(features, label_set(gold), train, np.arange(300, 400), Classification())
    accuracy = (prediction.decided == prediction.gold).all(axis=1).mean()
    lrap = label_ranking_average_precision_score(prediction.gold, prediction.decided.astype(int))
    f1 = f1_score(prediction.gold, prediction.decided, average="macro")
    assert (accuracy, lrap, f1, prediction.decided.sum()) == pytest.approx(scores)


def sentences(n: int) -> tuple[list[str], np.ndarray]:
    """Texts of words drawn from the topics they have, some of them in none."""
    rng = np.random.default_rng(2)
    topics = rng.random((n, 3)) < 0.4
    words = [[f"topic{topic}word{i}" for i in range(12)] for topic in range(3)]
    noise = [f"word{i}" for i in range(60)]
    drawn_ = (
        [*rng.choice(noise, 10), *(word for topic in np.flatnonzero(row) for word in rng.choice(words[topic], 3))]
        for row in topics
    )
    return [" ".join(text) for text in drawn_], topics


def test_weighted_words_and_their_probe_are_scikit_learns() -> None:
    texts, topics = sentences(300)
    train, validation, test = np.arange(200), np.arange(200, 240), np.arange(240, 300)
    vectoriser = TfidfVectorizer(sublinear_tf=True).fit(texts[:200])
    for part, rows in zip(tfidf(texts[:200], texts[240:]), (slice(0, 200), slice(240, 300)), strict=True):
        np.testing.assert_allclose(part.toarray(), vectoriser.transform(texts[rows]).toarray(), atol=1e-6)
    prediction, made = predict_tfidf(texts, label_set(topics), train, validation, test, Classification())
    given = vectoriser.transform(texts)
    expected = exact(given[:200], topics[:200], made["strength"], given[240:])
    np.testing.assert_allclose(prediction.scores, expected, atol=1e-3)
    assert made["terms"] == len(vectoriser.vocabulary_)


def test_log_loss_is_the_mean_of_each_labels() -> None:
    features, labels = drawn(300, 8, 4)
    scores = probabilities(fit(features, labels, 1.0), features)
    expected = np.mean([sklearn_log_loss(labels[:, i], scores[:, i]) for i in range(4)])
    assert log_loss(scores, labels) == pytest.approx(expected)
