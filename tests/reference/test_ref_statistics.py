"""Intervals and tests against SciPy's."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from patbench_lib.evaluate.statistics import holm, interval, randomisation_test


def drawn(seed: int, size: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(0.1, 0.3, size)


@pytest.mark.parametrize("seed", range(4))
def test_the_randomisation_test_is_scipys_over_all_flips(seed: int) -> None:
    differences = drawn(seed, 10)
    exact = stats.permutation_test(
        (differences, np.zeros(10)),
        lambda x, y, axis: (x - y).sum(axis),
        permutation_type="samples",
        vectorized=True,
        n_resamples=np.inf,
    )
    (p,) = randomisation_test(differences[:, None], np.arange(10), permutations=50_000, seed=seed)
    assert len(exact.null_distribution) == 2**10
    assert p == pytest.approx(exact.pvalue, abs=0.01)


@pytest.mark.parametrize("seed", range(4))
def test_on_many_families_it_nears_the_t_test(seed: int) -> None:
    differences = drawn(seed, 300) - 0.08
    (p,) = randomisation_test(differences[:, None], np.arange(300), permutations=20_000, seed=seed)
    assert p == pytest.approx(stats.ttest_1samp(differences, 0).pvalue, abs=0.015)


@pytest.mark.parametrize("seed", range(4))
def test_the_interval_is_scipys_percentile_bootstrap(seed: int) -> None:
    values = np.random.default_rng(seed).beta(1, 2, 80)
    theirs = stats.bootstrap((values,), np.mean, method="percentile", n_resamples=20_000, rng=seed)
    low, high = interval(values[:, None], np.arange(80), level=0.95, resamples=20_000, seed=seed)
    width = theirs.confidence_interval.high - theirs.confidence_interval.low
    assert low[0] == pytest.approx(theirs.confidence_interval.low, abs=0.03 * width)
    assert high[0] == pytest.approx(theirs.confidence_interval.high, abs=0.03 * width)


@pytest.mark.parametrize("seed", range(4))
def test_holm_rejects_what_stepping_down_rejects(seed: int) -> None:
    p = np.random.default_rng(seed).beta(0.3, 2, 9)
    for level in (0.01, 0.05, 0.2):
        rejected, order = set(), np.argsort(p)
        for step, position in enumerate(order):  # stop at the first that is not below level / (number left)
            if p[position] > level / (len(p) - step):
                break
            rejected.add(int(position))
        assert set(np.flatnonzero(holm(p) <= level).tolist()) == rejected
