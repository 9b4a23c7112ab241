from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from patbench_lib.evaluate.retention import retained, retention
from patbench_lib.evaluate.settings import Statistics


def test_retention_by_hand() -> None:
    # Family 0 has two queries, family 1 one. Full: 0.8, 0.4, 0.6, mean 0.6. Variant: 0.4, 0.2, 0.6, mean 0.4.
    full, values, families = np.array([0.8, 0.4, 0.6]), np.array([[0.4], [0.2], [0.6]]), np.array([0, 0, 1])
    share, low, high = retention(values, full, families, level=0.9, resamples=4000, seed=0)
    assert share[0] == pytest.approx(2 / 3)
    # Resamples: family 0 twice (a quarter of them), 0.3 / 0.6; family 1 twice (a quarter), 0.6 / 0.6; one of each.
    assert low[0] == pytest.approx(0.5)
    assert high[0] == pytest.approx(1.0)


def test_the_interval_is_of_pairs() -> None:
    full = np.random.default_rng(0).random(50)
    share, low, high = retention(full[:, None] * 0.7, full, np.arange(50), level=0.95, resamples=500, seed=0)
    for end in (share, low, high):  # always 70 %, however the queries are drawn
        assert end[0] == pytest.approx(0.7)


def test_nothing_is_kept_of_nothing() -> None:
    share, low, high = retention(np.ones((3, 2)), np.zeros(3), np.arange(3), level=0.9, resamples=10, seed=0)
    assert np.isnan([share, low, high]).all()


def test_a_resample_without_quality_is_left_out() -> None:
    full = np.array([1.0, 0.0, 0.0])
    share, low, high = retention(full[:, None] / 2, full, np.arange(3), level=0.9, resamples=200, seed=0)
    assert share[0] == low[0] == high[0] == 0.5


def test_the_table_has_a_row_for_each_variant_of_each_system() -> None:
    rows = [
        (system, variant, query, query, value)
        for system, scale in (("a", 1.0), ("b", 0.5))
        for variant, kept in (("full", 1.0), ("int8", 0.9))
        for query, value in ((3, 0.2 * scale * kept), (1, 0.6 * scale * kept))
    ]
    scores = pd.DataFrame(rows, columns=["system", "variant", "query", "family", "value"])
    table = retained(scores, Statistics(resamples=100), seed=0)
    assert table[["system", "variant"]].to_numpy().tolist() == [
        ["a", "full"],
        ["a", "int8"],
        ["b", "full"],
        ["b", "int8"],
    ]
    np.testing.assert_allclose(table["value"], [0.4, 0.36, 0.2, 0.18])
    np.testing.assert_allclose(table["full"], [0.4, 0.4, 0.2, 0.2])
    np.testing.assert_allclose(table[["retention", "low", "high"]], [[1] * 3, [0.9] * 3] * 2)
    assert (table["n"] == 2).all()
