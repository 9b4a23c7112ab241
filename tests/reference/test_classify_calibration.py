"""Tests and intervals of classifiers are right as often as they say, on predictions whose truth is known.

Two classifiers with the same chances for every label, and luck of their own, differ significantly in 5 % of seeds;
with publications of a family judged alike, a test that took publications as units would find too much. Shares over
seeds are held against the central 99 % of the binomial distribution.
"""

from __future__ import annotations

import numpy as np
import pytest
from fixtures.labelled import guesses
from scipy.stats import binom

from patbench_lib.classify.compare import against, intervals
from patbench_lib.classify.measures import MEASURES
from patbench_lib.classify.prediction import Prediction
from patbench_lib.classify.tally import tally
from patbench_lib.evaluate.settings import Statistics

pytestmark = pytest.mark.slow

STATISTICS = Statistics(resamples=500, permutations=1000)
SEEDS = 200


def world(seed: int, families: int, labels: int) -> tuple[np.ndarray, np.ndarray]:
    """Draw labels, frequent and rare ones, of families of three publications."""
    rng = np.random.default_rng(seed)
    gold = rng.random((families, labels)) < np.minimum(0.4, 0.8 / np.arange(1, labels + 1) ** 0.8)
    gold[np.arange(families), rng.integers(0, labels, families)] = True
    family = np.repeat(np.arange(families), 3)
    return gold[family], family


def p_values_of_twins(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return p-values of all measures between two classifiers alike, with families and with publications as units."""
    gold, family = world(seed, 80, 12)
    rows = [np.flatnonzero(family % 4 != repeat) for repeat in range(2)]

    def predictions(name: int) -> list[Prediction]:
        each = enumerate(rows)
        return [guesses(10_000 * name + 10 * seed + i, part, gold, family, 0.3, alike=0.8) for i, part in each]

    def p_values(units: np.ndarray) -> np.ndarray:
        tallies = {name: tally(predictions(i), units) for i, name in enumerate("AB")}
        return against(tallies, "A", STATISTICS, seed=seed)["p"].to_numpy()

    return p_values(family), p_values(np.arange(len(family)))


def test_twins_differ_as_often_as_chance_allows() -> None:
    whole, single = (np.array(each) for each in zip(*(p_values_of_twins(seed) for seed in range(SEEDS)), strict=True))
    low, high = binom.interval(0.99, SEEDS, 0.05)
    found, blind = (dict(zip(MEASURES, (p <= 0.05).sum(0).tolist(), strict=True)) for p in (whole, single))
    print(f"significant of {SEEDS}, by chance {low:.0f} to {high:.0f}: {found}; publications as units: {blind}")
    assert all(low <= count <= high for count in found.values())
    assert blind["micro-F1"] > high and blind["macro-F1"] > high


def test_intervals_hold_what_another_test_of_the_size_gives() -> None:
    made = []
    for seed in range(2 * SEEDS):
        gold, family = world(seed, 100, 40)
        predictions = [guesses(seed, np.arange(len(family)), gold, family, 0.3, alike=0.5)]
        made.append(intervals({"A": tally(predictions, family)}, STATISTICS, seed=seed).set_index("measure"))
    for measure in ("micro-F1", "macro-F1", "LRAP"):
        value, low, high = (
            np.array([table.loc[measure, column] for table in made]) for column in ("value", "low", "high")
        )
        share = np.mean((low <= value.mean()) & (value.mean() <= high))
        print(f"{measure}: {share:.3f} of {len(made)} intervals of 95 % hold the mean of all values")
        assert 0.92 <= share <= 0.985
        assert ((low <= value) & (value <= high)).all()
