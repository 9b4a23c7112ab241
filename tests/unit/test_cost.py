"""What systems cost and what cheaper vectors keep: in a small study, and drawn and told from frames made by hand."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from fixtures import studies
from fixtures.rooms import rankings

from patbench_lib.bench import indexes as indexes_module
from patbench_lib.bench import variants as variants_module
from patbench_lib.bench.bench import Bench
from patbench_lib.bench.cost import costs
from patbench_lib.bench.indexes import approximate_indexes, best_single
from patbench_lib.bench.variants import Source, cheaper_vectors, cutoff, main_scores, single_vector
from patbench_lib.report.cost_figures import (
    bytes_figure,
    indexes_figure,
    indexes_table,
    numbers_table,
    retention_figure,
)
from patbench_lib.report.labels import name_points
from patbench_lib.report.pareto_figures import costs_table, pareto_figure, undominated
from patbench_lib.report.prose_cost import close_cost

bench = partial(
    studies.bench, truncation={"dims": [512, 64, 16], "rescored": 15, "hnsw_search": [4, 40], "ivf_probes": [1]}
)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    return bench(tmp_path_factory.mktemp("home"))


def test_each_way_to_make_vectors_cheaper_has_a_row(made: Bench) -> None:
    table = cheaper_vectors(made).set_index("variant")
    # 384 dimensions cannot be cut to 512; a number of the full vectors takes four bytes.
    assert table["bytes"].to_dict() == {
        "full": 1536, "64": 256, "16": 64, "float16": 768, "int8": 384, "binary": 48, "binary + signs": 48,
        "binary + full": 1584,
    }  # fmt: skip
    assert table.loc["16", "share"] == 16 / 384
    assert table.loc["full", "retention"] == 1
    scored = made.scores("MiniLM-static", made.arena, "TA").query("stratum == 'ALL' and measure == 'nDCG@10'")
    assert table.loc["full", "value"] == pytest.approx(scored["value"].mean())
    assert (table["low"] <= table["retention"]).all()


def test_what_was_searched_is_found_again(made: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    first, approximate = cheaper_vectors(made), approximate_indexes(made, "MiniLM-static")
    measured = costs(made)[0]

    def refuse(*_: Any, **__: Any) -> None:
        raise AssertionError("work was done again")

    for module, name in (
        (variants_module, "search_exact"),
        (variants_module, "search_coarse"),
        (indexes_module, "build_index"),
    ):
        monkeypatch.setattr(module, name, refuse)
    monkeypatch.setattr(Bench, "encoded", refuse)
    again = Bench(made.study, made.paths.root, progress=False)
    pd.testing.assert_frame_equal(cheaper_vectors(again), first)
    pd.testing.assert_frame_equal(approximate_indexes(again, "MiniLM-static"), approximate)
    pd.testing.assert_frame_equal(costs(again)[0], measured)


def test_a_setting_that_changes_a_run_makes_a_new_one(made: Bench) -> None:
    source = Source(made, "MiniLM-static")
    run = made.run("MiniLM-static", made.arena, "TA")
    calls = []

    def make() -> tuple[Any, dict[str, Any]]:
        calls.append(1)
        return run, {}

    for settings in ([15], [15], [16]):
        assert rankings(source.derived("probe", make, settings).run) == rankings(run)
    assert len(calls) == 2


def test_main_scores_are_those_of_the_bench(made: Bench) -> None:
    run = made.run("BM25", made.arena, "TA")
    ours = main_scores(made, run, "BM25")
    theirs = made.scores("BM25", made.arena, "TA").query("stratum == 'ALL' and measure == 'nDCG@10'")
    np.testing.assert_allclose(ours["value"], theirs["value"])
    assert ours["family"].tolist() == theirs["family"].tolist()


def test_a_measure_without_a_cutoff_looks_at_the_whole_run(tmp_path: Path) -> None:
    assert cutoff(bench(tmp_path)) == 10
    assert cutoff(bench(tmp_path, main_measure="MAP")) == 20


def test_every_index_and_effort_has_a_row(made: Bench) -> None:
    assert best_single(made) == "MiniLM-static"
    table = approximate_indexes(made, "MiniLM-static")
    assert table[["index", "effort"]].to_numpy().tolist() == [["flat", 0], ["HNSW", 4], ["HNSW", 40], ["IVF-PQ", 1]]
    assert table["recall"].between(0, 1).all()
    assert table["recall"].iloc[0] > 0.97, "but for ties"
    assert table["bytes"].iloc[0] == pytest.approx(1536, rel=0.01)


def test_costs_of_a_lexical_and_a_static_system(made: Bench) -> None:
    table, left_out = costs(made)
    rows = table.set_index("system")
    assert not left_out
    assert rows.loc["MiniLM-static", "bytes"] == 1536
    assert np.isnan(rows.loc["BM25", "params_m"])
    assert (table[["texts_per_second", "milliseconds", "bytes", "value"]] > 0).all(axis=None)


def test_late_interaction_keeps_all_its_vectors_and_what_cannot_run_is_named(tmp_path: Path) -> None:
    gone = {"name": "gone", "kind": "late-interaction", "path": "nowhere", "dim": 4}
    late = bench(tmp_path, systems=["BM25"], models=[gone], late_interaction={"systems": ["MiniLM-tokens", "gone"]})
    table, left_out = costs(late)
    row = table.set_index("system").loc["MiniLM-tokens"]
    assert row["bytes"] == late.reading("MiniLM-tokens", late.arena, "TA")["bytes"] / 60
    assert row["texts_per_second"] > 0
    assert np.isnan(row["milliseconds"])
    assert list(left_out) == ["gone"]
    assert "gone" in costs_table(table, left_out, "nDCG@10", synthetic=True).as_raw_html()


def test_a_study_of_bm25_alone_is_told_and_drawn(tmp_path: Path) -> None:
    alone = bench(tmp_path, systems=["BM25"])
    assert single_vector(alone) == []
    variants, approximate = cheaper_vectors(alone), approximate_indexes(alone, best_single(alone))
    table, left_out = costs(alone)
    for figure in (
        retention_figure(variants, "nDCG@10", synthetic=True),
        bytes_figure(variants, "nDCG@10", synthetic=True),
        indexes_figure(approximate, None, synthetic=True),
        pareto_figure(table, synthetic=True),
    ):
        figure.canvas.draw()
    for shown in (
        numbers_table(variants, "nDCG@10", synthetic=True),
        indexes_table(approximate, "nDCG@10", synthetic=True),
        costs_table(table, left_out, "nDCG@10", synthetic=True),
    ):
        assert "Synthetic landscape." in shown.as_raw_html()
    said = close_cost(variants, approximate, None, table, "nDCG@10").data
    assert said == (
        "No system has vectors that could be cut. Beaten by no other system in quality and cost together are: "
        "on encoding rate BM25; on search time BM25; on bytes BM25."
    )


def variants_of(**kept: tuple[str, int, float]) -> pd.DataFrame:
    rows = [
        ("small", name, kind, dims, 384, dims / 384, 4.0 * dims, 0.4 * share, 0.4, share, share - 0.1, share + 0.1, 50)
        for name, (kind, dims, share) in kept.items()
    ]
    columns = ["system", "variant", "kind", "dims", "width", "share", "bytes", "value", "full"]
    return pd.DataFrame(rows, columns=[*columns, "retention", "low", "high", "n"])


NO_INDEXES = pd.DataFrame(columns=["index"])
NO_COSTS = pd.DataFrame(columns=["system", "kind", "texts_per_second", "milliseconds", "bytes", "value"]).astype(
    {"texts_per_second": float, "milliseconds": float, "bytes": float, "value": float}
)


def test_what_cutting_keeps_is_told_beside_what_was_published() -> None:
    variants = variants_of(full=("full", 384, 1.0), a=("dimensions", 128, 0.9), b=("dimensions", 32, 0.5))
    said = close_cost(variants, NO_INDEXES, None, NO_COSTS, "nDCG@10").data
    assert "shares of nDCG@10: 90.0 % at 128 (1 system), 50.0 % at 32 (1 system)." in said
    assert (
        "Reported elsewhere for five models of 2,048 to 4,096 dimensions: 83.2 % at 128; vectors here have 384" in said
    )
    assert "Most is lost by small at 32 dimensions: it keeps 50.0 % [40.0 %, 60.0 %]." in said
    assert "Published" not in close_cost(variants, NO_INDEXES, None, NO_COSTS, "MAP").data


def test_where_nothing_was_found_nothing_is_told() -> None:
    variants = variants_of(full=("full", 384, np.nan), a=("dimensions", 128, np.nan), int8=("numbers", 384, np.nan))
    assert "nan" not in close_cost(variants, NO_INDEXES, None, NO_COSTS, "nDCG@10").data
    retention_figure(variants, "nDCG@10", synthetic=False).canvas.draw()


@pytest.mark.parametrize(
    ("cost", "more_is_better", "expected"),
    [
        # Values 0.1, 0.3, 0.2, 0.3: the third is beaten by the second, the fourth by it where it is no cheaper.
        ([1.0, 2.0, 3.0, 4.0], False, [True, True, False, False]),
        ([1.0, 2.0, 3.0, 4.0], True, [False, False, False, True]),
        ([1.0, 2.0, 3.0, 2.0], False, [True, True, False, True]),
        ([np.nan, 2.0, np.nan, 1.0], False, [False, False, False, True]),
    ],
)
def test_who_is_beaten_by_no_other(cost: list[float], more_is_better: bool, expected: list[bool]) -> None:
    found = undominated(np.array(cost), np.array([0.1, 0.3, 0.2, 0.3]), more_is_better=more_is_better)
    assert found.tolist() == expected


def test_names_of_near_points_do_not_cover_each_other() -> None:
    figure, axes = plt.subplots()
    axes.plot([0, 1, 1.01, 1.02, 2], [0, 1, 1.01, 0.99, 2], "o")
    name_points(axes, ["first", "second", "third"], [1, 1.01, 1.02], [1, 1.01, 0.99], bold={"third"})
    boxes = [text.get_window_extent() for text in axes.texts]
    assert len(boxes) == 3
    assert not any(a.overlaps(b) for i, a in enumerate(boxes) for b in boxes[:i])
    assert [text.get_text() for text in axes.texts if text.get_fontweight() == "bold"] == ["third"]
    plt.close(figure)
