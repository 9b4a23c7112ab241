"""Mixed views and passages on a small study: what is run, kept, compared and refused."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from fixtures import studies
from fixtures.rooms import rankings
from fixtures.tiny_models import tiny_bert

from patbench_lib.bench import bench as bench_module
from patbench_lib.bench import passages as passages_module
from patbench_lib.bench import views as views_module
from patbench_lib.bench.bench import Bench
from patbench_lib.bench.passages import READINGS, WHOLE, passage_results
from patbench_lib.bench.views import (
    crossed,
    matrix_results,
    matrix_systems,
    view_differences,
    view_scores,
)
from patbench_lib.evaluate.compare import means
from patbench_lib.report import view_figures as figures
from patbench_lib.report.model_figures import readings
from patbench_lib.report.prose_views import close_views
from patbench_lib.retrieve.bm25 import search_bm25
from patbench_lib.retrieve.dense import search_exact

bench = partial(studies.bench, views=["TA", "C1"])


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_bert(tmp_path_factory.mktemp("tiny"))


def reading(root: Path, weights: Path, **passages: Any) -> Bench:
    card = {"name": "tiny", "kind": "dense", "path": str(weights), "dim": 32, "max_tokens": 64, "pooling": "mean"}
    return bench(root, models=[card], passages={"systems": ["tiny"], "window": 32, "overlap": 8, **passages})


def refuse(*_: Any, **__: Any) -> None:
    raise AssertionError("work was done again")


def test_queries_of_one_view_meet_documents_of_another(tmp_path: Path) -> None:
    made = bench(tmp_path, systems=["BM25", "MiniLM-static", "LSA"])
    arena, depth = made.arena, made.study.depth
    asked = [arena.texts("C1")[row] for row in arena.judgements.queries]
    lexical = search_bm25(asked, arena.texts("TA"), arena.judgements, depth, made.study.bm25)
    assert rankings(crossed(made, "BM25", "C1", "TA").run) == rankings(lexical)
    for system in ("MiniLM-static", "LSA"):
        encoder = made.encoder(system, arena, "TA")
        queries = made.encode_texts(encoder, asked, "query").vectors
        documents = made.encode_texts(encoder, arena.texts("TA"), "document").vectors
        expected = search_exact(queries, documents, arena.judgements, depth)
        assert rankings(crossed(made, system, "C1", "TA").run) == rankings(expected), system


def test_asking_with_the_same_view_is_the_plain_run(tmp_path: Path) -> None:
    made = bench(tmp_path)
    for system in made.study.systems:
        plain = made.run(system, made.arena, "TA")
        assert rankings(crossed(made, system, "TA", "TA").run) == rankings(plain)


def test_the_matrix_has_all_pairs_and_the_views_own_scores_on_its_diagonal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = bench(tmp_path)
    values, differences = matrix_results(made, ["BM25"])
    assert set(zip(values["asked"], values["held"], strict=True)) == {
        (a, h) for a in ("TA", "C1") for h in ("TA", "C1")
    }
    plain = means(view_scores(made), made.study.statistics, seed=0).set_index(["system", "view"])["value"]
    table = values.set_index(["asked", "held"])["value"]
    for view in ("TA", "C1"):
        assert table[view, view] == plain["BM25", view]
    for row in differences.itertuples():
        assert row.difference == pytest.approx(table[row.asked, row.held] - table[row.held, row.held])
    assert len(differences) == 2
    monkeypatch.setattr(views_module, "search_bm25", refuse)
    monkeypatch.setattr(bench_module, "score_run", refuse)
    again = matrix_results(bench(tmp_path), ["BM25"])
    pd.testing.assert_frame_equal(again[0], values)


def test_other_settings_make_other_mixed_runs(tmp_path: Path) -> None:
    for changes in ({}, {"bm25": {"k1": 0.2}}, {"depth": 15}):
        made = bench(tmp_path, **changes)
        crossed(made, "BM25", "C1", "TA")
    assert len(list(made.paths.runs.glob("*.C1-TA.BM25.*.parquet"))) == 3


def test_views_are_compared_with_the_leading_one_in_each_system(tmp_path: Path) -> None:
    made = bench(tmp_path)
    scores = view_scores(made)
    compared = view_differences(made, scores).set_index("system")
    plain = means(scores, made.study.statistics, seed=0).set_index(["system", "view"])["value"]
    assert set(scores["measure"]) == {"nDCG@10"}
    assert compared["view"].tolist() == ["C1", "C1"]
    for system in made.study.systems:
        expected = plain[system, "C1"] - plain[system, "TA"]
        assert compared.loc[system, "difference"] == pytest.approx(expected)


def test_the_matrix_takes_the_baseline_and_the_best_transformer_before_better_others(tmp_path: Path) -> None:
    made = bench(tmp_path, systems=["BM25", "LSA", "MiniLM-2L", "MiniLM-L6"])
    values = {"BM25": 0.9, "LSA": 0.8, "MiniLM-2L": 0.1, "MiniLM-L6": 0.2}
    scores = pd.DataFrame({"system": list(values), "view": "TA", "value": list(values.values())})
    assert matrix_systems(made, scores) == ["BM25", "MiniLM-L6"]
    assert matrix_systems(bench(tmp_path, systems=["BM25", "LSA"]), scores) == ["BM25", "LSA"]
    assert matrix_systems(bench(tmp_path, systems=["BM25"]), scores) == ["BM25"]
    alone = bench(tmp_path, systems=["LSA", "MiniLM-2L"], baseline="LSA")
    assert matrix_systems(alone, scores) == ["LSA", "MiniLM-2L"]


def test_passages_are_run_in_four_readings_and_kept(
    tmp_path: Path, weights: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = reading(tmp_path, weights)
    long = passage_results(made)
    assert long.refused == {}
    assert tuple(long.values["reading"]) == READINGS
    plain = made.score(made.run("tiny", made.arena, "TA"), made.arena, system="tiny", view="TA")
    mine = plain[(plain["stratum"] == "ALL") & (plain["measure"] == "nDCG@10")]["value"].mean()
    value = long.values.set_index("reading")["value"]
    assert value[WHOLE] == pytest.approx(mine)
    for row in long.differences.itertuples():
        assert row.difference == pytest.approx(value[row.reading] - value[WHOLE])
    costs = long.costs.set_index("reading")
    assert (costs.loc[["best passage", "best three"], "vectors"] > 1).all()
    assert (costs.loc[[WHOLE, "mean passage"], "vectors"] == 1).all()
    assert costs.loc[WHOLE, "read"] < 1
    assert (costs["read"].drop(WHOLE) == 1).all()
    n = len(made.arena.landscape)
    assert costs["mb"].to_numpy() == pytest.approx(costs["vectors"].to_numpy() * n * 32 * 4 / 2**20)
    assert (costs["encoding"] > 0).all()
    monkeypatch.setattr(Bench, "encode_texts", refuse)
    for name in ("search_exact", "search_passages", "cut_passages"):
        monkeypatch.setattr(passages_module, name, refuse)
    pd.testing.assert_frame_equal(passage_results(reading(tmp_path, weights)).values, long.values)


def test_other_windows_make_other_runs(tmp_path: Path, weights: Path) -> None:
    for window in ({}, {"overlap": 0}):
        made = reading(tmp_path, weights, **window)
        passage_results(made)
    assert len(list(made.paths.runs.glob("*.best-passage.*.parquet"))) == 2


def test_a_system_that_cannot_is_named_with_its_reason(tmp_path: Path, weights: Path) -> None:
    long = passage_results(reading(tmp_path, weights, window=128, overlap=32))
    assert long.values.empty
    assert "A window of 128 tokens does not fit into the 64 that 'tiny' reads." in long.refused["tiny"]
    page = figures.cost_table(long.costs, long.differences, long.refused).as_raw_html()
    assert "tiny is left out." in page


STUDIES: dict[str, dict[str, Any]] = {
    "plain": {},
    "one view": {"views": ["TA"]},
    "one system": {"systems": ["BM25"]},
    "one of both": {"views": ["TA"], "systems": ["BM25"]},
    "no lexical system": {"systems": ["MiniLM-static", "LSA"], "baseline": "LSA"},
    "the published view second": {"views": ["TA", "TAC"]},
}


@pytest.mark.parametrize("study", STUDIES)
def test_every_figure_table_and_the_closing_adapt(tmp_path: Path, study: str) -> None:
    made = bench(tmp_path, **STUDIES[study])
    scores = view_scores(made)
    values = means(scores, made.study.statistics, seed=0)
    differences = view_differences(made, scores)
    matrix, mixed = matrix_results(made, matrix_systems(made, scores))
    long = passage_results(made)
    for figure in (
        figures.differences_figure(differences, "TA", "nDCG@10", synthetic=True),
        figures.cut_figure(values, readings(made), synthetic=True),
        figures.matrix_figure(matrix, "nDCG@10", synthetic=True),
        figures.passages_figure(long.values, long.differences, "nDCG@10", synthetic=True),
    ):
        figure.canvas.draw()
    for table in (
        figures.winners(values, differences, "TA"),
        figures.mixed_table(matrix, mixed),
        figures.cost_table(long.costs, long.differences, long.refused),
    ):
        assert "<table" in table.as_raw_html()
    said = close_views(values, differences, matrix, mixed, long).data
    assert f"{values['value'].max():.3f}" in said
    assert not any(word in said for word in ("nan", "None", "NA>"))
    assert "No system was asked to read in passages." in said
    assert ("cannot be checked" in said) is (study != "the published view second")


def test_the_claim_is_counted_over_systems() -> None:
    values = pd.DataFrame(
        [("a", "TAC", 0.3), ("a", "TA", 0.2), ("b", "TAC", 0.1), ("b", "TA", 0.4), ("c", "TAC", 0.1), ("c", "TA", 0.2)],
        columns=["system", "view", "value"],
    ).assign(measure="nDCG@10", low=0.0, high=1.0, n=9)
    differences = pd.DataFrame(
        {"system": list("abc"), "view": "TA", "difference": [-0.1, 0.3, 0.1], "significant": [True, True, False]}
    )
    nothing = pd.DataFrame()
    long = passages_module.PassageResults(nothing, nothing, nothing, {})
    said = close_views(values, differences, nothing, nothing, long).data
    assert "is best for 1 of 3 systems here; for 1 of 3 another view is significantly better." in said
    assert "Of 3 comparisons of another view with TAC, significantly above it: 1; below: 1." in said


def test_a_winners_table_marks_what_is_significant() -> None:
    values = pd.DataFrame(
        [("a", "TAC", 0.3), ("a", "TA", 0.2), ("b", "TAC", 0.1), ("b", "TA", 0.4)], columns=["system", "view", "value"]
    ).assign(measure="nDCG@10", low=0.05, high=0.5)
    differences = pd.DataFrame(
        {"system": ["a", "b"], "view": "TA", "difference": [-0.1, 0.3], "significant": [False, True]}
    )
    page = figures.winners(values, differences, "TAC", synthetic=True).as_raw_html()
    assert "+0.300 ▲" in page
    assert "−0.100 ▼" not in page
    assert "Synthetic landscape." in page


def test_the_best_other_view_is_told_for_each_document_view() -> None:
    values = pd.DataFrame(
        [("s", "A", "A", 0.5), ("s", "B", "A", 0.6), ("s", "C", "A", 0.4)], columns=["system", "asked", "held", "value"]
    )
    differences = pd.DataFrame(
        [("s", "B", "A", 0.1), ("s", "C", "A", -0.1)], columns=["system", "asked", "held", "difference"]
    ).assign(low=np.float64(0), high=np.float64(1), p_holm=0.25)
    page = figures.mixed_table(values, differences).as_raw_html()
    assert [page.count(part) for part in (">B<", ">C<", "0.500", "0.2500")] == [1, 0, 1, 1]


def test_another_main_measure_has_a_matrix_of_its_own(tmp_path: Path) -> None:
    first, second = (
        matrix_results(bench(tmp_path, systems=["BM25"], main_measure=name, measures=["nDCG@10", "MRR"]), ["BM25"])[0]
        for name in ("nDCG@10", "MRR")
    )
    assert not np.allclose(first["value"], second["value"])
