"""Agreement of clusters with classes and silhouettes, by hand and at chance."""

from __future__ import annotations

from math import log, sqrt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from patbench_lib.cluster.algorithms import NOISE
from patbench_lib.cluster.measures import AGREEMENT, agreement, noise_share, silhouette


def test_agreement_by_hand() -> None:
    gold, clusters = np.array([0, 0, 0, 1, 1, 1]), np.array([0, 0, 1, 1, 2, 2])
    # Classes of 3 and 3: H(C) = ln 2. Clusters of 2, 2, 2: H(K) = ln 3. Only the middle cluster is mixed, 1 and 1:
    # H(C|K) = 2/6 · ln 2, and in each class 2 of 3 are together: H(K|C) = -(2/3 ln 2/3 + 1/3 ln 1/3)
    h = 1 - (2 / 6 * log(2)) / log(2)
    c = 1 - (-(2 / 3 * log(2 / 3) + 1 / 3 * log(1 / 3))) / log(3)
    # Pairs together in both: 1 + 0 + 1 = 2; in the classes 3 + 3, in the clusters 3; of 15
    ari = (2 - 6 * 3 / 15) / ((6 + 3) / 2 - 6 * 3 / 15)
    found = agreement(gold, clusters)
    assert tuple(found) == AGREEMENT
    assert found["homogeneity"] == pytest.approx(h) and found["completeness"] == pytest.approx(c)
    assert found["V-measure"] == pytest.approx(2 * h * c / (h + c))
    assert found["ARI"] == pytest.approx(ari)


def test_noise_counts_as_one_cluster() -> None:
    gold, noisy = np.array([0, 0, 1, 1, 2, 2]), np.array([0, 0, 1, NOISE, NOISE, NOISE])
    assert agreement(gold, noisy) == agreement(gold, np.where(noisy == NOISE, 9, noisy))
    assert noise_share(noisy) == 0.5
    assert agreement(gold, np.full(6, NOISE))["V-measure"] == 0 and noise_share(np.full(6, NOISE)) == 1


def test_of_no_point_nothing_is_said() -> None:
    none = np.zeros(0, dtype=np.int64)
    assert all(np.isnan(value) for value in agreement(none, none).values()) and np.isnan(noise_share(none))
    assert np.isnan(silhouette(np.zeros((0, 2), dtype=np.float32), none, seed=0))


@settings(deadline=None, max_examples=50)
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(-1, 3)), min_size=1, max_size=30), st.permutations(range(5)))
def test_names_of_clusters_do_not_matter(pairs: list[tuple[int, int]], other: list[int]) -> None:
    gold, clusters = np.array(pairs).T
    renamed = np.array(other)[clusters + 1]
    assert agreement(gold, clusters) == pytest.approx(agreement(gold, renamed), abs=1e-9)
    assert agreement(gold, gold)["V-measure"] == pytest.approx(1)


def test_random_labels_agree_at_chance() -> None:
    """ARI and AMI are 0 on average, V-measure is not: it grows with the number of clusters."""
    rng = np.random.default_rng(0)
    clusters = np.arange(120) % 10
    found = [agreement(rng.integers(0, 5, 120), clusters) for _ in range(200)]
    for measure in ("ARI", "AMI"):
        values = np.array([one[measure] for one in found])
        assert abs(values.mean()) < 3 * values.std() / sqrt(len(values))
    assert np.mean([one["V-measure"] for one in found]) > 0.05


def test_silhouette_by_hand() -> None:
    points = np.array([[0.0], [1.0], [10.0], [50.0]], dtype=np.float32)
    clusters = np.array([0, 0, 1, NOISE])
    # 0: own 1, other 10; 1: own 1, other 9; 10 is alone and counts 0; 50 is in no cluster
    assert silhouette(points, clusters, seed=0) == pytest.approx(((10 - 1) / 10 + (9 - 1) / 9 + 0) / 3)


def test_silhouette_is_undefined_of_one_cluster_and_of_points_alone() -> None:
    points = np.array([[0.0], [1.0], [2.0]], dtype=np.float32)
    for clusters in ([0, 0, 0], [0, 1, 2], [0, NOISE, 0], [NOISE] * 3):
        assert np.isnan(silhouette(points, np.array(clusters), seed=0))


def test_silhouette_of_a_sample_is_near_that_of_all(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    clusters = np.arange(900) % 3
    points = (3 * np.eye(3)[clusters] + rng.normal(size=(900, 3))).astype(np.float32)
    whole = silhouette(points, clusters, seed=0)
    monkeypatch.setattr("patbench_lib.cluster.measures.MOST", 300)
    some = [silhouette(points, clusters, seed=seed) for seed in (1, 1, 2)]
    assert some[0] == some[1] != some[2]
    assert some[0] == pytest.approx(whole, abs=0.05)
