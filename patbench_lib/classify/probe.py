"""The probe: logistic regression with an L2 penalty on frozen features, for all labels at once.

Each label has a classifier of its own (one against the rest), fitted as scikit-learn's `LogisticRegression` defines it:
½ ‖w‖² + C Σ log(1 + exp(-y (x·w + b))), the intercept b free of the penalty, y of -1 or 1.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import expit

from patbench_lib.classify.design import design
from patbench_lib.classify.lbfgs import MEMORY, solve
from patbench_lib.types import Bools, Floats

TOLERANCE = 3e-4
"""See `patbench_lib.classify.lbfgs.solve`; probabilities are then within 1e-3 of the optimum's, on unseen texts too."""

STEPS = 500
"""Of the solver, at most. Strengths of 10,000 and more can need more, and more than single precision."""

WORK_MB = 1024
"""Memory for the labels that are fitted at a time, in MiB, where the features take no more themselves: weights of many
words are large. Features of gigabytes have to be read anew for each step of a few labels."""

SHARED = 30_000_000
"""Multiplications of a product from which on it is shared among threads."""


@dataclass(frozen=True)
class Weights:
    """A probe.

    Attributes
    ----------
    weights, bias : shapes [d, L] and [L]; features @ weights + bias are log-odds.
    iterations : steps of the label that took most.
    unfinished : labels that had not reached the tolerance when the steps ran out.
    """

    weights: Floats
    bias: Floats
    iterations: int
    unfinished: int


def fit(features: Any, labels: Bools, strength: float, *, device: str = "cpu") -> Weights:
    """Fit a probe at one strength of regularisation.

    Parameters
    ----------
    features : array [n, d] or SciPy sparse matrix; computed in single precision.
    labels : shape [n, L]. A label that all texts have, or none, has no optimum: its weights are 0 and its bias is
        log((k + ½) / (n - k + ½)) for k texts of n.
    strength : C, the inverse of the penalty.
    device : where it is computed.
    """
    return next(fit_each(features, labels, [strength], device=device))


def fit_each(features: Any, labels: Bools, strengths: Sequence[float], *, device: str = "cpu") -> Iterator[Weights]:
    """Fit a probe at each strength, in their order; see `fit`. What does not depend on it is made once."""
    import torch

    counts, n = labels.sum(axis=0), len(labels)
    varied = np.flatnonzero((counts > 0) & (counts < n))
    with _fit_for(_entries(features) * len(varied)):
        columns = design(features, device)
    bias = np.log((counts + 0.5) / (n - counts + 0.5)).astype(np.float32)
    start = torch.zeros((len(columns.squares) + 1, len(varied)), device=device)
    start[-1] = torch.from_numpy(bias[varied])
    for strength in strengths:
        weights, bias = np.zeros((features.shape[1], labels.shape[1]), dtype=np.float32), bias.copy()
        iterations = unfinished = 0
        for part in _blocks(len(varied), n, len(columns.squares), _entries(features)):
            target = torch.from_numpy(labels[:, varied[part]].astype(np.float32)).to(device)
            with _fit_for(_entries(features) * target.shape[1]):
                found = solve(columns, target, start[:, part], strength, tolerance=TOLERANCE, steps=STEPS)
                given = columns.leave(found.parameters)
            weights[:, varied[part]], bias[varied[part]] = (side.cpu().numpy() for side in given)
            iterations = max(iterations, int(found.steps.max()))
            unfinished += int((~found.finished).sum())
        yield Weights(weights, bias, iterations, unfinished)


def probabilities(probe: Weights, features: Any) -> Floats:
    """Return the probability of each label, shape [m, L], double precision."""
    margins: Floats = np.asarray(features @ probe.weights + probe.bias, dtype=np.float64)
    return np.asarray(expit(margins))


def _blocks(labels: int, n: int, r: int, entries: int) -> Iterator[slice]:
    """Give as many labels at a time as memory allows."""
    block = max(1, max(WORK_MB << 20, 4 * entries) // (4 * (2 * MEMORY * r + 5 * n)))
    return (slice(first, first + block) for first in range(0, labels, block))


def _entries(features: Any) -> int:
    """Return the number of entries that a product goes through."""
    return int(features.nnz if hasattr(features, "nnz") else features.size)


@contextmanager
def _fit_for(work: int) -> Iterator[None]:
    """Compute on one thread where a product of so many multiplications is too small to share.

    Threads that wait for each other hundreds of times a second lose more than they gain on a machine that does other
    things as well, as one that runs several steps of a study does.
    """
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(before if work > SHARED else 1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
