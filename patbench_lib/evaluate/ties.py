"""How far orders that scores do not decide can move a measure."""

from __future__ import annotations

import numpy as np

from patbench_lib.landscape.judgements import Judgements
from patbench_lib.retrieve.run import Run
from patbench_lib.types import Ints

NEAR = 1e-6
"""Difference of two scores that single precision, batching or another processor may turn round."""


def extremes(run: Run, judgements: Judgements, near: float = NEAR) -> tuple[Run, Run]:
    """Return a run with its near-equal scores in the worst and in the best order.

    Documents whose scores follow each other within `near` are tied, a chain of them all together: family members and
    near-copies of texts are. Between the values of the two runs lies that of every order of tied documents, for every
    measure of binary relevance that gains where a relevant document moves up: nDCG, recall, precision, MAP and MRR.

    Parameters
    ----------
    judgements : that say which documents are relevant; queries that they do not have stay as they are.

    Examples
    --------
    Two documents of one score, the second of them relevant:

    >>> one = Run(np.array([0]), np.array([[1, 2]]), np.array([[0.5, 0.5]], dtype=np.float32))
    >>> judged = Judgements(np.array([0]), np.array([0, 1]), np.array([2]), np.array([1]), np.arange(3))
    >>> [each.documents.tolist() for each in extremes(one, judged)]
    [[[1, 2]], [[2, 1]]]
    """
    with np.errstate(invalid="ignore"):  # between two places without a document
        apart = -np.diff(run.scores.astype(np.float64), axis=1) > near
    tie = np.pad(np.cumsum(apart, axis=1), ((0, 0), (1, 0)))
    pairs = np.column_stack([judgements.pair_queries, judgements.documents])
    span = int(max(run.documents.max(initial=0), judgements.documents.max(initial=0))) + 2
    relevant = np.isin(run.queries[:, None] * span + run.documents, pairs @ np.array([span, 1]))
    worst, best = (np.lexsort((mark, tie), axis=-1) for mark in (relevant, ~relevant))
    return _reordered(run, worst), _reordered(run, best)


def _reordered(run: Run, places: Ints) -> Run:
    documents = np.take_along_axis(run.documents, places, axis=1)
    return Run(run.queries, documents, np.take_along_axis(run.scores, places, axis=1))
