"""Groups at the same mix: by hand, in a simulation, and whatever the order of rows."""

from __future__ import annotations

import numpy as np
import pytest

from patbench_lib.evaluate.standardise import bootstrap_p, matched_pairs, standardise
from patbench_lib.types import Floats

GROUPS = ["A", "A", "A", "A", "B", "B", "B", "A"]
STRATA = ["x", "x", "x", "y", "x", "y", "y", "z"]
VALUES = np.array([[0.1], [0.2], [0.3], [0.8], [0.4], [0.6], [1.0], [0.9]])


def test_a_groups_mean_is_weighted_by_the_mix_of_all_and_a_stratum_that_one_lacks_is_dropped() -> None:
    found = standardise(VALUES, GROUPS, STRATA, np.arange(8), resamples=100, seed=0)
    # x has 4 of the 7 queries outside of z, y has 3. A: 0.2 and 0.8; B: 0.4 and 0.8.
    assert found.groups == ["A", "B"] and (found.strata, found.kept, found.counted.tolist()) == (3, 2, [4, 3])
    assert found.value[:, 0] == pytest.approx([4 / 7 * 0.2 + 3 / 7 * 0.8, 4 / 7 * 0.4 + 3 / 7 * 0.8])


def test_one_stratum_gives_plain_means_and_no_common_stratum_gives_none() -> None:
    plain = standardise(VALUES, GROUPS, ["all"] * 8, np.arange(8), resamples=100, seed=0)
    assert plain.value[:, 0] == pytest.approx([2.3 / 5, 2.0 / 3])
    apart = standardise(VALUES, GROUPS, GROUPS, np.arange(8), resamples=100, seed=0)
    assert apart.kept == apart.counted.sum() == 0 and np.isnan(apart.value).all() and np.isnan(apart.drawn).all()


def test_the_order_of_rows_changes_nothing() -> None:
    order = np.random.default_rng(3).permutation(8)
    first = standardise(VALUES, GROUPS, STRATA, np.arange(8) // 2, resamples=100, seed=1)
    other = standardise(
        VALUES[order], [GROUPS[i] for i in order], [STRATA[i] for i in order], (np.arange(8) // 2)[order],
        resamples=100, seed=1,
    )  # fmt: skip
    np.testing.assert_allclose(first.value, other.value)
    np.testing.assert_allclose(first.drawn, other.drawn)


def test_a_p_value_is_twice_the_smaller_tail_with_one_resample_more() -> None:
    drawn = np.array([[1.0, 0.0], [2.0, 0.0], [-1.0, 0.0], [3.0, np.nan]])
    assert bootstrap_p(drawn).tolist() == pytest.approx([2 * (1 + 1) / 5, 1.0])


def simulated(effect: float, seed: int) -> tuple[Floats, list[str], list[str]]:
    """Two offices, of which B has the hard field more often; B is `effect` lower within each field."""
    generator = np.random.default_rng(seed)
    office = np.where(generator.random(400) < 0.5, "B", "A")
    hard = generator.random(400) < np.where(office == "B", 0.8, 0.2)
    values = 0.6 - 0.3 * hard - effect * (office == "B") + generator.normal(scale=0.1, size=400)
    return values[:, None], office.tolist(), np.where(hard, "hard", "easy").tolist()


@pytest.mark.parametrize(("effect", "found"), [(0.0, False), (0.1, True)])
def test_a_difference_of_the_mix_alone_goes_and_one_of_the_office_stays(effect: float, found: bool) -> None:
    ps = []
    for seed in range(10):
        values, office, field = simulated(effect, seed)
        raw = standardise(values, office, ["same"] * 400, np.arange(400), resamples=400, seed=seed)
        assert raw.value[1, 0] - raw.value[0, 0] < -0.1, "as they are, B is always lower"
        same = standardise(values, office, field, np.arange(400), resamples=400, seed=seed)
        assert same.value[1, 0] - same.value[0, 0] == pytest.approx(-effect, abs=0.04)
        ps.append(bootstrap_p(same.drawn[:, 1] - same.drawn[:, 0])[0])
    assert sum(p <= 0.05 for p in ps) >= 9 if found else sum(p <= 0.05 for p in ps) <= 2


def test_pairs_are_of_one_stratum_and_no_query_is_in_two() -> None:
    strata = ["x", "x", "x", "y", "x", "y", "z", "w"]
    one = np.array([1, 1, 1, 1, 0, 0, 1, 0], dtype=bool)
    left, right = matched_pairs(one, ~one, strata, seed=0)
    assert sorted(right.tolist()) == [4, 5], "z and w have queries of one group alone"
    assert [strata[i] for i in left] == [strata[i] for i in right]
    drawn = {int(matched_pairs(one, ~one, strata, seed=seed)[0][0]) for seed in range(30)}
    assert drawn == {0, 1, 2}, "of the larger group each may be drawn"
    assert [x.tolist() for x in matched_pairs(one, ~one, strata, seed=5)] == [
        x.tolist() for x in matched_pairs(one, ~one, strata, seed=5)
    ]
    assert matched_pairs(one, one & False, strata, seed=0)[0].size == 0


@pytest.mark.parametrize("effect", [0.0, 0.1])
def test_matched_pairs_differ_by_the_office_and_not_by_the_mix(effect: float) -> None:
    values, office, field = simulated(effect, 0)
    mine = np.array(office) == "B"
    left, right = matched_pairs(mine, ~mine, field, seed=0)
    assert len(left) > 50
    assert float((values[left] - values[right]).mean()) == pytest.approx(-effect, abs=0.04)
