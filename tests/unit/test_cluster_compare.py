from __future__ import annotations

from math import sqrt

import numpy as np
import pytest
from scipy.stats import t
from sklearn.metrics import adjusted_rand_score, v_measure_score

from patbench_lib.cluster.algorithms import cluster
from patbench_lib.cluster.compare import HALVES, Agreement, against, agree, half_samples, pooled
from patbench_lib.cluster.settings import Algorithm, Clustering
from patbench_lib.cluster.transform import normalised, whitened
from patbench_lib.evaluate.settings import Statistics
from patbench_lib.evaluate.statistics import seed_of

SETTINGS = Clustering(starts=2, repeats=3)


def blobs(seed: int, families: int = 12, classes: int = 3) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Draw vectors of families of two around the centre of their class; return them, classes and families."""
    rng = np.random.default_rng(seed)
    family = np.repeat(np.arange(families), 2)
    of_class = family % classes
    return (3 * np.eye(classes, 4)[of_class] + rng.normal(size=(len(family), 4))).astype(np.float32), of_class, family


def agreement(values: list[list[float]], halves: list[list[float]], families: int = 9) -> Agreement:
    return Agreement(np.array(values), np.array(halves), families, 2 * families)


def test_halves_are_of_whole_families_and_the_same_for_every_system() -> None:
    family = np.array([7, 3, 3, 9, 7, 1, 5, 5])
    drawn = list(half_samples(family, 4))
    assert len(drawn) == HALVES
    for rows in drawn:
        assert len(np.unique(family[rows])) == 3, "the larger half of five"
        assert np.isin(family, family[rows]).sum() == len(rows) and (np.diff(rows) > 0).all()
    assert all(map(np.array_equal, drawn, half_samples(family, 4)))
    assert len({tuple(rows) for rows in drawn}) == 10, "all halves of five families turn up"


def test_values_are_those_of_clusters_of_all_publications() -> None:
    vectors, classes, family = blobs(0)
    made = agree(vectors, classes, family, ("k-means", "normalised"), SETTINGS, seed=5, system="A")
    for repeat, (v_measure, ari) in enumerate(made.values):
        seed = seed_of(5, "repeat", repeat)
        found = cluster(normalised(vectors), "k-means", 3, SETTINGS, seed=seed).clusters
        assert v_measure == pytest.approx(v_measure_score(classes, found))
        assert ari == pytest.approx(adjusted_rand_score(classes, found))
    assert made.halves.shape == (HALVES, 2) and (made.families, made.n) == (12, 24)
    again = agree(vectors, classes, family, ("k-means", "normalised"), SETTINGS, seed=5, system="A")
    np.testing.assert_array_equal(made.halves, again.halves)


@pytest.mark.parametrize(("algorithm", "repeats"), [("k-means", 3), ("ward", 1), ("hdbscan", 1)])
def test_what_no_seed_changes_is_clustered_once(algorithm: Algorithm, repeats: int) -> None:
    vectors, classes, family = blobs(1)
    made = agree(vectors, classes, family, (algorithm, "raw"), SETTINGS, seed=0, system="A")
    assert len(made.values) == repeats and np.isfinite(made.halves).all()


def test_a_half_is_transformed_by_what_it_alone_says() -> None:
    vectors, classes, family = blobs(2)
    made = agree(vectors, classes, family, ("ward", "whitened"), SETTINGS, seed=0, system="A")
    for rows, (v_measure, _) in zip(half_samples(family, 0), made.halves, strict=True):
        points = whitened(vectors[rows], dims=SETTINGS.whitened_dims, seed=0)
        found = cluster(points, "ward", len(np.unique(classes[rows])), SETTINGS, seed=0).clusters
        assert v_measure == pytest.approx(v_measure_score(classes[rows], found))


def test_interval_and_test_come_from_the_spread_of_halves() -> None:
    # V-measure: halves differ by 0.1, 0.3, 0.1, 0.3, whose deviation is sqrt(4 * 0.1^2 / 3); ARI: always by 0.2.
    base = agreement([[0.4, 0.1], [0.6, 0.3]], [[0.5, 0.2]] * 4)
    other = agreement([[0.7, 0.5]], [[0.6, 0.4], [0.8, 0.4], [0.6, 0.4], [0.8, 0.4]])
    table = against({"A": base, "B": other}, "A", Statistics(level=0.9)).set_index("measure")
    deviation = sqrt(4 * 0.01 / 3)
    reach = 2.3533634348018264 * deviation  # Student's t of 3 degrees, one less than there are halves, at 0.95
    row = table.loc["V-measure"]
    assert row["difference"] == pytest.approx(0.7 - 0.5)
    assert (row["low"], row["high"]) == pytest.approx((0.2 - reach, 0.2 + reach))
    assert row["p"] == pytest.approx(2 * t.sf(0.2 / deviation, 3))
    assert row["n"] == 18 and row["system"] == "B"
    assert table.loc["ARI", "difference"] == pytest.approx(0.3)


def test_few_families_have_few_degrees_of_freedom() -> None:
    halves = [[0.1 * (i % 2), 0.1 * (i % 3)] for i in range(HALVES)]
    still = [[0.5, 0.5]] * HALVES
    few, many = (
        against(
            {"A": agreement([[0.5, 0.5]], still, families), "B": agreement([[0.6, 0.6]], halves, families)},
            "A",
            Statistics(),
        )
        for families in (4, 400)
    )
    assert (few["p"] > many["p"]).all() and (few["high"] > many["high"]).all()


def test_nothing_differs_where_no_half_does() -> None:
    same = agreement([[0.5, 0.5]], [[0.5, 0.5]] * 4)
    other = agreement([[0.6, 0.5]], [[0.5, 0.5]] * 4)
    assert against({"A": same, "B": other}, "A", Statistics())["p"].tolist() == [1, 1]


def test_systems_that_stand_for_one_have_their_repeats_together_and_halves_averaged() -> None:
    one, two = agreement([[0.2, 0.1]], [[0.4, 0.0], [0.2, 0.2]]), agreement([[0.4, 0.3]], [[0.6, 0.2], [0.4, 0.0]])
    made = pooled([one, two])
    np.testing.assert_allclose(made.values, [[0.2, 0.1], [0.4, 0.3]])
    np.testing.assert_allclose(made.halves, [[0.5, 0.1], [0.3, 0.1]])
