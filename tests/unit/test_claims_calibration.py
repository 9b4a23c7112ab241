"""What the calibration of claims does to scores, and what it counts."""

from __future__ import annotations

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from patbench_lib.evaluate.claims_calibration import COLUMNS, LIFTS, calibrate, exchanged, swapped
from patbench_lib.evaluate.settings import Statistics

STATISTICS = Statistics(resamples=100, permutations=200)


def scores(queries: int = 60, systems: int = 3, *, strata: bool = True) -> pd.DataFrame:
    """Draw scores of queries in pairs of one family, all of them ALL, two in three also IN and half of them OUT."""
    rng = np.random.default_rng(0)
    rows = []
    for query in range(queries):
        parts = ["ALL", *(["IN"] * (query % 3 != 0) + ["OUT"] * (query % 2 == 0) if strata else [])]
        for stratum in parts:
            for system in range(systems):
                value = float(rng.beta(1, 2))
                rows.append(("own", f"S{system}", "TA", f"q{query:03d}", query // 2, stratum, "nDCG@10", value))
    return pd.DataFrame(rows, columns=["landscape", "system", "view", "query", "family", "stratum", "measure", "value"])


@given(st.integers(0, 1000), st.integers(2, 5))
def test_systems_change_places_alike_for_all_queries_of_a_family(seed: int, systems: int) -> None:
    values = np.arange(12.0 * systems).reshape(12, systems)
    families = np.array([7, 7, 7, 1, 1, 4, 4, 4, 9, 9, 2, 2])
    moved = exchanged(values, families, np.random.default_rng(seed))
    assert (np.sort(moved, axis=1) == values).all()
    orders = np.argsort(moved, axis=1)
    for family in np.unique(families):
        assert len(np.unique(orders[families == family], axis=0)) == 1


@given(st.integers(0, 1000))
def test_strata_change_places_by_family(seed: int) -> None:
    made = scores()
    apart = made[made["stratum"] != "ALL"]
    turned = swapped(apart, np.random.default_rng(seed))
    other = turned["stratum"] != apart["stratum"]
    assert set(turned["stratum"]) <= {"IN", "OUT"} and turned["value"].equals(apart["value"])
    assert (other.groupby(apart["family"]).nunique() == 1).all()


def test_each_rule_has_a_row_for_nothing_for_its_edge_and_for_each_strength() -> None:
    found = calibrate(scores(systems=4), STATISTICS, seed=0, seeds=3)
    assert list(found) == list(COLUMNS) and (found["seeds"] == 3).all()
    assert (found["holds"] + found["fails"] <= found["seeds"]).all()
    rows = found[found["rule"] == "every of 3 comparisons"]
    assert rows["planted"].tolist() == ["nothing", "edge", *["effect"] * len(LIFTS)]
    assert rows["strength"].tolist() == [0, 0, *LIFTS]
    assert "edge" not in set(found[found["scope"] == "some"]["planted"]), "of some part nothing is the edge"
    pd.testing.assert_frame_equal(calibrate(scores(systems=4), STATISTICS, seed=0, seeds=3), found)


def test_rules_without_parts_are_left_out() -> None:
    named = {
        "two": calibrate(scores(systems=2, strata=False), STATISTICS, seed=0, seeds=1),
        "one": calibrate(scores(systems=1), STATISTICS, seed=0, seeds=1),
        "none": calibrate(scores(systems=1, strata=False), STATISTICS, seed=0, seeds=1),
    }
    assert {name: each["rule"].unique().tolist() for name, each in named.items()} == {
        "two": ["one comparison"],
        "one": ["gap of 1 system"],
        "none": [],
    }
