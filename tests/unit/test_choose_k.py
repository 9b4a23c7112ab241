"""The number of clusters: what silhouette and stability choose."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from patbench_lib.cluster.choose_k import COLUMNS, candidates, chosen_k
from patbench_lib.cluster.settings import Clustering
from patbench_lib.types import Floats

SETTINGS = Clustering(starts=3, repeats=3)


def blobs(classes: int, n: int = 120, apart: float = 15) -> Floats:
    rng = np.random.default_rng(0)
    return (apart * np.eye(classes, 6)[np.arange(n) % classes] + rng.normal(size=(n, 6))).astype(np.float32)


@pytest.mark.parametrize("classes", [3, 5])
def test_both_find_blobs_that_lie_apart(classes: int) -> None:
    found = candidates(blobs(classes), (2, 3, 4, 5, 6, 8), SETTINGS, 0)
    assert chosen_k(found) == {"silhouette": classes, "stability": classes}
    right = found.set_index("k").loc[classes]
    assert right["stability"] == pytest.approx(1) and right["silhouette"] > 0.8
    assert right["stability_spread"] == pytest.approx(0)


def test_the_same_seed_gives_the_same_table_and_ks_are_sorted_once_each() -> None:
    points = blobs(3, apart=2)
    found = candidates(points, (4, 2, 4), SETTINGS, 5)
    assert found["k"].tolist() == [2, 4] and tuple(found.columns) == COLUMNS
    pd.testing.assert_frame_equal(found, candidates(points, (2, 4), SETTINGS, 5))
    other = candidates(points, (2, 4), SETTINGS, 6)
    assert not found.equals(other)
    assert (abs(found["silhouette"] - other["silhouette"]) < 4 * found["silhouette_spread"] + 0.02).all()


def test_subsamples_are_drawn_by_the_seed() -> None:
    one, other = (candidates(blobs(3), (3,), SETTINGS, seed) for seed in (0, 1))
    assert (one["stability"] == 1).all() and (other["stability"] == 1).all()
    assert (one["silhouette"] != other["silhouette"]).all(), (
        "the clusters are the same, and points that are left out not"
    )


def test_no_structure_is_not_stable() -> None:
    shapeless = np.random.default_rng(0).normal(size=(200, 6)).astype(np.float32)
    found = candidates(shapeless, (6, 8), SETTINGS, 0)
    assert (found["stability"] < 0.6).all() and (found["silhouette"] < 0.25).all()


def test_ks_that_a_subsample_cannot_have_are_left_out() -> None:
    assert candidates(blobs(2, 10), (2, 7, 8, 10, 50), SETTINGS, 0)["k"].tolist() == [2, 7]
    assert chosen_k(candidates(blobs(2, 2), (2, 4), SETTINGS, 0)) == {}


def test_points_that_are_equal_choose_no_more_clusters_than_there_are() -> None:
    two = np.repeat(np.eye(2, dtype=np.float32), 20, axis=0)
    found = candidates(two, (2, 3), SETTINGS, 0)
    assert chosen_k(found) == {"silhouette": 2, "stability": 2}
    assert found.set_index("k").loc[3].isna().all()
    assert chosen_k(candidates(np.ones((20, 3), dtype=np.float32), (2, 3), SETTINGS, 0)) == {}


def test_choice_by_hand() -> None:
    # Silhouette ties at 2 and 4: the smaller. Stability is best at 2, its spread reaches down to 0.8: 4 is the last.
    rows = [(2, 0.3, 0.0, 0.9, 0.1), (3, 0.2, 0.0, 0.7, 0.1), (4, 0.3, 0.0, 0.8, 0.0), (6, 0.1, 0.0, 0.79, 0.3)]
    assert chosen_k(pd.DataFrame(rows, columns=list(COLUMNS))) == {"silhouette": 2, "stability": 4}
