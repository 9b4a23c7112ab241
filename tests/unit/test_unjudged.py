"""A study of a landscape without any citation: HUPD classifies and clusters, and nothing is retrieved."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml
from fixtures.bigpatent import clusters
from fixtures.commands import Patbench
from fixtures.hupd import sample
from fixtures.landscapes import as_csv, cited_in_a_row
from fixtures.studies import SMALL

from patbench_lib.bench.bench import Bench
from patbench_lib.bench.clustering import clustering_results
from patbench_lib.bench.encoding import encode_step
from patbench_lib.bench.plan import (
    WITHOUT_RETRIEVAL,
    assess_step,
    finetune_step,
    make_plan,
    retrieve_step,
    tabulate_step,
)
from patbench_lib.errors import PatbenchError
from patbench_lib.landscape.folder import save_landscape
from patbench_lib.landscape.origins.origin import Options, find_origin
from patbench_lib.landscape.sources import unjudged_source
from patbench_lib.landscape.spec import DemoSource, FolderSource, TableSource
from patbench_lib.parameters import make_study
from patbench_lib.report.landscape_figures import overview, relevant_per_query
from patbench_lib.report.model_figures import readings
from patbench_lib.report.prose import close_landscape

REASON = "landscape mine has no citations at all and brings no judgements"

STUDY: dict[str, Any] = {
    **SMALL,
    "name": "uncited",
    "landscape": {"source": "folder", "name": "mine", "path": "kept"},
    "external": {"source": "demo", "name": "other", "publications": 30},
    "systems": ["BM25", "LSA", "MiniLM-static"],
    "labels": {"sets": ["decision", "cpc_subclass"], "min_support": 8},
    "classification": {"repeats": 1, "strengths": [1.0], "curve": [1.0]},
    "clustering": {"starts": 2, "repeats": 2, "whitened_dims": 8, "min_cluster_size": 4, "ks": [2, 3]},
    "finetuning": {"models": ["MiniLM-static"], "recipes": ["R1"]},
}


@pytest.fixture
def home(tmp_path: Path) -> Path:
    made = find_origin("hupd").read([sample(tmp_path)], Options(say=lambda line: None))
    save_landscape(made, tmp_path / "kept")
    return tmp_path


@pytest.fixture
def bench(home: Path) -> Bench:
    return Bench(make_study(STUDY, where="test"), home, progress=False)


def test_the_plan_leaves_retrieval_and_what_needs_it_out_by_name(home: Path) -> None:
    plan = make_plan(make_study(STUDY, where="test"), home, 2)
    assert plan.left_out == {"retrieval": REASON, "finetuning": REASON}
    assert plan.retrieve == {} and plan.finetune == {} and set(plan.landscapes) == {"mine"}
    assert set(plan.encode) == {"LSA", "MiniLM-static"} and {"LSA", "MiniLM-static", "TF-IDF"} <= set(plan.assess)
    assert plan.notebooks(["01_landscape", "03_retrieval", "09_clustering"]) == ["01_landscape", "09_clustering"]
    assert plan.tables({"retrieval": ["results"], "clustering": ["results"]}) == {"clustering": ["results"]}
    judged = make_plan(make_study({**STUDY, "landscape": {"source": "demo"}}, where="test"), home, 2)
    assert (
        judged.left_out == {}
        and judged.retrieve
        and judged.finetune
        and set(judged.landscapes) == {"assistive", "other"}
    )
    assert judged.notebooks(["03_retrieval"]) == ["03_retrieval"] and judged.tables({"retrieval": ["results"]})


def test_notebooks_without_retrieval_are_there() -> None:
    there = {path.stem for path in (Path(__file__).parents[2] / "notebooks").glob("*.ipynb")}
    assert set(WITHOUT_RETRIEVAL) <= there


def test_classification_and_clustering_run_and_the_rest_says_why_not(home: Path, bench: Bench) -> None:
    assert list(encode_step(bench, "LSA")["views"]) == ["mine.TA"]  # type: ignore[call-overload]
    assert retrieve_step(bench, "BM25") == {"system": "BM25", "left_out": REASON}
    assert finetune_step(bench, "MiniLM-static+R1") == {"training": "MiniLM-static+R1", "left_out": REASON}
    for system in ("LSA", "MiniLM-static", "TF-IDF", "prior"):
        assess_step(bench, system)
    folder = bench.paths.results
    tabulate_step(bench, "clustering")
    assert [path.name for path in folder.glob("*.results.parquet")] == ["clustering.results.parquet"]
    tabulate_step(bench)
    assert sorted(path.name for path in folder.glob("*.results.parquet")) == [
        "classification.results.parquet", "clustering.results.parquet"
    ]  # fmt: skip
    classified = pd.read_parquet(folder / "classification.results.parquet")
    assert set(classified["label_set"]) == {"decision", "cpc_subclass"}
    told = classified[(classified["measure"] == "micro-F1") & (classified["label_set"] == "cpc_subclass")]
    assert told["value"].max() > 0.9  # the three subclasses have words of their own
    clustered = pd.read_parquet(folder / "clustering.results.parquet")
    leading = clustered[(clustered["measure"] == "V-measure") & (clustered["label_set"] == "cpc_subclass")]
    assert leading["value"].max() > 0.5


def test_lsa_is_fitted_to_all_publications(bench: Bench) -> None:
    assert bench.arena.collection("TA") == bench.arena.texts("TA")
    with pytest.raises(PatbenchError, match=f"Retrieval cannot be judged: {REASON}"):
        bench.run("BM25", bench.arena, "TA")


def test_the_report_says_what_is_left_out(bench: Bench) -> None:
    shown = overview([bench.arena]).set_index("")["mine"]
    assert shown["queries"] == "none" and "relevant pairs" not in shown and shown["label sets"] == "decision"
    assert REASON in relevant_per_query(bench.arena).texts[0].get_text()
    closing = close_landscape(bench.arena).data
    assert f"Retrieval and fine-tuning, which are judged by it, are left out: {REASON}." in closing
    read = readings(bench).set_index("system")
    assert read.loc["BM25", "read"] == 1.0 and read.loc["LSA", "tokens"] > 0


def test_the_command_says_so(home: Path, patbench: Patbench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATBENCH_HOME", str(home))
    (home / "study.yaml").write_text(yaml.safe_dump({**STUDY, "external": None}), encoding="utf-8")
    done = patbench("landscape", "--study", home / "study.yaml")
    assert done.code == 0 and f"mine: 60 publications, retrieval is left out: {REASON}" in done.out
    assert "label sets: decision" in done.out


def test_bigpatent_is_clustered_by_what_text_it_has(tmp_path: Path) -> None:
    made = find_origin("bigpatent").read([clusters(tmp_path / "data", 12)], Options(say=lambda line: None))
    save_landscape(made, tmp_path / "kept")
    fields = {
        "views": ["A", "D"],
        "systems": ["BM25", "MiniLM-static"],
        "labels": {"sets": ["section"], "min_support": 8},
    }
    bench = Bench(make_study({**STUDY, **fields}, where="test"), tmp_path, progress=False)
    assert bench.arena.views == ["D"] and bench.arena.views_missing == {"A": ["abstract"]}
    found = clustering_results(bench)
    told = found[(found["measure"] == "V-measure") & (found["method"] == "k-means")]
    assert set(told["label_set"]) == {"section"} and set(told["view"]) == {"D"} and told["value"].max() > 0.5


def test_mteb_has_the_tasks_of_labels_alone(bench: Bench) -> None:
    pytest.importorskip("mteb", reason="MTEB is an extra")
    from patbench_lib.mteb_bridge.run import tasks_of

    kinds = {task.metadata.type for task in tasks_of(bench, bench.arena, "TA")}
    assert "Clustering" in kinds and "Retrieval" not in kinds


def test_sources_are_told_by_their_citations_alone(home: Path) -> None:
    assert unjudged_source(DemoSource(), home) == ""
    assert unjudged_source(FolderSource(name="mine", path="kept"), home) == REASON
    assert unjudged_source(FolderSource(name="mine", path="none"), home) == ""
    (home / "empty").mkdir()
    assert unjudged_source(FolderSource(name="mine", path="empty"), home) == ""
    as_csv(cited_in_a_row(5), home / "t.csv")
    assert unjudged_source(TableSource(name="mine", path="t.csv"), home) == ""
    (home / "bare.csv").write_text("publication_number,title,refs\nUS-1-A,One,\nUS-2-A,Two,\n", encoding="utf-8")
    assert unjudged_source(TableSource(name="mine", path="bare.csv"), home) == REASON
    mapped = TableSource(name="mine", path="bare.csv", columns={"cited": "refs"})
    assert unjudged_source(mapped, home) == REASON
    (home / "cites.csv").write_text("publication_number,refs\nUS-1-A,US-2-A\n", encoding="utf-8")
    assert unjudged_source(TableSource(name="mine", path="cites.csv", columns={"cited": "refs"}), home) == ""
