"""Clusters of blobs that lie apart, of points that do not, and of what hardly is a set of points."""

from __future__ import annotations

import numpy as np
import pytest

from patbench_lib.cluster import algorithms
from patbench_lib.cluster.algorithms import NOISE, cluster, differs_by_seed, starting_centres
from patbench_lib.cluster.measures import agreement
from patbench_lib.cluster.settings import Algorithm, Clustering
from patbench_lib.types import Floats, Ints

ALGORITHMS: tuple[Algorithm, ...] = ("k-means", "ward", "hdbscan")
BACKENDS = ("scikit-learn", "faiss")


def blobs(n: int = 90, d: int = 8, classes: int = 3, apart: float = 20, seed: int = 0) -> tuple[Floats, Ints]:
    """Draw points around centres that many deviations apart, and the centre of each."""
    rng = np.random.default_rng(seed)
    gold = np.arange(n) % classes
    centres = apart * np.eye(classes, d) / np.sqrt(2)
    return (centres[gold] + rng.normal(size=(n, d))).astype(np.float32), gold


def settings(**changed: object) -> Clustering:
    return Clustering(**{"starts": 3, "min_cluster_size": 5, **changed})  # type: ignore[arg-type]


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_blobs_that_lie_apart_are_found_and_numbered_by_their_first_point(algorithm: Algorithm, backend: str) -> None:
    points, gold = blobs()
    found = cluster(points, algorithm, 3, settings(backend=backend), seed=1)
    assert found.rows.tolist() == list(range(90))
    inside = found.clusters != NOISE
    assert inside.mean() > (0.9 if algorithm == "hdbscan" else 0.999)
    assert (found.clusters[inside] == gold[inside]).all()


def test_k_means_by_hand() -> None:
    # Of {0, 1}, {9, 10} the sum of squares is 4 · 0.25 = 1; any other two parts have more
    points = np.array([[0.0], [10.0], [1.0], [9.0]], dtype=np.float32)
    for backend in BACKENDS:
        assert cluster(points, "k-means", 2, settings(backend=backend), seed=0).clusters.tolist() == [0, 1, 0, 1]


def test_ward_by_hand() -> None:
    # Merging {0, 2} with {5} adds 2·1/3 · (5 - 1)² = 10.7, {5} with {9} 1/2 · 16 = 8: the latter comes first
    points = np.array([[0.0], [2.0], [5.0], [9.0]], dtype=np.float32)
    assert cluster(points, "ward", 2, settings(), seed=0).clusters.tolist() == [0, 0, 1, 1]
    assert cluster(points, "ward", 3, settings(), seed=0).clusters.tolist() == [0, 0, 1, 2]


def test_hdbscan_leaves_far_points_alone() -> None:
    points, gold = blobs(60, classes=2)
    points[:3] = [[100 * i + 50] * 8 for i in range(3)]
    found = cluster(points, "hdbscan", 7, settings(), seed=0).clusters
    assert (found[:3] == NOISE).all() and agreement(gold[found != NOISE], found[found != NOISE])["ARI"] == 1


@pytest.mark.parametrize("backend", BACKENDS)
def test_the_best_of_many_starts_counts(backend: str) -> None:
    points, _ = blobs(120, 4, 12, apart=4)

    def squares(starts: int, seed: int) -> float:
        clusters = cluster(points, "k-means", 12, settings(starts=starts, backend=backend), seed=seed).clusters
        return sum(((points[clusters == c] - points[clusters == c].mean(axis=0)) ** 2).sum() for c in range(12))

    one, many = ([squares(starts, seed) for seed in range(6)] for starts in (1, 40))
    assert max(many) < min(one) * 1.02 and max(many) < 1.03 * min(many), "whatever the seed"
    assert max(one) > 1.06 * min(many), "and one start may end in a worse place"


@pytest.mark.parametrize("backend", BACKENDS)
def test_the_same_seed_gives_the_same_clusters_and_another_seed_stays_within_the_spread(backend: str) -> None:
    points, gold = blobs(300, 6, 6, apart=3)
    asked = settings(starts=1, backend=backend)

    def ari(seed: int) -> float:
        return agreement(gold, cluster(points, "k-means", 6, asked, seed=seed).clusters)["ARI"]

    first, again, other = ([ari(seed) for seed in seeds] for seeds in (range(8), range(8), range(100, 108)))
    assert first == again
    assert first != other and abs(np.mean(first) - np.mean(other)) < 2 * np.std(first)


@pytest.mark.parametrize("backend", BACKENDS)
def test_centres_are_sought_in_a_sample_of_many_points(backend: str, monkeypatch: pytest.MonkeyPatch) -> None:
    points, gold = blobs(300)
    monkeypatch.setattr(algorithms, "SEEDED", 20)
    found = cluster(points, "k-means", 3, settings(backend=backend), seed=0)
    assert (found.clusters == gold).all() and len(found.rows) == 300, "all points are clustered"
    # Of 20 points k-means++ takes every one where it is asked for 20 centres: a start sees no more of them than that.
    starts = [starting_centres(points, 20, np.random.RandomState(seed)) for seed in (0, 0, 1)]
    rows = [sorted(np.flatnonzero((points == centre).all(1)).item() for centre in start) for start in starts]
    assert rows[0] == rows[1] != rows[2] and len(set(rows[0])) == 20
    assert len(starting_centres(points, 50, np.random.RandomState(0))) == 50


@pytest.mark.parametrize("algorithm", ["ward", "hdbscan"])
def test_a_sample_is_taken_of_many_points_anew_by_seed(algorithm: Algorithm) -> None:
    points, gold = blobs(200)
    one, other = (cluster(points, algorithm, 3, settings(sample=60), seed=seed) for seed in (0, 1))
    assert len(one.rows) == len(one.clusters) == 60 and (np.diff(one.rows) > 0).all()
    assert one.rows.tolist() != other.rows.tolist()
    inside = one.clusters != NOISE
    assert agreement(gold[one.rows][inside], one.clusters[inside])["ARI"] == 1, "clusters are those of the rows named"


def test_a_seed_matters_where_it_can() -> None:
    asked = settings(sample=50)
    assert [differs_by_seed(a, 50, asked) for a in ALGORITHMS] == [True, False, False]
    assert [differs_by_seed(a, 51, asked) for a in ALGORITHMS] == [True, True, True]
    points, _ = blobs(50, apart=2)
    for algorithm in ("ward", "hdbscan"):
        runs = [cluster(points, algorithm, 3, asked, seed=seed).clusters.tolist() for seed in (0, 1)]  # type: ignore[arg-type]
        assert runs[0] == runs[1]


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize("n", [0, 1, 2, 7])
@pytest.mark.filterwarnings("error")
def test_as_many_clusters_as_there_are_points_at_most(algorithm: Algorithm, n: int, backend: str) -> None:
    points, _ = blobs(n)
    for k in (1, 4, 50):
        found = cluster(points, algorithm, k, settings(backend=backend, min_cluster_size=3), seed=0).clusters
        assert len(found) == n
        if algorithm != "hdbscan":
            assert sorted(set(found.tolist())) == list(range(min(k, n)))


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.filterwarnings("error")
def test_equal_points_are_one_cluster_to_k_means(backend: str) -> None:
    equal = np.full((12, 3), 2, dtype=np.float32)
    assert set(cluster(equal, "k-means", 3, settings(backend=backend), seed=0).clusters.tolist()) == {0}
    assert len(cluster(equal, "ward", 3, settings(), seed=0).clusters) == 12
    assert len(cluster(equal, "hdbscan", 3, settings(), seed=0).clusters) == 12


def test_too_few_points_for_a_cluster_are_all_noise() -> None:
    points, _ = blobs(8)
    assert (cluster(points, "hdbscan", 3, settings(min_cluster_size=9), seed=0).clusters == NOISE).all()
