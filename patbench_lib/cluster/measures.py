"""How well clusters agree with classes, and how well they are apart."""

from __future__ import annotations

import numpy as np

from patbench_lib.cluster.algorithms import NOISE
from patbench_lib.cluster.threads import threads_for
from patbench_lib.types import Floats, Ints

MOST = 5000
"""Points of which silhouettes are computed, a sample of more: distances grow with the square."""

AGREEMENT = ("V-measure", "homogeneity", "completeness", "ARI", "AMI")


def agreement(gold: Ints, clusters: Ints) -> dict[str, float]:
    """Return V-measure, homogeneity, completeness, adjusted Rand index and adjusted mutual information.

    Points that HDBSCAN gives to no cluster count as one cluster more, as scikit-learn reads the code -1; `noise_share`
    says how many they are. All are nan where there is no point.

    With entropies of classes C and clusters K: homogeneity 1 - H(C|K)/H(C), completeness 1 - H(K|C)/H(K), V-measure
    their harmonic mean (Rosenberg and Hirschberg, V-Measure, 2007). V-measure grows by chance with the number of
    clusters. The other two are 0 at chance: ARI over pairs of points (Hubert and Arabie, Comparing Partitions, 1985),
    AMI over information, by the arithmetic mean of the entropies (Vinh, Epps and Bailey, 2010).

    Parameters
    ----------
    gold, clusters : class and cluster of each point, shape [n].
    """
    from sklearn import metrics

    if not len(gold):
        return dict.fromkeys(AGREEMENT, np.nan)
    homogeneity, completeness, v_measure = metrics.homogeneity_completeness_v_measure(gold, clusters)
    ari, ami = metrics.adjusted_rand_score(gold, clusters), metrics.adjusted_mutual_info_score(gold, clusters)
    values = (v_measure, homogeneity, completeness, ari, ami)
    return {name: float(value) for name, value in zip(AGREEMENT, values, strict=True)}


def noise_share(clusters: Ints) -> float:
    """Return the share of points that are in no cluster, nan of no points."""
    return float((clusters == NOISE).mean()) if len(clusters) else np.nan


def silhouette(vectors: Floats, clusters: Ints, *, seed: int) -> float:
    """Return the mean silhouette (b - a) / max(a, b) of points in clusters, by Euclidean distance.

    a is a point's mean distance to its own cluster, b that to the nearest other one; of vectors of length 1 it is the
    silhouette of √(2 - 2 cos). Points in no cluster are left out. nan where fewer than two clusters are left, or each
    point is one. Rousseeuw, Silhouettes (1987).

    Parameters
    ----------
    vectors : as they were clustered, shape [n, d].
    seed : of the sample that is looked at where there are more points than `MOST`.
    """
    from sklearn.metrics import silhouette_score

    rows = np.flatnonzero(clusters != NOISE)
    if len(rows) > MOST:
        rows = np.sort(np.random.default_rng(seed).choice(rows, size=MOST, replace=False))
    found = len(np.unique(clusters[rows]))
    if not 1 < found < len(rows):
        return np.nan
    with threads_for(len(rows) * vectors[rows].size):
        return float(silhouette_score(vectors[rows], clusters[rows]))
