"""The number of clusters where no gold names it: by silhouette and by stability under subsampling."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import combinations

import numpy as np
import pandas as pd

from patbench_lib.cluster.algorithms import k_means
from patbench_lib.cluster.measures import silhouette
from patbench_lib.cluster.settings import Clustering
from patbench_lib.types import Floats, Ints

SHARE = 0.8
"""Of the points in each subsample, as in Ben-Hur, Elisseeff and Guyon."""

FEWEST = 3
"""Subsamples at least: two make one pair, whose agreement has no spread."""

COLUMNS = ("k", "silhouette", "silhouette_spread", "stability", "stability_spread")


def candidates(vectors: Floats, ks: Iterable[int], settings: Clustering, seed: int) -> pd.DataFrame:
    """Return mean and spread of silhouette and stability of k-means for each number of clusters.

    For each k, k-means clusters several subsamples of the points (`settings.repeats`, three at least), the same ones
    for every k. Silhouettes are over subsamples; stability is the adjusted Rand index of each two of them on the points
    they share. Spreads are standard deviations over subsamples and over pairs of them.

    Ben-Hur, Elisseeff and Guyon, A Stability Based Method for Discovering Structure in Clustered Data (2002); all pairs
    of subsamples as in von Luxburg, Clustering Stability: An Overview (2010).

    Parameters
    ----------
    vectors : shape [n, d], transformed already.
    ks : numbers that are compared; those that a subsample has no more points than are left out.

    Returns
    -------
    Columns `COLUMNS`, by k; nan where a subsample has fewer distinct points than k.
    """
    generator, n = np.random.default_rng(seed), len(vectors)
    size = round(SHARE * n)
    samples = [np.sort(generator.choice(n, size=size, replace=False)) for _ in range(max(FEWEST, settings.repeats))]
    rows = [_row(vectors, samples, k, settings, seed) for k in sorted(ks) if 1 < k < size]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def chosen_k(found: pd.DataFrame) -> dict[str, int]:
    """Return the k that silhouette and that stability choose; none where no k was tried, or none has a value.

    Both choose their highest mean, of equal ones silhouette the smallest k and stability the greatest: few clusters are
    stable easily, so equal stability speaks for more of them.
    """
    chosen = {}
    apart, stable = found.dropna(subset="silhouette"), found.dropna(subset="stability")
    if len(apart):
        chosen["silhouette"] = int(apart["k"].iloc[int(apart["silhouette"].argmax())])
    if len(stable):
        chosen["stability"] = int(stable.loc[stable["stability"] == stable["stability"].max(), "k"].max())
    return chosen


def _row(vectors: Floats, samples: Sequence[Ints], k: int, settings: Clustering, seed: int) -> tuple[float, ...]:
    clusters = [k_means(vectors[rows], k, settings, seed=seed) for rows in samples]
    if any(len(np.unique(found)) < k for found in clusters):  # fewer distinct points than k
        return (k, *[np.nan] * 4)
    apart = [silhouette(vectors[rows], found, seed=seed) for rows, found in zip(samples, clusters, strict=True)]
    stable = [_on_shared(*a, *b) for a, b in combinations(list(zip(samples, clusters, strict=True)), 2)]
    return k, *_mean_and_spread(apart), *_mean_and_spread(stable)


def _mean_and_spread(values: Sequence[float]) -> tuple[float, float]:
    return float(np.mean(values)), float(np.std(values, ddof=1))


def _on_shared(rows: Ints, clusters: Ints, other_rows: Ints, other_clusters: Ints) -> float:
    from sklearn.metrics import adjusted_rand_score

    _, here, there = np.intersect1d(rows, other_rows, assume_unique=True, return_indices=True)
    return float(adjusted_rand_score(clusters[here], other_clusters[there]))
