"""What a reviewer is told: made by what, from which data, under which terms."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pandas as pd
from fixtures.studies import bench

from patbench_lib.bench.review import RUNS, landscapes_of, models_of, runs, versions_of
from patbench_lib.landscape.schema import Provenance
from patbench_lib.reference.expected import groups
from patbench_lib.report.prose_review import close_review, say_audit, say_recompute
from patbench_lib.report.review_tables import data_table, models_table, protocols_table, runs_table, truncated_table

COMMIT = "0123456789abcdef0123456789abcdef01234567"


def results() -> dict[str, pd.DataFrame]:
    rows = [
        {"system": "a", "commit": COMMIT, "written": 0.0, "versions": json.dumps({"torch": "1"})},
        {"system": "b", "commit": f"{COMMIT}+changes", "written": 3600.0, "versions": json.dumps({"torch": "2"})},
        {"system": "b", "commit": "", "written": 60.0, "versions": json.dumps({"torch": "1", "numpy": "3"})},
    ]
    return {"retrieval": pd.DataFrame(rows).assign(seed=7, hardware="one")}


def test_a_table_tells_all_that_made_it() -> None:
    told = runs(results()).iloc[0]
    assert told["systems"] == 2 and told["numbers"] == 3 and told["seed"] == "7" and told["hardware"] == "one"
    assert told["commit"] == f"{COMMIT}, {COMMIT}+changes, not known"
    assert (told["first"], told["last"]) == ("1970-01-01 00:00", "1970-01-01 01:00")
    shown = runs_table(runs(results()), synthetic=False).as_raw_html()
    assert "0123456789ab, 0123456789ab+changes, not known" in shown and COMMIT not in shown


def test_versions_that_differ_are_all_told() -> None:
    assert versions_of(results()).to_numpy().tolist() == [["torch", "1, 2"], ["numpy", "absent, 3"]]


def test_without_results_it_is_said() -> None:
    assert list(runs({})) == RUNS
    assert "No task of this study has results." in runs_table(runs({}), synthetic=False).as_raw_html()
    assert versions_of({}).empty


def test_the_terms_of_data_are_the_sources_or_said_not_to_be_told(tmp_path: Path) -> None:
    study = bench(tmp_path)
    assert landscapes_of(study).iloc[0]["licence"] == "the compendium's"
    real = Provenance("table", licensed=("dwpi_title",), revision="abc")
    study.arena.landscape = replace(study.arena.landscape, provenance=real)
    told = landscapes_of(study).iloc[0]
    assert told["licence"] == "not told by the source" and told["licensed"] == "dwpi_title"
    assert told["synthetic"] == "no" and told["revision"] == "abc"
    assert told["sha256"][:12] in data_table(landscapes_of(study), synthetic=False).as_raw_html()


def test_every_model_that_is_run_tells_its_terms_once(tmp_path: Path) -> None:
    study = bench(tmp_path, late_interaction={"systems": ["MiniLM-tokens"]}, finetuning={"models": ["MiniLM-static"]})
    told = models_of(study).set_index("system")
    assert list(told.index) == ["BM25", "MiniLM-static", "MiniLM-tokens"]
    assert told.loc["BM25", "weights"].startswith("none") and told.loc["MiniLM-static", "licence"] == "Apache-2.0"
    assert "Apache-2.0" in models_table(models_of(study)).as_raw_html()


def test_texts_that_were_cut_off_are_told_by_system_and_view() -> None:
    read = pd.DataFrame({"system": ["b", "b", "a", "a"], "view": ["TA", "C1"] * 2, "truncated": [0.0, 0.25, 1.0, 0.0]})
    shown = truncated_table(read, synthetic=True).as_raw_html()
    assert "25.0%" in shown and "100.0%" in shown and shown.index(">b<") < shown.index(">a<")


def test_what_is_not_known_of_a_protocol_is_told() -> None:
    shown = protocols_table().as_raw_html()
    assert all(name in shown for name, group in groups().items() if group.origin == "published")
    assert "patsnap" not in shown, "numbers of our own were never published"


def test_closing_counts_commits_and_says_which_are_not_known(tmp_path: Path) -> None:
    read = pd.DataFrame({"system": ["a", "a"], "view": ["TA", "C1"], "truncated": [0.5, 0.0]})
    text = close_review(bench(tmp_path), results(), read).data
    assert "3 numbers in 1 table of results" in text and "2 commits, 1 machine." in text
    assert "commit is not known" in text and "differed from its commit" in text
    assert "1 of 2 pairs" in text and "a on TA (50% of the texts)" in text


def test_a_study_that_trains_nothing_says_so(tmp_path: Path) -> None:
    assert "names no model to fine-tune" in say_audit(bench(tmp_path)).data
    assert "`patbench figure NAME --study small`" in say_recompute(bench(tmp_path)).data
