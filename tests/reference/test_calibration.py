"""On data without any effect, choosing a fusion and testing it finds a gain as often as chance allows.

A gain is a two-sided p-value of at most 0.05 with a difference above 0, so its nominal rate is 0.025; that of any
significant difference is 0.05. Shares over seeds are held against the central 99 % of the binomial distribution of
their nominal rate. On 40 seeds its lower end is 0; on 400 it is not, and the test must not be timid either.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pytest
from fixtures.grids import grid_of
from scipy.stats import binom

from patbench_lib.bench.bench import Bench
from patbench_lib.bench.fusion import fusion_grids
from patbench_lib.evaluate.assessment import assess, gains
from patbench_lib.evaluate.fusion import ANY, Configuration, Grid, Split, choose
from patbench_lib.evaluate.settings import Statistics
from patbench_lib.landscape.spec import DemoSource
from patbench_lib.study import Study

pytestmark = pytest.mark.slow

LEVEL = 0.05
STATISTICS = Statistics(level=1 - LEVEL, resamples=100, permutations=2000)
TWINS = tuple(Configuration("rank", i / 10) for i in range(11))


@dataclass
class Tally:
    """Tests of seed after seed."""

    p: list[float] = field(default_factory=list)
    up: list[bool] = field(default_factory=list)

    def add(self, p: float, difference: float) -> None:
        self.p.append(p)
        self.up.append(difference > 0)

    def counts(self, first: int | None = None) -> tuple[int, int]:
        """Return how many tests were significant, and how many of them gains."""
        significant = np.array(self.p[:first]) <= LEVEL
        return int(significant.sum()), int((significant & np.array(self.up[:first])).sum())

    def check(self, name: str) -> None:
        """Print the shares and hold them against chance."""
        n = len(self.p)
        for what, count, rate in zip(("differences", "gains"), self.counts(), (LEVEL, LEVEL / 2), strict=True):
            low, high = binom.interval(0.99, n, rate)
            print(f"{name}: {count} of {n} significant {what} ({count / n:.3f}); by chance {low:.0f} to {high:.0f}")
            assert low <= count <= high, (name, what)


def test_on_the_null_landscape(tmp_path: Path) -> None:
    tallies = {"LSA": Tally(), "MiniLM-static": Tally()}
    for seed in range(40):
        study = Study(
            name=f"null{seed}",
            seed=seed,
            landscape=DemoSource(name="null", publications=200, effects="none", seed=seed),
            external=None,
            views=("TA",),
            systems=("BM25", *tallies),
            depth=50,
            measures=("nDCG@10",),
            statistics=STATISTICS,
        )
        grids = fusion_grids(Bench(study, tmp_path, progress=False))
        assert grids[0].stratum("ALL")["dense"].mean() < 0.1, "nothing is to be found here"
        for row in assess(grids, study.fusion.development, STATISTICS, seed=seed).gained().to_dict("records"):
            tallies[row["system"]].add(row["p"], row["difference"])
    for system, tally in tallies.items():
        tally.check(f"null landscape, {system}")


def twins(seed: int, queries: int = 300) -> Grid:
    """Draw systems that are copies of each other: equal chances for every query, luck of their own.

    A query has one to five answers; a system finds each in its first ten with a chance that is the family's, at a
    random rank. Of the queries of a family three in four have the same outcome, as near-copies do. nDCG@10 is 0.3 on
    average.
    """
    rng = np.random.default_rng(seed)
    family = np.sort(rng.integers(0, queries // 3, queries))
    first = np.searchsorted(family, family)
    chance, answers = rng.beta(1.0, 1.6, queries)[first], rng.integers(1, 6, queries)[first]
    copied = rng.random(queries) < 0.75
    gain = 1 / np.log2(np.arange(2, 12))
    ideal = np.cumsum(gain)[answers - 1]

    def system() -> np.ndarray:
        found = rng.binomial(answers, chance)
        ranks = rng.permuted(np.tile(gain, (queries, 1)), axis=1)
        score: np.ndarray = np.where(np.arange(10) < found[:, None], ranks, 0).sum(1) / ideal
        return np.where(copied, score[first], score)

    columns = {name: system() for name in ("sparse", "dense", *(each.label for each in TWINS))}
    return grid_of(columns, family, configurations=TWINS)


def test_on_twins_at_realistic_scores() -> None:
    whole, blind = Tally(), Tally()
    for seed in range(400):
        grid = twins(seed)
        assert 0.15 < grid.scores["dense"].mean() < 0.45
        (row,) = assess([grid], 0.5, STATISTICS, seed=seed).gained().to_dict("records")
        whole.add(row["p"], row["difference"])
        # The same, had one chosen on the very queries that are tested.
        everything, nothing = Split(np.unique(grid.scores["family"])), Split(np.array([], dtype=np.int64))
        found = gains([grid], choose([grid], everything), nothing, STATISTICS, seed=seed)
        (row,) = found[(found["method"] == ANY) & (found["reference"] == "dense")].to_dict("records")
        blind.add(row["p"], row["difference"])
    print("twins, the first 40 seeds:", whole.counts(40))
    whole.check("twins")
    gained = blind.counts()[1]
    print(f"twins, chosen on the test queries: {gained} of 400 significant gains")
    assert gained > binom.ppf(0.999, 400, LEVEL / 2), "a leak from test to choice would be seen here"


def test_queries_as_units_would_find_too_much_on_twins() -> None:
    tally = Tally()
    for seed in range(400):
        grid = twins(seed)
        split = Split.of(grid, 0.5, seed=seed)
        single = replace(grid, scores=grid.scores.assign(family=np.arange(len(grid.scores))))
        units = Split(np.flatnonzero(grid.scores["family"].isin(split.development)))
        found = gains([single], choose([grid], split), units, STATISTICS, seed=seed)
        (row,) = found[(found["method"] == ANY) & (found["reference"] == "dense")].to_dict("records")
        tally.add(row["p"], row["difference"])
    count = tally.counts()[0]
    print(f"twins, queries as units: {count} of 400 significant differences")
    assert count > binom.ppf(0.999, 400, LEVEL)
