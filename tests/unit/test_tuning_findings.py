"""Findings from tables made by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from patbench_lib.bench.changes import CHANGES, ORDERS, stacked
from patbench_lib.bench.tuning_findings import best, losses, survives
from patbench_lib.evaluate.settings import Statistics

STATISTICS = Statistics(resamples=500, permutations=1000)


def change(model: str, recipe: str, difference: float, **fields: Any) -> dict[str, Any]:
    """Describe one row of changes; significant unless said otherwise."""
    row = {
        "landscape": "own", "whole": False, "model": model, "recipe": recipe, "kind": "plain", "task": "retrieval",
        "stratum": "ALL", "measure": "nDCG@10", "zero_shot": 0.4, "tuned": 0.4 + difference, "difference": difference,
        "low": difference - 0.01, "high": difference + 0.01, "p": 0.01, "p_holm": 0.01, "significant": True, "n": 50,
    }  # fmt: skip
    return row | fields


def table(*rows: dict[str, Any]) -> pd.DataFrame:
    return stacked([pd.DataFrame(list(rows))], CHANGES)


def pair(model: str, first: str, second: str, *, significant: bool, **fields: Any) -> dict[str, Any]:
    row = {
        "landscape": "own", "model": model, "kind": "plain", "task": "retrieval", "measure": "nDCG@10", "first": first,
        "second": second, "difference": 0.1, "low": 0.0, "high": 0.2, "p": 0.01, "p_holm": 0.01,
        "significant": significant, "n": 50,
    }  # fmt: skip
    return row | fields


def test_the_best_recipe_is_that_of_the_greatest_gain() -> None:
    made = table(
        change("A", "R1", 0.3),
        change("A", "R2", 0.1),
        change("A", "R3", 0.2),
        change("A", "R2", 9.0, stratum="IN"),
        change("B", "R1", -0.2),
        change("B", "R2", -0.1),
        change("B", "R3", -0.3),
    )
    ordered = stacked(
        [pd.DataFrame([pair("A", "R1", "R3", significant=True), pair("A", "R1", "R2", significant=False)])], ORDERS
    )
    found = best(made, ordered).set_index("model")
    assert found["best"].to_dict() == {"A": "R1", "B": "R2", "mean": "R1"}
    assert found["difference"].to_dict() == pytest.approx({"A": 0.3, "B": -0.1, "mean": 0.05})
    assert found["significant"]["A"] and not found["significant"]["B"], "the best of losses is not above zero-shot"
    assert found["apart"]["A"], "R1 and R3 are the two best"
    assert found["apart"].isna()[["B", "mean"]].all() and pd.isna(found["significant"]["mean"])


def test_recipes_that_gain_the_same_share_the_first_place() -> None:
    found = best(table(change("A", "R1", 0.1), change("A", "R2", 0.1)), stacked([], ORDERS))
    assert found["best"].tolist() == ["R1, R2", "R1, R2"]


def test_the_mean_is_over_models_that_have_all_recipes() -> None:
    made = table(change("A", "R1", 0.3), change("A", "R2", 0.1), change("B", "R2", 0.9))
    found = best(made, stacked([], ORDERS)).set_index("model")
    assert (found["best"]["mean"], found["difference"]["mean"]) == ("R1", pytest.approx(0.3))
    assert best(table(change("A", "R1", 0.3)), stacked([], ORDERS))["apart"].isna().all()


def test_an_order_that_survives() -> None:
    gains = {("A", "R1"): (0.1, 0.2), ("A", "R2"): (0.3, 0.4), ("B", "R1"): (0.2, 0.3), ("B", "R2"): (0.15, 0.35)}
    made = table(
        *(change(*about, plain) for about, (plain, _) in gains.items()),
        *(change(*about, cut, kind="matched") for about, (_, cut) in gains.items()),
        change("C", "R1", 0.5),
    )
    found = survives(made, STATISTICS, seed=0).iloc[0]
    # The two recipes of A keep their order, those of B do not.
    assert found["tau"] == 0 and found["n"] == 4
    assert found["p"] == 1
    assert (found["same_best"], found["models"]) == (1, 2)


def test_without_a_matched_control_nothing_survives_or_fails() -> None:
    found = survives(table(change("A", "R1", 0.1)), STATISTICS, seed=0)
    assert found.empty and found.dtypes["tau"] == np.float64
    still = table(change("A", "R1", 0.1), change("A", "R1", 0.1, kind="matched"))
    assert np.isnan(survives(still, STATISTICS, seed=0)["tau"]).all()


def test_losses_are_counted_by_sign_and_go_with_strength() -> None:
    strong = [
        change(f"M{i}", "R1", 0.1 - 0.1 * i, zero_shot=0.1 * i, significant=i != 2, stratum="OUT") for i in range(5)
    ]
    found = losses(table(*strong), STATISTICS, seed=0).iloc[0]
    assert (found["n"], found["worse"], found["better"]) == (5, 2, 1), "0 is neither, and M2 is not significant"
    assert found["rho"] == pytest.approx(1) and found["why"] == "" and found["stratum"] == "OUT"
    assert found["low"] == pytest.approx(1) and found["high"] == pytest.approx(1)


def test_few_models_or_equal_losses_are_not_correlated() -> None:
    few = losses(
        table(*(change(m, r, 0.1 * i) for i, (m, r) in enumerate(["AA", "AB", "BA", "BB"]))), STATISTICS, seed=0
    )
    assert np.isnan(few["rho"]).all() and few["why"].tolist() == ["1 distinct zero-shot score, and 4 are needed"]
    equal = [change(f"M{i}", "R1", 0.1, zero_shot=0.1 * i) for i in range(4)]
    assert losses(table(*equal), STATISTICS, seed=0)["why"].tolist() == ["all losses are equal"]


def test_of_no_changes_there_are_no_findings() -> None:
    none = stacked([], CHANGES)
    found = best(none, stacked([], ORDERS)), survives(none, STATISTICS, seed=0), losses(none, STATISTICS, seed=0)
    assert all(each.empty for each in found)
    assert found[0].dtypes["significant"] == "boolean" and found[2].dtypes["worse"] == np.int64
