"""Clusterings compared: how far V-measure and ARI of systems differ, with intervals and tests over families.

Neither measure is a mean over publications, and a k-means that met other publications would have cut them another way.
A bootstrap of clusters as they are, or a swap of families between two of them, leaves that out: of systems that are
equally good, it calls up to a quarter different at 5 %. So half the families are drawn again and again, and each half
is clustered anew by both systems; that finds too few differences rather than too many.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from patbench_lib.cluster.algorithms import cluster, differs_by_seed
from patbench_lib.cluster.settings import Algorithm, Clustering, Transform
from patbench_lib.cluster.transform import transformed
from patbench_lib.evaluate.settings import Statistics
from patbench_lib.evaluate.statistics import seed_of
from patbench_lib.types import Floats, Ints

MEASURES = ("V-measure", "ARI")
COMPARED = ["system", "measure", "difference", "low", "high", "p", "n"]

HALVES = 40
"""Half-samples of families: the deviation that they give is then known to a ninth."""

FEWEST = 4
"""Families below which halves say nothing."""


@dataclass(frozen=True)
class Agreement:
    """How well the clusters of a system agree with classes.

    Attributes
    ----------
    values : `MEASURES` of all publications, by seed, shape [repeats, 2].
    halves : the same of each half of the families, clustered by itself, shape [halves, 2].
    families, n : how many families and publications there are.
    """

    values: Floats
    halves: Floats
    families: int
    n: int


def agree(
    vectors: Floats,
    classes: Ints,
    family: Ints,
    way: tuple[Algorithm, Transform],
    settings: Clustering,
    *,
    seed: int,
    system: str,
) -> Agreement:
    """Cluster publications into as many clusters as there are classes, all of them and halves of their families.

    Halves depend on the seed and the families alone, so that systems compare in pairs. They are clustered from one
    start each, which differs by system: of two systems almost alike, equal starts would find equal clusters in most
    halves, and other ones of the whole would look like a difference.

    Parameters
    ----------
    vectors : shape [n, d], not yet transformed; a half is transformed by what it alone says.
    classes, family : class and family code of each publication, shape [n].
    system : its name.
    """
    algorithm, transform = way

    def measured(rows: Ints, settings: Clustering, seed: int) -> tuple[float, float]:
        points = transformed(vectors[rows], transform, dims=settings.whitened_dims, seed=seed)
        found = cluster(points, algorithm, len(np.unique(classes[rows])), settings, seed=seed)
        return _measures(classes[rows[found.rows]], found.clusters)

    rows, once = np.arange(len(classes)), settings.model_copy(update={"starts": 1})
    repeats = settings.repeats if differs_by_seed(algorithm, len(rows), settings) else 1
    return Agreement(
        np.array([measured(rows, settings, seed_of(seed, "repeat", i)) for i in range(repeats)]),
        np.array([measured(half, once, seed_of(seed, system, i)) for i, half in enumerate(half_samples(family, seed))]),
        len(np.unique(family)),
        len(rows),
    )


def half_samples(family: Ints, seed: int) -> Iterator[Ints]:
    """Yield the publications, ascending, of each half of the families; of an odd number, the larger half."""
    codes, generator = np.unique(family), np.random.default_rng(seed)
    for _ in range(HALVES):
        drawn = generator.permutation(codes)[: (len(codes) + 1) // 2]
        yield np.flatnonzero(np.isin(family, drawn))


def _measures(classes: Ints, clusters: Ints) -> tuple[float, float]:
    from sklearn.metrics import adjusted_rand_score, v_measure_score

    return float(v_measure_score(classes, clusters)), float(adjusted_rand_score(classes, clusters))


def pooled(agreements: Sequence[Agreement]) -> Agreement:
    """Return the agreement of systems that stand for one: their repeats together, halves averaged."""
    first = agreements[0]
    values = np.concatenate([each.values for each in agreements])
    return Agreement(values, np.mean([each.halves for each in agreements], axis=0), first.families, first.n)


def against(made: Mapping[str, Agreement], baseline: str, statistics: Statistics) -> pd.DataFrame:
    """Compare every system with a baseline on the same publications.

    The variance of a difference is that of the difference over halves: a half has twice the variance of the whole, of
    which the other half, drawn without replacement, takes one away. From it come the interval and the p-value, by
    Student's t with a degree of freedom less than there are families, or halves where these are fewer. Nothing differs
    significantly where no half differs from another.

    Returns
    -------
    pandas.DataFrame
        system, measure, difference (between means over repeats), low, high, p (uncorrected), n (publications).

    Source: Shao and Wu, A General Theory for Jackknife Variance Estimation (1989), deleting half the units, drawn at
    random.
    """
    base, tables = made[baseline], []
    for system, other in made.items():
        if system != baseline:
            gap = other.values.mean(0) - base.values.mean(0)
            spread = (other.halves - base.halves).std(axis=0, ddof=1)
            low, high, p = _by_t(gap, spread, min(base.families, len(base.halves)) - 1, statistics.level)
            columns = {"difference": gap, "low": low, "high": high, "p": p, "n": base.n}
            tables.append(pd.DataFrame({"system": system, "measure": MEASURES, **columns}))
    return pd.concat(tables, ignore_index=True)[COMPARED]


def _by_t(gap: Floats, spread: Floats, freedom: int, level: float) -> tuple[Floats, Floats, Floats]:
    from scipy.stats import t

    reach = t.ppf((1 + level) / 2, freedom) * spread
    ratio = np.divide(np.abs(gap), spread, out=np.zeros_like(gap), where=spread > 0)
    return gap - reach, gap + reach, 2 * t.sf(ratio, freedom)
