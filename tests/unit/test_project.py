from __future__ import annotations

import numpy as np
import pytest

from patbench_lib.cluster.project import project
from patbench_lib.cluster.settings import Map

PCA = Map(method="pca")
UMAP = Map(method="umap", neighbours=5)


def blobs(each: int = 20) -> np.ndarray:
    """Three groups of vectors far from each other by cosine."""
    drawn = np.random.default_rng(0).normal(scale=0.05, size=(3, each, 6))
    return (drawn + 3 * np.eye(6)[:3, None]).reshape(-1, 6).astype(np.float32)


def test_the_first_two_principal_components_of_points_on_a_cross() -> None:
    # Centred already; the variance along the second axis is the greater one, so it comes first.
    vectors = np.array([[1, 0, 0], [-1, 0, 0], [0, 2, 0], [0, -2, 0]], dtype=np.float32)
    places = project(vectors, PCA, seed=0)
    assert np.abs(places) == pytest.approx(np.array([[0, 1], [0, 1], [2, 0], [2, 0]]), abs=1e-6)


@pytest.mark.parametrize("settings", [PCA, UMAP], ids=["pca", "umap"])
def test_the_same_seed_gives_the_same_places(settings: Map) -> None:
    assert np.array_equal(project(blobs(), settings, seed=3), project(blobs(), settings, seed=3))


def test_umap_depends_on_the_seed_and_keeps_groups_apart() -> None:
    places = project(blobs(), UMAP, seed=1)
    assert not np.array_equal(places, project(blobs(), UMAP, seed=2))
    groups = places.reshape(3, 20, 2)
    within = max(np.linalg.norm(group - group.mean(0), axis=1).mean() for group in groups)
    centres = groups.mean(1)
    between = min(np.linalg.norm(centres[i] - centres[j]) for i, j in ((0, 1), (0, 2), (1, 2)))
    assert between > within


@pytest.mark.parametrize("count", [0, 1, 2, 3, 4, 5, 8, 12])
@pytest.mark.parametrize("settings", [PCA, Map(method="umap")], ids=["pca", "umap"])
def test_fewer_points_than_neighbours_have_places_too(count: int, settings: Map) -> None:
    vectors = np.random.default_rng(count).normal(size=(count, 6)).astype(np.float32)
    places = project(vectors, settings, seed=0)
    assert places.shape == (count, 2)
    assert np.isfinite(places).all()


@pytest.mark.parametrize("settings", [PCA, UMAP], ids=["pca", "umap"])
def test_equal_vectors_lie_in_one_place(settings: Map) -> None:
    places = project(np.ones((12, 6), dtype=np.float32), settings, seed=0)
    assert not np.ptp(places, axis=0).any()


def test_empty_texts_whose_vectors_are_zero_have_places() -> None:
    vectors = blobs()
    vectors[:4] = 0
    assert np.isfinite(project(vectors, UMAP, seed=0)).all()


def test_one_dimension_is_drawn_on_a_line() -> None:
    places = project(np.array([[1.0], [2.0], [4.0]], dtype=np.float32), PCA, seed=0)
    assert np.ptp(places[:, 0]) == pytest.approx(3)
    assert not places[:, 1].any()
