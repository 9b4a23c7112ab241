"""What is done to vectors before they are clustered."""

from __future__ import annotations

import numpy as np

from patbench_lib.cluster.settings import Transform
from patbench_lib.types import Floats

NO_VARIANCE = 1e-6
"""Deviation by the largest one below which a component is rounding, and dividing by it would blow that up."""


def transformed(vectors: Floats, how: Transform, *, dims: int, seed: int) -> Floats:
    """Return vectors as they are, brought to length 1, or whitened; shape [n, d], whitened [n, at most `dims`].

    Parameters
    ----------
    vectors : shape [n, d]; zero vectors stay zero when they are brought to length 1.
    dims : principal components that whitening keeps at most.
    seed : of the randomised solver that scikit-learn takes for large matrices.
    """
    if how == "normalised":
        return normalised(vectors)
    return whitened(vectors, dims=dims, seed=seed) if how == "whitened" else vectors


def normalised(vectors: Floats) -> Floats:
    """Return vectors of length 1, so that squared Euclidean distance is 2 - 2 cos."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    unit: Floats = np.divide(vectors, lengths, out=np.zeros_like(vectors), where=lengths > 0)
    return unit


def whitened(vectors: Floats, *, dims: int, seed: int) -> Floats:
    """Return coordinates on the leading principal components, each of variance 1.

    Components without variance are left out; equal vectors have one column of zeros.
    """
    from sklearn.decomposition import PCA

    n, d = vectors.shape
    if n < 2 or not np.ptp(vectors, axis=0).any():
        return np.zeros((n, 1), dtype=np.float32)
    # In double precision: scikit-learn may work on the covariance, whose small variances single precision drowns.
    pca = PCA(min(dims, d, n - 1), random_state=seed, copy=False)
    coordinates = pca.fit_transform(np.array(vectors, dtype=np.float64))
    deviations = np.sqrt(np.maximum(pca.explained_variance_, 0.0))
    kept = deviations > NO_VARIANCE * deviations.max()
    white: Floats = (coordinates[:, kept] / deviations[kept]).astype(np.float32)
    return white
