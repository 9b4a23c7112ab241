"""What models and landscapes cost: the arithmetic by hand, and what is left out where nothing is known."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from fixtures.studies import bench
from hypothesis import given
from hypothesis import strategies as st

from patbench_lib.bench import budget as bench_budget
from patbench_lib.bench.budget import LARGE, MEASURED, MODELS, full_study, large_landscape, measured_steps
from patbench_lib.models.budget import Budget, forward_hours, training_hours, vectors_gb
from patbench_lib.models.card import Card
from patbench_lib.report.prose_scale import close_scale, say_growth
from patbench_lib.report.scale_tables import NOT_MEASURED, hours_figure, large_table, models_table, steps_table

DENSE = Card(name="a", kind="dense", path=Path("x"), dim=1000, max_tokens=512, params_m=500)
LATE = Card(name="b", kind="late-interaction", path=Path("x"), dim=100, params_m=100)
BUDGET = Budget(tflops=100, utilisation=0.5, price=2.0)


def test_hours_are_two_operations_a_parameter_and_token_by_what_a_gpu_does() -> None:
    # 2 × 500e6 × 1.8e8 = 1.8e17 operations; at half of 1e14 a second that is 3,600 seconds.
    assert forward_hours(DENSE, 1.8e8, BUDGET) == pytest.approx(1.0)
    assert training_hours(DENSE, 1.8e8, BUDGET) == pytest.approx(3.0)
    assert math.isnan(forward_hours(Card(name="c", kind="dense", path=Path("x"), dim=4), 10, BUDGET))


def test_vectors_of_late_interaction_are_as_many_as_tokens() -> None:
    assert vectors_gb(DENSE, 1_000_000, 200, 4) == pytest.approx(4.0)
    assert vectors_gb(LATE, 1_000_000, 200, 2) == pytest.approx(40.0)


@given(st.floats(1, 1e12), st.floats(1, 100))
def test_hours_grow_with_tokens_alone(tokens: float, factor: float) -> None:
    assert forward_hours(DENSE, tokens * factor, BUDGET) == pytest.approx(factor * forward_hours(DENSE, tokens, BUDGET))


def test_the_full_study_has_every_published_system_that_reads_and_their_sums_hold(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    study = bench(tmp_path, budget={"patents": 1000, "queries": 500, "price": 2.0})
    monkeypatch.setattr(bench_budget, "lengths", lambda _: {"TA": 300.0})
    costs = full_study(study)
    assert list(costs.columns) == MODELS and len(costs) == 21 and "BM25" not in set(costs["system"])
    small = costs.set_index("system").loc["MiniLM-L6"]
    assert small["tokens"] == 1500 * 256, "it stops reading at 256 tokens"
    assert small["vectors"] == pytest.approx(1500 * 384 * 4 / 1e9)
    late = next(card for card in map(study.study.card, costs["system"]) if card.kind == "late-interaction")
    ragged = costs.set_index("system").loc[late.name]
    # Two bytes a number, as the store keeps tokens; and it is not tuned.
    assert ragged["vectors"] == pytest.approx(1500 * 300 * late.dim * 2 / 1e9) and ragged["training"] == 0
    tuned = int((costs["training"] > 0).sum())
    assert (
        0 < tuned < len(costs)
        and f"tuning {tuned} of them by 4 recipes" in close_scale(study, costs, pd.DataFrame(columns=LARGE)).data
    )
    hours = forward_hours(study.study.card("MiniLM-L6"), 1500 * 256, study.study.budget)
    learnt = training_hours(study.study.card("MiniLM-L6"), 2 * 500 * 256 * 4, study.study.budget)
    assert small["price"] == pytest.approx(2 * (hours + learnt))
    assert "Computed from cards, not measured." in models_table(costs, study, synthetic=True).as_raw_html()
    assert len(hours_figure(costs, synthetic=True).axes[0].patches) == 2 * len(costs)


def test_where_no_tokens_are_counted_nothing_is_computed(tmp_path: Path) -> None:
    study = bench(tmp_path, systems=["BM25"])
    assert full_study(study).empty and list(large_landscape(study).columns) == LARGE
    text = close_scale(study, full_study(study), large_landscape(study)).data
    assert "counts tokens" in text and "one vector" in text
    assert "counts tokens" in models_table(full_study(study), study, synthetic=True).as_raw_html()


def test_a_large_landscape_takes_machines_by_its_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    study = bench(tmp_path, budget={"largest": 1_000_000, "node_gb": 1.0, "node_gbps": 2.0})
    cheaper = pd.DataFrame(
        {
            "system": "MiniLM-static",
            "variant": ["full", "64", "binary", "binary + full"],
            "kind": ["full", "dimensions", "numbers", "numbers"],
            "bytes": [1536.0, 256.0, 48.0, 1584.0],
            "retention": [1.0, 0.9, 0.7, 0.95],
            "width": 384,
        }
    )
    indexes = pd.DataFrame({"index": ["flat", "IVF-PQ", "IVF-PQ"], "bytes": [1.0, 56.0, 56.0], "recall": [1, 0.5, 0.7]})
    monkeypatch.setattr(bench_budget, "best_single", lambda _: "MiniLM-static")
    monkeypatch.setattr(bench_budget, "cheaper_vectors", lambda _: cheaper)
    monkeypatch.setattr(bench_budget, "approximate_indexes", lambda *_: indexes)
    large = large_landscape(study)
    assert large["kept"].tolist() == ["full", "64 dimensions", "binary", "binary + full", "IVF-PQ"]
    full, _, bits, rescored, index = (row for _, row in large.iterrows())
    assert rescored["bytes"] == bits["bytes"] == 48, "what only the best are rescored with is not in memory"
    # A million train 4 · 1,000 lists of 48 parts of 8 bits: 48 + 8 bytes, and 384 · 4 bytes of 4,256 centres shared.
    assert index["bytes"] == pytest.approx(56 + 384 * 4 * 4256 / 1e6)
    assert full["gigabytes"] == pytest.approx(1.536) and full["machines"] == 2
    assert full["seconds"] == pytest.approx(1.536 / 2 / 2.0), "both machines look at their half at once"
    assert index["quality"] == pytest.approx(0.7) and math.isnan(index["seconds"])
    assert "Computed, not measured." in large_table(large, study, synthetic=True).as_raw_html()
    assert "binary + full, takes 0.0 GB and kept 95%" in close_scale(study, pd.DataFrame(columns=MODELS), large).data


def test_what_was_measured_is_told_with_its_machine_or_said_to_be_missing(tmp_path: Path) -> None:
    study = bench(tmp_path)
    steps, exponents, machine = measured_steps(study)
    assert steps.empty and say_growth(steps, exponents).data == NOT_MEASURED
    assert NOT_MEASURED in steps_table(steps, machine).as_raw_html()
    rows: list[dict[str, Any]] = [{"step": "bare", "flops": 1.0, "copied": 1.0, "machine": "two cores"}]
    rows += [{"step": "probe", "scale": s, "seconds": 20 * s, "floor": 5 * s, "peak_gib": 3 * s} for s in (0.5, 1, 10)]
    file = tmp_path / MEASURED
    file.parent.mkdir(parents=True)
    file.write_text(json.dumps({"patents": 1000, "rows": rows, "exponents": {"probe": 1.0}}))
    steps, exponents, machine = measured_steps(study)
    assert steps["patents"].tolist() == [500, 1000, 10_000]
    assert "probe 1.00" in say_growth(steps, exponents).data and "3.0 GiB, less than 16" in say_growth(steps, {}).data
    assert "two cores" in steps_table(steps, machine).as_raw_html()
    # 10,000 log 10,000 is 13.3 times 1,000 log 1,000.
    assert "n log n is 13.3 times as much, seconds are so many times as many: probe 10.0." in say_growth(steps, {}).data
    assert "n log n" not in say_growth(steps[steps["scale"] <= 1], exponents).data
