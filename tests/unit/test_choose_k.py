"""The number of clusters: what silhouette and stability choose."""

from __future__ import annotations

from math import sqrt

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


def test_the_same_seed_gives_the_same_table_with_ks_in_order() -> None:
    points = blobs(3, apart=2)
    found = candidates(points, (4, 2), SETTINGS, 5)
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


def test_spreads_by_hand() -> None:
    # 0 and 9 lie alone: whichever of five points a subsample of four leaves out, k-means finds {low}, {high}
    points = np.array([[0], [1], [2], [9], [10]], dtype=np.float32)
    found = candidates(points, (2,), Clustering(starts=5, repeats=4), 0).iloc[0]
    generator = np.random.default_rng(0)
    widths = []
    for _ in range(4):
        kept = points[np.sort(generator.choice(5, size=4, replace=False)), 0]
        low, high = kept[kept < 5], kept[kept > 5]
        each = [_width(x, own, other) for own, other in ((low, high), (high, low)) for x in own]
        widths.append(sum(each) / 4)
    assert len(set(widths)) > 1, "so that there is a spread"
    mean = sum(widths) / 4
    assert found["silhouette"] == pytest.approx(mean, abs=1e-6)
    deviation = sqrt(sum((width - mean) ** 2 for width in widths) / 3)  # with n - 1
    assert found["silhouette_spread"] == pytest.approx(deviation, abs=1e-6)


def _width(x: float, own: Floats, other: Floats) -> float:
    if len(own) == 1:
        return 0.0
    inside, outside = np.abs(own - x).sum() / (len(own) - 1), np.abs(other - x).mean()
    return float((outside - inside) / max(inside, outside))


@pytest.mark.parametrize("repeats", [1, 2])
def test_few_repeats_still_give_agreement_a_spread(repeats: int) -> None:
    shapeless = np.random.default_rng(0).normal(size=(40, 3)).astype(np.float32)
    found = candidates(shapeless, (2, 4), Clustering(starts=1, repeats=repeats), 0)
    assert (found["stability_spread"] > 0).all()
    assert set(chosen_k(found)) == {"silhouette", "stability"}


def test_points_that_are_equal_choose_no_more_clusters_than_there_are() -> None:
    two = np.repeat(np.eye(2, dtype=np.float32), 20, axis=0)
    found = candidates(two, (2, 3), SETTINGS, 0)
    assert chosen_k(found) == {"silhouette": 2, "stability": 2}
    assert found.set_index("k").loc[3].isna().all()
    assert chosen_k(candidates(np.ones((20, 3), dtype=np.float32), (2, 3), SETTINGS, 0)) == {}


def test_choice_by_hand() -> None:
    # Silhouette ties at 2 and 4: the smaller. Stability ties at 3 and 4: the greater, whatever the spreads reach.
    rows = [(2, 0.3, 0.0, 0.8, 0.3), (3, 0.2, 0.0, 0.9, 0.1), (4, 0.3, 0.0, 0.9, 0.0), (6, 0.1, 0.0, 0.89, 0.3)]
    assert chosen_k(pd.DataFrame(rows, columns=list(COLUMNS))) == {"silhouette": 2, "stability": 4}
