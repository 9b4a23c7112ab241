from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest
import yaml
from fixtures.commands import SMALL, Patbench, small_study
from fixtures.landscapes import as_csv, cited_in_a_row

from patbench_lib.models.registry import load_registry
from patbench_lib.parameters import read_study
from patbench_lib.study import Study

ROOT = Path(__file__).parents[2]


def test_the_command_starts_without_the_heavy_libraries() -> None:
    look = (
        "import sys, patbench_lib.cli.app; "
        "print([m for m in ('torch', 'pandas', 'pydantic', 'matplotlib', 'numpy', 'transformers') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "[]"


def test_the_module_is_the_command_and_its_failure_an_exit_code_without_a_traceback(tmp_path: Path) -> None:
    words = [sys.executable, "-m", "patbench_lib", "study", "show", "gone.yaml"]
    done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=60, cwd=tmp_path)
    assert done.returncode == 1 and done.stdout == ""
    assert done.stderr == "patbench: No study file at gone.yaml.\nThe studies shipped are in params/.\n"


def test_a_misspelt_study_names_the_nearest(patbench: Patbench) -> None:
    done = patbench("study", "show", "dmeo")
    assert done.code == 1
    assert "Unknown study 'dmeo'." in done.err
    assert "Did you mean 'demo'?" in done.err


def test_help_names_every_command_and_an_unknown_one_is_refused(patbench: Patbench) -> None:
    told = patbench("--help").out
    for command in (
        "study",
        "models",
        "landscape",
        "encode",
        "retrieve",
        "assess",
        "finetune",
        "audit",
        "evaluate",
        "export",
        "results",
        "site",
        "why",
    ):
        assert command in told
    done = patbench("stuyd")
    assert done.code == 2 and "stuyd" in done.err


def test_a_study_is_shown_with_every_field_by_name_and_by_path(
    patbench: Patbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PATBENCH_HOME", raising=False)
    monkeypatch.chdir(ROOT)
    by_name, by_path = patbench("study", "show", "demo"), patbench("study", "show", ROOT / "params" / "demo.yaml")
    assert by_name.code == 0 and by_name.out == by_path.out
    shown = yaml.safe_load(by_name.out)
    assert set(shown) == set(Study.model_fields) and Study.model_validate(shown) == Study()


def test_the_schema_is_json_and_fits_the_demo(patbench: Patbench) -> None:
    schema = json.loads(patbench("study", "schema").out)
    assert set(schema["properties"]) == set(Study.model_fields)
    demo = yaml.safe_load((ROOT / "params" / "demo.yaml").read_text(encoding="utf-8"))
    errors = jsonschema.Draft202012Validator(schema).iter_errors
    assert not list(errors(demo))
    assert [[*error.path] for error in errors({**demo, "depth": "deep"})] == [["depth"]]


def test_models_are_listed_all_of_them_and_unknown_ones_refused(
    patbench: Patbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "400")
    told = patbench("models")
    assert told.code == 0
    first = [line.split()[0] for line in told.out.splitlines() if line.strip()]
    assert set(load_registry()) <= set(first)
    done = patbench("models", "check", "MiniLM-L5")
    assert done.code == 1 and "Did you mean 'MiniLM-L6'?" in done.err and "Traceback" not in done.err


def test_a_models_check_passes_for_an_embedded_one(patbench: Patbench) -> None:
    done = patbench("models", "check", "MiniLM-static")
    assert done.code == 0 and done.out.startswith("ok ") and "FAIL" not in done.out


def test_a_new_study_says_what_it_found_and_runs(patbench: Patbench, home: Path) -> None:
    as_csv(cited_in_a_row(30), home / "mine.csv", title="Title", cited="Cited Patents")
    done = patbench("study", "new", "--table", home / "mine.csv", "--name", "mine", "-o", home / "out" / "s.yaml")
    assert done.code == 0
    assert "30 publications in 30 families" in done.out and "relevance: cites: 29 queries, 57 pairs" in done.out
    assert f"make site STUDY={home / 'out' / 's.yaml'}" in done.out
    shown = patbench("landscape", "--study", home / "out" / "s.yaml")
    assert shown.code == 0 and shown.out.startswith("mine: 30 publications, 29 queries, 57 pairs\n")
    for system in read_study(home / "out" / "s.yaml").systems:
        if system != "MiniLM-L6":
            assert patbench("retrieve", system, "--study", home / "out" / "s.yaml").code == 0


def test_a_new_studys_name_is_its_files_where_none_is_given(patbench: Patbench, home: Path) -> None:
    as_csv(cited_in_a_row(30), home / "mine.csv")
    assert patbench("study", "new", "--table", home / "mine.csv", "-o", home / "ours.yaml").code == 0
    assert read_study(home / "ours.yaml").name == "ours"


def test_landscapes_are_told_with_their_findings_and_missing_views_and_stamped(patbench: Patbench, home: Path) -> None:
    study = small_study(home, views=["TA", "DWPI"])
    done = patbench("landscape", "--study", study, "--name", "mine", "--stamp", home / "stamp.json")
    assert done.code == 0
    assert done.out.splitlines() == [
        "mine: 30 publications, 29 queries, 57 pairs",
        "  view DWPI is left out: no dwpi_title and dwpi_abstract",
    ]
    assert json.loads((home / "stamp.json").read_text())["publications"] == 30
    wrong = patbench("landscape", "--study", study, "--name", "mien")
    assert wrong.code == 1 and "Did you mean 'mine'?" in wrong.err


def test_a_run_goes_out_as_trec_comes_back_and_scores_the_same(patbench: Patbench, home: Path) -> None:
    study, run = small_study(home), home / "run.trec.gz"
    assert patbench("retrieve", "BM25", "--study", study).code == 0
    assert patbench("export", "BM25", "TA", "-o", run, "--study", study).code == 0
    done = patbench("evaluate", run, "--study", study, "--csv", home / "scores.csv")
    assert done.code == 0 and done.out == ""
    again = patbench("evaluate", run, "--study", study)
    assert "nDCG@10" in again.out and (home / "scores.csv").read_text().startswith("stratum,measure,value,low,high,n\n")
    assert patbench("retrieve", "MiniLM-static", "--study", study).code == 0
    assert patbench("tabulate", "--study", study).code == 0
    told = patbench("results", "--study", study, "--sql", "select value from results where system = 'BM25' "
                    "and measure = 'nDCG@10' and stratum = 'ALL'", "--csv", home / "value.csv")  # fmt: skip
    assert told.code == 0
    mine = float((home / "value.csv").read_text().split()[1])
    theirs = (home / "scores.csv").read_text().splitlines()
    row = next(line for line in theirs if line.startswith("ALL,nDCG@10,"))
    assert float(row.split(",")[2]) == pytest.approx(mine, abs=1e-6)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["results"], "There are no results in"),
        (["evaluate", "gone.trec"], "gone.trec"),
        (["evaluate", "gone.trec", "--landscape", "mien"], "Did you mean 'mine'?"),
        (["export", "BM52", "TA", "-o", "x.trec"], "Did you mean 'BM25'?"),
        (["export", "BM25", "TAX", "-o", "x.trec"], "Did you mean 'TA'?"),
        (["retrieve", "MiniLM-statc"], "Did you mean 'MiniLM-static'?"),
        (["assess", "MiniLM-statc"], "Did you mean 'MiniLM-static'?"),
        (["assess", "TF-IFD"], "Did you mean 'TF-IDF'?"),
        (["encode", "BM25"], "BM25"),
        (["tabulate", "retreival"], "Did you mean 'retrieval'?"),
        (["notebook", "gone.ipynb", "out.ipynb"], "No notebook at gone.ipynb"),
    ],
)
def test_what_cannot_be_done_is_told_with_exit_code_one(
    patbench: Patbench, home: Path, monkeypatch: pytest.MonkeyPatch, words: list[str], said: str
) -> None:
    monkeypatch.chdir(home)
    done = patbench(*words, "--study", small_study(home))
    assert done.code == 1 and said in done.err
    assert done.err.startswith("patbench: ") and "Traceback" not in done.err
    assert not (home / "x.trec").exists() and not (home / "out.ipynb").exists()


def test_a_question_that_is_no_sql_is_told_with_the_tables(patbench: Patbench, home: Path) -> None:
    study = small_study(home, systems=["BM25"])
    assert patbench("tabulate", "--study", study).code == 0
    done = patbench("results", "--study", study, "--sql", "select valu from results")
    assert done.code == 1 and "Tables: results, comparisons, scores." in done.err
    empty = patbench("results", "--study", study, "--sql", "select * from results where value > 2")
    assert empty.code == 1 and "The table is empty." in empty.err


def test_the_small_study_is_valid() -> None:
    assert Study.model_validate(SMALL).name == "small"
