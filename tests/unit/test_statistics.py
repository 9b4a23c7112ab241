from __future__ import annotations

from hashlib import sha256
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest

from patbench_lib.evaluate import statistics
from patbench_lib.evaluate.statistics import (
    bootstrap_means,
    family_sums,
    holm,
    interval,
    randomisation_test,
    seed_of,
    significant,
)


def column(*values: float) -> np.ndarray:
    return np.array(values, dtype=float)[:, None]


def alone(values: np.ndarray) -> np.ndarray:
    return np.arange(len(values))


def test_families_are_summed_and_counted() -> None:
    sums, sizes = family_sums(np.array([[1.0, 10.0], [2.0, 20.0], [4.0, 40.0]]), np.array([7, 3, 7]))
    assert sums.tolist() == [[2.0, 20.0], [5.0, 50.0]]
    assert sizes.tolist() == [1, 2]


def test_constant_scores_have_an_interval_of_no_width() -> None:
    low, high = interval(column(*[0.25] * 40), np.arange(40) // 3, level=0.95, resamples=200, seed=0)
    assert (low[0], high[0]) == (pytest.approx(0.25), pytest.approx(0.25))


def test_one_family_has_no_spread() -> None:
    low, high = interval(column(0.0, 1.0, 0.5), np.zeros(3, dtype=int), level=0.95, resamples=200, seed=0)
    assert (low[0], high[0]) == (pytest.approx(0.5), pytest.approx(0.5))


def test_two_families_are_drawn_in_the_proportions_of_the_binomial() -> None:
    # Families of means 0 (one query) and 1 (three queries). Two draws: both first 1/4, one of each 1/2, both second
    # 1/4.
    means = bootstrap_means(column(0, 1, 1, 1), np.array([0, 1, 1, 1]), resamples=40_000, seed=1)[:, 0]
    values, counts = np.unique(means.round(12), return_counts=True)
    assert values.tolist() == [0.0, 3 / 4, 1.0]  # one of each: (0 + 3) of 1 + 3 queries
    np.testing.assert_allclose(counts / len(means), [1 / 4, 1 / 2, 1 / 4], atol=0.01)


def test_the_spread_of_resampled_means_is_the_standard_error() -> None:
    values = np.random.default_rng(0).normal(size=(400, 1))
    means = bootstrap_means(values, alone(values), resamples=20_000, seed=0)
    assert means.std() == pytest.approx(values.std() / np.sqrt(400), rel=0.03)
    assert means.mean() == pytest.approx(values.mean(), abs=0.003)


def test_copies_within_families_do_not_narrow_the_interval() -> None:
    values = np.random.default_rng(0).normal(size=(60, 1))
    families = np.arange(60)
    once = interval(values, families, level=0.95, resamples=2000, seed=5)
    copied = interval(np.repeat(values, 4, 0), np.repeat(families, 4), level=0.95, resamples=2000, seed=5)
    np.testing.assert_allclose(once, copied, atol=1e-12)


def test_columns_share_their_resamples() -> None:
    values = np.random.default_rng(0).normal(size=(50, 1))
    means = bootstrap_means(np.hstack([values, values + 1]), alone(values), resamples=300, seed=2)
    np.testing.assert_allclose(means[:, 1] - means[:, 0], 1.0, atol=1e-12)


def test_draws_in_parts_are_the_draws_of_the_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    values = np.random.default_rng(0).normal(size=(64, 2))
    whole = bootstrap_means(values, alone(values), resamples=1000, seed=3)
    p = randomisation_test(values, alone(values), permutations=1000, seed=3)
    monkeypatch.setattr(statistics, "BLOCK", 64 * 96)
    np.testing.assert_allclose(bootstrap_means(values, alone(values), resamples=1000, seed=3), whole, rtol=1e-12)
    np.testing.assert_allclose(randomisation_test(values, alone(values), permutations=1000, seed=3), p, rtol=1e-12)


def exact_p(sums: np.ndarray) -> float:
    flipped = [abs(np.dot(signs, sums)) for signs in product((-1, 1), repeat=len(sums))]
    return float(np.mean([value >= abs(sums.sum()) - 1e-9 for value in flipped]))


def test_sign_flips_enumerated_by_hand() -> None:
    # Differences 3, 2, 1: of the eight flips, +++ and --- alone reach a sum of 6.
    assert exact_p(np.array([3.0, 2.0, 1.0])) == 2 / 8
    (p,) = randomisation_test(column(3, 2, 1), np.arange(3), permutations=40_000, seed=0)
    assert p == pytest.approx(2 / 8, abs=0.01)
    # Differences 3, 2, -1 sum to 4: reached by +++ (6), ++- (4), and their mirror images.
    (p,) = randomisation_test(column(3, 2, -1), np.arange(3), permutations=40_000, seed=0)
    assert p == pytest.approx(4 / 8, abs=0.01)


def test_a_family_changes_sign_as_a_whole() -> None:
    # Three queries of one family are one unit: both flips reach the sum, so nothing is significant.
    (p,) = randomisation_test(column(1, 1, 1, 1, 1), np.zeros(5, dtype=int), permutations=999, seed=0)
    assert p == 1.0
    (p,) = randomisation_test(column(1, 1, 1, 1, 1), np.arange(5), permutations=40_000, seed=0)
    assert p == pytest.approx(2 / 2**5, abs=0.005)


@settings(deadline=None, max_examples=30)
@given(st.lists(st.integers(-4, 4), min_size=2, max_size=9), st.integers(0, 100))
def test_monte_carlo_is_close_to_all_flips(differences: list[int], seed: int) -> None:
    values = column(*(0.1 * difference for difference in differences))
    (p,) = randomisation_test(values, alone(values), permutations=20_000, seed=seed)
    assert p == pytest.approx(exact_p(values[:, 0]), abs=0.02)


def test_no_difference_is_no_evidence_and_p_is_never_nought() -> None:
    nothing, clear = np.zeros((40, 1)), np.ones((40, 1))
    assert randomisation_test(nothing, alone(nothing), permutations=100, seed=0).tolist() == [1.0]
    assert randomisation_test(clear, alone(clear), permutations=99, seed=0).tolist() == [(1 + 0) / (1 + 99)]


def test_holms_procedure_on_a_textbook_example() -> None:
    # Sorted: 0.005 * 4, 0.01 * 3, 0.03 * 2, 0.04 * 1; the last is raised to the one before it.
    assert holm([0.01, 0.04, 0.03, 0.005]).tolist() == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.6, 0.5]).tolist() == [1.0, 1.0]
    assert holm([0.02]).tolist() == [0.02]
    assert holm([]).tolist() == []
    assert holm([0.02, 0.02, 0.02]).tolist() == pytest.approx([0.06] * 3)


def test_what_equals_the_level_is_significant_though_floats_round() -> None:
    assert 1 - 0.9 < 0.1, "so a plain comparison would refuse 0.1 at the level of 0.9"
    assert significant(np.array([0.02, 0.1, 0.1001]), 0.9).tolist() == [True, True, False]


@settings(deadline=None)
@given(st.lists(st.floats(0, 1), min_size=1, max_size=12))
def test_holm_keeps_the_order_and_lies_between_the_p_values_and_bonferronis(p: list[float]) -> None:
    adjusted = holm(p)
    assert (adjusted >= np.array(p) - 1e-15).all()
    assert (adjusted <= np.minimum(1, len(p) * np.array(p)) + 1e-15).all()
    assert (np.diff(adjusted[np.argsort(p, kind="stable")]) >= 0).all()


# ------------------------------------------------------------------------------------------------ calibration


def twin_differences(seed: int, systems: int, families: int = 60) -> tuple[np.ndarray, np.ndarray]:
    """Differences of twins: the same scores of queries with two equally strong noise draws, the noise shared in part
    by the queries of a family."""
    rng = np.random.default_rng(seed)
    codes = np.repeat(np.arange(families), rng.integers(1, 5, families))

    def noisy() -> np.ndarray:
        shared = rng.normal(scale=0.2, size=(families, systems))[codes]
        return np.clip(base + shared + rng.normal(scale=0.1, size=shared.shape), 0, 1)

    base = rng.beta(0.7, 1.3, size=(len(codes), 1))
    return noisy() - noisy(), codes


def test_twins_differ_significantly_as_often_as_the_level_says() -> None:
    p = []
    for seed in range(20):
        differences, families = twin_differences(seed, 20)
        p += randomisation_test(differences, families, permutations=999, seed=seed).tolist()
    assert len(p) == 400
    found = sum(value <= 0.05 for value in p)
    assert binomtest(found, len(p), 0.05).pvalue > 0.01, f"{found} of {len(p)} twins at the 5 % level"


def test_queries_as_units_would_find_twins_different_far_too_often() -> None:
    p = []
    for seed in range(20):
        differences, families = twin_differences(seed, 20)
        p += randomisation_test(differences, np.arange(len(families)), permutations=999, seed=seed).tolist()
    assert np.mean(np.array(p) <= 0.05) > 0.10  # why families are the units


def test_intervals_hold_the_truth_about_as_often_as_they_say() -> None:
    held = 0
    for seed in range(20):
        rng = np.random.default_rng(seed)
        families = np.repeat(np.arange(100), rng.integers(1, 4, 100))
        sizes = np.bincount(families)
        centres = rng.beta(1, 2, size=(100, 25))  # a family's expected score; the mean of Beta(1, 2) is 1/3
        values = centres[families] + rng.normal(scale=0.1, size=(len(families), 25))
        low, high = interval(values, families, level=0.95, resamples=500, seed=seed)
        assert sizes.sum() == len(values)
        held += int(((low <= 1 / 3) & (high >= 1 / 3)).sum())
    assert 0.90 <= held / 500 <= 0.98


def test_seeds_differ_by_name_and_study_and_stay_for_ever() -> None:
    names = [(0,), (1,), (0, "split"), (0, "split", 1), (0, "split1"), (0, 1, "split")]
    seeds = {seed_of(*each) for each in names}
    assert len(seeds) == len(names)
    assert seed_of(0, "split", 1) == int.from_bytes(sha256(b'[0, "split", "1"]').digest()[:4], "big")
