from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from fixtures.studies import bench
from unit.test_bench import forbid

from patbench_lib.bench import results as module
from patbench_lib.bench.provenance import commit, hardware, versions
from patbench_lib.bench.results import query_results, retrieval_results
from patbench_lib.errors import PatbenchError


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home in which the small study has run once; tests that change it take one of their own."""
    home = tmp_path_factory.mktemp("home")
    retrieval_results(bench(home))
    return home


def test_a_row_has_value_interval_number_and_provenance(done: Path) -> None:
    results, comparisons = retrieval_results(bench(done))
    row = results.iloc[0]
    assert row["low"] <= row["value"] <= row["high"]
    provenance = {
        "model_id",
        "model_revision",
        "query_prompt",
        "document_prompt",
        "settings",
        "max_tokens",
        "truncated",
    }
    provenance |= {"seed", "depth", "relevance", "versions", "hardware", "commit", "landscape_sha256", "synthetic"}
    assert provenance <= set(results.columns)
    assert results["synthetic"].all()
    assert set(results["study"]) == {"small"}
    assert json.loads(row["versions"])["torch"] == versions()["torch"]
    assert set(comparisons["baseline"]) == {"BM25"}
    assert set(comparisons["system"]) == {"MiniLM-static"}


def test_values_are_the_means_of_the_per_query_scores(done: Path) -> None:
    made = bench(done)
    results, comparisons = retrieval_results(made)
    scores = made.all_scores()
    keys = ["view", "stratum", "measure", "system"]
    means = scores.groupby(keys)["value"].agg(["mean", "size"])
    for row in results.itertuples():
        assert row.value == pytest.approx(means.loc[(row.view, row.stratum, row.measure, row.system), "mean"])
        assert row.n == means.loc[(row.view, row.stratum, row.measure, row.system), "size"]
    value = results.set_index(keys)["value"]
    for row in comparisons.itertuples():
        pair = [value[(row.view, row.stratum, row.measure, system)] for system in (row.system, "BM25")]
        assert row.difference == pytest.approx(pair[0] - pair[1])


def test_a_second_call_does_no_work(done: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = retrieval_results(bench(done))

    def refuse(*_: Any, **__: Any) -> None:
        raise AssertionError("work was done again")

    forbid(monkeypatch, "search_bm25", "search_exact", "search_faiss", "score_run", "encode", "load_encoder")
    monkeypatch.setattr(module, "means", refuse)
    monkeypatch.setattr(module, "against", refuse)
    for a, b in zip(first, retrieval_results(bench(done)), strict=True):
        pd.testing.assert_frame_equal(a, b)


def test_a_new_seed_draws_anew_and_searches_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before, _ = retrieval_results(bench(tmp_path))
    forbid(monkeypatch, "search_bm25", "search_exact", "score_run")
    after, _ = retrieval_results(bench(tmp_path, seed=9))
    assert after["value"].tolist() == before["value"].tolist()
    assert after["low"].tolist() != before["low"].tolist()


def test_a_changed_parameter_changes_the_results(tmp_path: Path) -> None:
    before, _ = retrieval_results(bench(tmp_path))
    after, _ = retrieval_results(bench(tmp_path, bm25={"k1": 0.0, "b": 0.0}))
    values = [table[table["system"] == "BM25"]["value"].tolist() for table in (before, after)]
    assert values[0] != values[1]
    kept = [table[table["system"] == "MiniLM-static"]["value"].tolist() for table in (before, after)]
    assert kept[0] == kept[1]


def test_equal_studies_have_equal_tables_apart_from_times(done: Path, tmp_path: Path) -> None:
    for a, b in zip(retrieval_results(bench(done)), retrieval_results(bench(tmp_path)), strict=True):
        times = [name for name in ("seconds", "written") if name in a.columns]
        pd.testing.assert_frame_equal(a.drop(columns=times), b.drop(columns=times))


def test_tables_half_written_by_a_killed_run_are_not_taken_for_an_older_studys(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, _ = retrieval_results(bench(tmp_path))
    save_json = module.save_json

    def killed(path: Path, content: Any) -> None:
        if content["key"]:
            raise KeyboardInterrupt
        save_json(path, content)

    with monkeypatch.context() as patch:
        patch.setattr(module, "save_json", killed)
        with pytest.raises(KeyboardInterrupt):
            retrieval_results(bench(tmp_path, bm25={"k1": 0.0}))
    again, _ = retrieval_results(bench(tmp_path))
    assert again["value"].tolist() == old["value"].tolist()


def test_a_table_that_was_deleted_is_made_again(tmp_path: Path) -> None:
    made = bench(tmp_path)
    retrieval_results(made)
    (made.paths.results / "retrieval.comparisons.parquet").unlink()
    _, comparisons = retrieval_results(bench(tmp_path))
    assert len(comparisons)


def test_questions_in_sql_reach_all_three_tables(done: Path) -> None:
    made = bench(done)
    results, comparisons = retrieval_results(made)
    folder = made.paths.results
    counted = query_results(folder, "select count(*) as n, count(distinct system) as systems from results")
    assert counted.iloc[0].tolist() == [len(results), 2]
    assert query_results(folder, "select count(*) as n from comparisons")["n"][0] == len(comparisons)
    joined = query_results(
        folder,
        "select r.value, avg(s.value) as mean from results r join scores s using (view, stratum, measure, system) "
        "group by r.value, view, stratum, measure, system",
    )
    assert len(joined) == len(results)
    assert joined["value"].tolist() == pytest.approx(joined["mean"].tolist())


def test_scores_are_those_of_the_current_study_alone(tmp_path: Path) -> None:
    retrieval_results(bench(tmp_path, bm25={"k1": 0.0}))
    made = bench(tmp_path)
    retrieval_results(made)
    assert len(list(made.paths.scores.glob("*.parquet"))) == 3  # BM25 twice, the dense system once
    found = query_results(made.paths.results, "select count(*) as n from scores")["n"][0]
    assert found == len(made.all_scores())


def test_a_folder_with_a_quote_in_its_name_is_asked_too(tmp_path: Path) -> None:
    made = bench(tmp_path / "o'brien")
    retrieval_results(made)
    assert query_results(made.paths.results, "select count(*) as n from scores")["n"][0] > 0


@pytest.mark.parametrize("sql", ["selec 1", "select nothing from results", "select * from runs", ""])
def test_a_bad_question_is_a_clear_error(done: Path, sql: str) -> None:
    with pytest.raises(PatbenchError, match=r"(?s)DuckDB cannot answer.*Tables: results, comparisons, scores"):
        query_results(bench(done).paths.results, sql)


def test_scores_that_were_deleted_are_told_of(tmp_path: Path) -> None:
    made = bench(tmp_path)
    retrieval_results(made)
    for file in made.paths.scores.glob("*.parquet"):
        file.unlink()
    with pytest.raises(PatbenchError):
        query_results(made.paths.results, "select * from scores")


def test_a_study_that_never_ran_has_no_results(tmp_path: Path) -> None:
    with pytest.raises(PatbenchError, match="There are no results"):
        query_results(bench(tmp_path).paths.results, "select 1")


def test_provenance_names_versions_and_hardware(tmp_path: Path) -> None:
    assert {"patbench", "python", "torch", "bm25s", "ir-measures"} <= set(versions())
    assert "absent" not in versions().values()
    assert "cores" in hardware()
    assert commit(tmp_path) == ""
