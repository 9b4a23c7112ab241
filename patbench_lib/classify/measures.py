"""Measures of multi-label predictions, all of them functions of sums over publications.

That is what lets a bootstrap or a randomisation test of any of them be one matrix product with weights of families.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
import scipy.sparse as sp

from patbench_lib.classify.prediction import Prediction
from patbench_lib.types import Bools, Floats

MEASURES = ("micro-F1", "macro-F1", "LRAP", "subset accuracy")

CELLS = 4 << 20
"""Scores that are ranked at once."""


def per_label(prediction: Prediction) -> pd.DataFrame:
    """Return F1 and support (test publications) of each label, in the label set's order.

    F1 is nan with neither gold nor decision.
    """
    sums = np.asarray(outcomes(prediction).sum(axis=0)).reshape(1, -1)
    hits, invented, missed = (part[0] for part in _counts(sums))
    return pd.DataFrame({"F1": _f1(hits, invented, missed), "support": (hits + missed).astype(np.int64)})


def outcomes(prediction: Prediction) -> sp.csr_array:
    """Return what each publication adds to the sums that measures are made of.

    Returns
    -------
    scipy.sparse.csr_array
        Shape [m, 3 labels + 3]: hits, invented and missed of each label, then 1, the publication's share of LRAP, and
        whether its labels are exactly right.
    """
    gold, decided = prediction.gold, prediction.decided
    cells = [sp.csr_array(part, dtype=np.float64) for part in (gold & decided, decided & ~gold, gold & ~decided)]
    rest = np.stack([np.ones(len(gold)), ranking_precision(gold, prediction.scores), (gold == decided).all(1)], axis=1)
    return sp.hstack([*cells, sp.csr_array(rest)], format="csr")


def measures_of(sums: Floats) -> Floats:
    """Return `MEASURES` from sums of `outcomes`, weighted or not.

    Micro-F1 pools all labels. Macro-F1 is the mean over labels; one with neither gold nor decision has no F1 and does
    not count. A measure is nan where there is no publication.

    Parameters
    ----------
    sums : shape [draws, 3 labels + 3].

    Returns
    -------
    numpy.ndarray
        Shape [draws, 4].

    Source: Tsoumakas, Katakis and Vlahavas, Mining Multi-label Data (2010).
    """
    counts = _counts(sums)
    by_label = _f1(*counts)
    known = ~np.isnan(by_label)
    with np.errstate(invalid="ignore"):
        macro = np.where(known, by_label, 0).sum(1) / known.sum(1)
        means = sums[:, -2:] / sums[:, [-3]]
    return np.column_stack([_f1(*(part.sum(1) for part in counts)), macro, means])


def _counts(sums: Floats) -> tuple[Floats, Floats, Floats]:
    labels = (sums.shape[1] - 3) // 3
    return sums[:, :labels], sums[:, labels : 2 * labels], sums[:, 2 * labels : 3 * labels]


def _f1(hits: Floats, invented: Floats, missed: Floats) -> Floats:
    with np.errstate(invalid="ignore"):
        value: Floats = 2 * hits / (2 * hits + invented + missed)
    return value


def ranking_precision(gold: Bools, scores: Floats) -> Floats:
    """Return each publication's label ranking average precision, shape [m]; LRAP is the mean.

    For each gold label: the share of gold labels among those that score at least as high; then the mean over the gold
    labels. It is 1 where all labels or none are gold.

    Source: Schapire and Singer, BoosTexter (2000); equal scores share the worst rank, as in scikit-learn.
    """
    values = np.ones(len(gold))
    for part in _blocks(*gold.shape):
        order = np.argsort(-scores[part], axis=1, kind="stable")
        ranked = np.take_along_axis(scores[part], order, axis=1)
        hits = np.take_along_axis(gold[part], order, axis=1)
        labels = hits.shape[1]
        ends = np.full(hits.shape, labels - 1)  # the last place with an equal score
        ends[:, :-1] = np.where(ranked[:, :-1] == ranked[:, 1:], labels - 1, np.arange(labels - 1))
        ends = np.minimum.accumulate(ends[:, ::-1], axis=1)[:, ::-1]
        precision = np.take_along_axis(hits.cumsum(1), ends, axis=1) / (ends + 1)
        number = hits.sum(1)
        values[part] = np.where(number > 0, (precision * hits).sum(1) / np.maximum(number, 1), 1.0)
    return values


def _blocks(rows: int, width: int) -> Iterator[slice]:
    step = max(1, CELLS // max(width, 1))
    yield from (slice(start, start + step) for start in range(0, rows, step))
