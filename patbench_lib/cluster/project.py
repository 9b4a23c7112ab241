"""Vectors drawn in two dimensions: UMAP, or the first two principal components."""

from __future__ import annotations

import numpy as np

from patbench_lib.cluster.settings import Map
from patbench_lib.types import Floats

FEWEST = 4
"""Points that UMAP can lay out: of fewer, its graph of neighbours has nothing to say."""


def project(vectors: Floats, settings: Map, *, seed: int) -> Floats:
    """Return a place in the plane for each vector, shape [n, 2]; neighbours stay near each other, axes mean nothing.

    The same vectors and seed give the same places. UMAP compares vectors by cosine; where there are fewer others than
    `settings.neighbours`, all of them are a point's neighbours. Fewer than four vectors, or vectors that are all equal,
    are placed by principal components.

    Source: McInnes, Healy and Melville, UMAP: Uniform Manifold Approximation and Projection (arXiv:1802.03426).
    """
    if settings.method == "pca" or len(vectors) < FEWEST or not np.ptp(vectors, axis=0).any():
        return _components(vectors, seed)
    import umap

    reducer = umap.UMAP(
        n_neighbors=min(settings.neighbours, len(vectors) - 1),
        min_dist=settings.min_dist,
        metric="cosine",
        init="spectral" if len(vectors) > 2 * FEWEST else "random",  # so few points have too few eigenvectors
        random_state=seed,
        n_jobs=1,  # a seed makes UMAP run in one thread, and warn where it was told otherwise
    )
    return np.asarray(reducer.fit_transform(vectors), dtype=np.float32)


def _components(vectors: Floats, seed: int) -> Floats:
    """Return the first two principal components, with zeros for those that there are too few vectors for."""
    from sklearn.decomposition import PCA

    places = np.zeros((len(vectors), 2), dtype=np.float32)
    kept = min(2, *vectors.shape)
    if len(vectors) > 1 and np.ptp(vectors, axis=0).any():
        places[:, :kept] = PCA(kept, random_state=seed).fit_transform(vectors)
    return places
