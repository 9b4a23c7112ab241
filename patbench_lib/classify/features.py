"""Features on one scale: mean 0 and deviation 1 over the training texts."""

from __future__ import annotations

import numpy as np

from patbench_lib.types import Floats

ROUNDING = 1e-6
"""A deviation under this share of a column's largest value is rounding of single precision: the column is constant."""


def standardise(train: Floats, *others: Floats) -> list[Floats]:
    """Return all parts, each [n, d], less the training mean and by the training deviation; float32.

    A column that is constant over the training texts is 0 everywhere: nothing was learnt of it.
    """
    mean = train.mean(axis=0, dtype=np.float64)
    deviation = train.std(axis=0, dtype=np.float64)
    varied = deviation > ROUNDING * np.abs(train).max(axis=0)
    scale = np.where(varied, 1 / np.where(varied, deviation, 1), 0)
    return [((part - mean) * scale).astype(np.float32) for part in (train, *others)]
