from __future__ import annotations

from itertools import product

import numpy as np
import pandas as pd
import pytest

from patbench_lib.evaluate.compare import against, by_query, means
from patbench_lib.evaluate.gap import relative_gap
from patbench_lib.evaluate.settings import Statistics

STATISTICS = Statistics(resamples=400, permutations=2000)


def table(values: dict[str, list[float]], families: list[int] | None = None, **cell: str) -> pd.DataFrame:
    """Return per-query scores of systems in one cell."""
    cell = {"landscape": "L", "view": "TA", "stratum": "ALL", "measure": "MRR", **cell}
    rows = [
        {**cell, "system": system, "query": f"q{i}", "family": i if families is None else families[i], "value": value}
        for system, column in values.items()
        for i, value in enumerate(column)
    ]
    return pd.DataFrame(rows)


def test_means_are_over_all_queries_with_their_number() -> None:
    found = means(table({"A": [0.0, 0.5, 1.0], "B": [1.0, 1.0, 1.0]}), STATISTICS, seed=0)
    assert found["system"].tolist() == ["A", "B"]
    assert found["value"].tolist() == pytest.approx([(0 + 0.5 + 1) / 3, 1.0])
    assert found["n"].tolist() == [3, 3]
    assert found["low"][0] < 0.5 < found["high"][0]
    assert (found["low"][1], found["high"][1]) == (pytest.approx(1.0), pytest.approx(1.0))
    assert list(found.columns[:5]) == ["landscape", "view", "stratum", "measure", "system"]


def test_each_cell_is_measured_by_itself() -> None:
    parts = [
        table({"A": [i / 10, 0.5]}, landscape=landscape, view=view, stratum=stratum, measure=measure)
        for i, (landscape, view, stratum, measure) in enumerate(
            product(["L", "X"], ["TA", "C1"], ["ALL", "IN"], ["MRR", "MAP"])
        )
    ]
    found = means(pd.concat(parts, ignore_index=True), STATISTICS, seed=0)
    assert len(found) == 16
    keys = list(product(["L", "X"], ["TA", "C1"], ["ALL", "IN"], ["MRR", "MAP"]))
    value = found.set_index(["landscape", "view", "stratum", "measure"])["value"]
    for i, key in enumerate(keys):
        assert value[key] == pytest.approx((i / 10 + 0.5) / 2)


def test_strata_of_other_queries_keep_their_own() -> None:
    scores = pd.concat([table({"A": [1.0, 0.0, 0.0]}), table({"A": [1.0]}, stratum="IN")], ignore_index=True)
    found = means(scores, STATISTICS, seed=0).set_index("stratum")
    assert found["n"].to_dict() == {"ALL": 3, "IN": 1}
    assert found["value"].to_dict() == {"ALL": pytest.approx(1 / 3), "IN": 1.0}


def test_the_mean_does_not_depend_on_who_else_is_measured_nor_on_the_order_of_rows() -> None:
    rng = np.random.default_rng(0)
    scores = table({name: rng.random(30).tolist() for name in "ABC"})
    one = means(scores[scores["system"] == "B"], STATISTICS, seed=4).iloc[0]
    mixed = means(scores.sample(frac=1, random_state=1), STATISTICS, seed=4).set_index("system").loc["B"]
    for name in ("value", "low", "high", "n"):
        assert one[name] == pytest.approx(mixed[name], abs=1e-12)


def test_against_pairs_query_by_query() -> None:
    scores = table({"base": [0.1, 0.2, 0.3, 0.4], "better": [0.3, 0.4, 0.5, 0.6], "same": [0.1, 0.2, 0.3, 0.4]})
    found = against(scores, "base", STATISTICS, seed=0).set_index("system")
    assert list(found.index) == ["better", "same"]
    assert found["difference"].to_dict() == {"better": pytest.approx(0.2), "same": pytest.approx(0.0)}
    # all four differences are 0.2: the interval has no width, and 2 of 16 flips reach their sum
    assert (found.loc["better", "low"], found.loc["better", "high"]) == (pytest.approx(0.2), pytest.approx(0.2))
    assert found.loc["better", "p"] == pytest.approx(2 / 16, abs=0.03)
    assert found.loc["same", "p"] == 1.0
    assert found.loc["better", "p_holm"] == pytest.approx(2 * found.loc["better", "p"])
    assert not found["significant"].any()


def test_holm_counts_the_systems_of_one_cell_alone() -> None:
    rng = np.random.default_rng(0)
    base = rng.random(12)
    systems = {"base": base.tolist(), **{f"s{i}": (base + rng.normal(0.1, 0.2, 12)).tolist() for i in range(3)}}
    parts = [table(systems, view=view, measure=measure) for view in ("TA", "C1") for measure in ("MRR", "MAP")]
    found = against(pd.concat(parts, ignore_index=True), "base", STATISTICS, seed=0)
    single = against(parts[0], "base", STATISTICS, seed=0)
    for _, cell in found.groupby(["view", "measure"]):
        assert cell["p_holm"].tolist() == pytest.approx(single["p_holm"].tolist())
        smallest = cell.loc[cell["p"].idxmin()]
        assert smallest["p_holm"] == pytest.approx(min(1, 3 * smallest["p"]))


def test_a_clear_difference_is_significant_and_its_sign_is_told() -> None:
    low, high = [0.1 + i / 1000 for i in range(40)], [0.5 + i / 1000 for i in range(40)]
    found = against(table({"base": low, "up": high}), "base", STATISTICS, seed=0).iloc[0]
    assert (found["significant"], found["p"]) == (True, 1 / 2001)
    assert found["difference"] == pytest.approx(0.4)
    down = against(table({"base": high, "down": low}), "base", STATISTICS, seed=0).iloc[0]
    assert down["difference"] == pytest.approx(-0.4)


def test_a_family_of_many_queries_is_one_piece_of_evidence() -> None:
    values = {"base": [0.0] * 20, "up": [0.5] * 20}
    many = against(table(values), "base", STATISTICS, seed=0).iloc[0]
    one = against(table(values, families=[7] * 20), "base", STATISTICS, seed=0).iloc[0]
    assert (many["significant"], one["significant"], one["p"]) == (True, False, 1.0)


def test_the_level_decides() -> None:
    values = {"base": [0.0] * 6, "up": [0.5] * 6}  # 2 of 64 flips: p of about 0.031
    verdicts = [
        against(table(values), "base", Statistics(level=level, resamples=100, permutations=20_000), seed=0).iloc[0]
        for level in (0.95, 0.99)
    ]
    assert [bool(row["significant"]) for row in verdicts] == [True, False]


def test_a_baseline_alone_has_nothing_to_be_compared_with() -> None:
    found = against(table({"base": [0.1, 0.2]}), "base", STATISTICS, seed=0)
    assert found.empty
    assert {"system", "difference", "p_holm", "significant"} <= set(found.columns)


def test_the_gap_is_a_share_of_in() -> None:
    scores = pd.concat(
        [table({"A": [0.8, 0.8]}, stratum="IN"), table({"A": [0.2, 0.2, 0.2]}, stratum="OUT")], ignore_index=True
    )
    gap = relative_gap(scores, STATISTICS, seed=0).iloc[0]
    assert gap["gap"] == pytest.approx(1 - 0.2 / 0.8)
    assert (gap["low"], gap["high"]) == (pytest.approx(0.75), pytest.approx(0.75))
    assert (gap["n_in"], gap["n_out"]) == (2, 3)


def test_the_gaps_interval_is_that_of_a_ratio_of_independent_means() -> None:
    rng = np.random.default_rng(0)
    inside, outside = rng.uniform(0.4, 0.8, 300), rng.uniform(0.2, 0.6, 400)
    scores = pd.concat(
        [table({"A": inside.tolist()}, stratum="IN"), table({"A": outside.tolist()}, stratum="OUT")], ignore_index=True
    )
    gap = relative_gap(scores, Statistics(resamples=4000), seed=0).iloc[0]
    ratio = outside.mean() / inside.mean()
    # delta method: the relative variances of two independent means add up
    error = ratio * np.hypot(inside.std() / inside.mean() / np.sqrt(300), outside.std() / outside.mean() / np.sqrt(400))
    assert gap["gap"] == pytest.approx(1 - ratio)
    assert gap["high"] - gap["low"] == pytest.approx(2 * 1.96 * error, rel=0.08)


def test_queries_of_both_strata_are_resampled_together() -> None:
    # Each family scores in OUT half of what it scores in IN: whatever families are drawn, the gap is a half.
    inside = np.random.default_rng(0).uniform(0.2, 1.0, 30)
    parts = [table({"A": inside.tolist()}, stratum="IN"), table({"A": (inside / 2).tolist()}, stratum="OUT")]
    gap = relative_gap(pd.concat(parts, ignore_index=True), STATISTICS, seed=0).iloc[0]
    assert (gap["low"], gap["gap"], gap["high"]) == (pytest.approx(0.5), pytest.approx(0.5), pytest.approx(0.5))


def test_the_gap_of_each_system_is_its_own() -> None:
    inside = table({"A": [0.5, 0.7], "B": [1.0, 0.8]}, stratum="IN")
    outside = table({"B": [0.3, 0.3], "A": [0.3, 0.3]}, stratum="OUT")
    gap = relative_gap(pd.concat([inside, outside], ignore_index=True), STATISTICS, seed=0).set_index("system")
    assert gap["gap"].to_dict() == {"A": pytest.approx(1 - 0.3 / 0.6), "B": pytest.approx(1 - 0.3 / 0.9)}
    assert (gap["low"] <= gap["gap"]).all()
    assert (gap["gap"] <= gap["high"]).all()


def test_no_gap_where_a_stratum_is_missing() -> None:
    assert relative_gap(table({"A": [0.8]}, stratum="IN"), STATISTICS, seed=0).empty


def test_by_query_keeps_systems_in_order_and_families_beside_their_queries() -> None:
    wide, families = by_query(table({"B": [0.1, 0.2], "A": [0.3, 0.4]}, families=[9, 4]).iloc[::-1])
    assert wide.loc["q1"].to_dict() == {"A": 0.4, "B": 0.2}
    assert families.tolist() == [9, 4]
