"""Clusters of vectors by k-means, Ward's method or HDBSCAN, behind one call."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np

from patbench_lib.cluster.settings import Algorithm, Clustering
from patbench_lib.cluster.threads import threads_for
from patbench_lib.types import Floats, Ints

NOISE = -1
"""The cluster of points that HDBSCAN gives to none."""

ITERATIONS = 300
"""Of k-means at most, as scikit-learn has it; it mostly settles within a few dozen."""

SEEDED = 1 << 16
"""Points among which a start looks for its centres: k-means++ goes over them several times for each centre, so that of
a million it would take most of the time. Where there are more a sample is drawn, anew for each start."""


@dataclass(frozen=True)
class Clustered:
    """Vectors and their clusters.

    Attributes
    ----------
    rows : positions of the vectors that were clustered, ascending, shape [m]: all of them, or a sample.
    clusters : codes from 0 in the order of the first of each cluster, `NOISE` where HDBSCAN gives none, shape [m].
    """

    rows: Ints
    clusters: Ints


def cluster(vectors: Floats, algorithm: Algorithm, k: int, settings: Clustering, *, seed: int) -> Clustered:
    """Cluster vectors by Euclidean distance.

    Ward's method and HDBSCAN hold all distances, so they take a sample of `settings.sample` vectors where there are
    more.

    Parameters
    ----------
    vectors : shape [n, d], transformed already; see `patbench_lib.cluster.transform`.
    k : number of clusters; as many as there are vectors at most. HDBSCAN finds its own.
    """
    rows = np.arange(len(vectors))
    if algorithm != "k-means" and len(rows) > settings.sample:
        rows = np.sort(np.random.default_rng(seed).choice(rows, size=settings.sample, replace=False))
    # All of them are not copied: they may be gigabytes.
    points, k = np.ascontiguousarray(vectors if len(rows) == len(vectors) else vectors[rows]), min(k, len(rows))
    return Clustered(rows, _in_order(_clusters(points, algorithm, k, settings, seed)))


def _clusters(points: Floats, algorithm: Algorithm, k: int, settings: Clustering, seed: int) -> Ints:
    if algorithm == "hdbscan":
        return hdbscan(points, settings.min_cluster_size)
    if len(points) < 2:
        return np.zeros(len(points), dtype=np.int64)
    return ward(points, k) if algorithm == "ward" else k_means(points, k, settings, seed=seed)


def differs_by_seed(algorithm: Algorithm, n: int, settings: Clustering) -> bool:
    """Tell whether another seed can give other clusters of n vectors: not where all of them are clustered for good."""
    return algorithm == "k-means" or n > settings.sample


def k_means(points: Floats, k: int, settings: Clustering, *, seed: int) -> Ints:
    """Return the best of `settings.starts` runs of Lloyd's algorithm, each from a k-means++ start; shape [n].

    The best has the least sum of squared distances to the centres. Lloyd, Least squares quantization in PCM (1982);
    Arthur and Vassilvitskii, k-means++: The advantages of careful seeding (2007).
    """
    run = _faiss_k_means if settings.backend == "faiss" else _sklearn_k_means
    with threads_for(points.size * k):
        return run(np.asarray(points, dtype=np.float32), k, settings.starts, seed)


def starting_centres(points: Floats, k: int, random_state: np.random.RandomState) -> Floats:
    """Return k centres of k-means++, shape [k, d], from a sample of `SEEDED` points, or of k, where there are more."""
    from sklearn.cluster import kmeans_plusplus

    most = max(SEEDED, k)
    if len(points) > most:
        points = points[np.sort(random_state.choice(len(points), most, replace=False))]
    centres: Floats = kmeans_plusplus(points, k, random_state=random_state)[0]
    return centres


def _sklearn_k_means(points: Floats, k: int, starts: int, seed: int) -> Ints:
    from sklearn.cluster import KMeans
    from sklearn.exceptions import ConvergenceWarning

    model = KMeans(k, init=starting_centres, n_init=starts, max_iter=ITERATIONS, random_state=seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # fewer distinct points than k: fewer clusters come out
        clusters: Ints = model.fit_predict(points)
    return clusters


def _faiss_k_means(points: Floats, k: int, starts: int, seed: int) -> Ints:
    """Run FAISS's Lloyd from the same starts, so that `starts` means the same in both."""
    import faiss

    state, best, least = np.random.RandomState(seed), np.zeros(len(points), dtype=np.int64), np.inf
    for _ in range(starts):
        centres = starting_centres(points, k, state)
        model = faiss.Kmeans(
            points.shape[1], k, niter=ITERATIONS, min_points_per_centroid=1, max_points_per_centroid=len(points)
        )
        model.train(points, init_centroids=np.ascontiguousarray(centres))
        distances, nearest = model.index.search(points, 1)
        if distances.sum(dtype=np.float64) < least:
            best, least = nearest[:, 0], distances.sum(dtype=np.float64)
    return best


def ward(points: Floats, k: int) -> Ints:
    """Return k clusters of Ward's agglomeration, shape [n]: each merge adds the least to the sum of squares.

    Ward, Hierarchical Grouping to Optimize an Objective Function (1963).
    """
    from sklearn.cluster import AgglomerativeClustering

    clusters: Ints = AgglomerativeClustering(k, linkage="ward").fit_predict(points)
    return clusters


def hdbscan(points: Floats, min_cluster_size: int) -> Ints:
    """Return clusters of HDBSCAN by excess of mass, `NOISE` where a point is of none; shape [n].

    Campello, Moulavi and Sander, Density-Based Clustering Based on Hierarchical Density Estimates (2013).
    """
    if len(points) < min_cluster_size:
        return np.full(len(points), NOISE)
    from sklearn.cluster import HDBSCAN

    # In hundreds of dimensions trees prune nothing: distances by matrix products take a fifteenth of the time.
    model = HDBSCAN(min_cluster_size=min_cluster_size, algorithm="brute", copy=True)
    clusters: Ints = model.fit_predict(points)
    return clusters


def _in_order(clusters: Ints) -> Ints:
    """Number clusters by their first point, so that equal partitions have equal codes."""
    found, first = np.unique(clusters[clusters != NOISE], return_index=True)
    codes = np.full(int(clusters.max(initial=NOISE)) + 2, NOISE)  # the last entry is that of noise, -1
    codes[found[np.argsort(first)]] = np.arange(len(found))
    return codes[clusters]
