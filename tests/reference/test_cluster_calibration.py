"""The test of clusterings finds no more than chance allows, on vectors whose truth is known, and finds what there is.

Two systems see the same publications with equal noise of their own, so neither is better. A bootstrap of the clusters
as they are, and a swap of families between two clusterings, called up to a quarter of such pairs different at 5 %.
"""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binom

from patbench_lib.cluster.compare import MEASURES, against, agree
from patbench_lib.cluster.settings import Clustering
from patbench_lib.evaluate.settings import Statistics

pytestmark = pytest.mark.slow

SETTINGS = Clustering(starts=5, repeats=2)
SEEDS = 100


def p_values(seed: int, noise: tuple[float, float], families: int = 50, classes: int = 5) -> list[float]:
    """Return p-values of both measures between two systems that add noise to the same vectors of families."""
    rng = np.random.default_rng(seed)
    family = np.repeat(np.arange(families), rng.integers(1, 4, families))
    gold = rng.integers(0, classes, families)[family]

    def alike(scale: float) -> np.ndarray:
        """Draw noise that families share, and a little beside it."""
        return scale * (rng.normal(size=(families, 16))[family] + 0.3 * rng.normal(size=(len(family), 16)))

    truth = rng.normal(size=(classes, 16))[gold] + alike(1.0)
    vectors = {name: (truth + alike(scale)).astype(np.float32) for name, scale in zip("AB", noise, strict=True)}
    way = ("k-means", "normalised")
    made = {name: agree(x, gold, family, way, SETTINGS, seed=seed, system=name) for name, x in vectors.items()}
    table = against(made, "A", Statistics())
    assert table["measure"].tolist() == list(MEASURES)
    return list(table["p"])


def found(seeds: int, noise: tuple[float, float]) -> dict[str, int]:
    """Return how many seeds have a significant difference, by measure."""
    below = np.array([p_values(seed, noise) for seed in range(seeds)]) <= 0.05
    return dict(zip(MEASURES, below.sum(0).tolist(), strict=True))


@pytest.mark.parametrize(("noise", "seeds"), [(0.7, SEEDS), (0.02, SEEDS // 2)])
def test_systems_alike_differ_no_more_often_than_chance_allows(noise: float, seeds: int) -> None:
    counts, most = found(seeds, (noise, noise)), binom.ppf(0.995, seeds, 0.05)
    print(f"noise {noise}: significant of {seeds}, by chance up to {most:.0f}: {counts}")
    assert all(count <= most for count in counts.values())


def test_a_much_better_system_is_found() -> None:
    counts = found(20, (0.1, 3.0))
    print(f"significant of 20: {counts}")
    assert counts["V-measure"] >= 14
