from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from patbench_lib.evaluate.gains import gain_table, rank_correlation
from patbench_lib.evaluate.gap import gap_change
from patbench_lib.evaluate.settings import Statistics

STATISTICS = Statistics(resamples=400, permutations=2000)


def test_each_column_is_tested_against_zero_and_holm_counts_the_columns() -> None:
    rng = np.random.default_rng(0)
    gained = pd.DataFrame({"A": rng.normal(0.15, 0.2, 30), "B": rng.normal(0.0, 0.2, 30), "C": [0.0] * 30})
    found = gain_table(gained, np.arange(30), STATISTICS, seed=0).set_index("system")
    assert found["difference"].to_dict() == pytest.approx(gained.mean().to_dict())
    assert found.loc["A", "p"] == pytest.approx(stats.ttest_1samp(gained["A"], 0).pvalue, abs=0.003)
    assert (found.loc["C", "p"], found.loc["C", "low"], found.loc["C", "high"]) == (1.0, 0.0, 0.0)
    assert found.loc["A", "p_holm"] == pytest.approx(3 * found.loc["A", "p"])
    assert found["significant"].to_dict() == {"A": True, "B": False, "C": False}
    assert (found["low"] <= found["difference"]).all() and (found["difference"] <= found["high"]).all()
    assert found["n"].tolist() == [30] * 3


def test_a_family_of_many_queries_is_one_piece_of_evidence() -> None:
    gained = pd.DataFrame({"A": [0.5] * 20})
    verdicts = [gain_table(gained, codes, STATISTICS, seed=0)["p"][0] for codes in (np.arange(20), np.zeros(20, int))]
    assert verdicts == [pytest.approx(1 / 2001), 1.0]


def test_the_change_of_the_gap_by_hand() -> None:
    inside = np.array([[0.4, 0.8], [0.8, 0.8]])  # means 0.6 and 0.8
    outside = np.array([[0.3, 0.2], [0.3, 0.2], [0.3, 0.2]])
    found = gap_change(inside, outside, np.arange(2), np.arange(3), STATISTICS, seed=0)
    assert found["first"] == pytest.approx(1 - 0.3 / 0.6) and found["second"] == pytest.approx(1 - 0.2 / 0.8)
    assert found["change"] == pytest.approx(0.25)


def test_systems_are_resampled_in_pairs() -> None:
    # The second system scores 0.9 of the first one everywhere: whatever is drawn, the gaps are the same.
    rng = np.random.default_rng(0)
    inside, outside = rng.uniform(0.2, 1.0, (30, 1)), rng.uniform(0.1, 0.4, (20, 1))
    pairs = [np.hstack([part, 0.9 * part]) for part in (inside, outside)]
    found = gap_change(*pairs, np.arange(30), np.arange(20), STATISTICS, seed=0)  # type: ignore[misc, arg-type]
    assert [found[name] for name in ("change", "low", "high")] == pytest.approx([0, 0, 0], abs=1e-12)


def test_the_changes_interval_is_that_of_independent_ratios() -> None:
    rng = np.random.default_rng(1)
    inside, outside = rng.uniform(0.4, 0.8, (300, 2)), rng.uniform(0.2, 0.6, (400, 2))
    families = np.arange(300), 300 + np.arange(400)
    found = gap_change(inside, outside, *families, Statistics(resamples=4000), seed=0)
    ratio = outside.mean(0) / inside.mean(0)
    # delta method: relative variances of independent means add up, and so do the variances of the two gaps
    parts = [inside.std(0) / inside.mean(0) / np.sqrt(300), outside.std(0) / outside.mean(0) / np.sqrt(400)]
    error = np.hypot(*(ratio * np.hypot(*parts)))
    assert found["high"] - found["low"] == pytest.approx(2 * 1.96 * error, rel=0.08)


def test_no_gap_where_nothing_is_found_in_in() -> None:
    nothing, something = np.zeros((3, 2)), np.ones((3, 2))
    found = gap_change(nothing, something, np.arange(3), np.arange(3), STATISTICS, seed=0)
    assert not np.isfinite(found["change"]) and np.isnan(found["low"]) and np.isnan(found["high"])


def test_the_rank_correlation_of_five_is_tested_by_all_pairings() -> None:
    rho, p = rank_correlation(np.array([1.0, 2, 3, 4, 5]), np.array([9.0, 7, 5, 3, 1]), permutations=10_000, seed=0)
    assert rho == pytest.approx(-1.0)
    assert p == pytest.approx(2 / 120), "of 5! orders, two are as extreme"


def test_ties_share_their_ranks() -> None:
    first, second = np.array([1.0, 1, 2, 3, 4, 6]), np.array([2.0, 5, 3, 3, 8, 7])
    rho, _ = rank_correlation(first, second, permutations=1000, seed=0)
    assert rho == pytest.approx(stats.spearmanr(first, second).statistic)


def test_many_systems_are_tested_by_random_pairings() -> None:
    rng = np.random.default_rng(3)
    first = rng.normal(size=20)
    second = first + rng.normal(0, 2, 20)
    rho, p = rank_correlation(first, second, permutations=5000, seed=0)
    theirs = stats.spearmanr(first, second)
    assert (rho, p) == (pytest.approx(theirs.statistic), pytest.approx(theirs.pvalue, abs=0.03))


def test_no_correlation_with_what_does_not_vary() -> None:
    rho, p = rank_correlation(np.array([1.0, 2, 3, 4]), np.zeros(4), permutations=100, seed=0)
    assert np.isnan(rho) and np.isnan(p)
