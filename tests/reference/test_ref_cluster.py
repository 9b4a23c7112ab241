"""Clustering against other implementations: SciPy's Ward, measures by counting, MTEB's own protocol."""

from __future__ import annotations

from itertools import combinations
from math import comb, log

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.cluster.hierarchy import fcluster, linkage
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score

from patbench_lib.cluster.algorithms import cluster
from patbench_lib.cluster.measures import agreement, silhouette
from patbench_lib.cluster.mteb_protocol import v_measures
from patbench_lib.cluster.settings import Clustering
from patbench_lib.cluster.transform import transformed
from patbench_lib.errors import PatbenchError
from patbench_lib.types import Floats, Ints

PAIRS = st.lists(st.tuples(st.integers(0, 4), st.integers(-1, 4)), min_size=2, max_size=25)


def points(n: int = 900, d: int = 12, classes: int = 6) -> tuple[Floats, Ints]:
    """Draw overlapping blobs and the class of each point."""
    rng = np.random.default_rng(7)
    gold = rng.integers(0, classes, n)
    centres = rng.normal(size=(classes, d))
    return (centres[gold] * 0.9 + rng.normal(size=(n, d))).astype(np.float32), gold


def entropy(counts: np.ndarray) -> float:
    shares = counts[counts > 0] / counts.sum()
    return float(-(shares * np.log(shares)).sum())


def test_k_means_is_that_of_scikit_learn() -> None:
    sample, _ = points()
    for seed in range(3):
        theirs = KMeans(6, n_init=4, random_state=seed).fit_predict(sample)
        ours = cluster(sample, "k-means", 6, Clustering(starts=4), seed=seed).clusters
        assert agreement(theirs, ours)["ARI"] == 1


@settings(deadline=None, max_examples=50)
@given(PAIRS)
def test_v_measure_from_entropies(pairs: list[tuple[int, int]]) -> None:
    gold, clusters = np.array(pairs).T
    table = np.zeros((5, 6))
    np.add.at(table, (gold, clusters + 1), 1)
    classes, parts, both = entropy(table.sum(1)), entropy(table.sum(0)), entropy(table.ravel())
    homogeneity = 1 - (both - parts) / classes if classes else 1.0
    completeness = 1 - (both - classes) / parts if parts else 1.0
    total = homogeneity + completeness
    found = agreement(gold, clusters)
    assert found["homogeneity"] == pytest.approx(homogeneity, abs=1e-9)
    assert found["completeness"] == pytest.approx(completeness, abs=1e-9)
    assert found["V-measure"] == pytest.approx(2 * homogeneity * completeness / total if total > 1e-12 else 0, abs=1e-7)


@settings(deadline=None, max_examples=50)
@given(PAIRS)
def test_adjusted_rand_index_from_pairs(pairs: list[tuple[int, int]]) -> None:
    gold, clusters = np.array(pairs).T
    same = [(gold[a] == gold[b], clusters[a] == clusters[b]) for a, b in combinations(range(len(gold)), 2)]
    together, in_gold, in_clusters = (sum(map(f, same)) for f in (all, lambda s: s[0], lambda s: s[1]))
    expected, most = in_gold * in_clusters / len(same), (in_gold + in_clusters) / 2
    wanted = (together - expected) / (most - expected) if most != expected else 1.0
    assert agreement(gold, clusters)["ARI"] == pytest.approx(wanted, abs=1e-9)


@settings(deadline=None, max_examples=50)
@given(PAIRS)
def test_adjusted_mutual_information_from_the_hypergeometric_expectation(pairs: list[tuple[int, int]]) -> None:
    gold, clusters = np.array(pairs).T
    n, table = len(gold), np.zeros((5, 6), dtype=int)
    np.add.at(table, (gold, clusters + 1), 1)
    rows, columns = table.sum(1), table.sum(0)
    mutual = entropy(rows) + entropy(columns) - entropy(table.ravel())
    expected = 0.0
    for a in rows[rows > 0].tolist():
        for b in columns[columns > 0].tolist():
            for both in range(max(1, a + b - n), min(a, b) + 1):
                chance = comb(a, both) * comb(n - a, b - both) / comb(n, b)
                expected += chance * both / n * log(n * both / (a * b))
    most = (entropy(rows) + entropy(columns)) / 2
    if abs(most - expected) > 1e-9:  # else both are 0 over 0, which scikit-learn defines
        assert agreement(gold, clusters)["AMI"] == pytest.approx((mutual - expected) / (most - expected), abs=1e-6)


def test_silhouette_by_its_definition() -> None:
    vectors, clusters = points(60, 5, 3)
    distances = np.linalg.norm(vectors[:, None] - vectors[None], axis=2)
    widths = []
    for i, own in enumerate(clusters):
        others = [distances[i, clusters == c].mean() for c in range(3) if c != own]
        inside = distances[i, clusters == own].sum() / ((clusters == own).sum() - 1)
        widths.append((min(others) - inside) / max(min(others), inside))
    assert silhouette(vectors, clusters, seed=0) == pytest.approx(np.mean(widths), abs=1e-5)


@pytest.mark.parametrize("k", [2, 6, 15])
def test_ward_is_scipys(k: int) -> None:
    vectors, _ = points(300)
    ours = cluster(vectors, "ward", k, Clustering(), seed=0).clusters
    assert adjusted_rand_score(ours, fcluster(linkage(vectors, "ward"), k, "maxclust")) == pytest.approx(1)


def test_both_backends_of_k_means_reach_the_same_sum_of_squares() -> None:
    vectors, _ = points()
    found = {}
    for backend in ("scikit-learn", "faiss"):
        clusters = cluster(vectors, "k-means", 6, Clustering(backend=backend), seed=0).clusters
        centres = np.array([vectors[clusters == c].mean(axis=0) for c in range(6)])
        found[backend] = (clusters, ((vectors - centres[clusters]) ** 2).sum())
    (ours, least), (theirs, other) = found.values()
    assert other == pytest.approx(least, rel=1e-3) and adjusted_rand_score(ours, theirs) > 0.97


def test_whitened_is_scikit_learns() -> None:
    from sklearn.decomposition import PCA

    vectors, _ = points()
    ours = transformed(vectors, "whitened", dims=8, seed=0)
    np.testing.assert_allclose(ours, PCA(8, whiten=True).fit_transform(vectors.astype(np.float64)), atol=1e-4)


# `AbsTaskClustering._evaluate_subset` of mteb 2.26.24, run on `points()` with its seed 42, max_depth 1 and
# max_fraction_of_documents_to_embed None or 0.25, scikit-learn 1.9.1; the encoder returned the points.
MTEB = {
    1.0: [0.634027, 0.625974, 0.742866, 0.635728, 0.753514, 0.728190, 0.756971, 0.739582, 0.628472, 0.606172],
    0.25: [0.656825, 0.760019, 0.732066, 0.736814, 0.746259, 0.755315, 0.641189, 0.731349, 0.655391, 0.592573],
}


@pytest.mark.parametrize("share", MTEB)
def test_the_protocol_is_mtebs(share: float) -> None:
    vectors, classes = points()
    np.testing.assert_allclose(v_measures(vectors, classes, share=share), MTEB[share], atol=2e-6)


def test_a_share_that_leaves_no_document_is_an_error() -> None:
    vectors, classes = points(20)
    with pytest.raises(PatbenchError, match="of 20 publications is none") as error:
        v_measures(vectors, classes, share=0.04)
    assert "mteb_share" in error.value.todo
