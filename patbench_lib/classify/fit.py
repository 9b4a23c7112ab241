"""Every classifier of a study, from features or texts to what it says of test publications.

All are fitted on the training part alone. The validation part serves to choose the probe's strength and, where the
study says so, thresholds; classifiers that choose nothing leave it aside, so that all have seen the same examples.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from operator import itemgetter
from typing import Any

import numpy as np

from patbench_lib.classify.features import standardise
from patbench_lib.classify.knn import neighbours, votes
from patbench_lib.classify.lexical import bm25_neighbours, tfidf
from patbench_lib.classify.prediction import Prediction
from patbench_lib.classify.probe import Weights, fit_each, probabilities
from patbench_lib.classify.settings import Classification
from patbench_lib.classify.threshold import HALF, tuned, tuned_for_all
from patbench_lib.landscape.label_sets import LabelSet
from patbench_lib.retrieve.settings import Bm25
from patbench_lib.types import Bools, Floats, Ints

RISES = 2
"""Strengths in a row that have not lowered the loss: greater ones overfit more and are the slowest to fit."""

Fitted = tuple[Prediction, dict[str, Any]]
"""What a classifier says, and how it was made: plain values that JSON can keep."""


def predict_probe(
    features: Any,
    labels: LabelSet,
    train: Ints,
    validation: Ints,
    test: Ints,
    settings: Classification,
    *,
    device: str = "cpu",
) -> Fitted:
    """Predict by a probe, its strength chosen by log-loss on validation; of equal ones the smallest C.

    Strengths are tried from the smallest C on, until two in a row have not lowered the loss.

    Parameters
    ----------
    features : of all rows of the landscape, array [n, d] or SciPy CSR. A sparse matrix is not standardised.
    device : where the probe is fitted.

    Returns
    -------
    The prediction, and: strength, at_edge (it is the least or greatest of the study's, where that has several),
    log_loss (per strength tried, mean over validation texts and labels), iterations, unfinished, standardised,
    thresholds.
    """
    standardised = settings.standardise and isinstance(features, np.ndarray)
    parts = [features[rows] for rows in (train, validation, test)]
    fitted = _probe(standardise(*parts) if standardised else parts, labels, train, validation, test, settings, device)
    fitted[1]["standardised"] = standardised
    return fitted


def predict_tfidf(
    texts: Sequence[str],
    labels: LabelSet,
    train: Ints,
    validation: Ints,
    test: Ints,
    settings: Classification,
    *,
    device: str = "cpu",
) -> Fitted:
    """Predict by a probe on TF-IDF; `texts` are of all rows of the landscape. Returns as `predict_probe`, and terms."""
    parts = tfidf(*(_texts(texts, rows) for rows in (train, validation, test)))
    prediction, made = _probe(parts, labels, train, validation, test, settings, device)
    return prediction, made | {"standardised": False, "terms": int(parts[0].shape[1])}


def predict_knn(features: Floats, labels: LabelSet, train: Ints, test: Ints, settings: Classification) -> Fitted:
    """Predict by the majority of the nearest training publications; `features` of all rows, as they are.

    A score is a share of neighbours; a label is given where more than half of them have it, as in MTEB's protocol and
    scikit-learn's classifier.
    """
    found = neighbours(features[train], features[test], settings.neighbours)
    return _majority(votes(found, labels.matrix[train], found.shape[1]), labels, test, found.shape[1])


def predict_bm25_knn(
    texts: Sequence[str], labels: LabelSet, train: Ints, test: Ints, settings: Classification, bm25: Bm25
) -> Fitted:
    """Predict by the majority of the training publications that BM25 finds; `texts` are of all rows of the landscape.

    Where fewer share a term with a publication, the votes that are missing count against every label.
    """
    k = min(settings.neighbours, len(train))
    found = bm25_neighbours(_texts(texts, train), _texts(texts, test), k, bm25)
    return _majority(votes(found, labels.matrix[train], k), labels, test, k)


def predict_prior(labels: LabelSet, train: Ints, validation: Ints, test: Ints, settings: Classification) -> Fitted:
    """Predict each label's frequency in training, alike for every publication: what can be had without reading them.

    The most frequent labels are given to all: with tuned thresholds those down to the one frequency that maximises
    micro-F1 on validation, with fixed ones those that more than half of the publications have. A threshold for each
    label would give every label to all, which is best for macro-F1 and among the worst for micro-F1.
    """
    frequency = labels.matrix[train].mean(axis=0)
    one = tuned_for_all(frequency, labels.matrix[validation]) if settings.threshold == "tuned" else HALF
    thresholds = np.full(len(frequency), one)
    scores = np.tile(frequency, (len(test), 1))
    return _prediction(scores, thresholds, labels, test), {"thresholds": thresholds.tolist()}


def _probe(
    parts: Sequence[Any],
    labels: LabelSet,
    train: Ints,
    validation: Ints,
    test: Ints,
    settings: Classification,
    device: str,
) -> Fitted:
    """Fit on the first part, choose on the second, predict the third."""
    strengths = sorted(settings.strengths)
    gold = labels.matrix[validation]
    losses: dict[str, float] = {}
    probes = fit_each(parts[0], labels.matrix[train], strengths, device=device)

    def tried() -> Iterator[tuple[float, float, Weights]]:
        rises, least = 0, np.inf
        for strength, probe in zip(strengths, probes, strict=True):
            loss = losses[str(strength)] = log_loss(probabilities(probe, parts[1]), gold)
            yield loss, strength, probe
            rises, least = (0, loss) if loss < least else (rises + 1, least)
            if rises == RISES:
                break

    # Of equal ones the first is kept; of the others none, for weights of many words are large.
    _, chosen, best = min(tried(), key=itemgetter(0))
    thresholds = _thresholds(probabilities(best, parts[1]), gold, settings)
    made = {
        "strength": chosen,
        "at_edge": len(strengths) > 1 and chosen in (strengths[0], strengths[-1]),
        "log_loss": losses,
        "iterations": best.iterations,
        "unfinished": best.unfinished,
        "thresholds": thresholds.tolist(),
    }
    return _prediction(probabilities(best, parts[2]), thresholds, labels, test), made


def log_loss(scores: Floats, gold: Bools) -> float:
    """Return the mean over texts and labels of -log of the probability given to what is the case."""
    told = np.where(gold, scores, 1 - scores)
    return float(-np.log(np.maximum(told, np.finfo(np.float64).eps)).mean())


def _thresholds(scores: Floats, gold: Bools, settings: Classification) -> Floats:
    return tuned(scores, gold) if settings.threshold == "tuned" else np.full(gold.shape[1], HALF)


def _majority(scores: Floats, labels: LabelSet, test: Ints, k: int) -> Fitted:
    return _prediction(scores, np.full(scores.shape[1], HALF), labels, test), {"neighbours": k}


def _prediction(scores: Floats, thresholds: Floats, labels: LabelSet, test: Ints) -> Prediction:
    return Prediction(test, labels.matrix[test], scores, scores > thresholds)


def _texts(texts: Sequence[str], rows: Ints) -> list[str]:
    return [texts[row] for row in rows]
