"""Thresholds of decision, one a label or one for all, chosen on validation texts."""

from __future__ import annotations

import numpy as np

from patbench_lib.types import Bools, Floats

HALF = 0.5
"""The threshold of a label of which validation says nothing, and of a classifier whose thresholds are fixed."""


def tuned_for_all(frequency: Floats, gold: Bools) -> float:
    """Return the one threshold for labels' frequencies, alike for every text, that maximises micro-F1.

    Labels above it are given to all texts. Only cuts between two different frequencies count, as in `tuned`; of equally
    good ones the highest is taken, and where validation has none of the labels that could be given, 0.5.

    Parameters
    ----------
    frequency : of each label in training, shape [L].
    gold : shape [m, L].
    """
    levels = np.unique(np.append(frequency, 0.0))[::-1]
    given = frequency >= levels[:-1, None]
    hits = given @ gold.sum(axis=0)
    if not hits.any():
        return HALF
    best = int(np.argmax(2 * hits / (len(gold) * given.sum(axis=1) + gold.sum())))
    return float(levels[best : best + 2].mean())


def tuned(scores: Floats, gold: Bools) -> Floats:
    """Return the threshold of each label, shape [L], that maximises its F1; a score above it is a decision.

    Only cuts between two different scores count, the lowest score and 0 being the last two; the threshold is the middle
    of them. Of cuts that are equally good, the one nearest to 0.5 is taken. A label that no text has keeps 0.5.

    Lipton, Elkan and Naryanaswamy, Optimal Thresholding of Classifiers to Maximize F1 Measure (ECML PKDD 2014), on why
    0.5 is too high for rare labels.

    Parameters
    ----------
    scores : 0 to 1, shape [m, L].
    gold : shape [m, L].
    """
    order = np.argsort(-scores, axis=0, kind="stable")
    upper = np.take_along_axis(scores, order, axis=0)
    lower = np.vstack([upper[1:], np.zeros((1, scores.shape[1]))])
    hits = np.take_along_axis(gold, order, axis=0).cumsum(axis=0)
    decided = np.arange(1, len(scores) + 1)[:, None]
    f1 = np.where(upper > lower, 2 * hits / (decided + gold.sum(axis=0)), -1.0)
    middle = lower + (upper - lower) / 2
    middle = np.where(middle < upper, middle, lower)  # neighbouring numbers have no middle
    distance = np.where(f1 == f1.max(axis=0, initial=-1.0), np.abs(middle - HALF), np.inf)
    if not len(scores):
        return np.full(scores.shape[1], HALF)
    best = distance.argmin(axis=0)
    chosen = middle[best, np.arange(scores.shape[1])]
    return np.where(f1.max(axis=0) > 0, chosen, HALF)
