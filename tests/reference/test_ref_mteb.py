"""Landscapes and models through MTEB: the same scores, tasks that run, and files that MTEB reads."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fixtures import studies
from fixtures.commands import Patbench, small_study
from fixtures.dapfam import write_dapfam
from fixtures.rooms import judged

from patbench_lib.bench.bench import Bench
from patbench_lib.bench.results import retrieval_results
from patbench_lib.cluster.gold import gold
from patbench_lib.cluster.mteb_protocol import v_measures
from patbench_lib.errors import PatbenchError
from patbench_lib.evaluate.retrieval import ranks, score_ranks
from patbench_lib.evaluate.ties import extremes
from patbench_lib.landscape.folder import save_landscape
from patbench_lib.landscape.origins import dapfam
from patbench_lib.landscape.origins.origin import Options
from patbench_lib.mteb_bridge.candidates import Candidates, excludes_itself_alone
from patbench_lib.parameters import make_study

pytest.importorskip("mteb", reason="MTEB is an extra")

from mteb.cache import ResultCache

from patbench_lib.mteb_bridge.encoder import MtebEncoder
from patbench_lib.mteb_bridge.model_meta import model_meta
from patbench_lib.mteb_bridge.retrieval_task import LandscapeRetrieval
from patbench_lib.mteb_bridge.run import export_results, run_tasks, tasks_of

SETS: dict[str, dict[str, Any]] = {
    "patsnap": {"relation": "cites"},
    "us-week-2007": {"relation": "coupling", "min_shared": 2},
}
SAME = 1e-6


def real(name: str, system: str, home: Path, shared: Path) -> Bench:
    content = {
        **{key: value for key, value in studies.SMALL.items() if key != "depth"},
        "name": name,
        "landscape": {"source": "table", "name": name, "path": str((shared / f"{name}.parquet").resolve())},
        "relevance": SETS[name],
        "systems": [system],
        "baseline": system,
    }
    return Bench(make_study(content, where=name), home, progress=False)


@dataclass(frozen=True)
class Compared:
    """nDCG@10 of each query here and by MTEB, and its span over orders of documents with near-equal scores."""

    ours: np.ndarray
    theirs: np.ndarray
    low: np.ndarray
    high: np.ndarray

    @property
    def untied(self) -> np.ndarray:
        """Families are near-copies: ties are common, and most are harmless, of documents all relevant or all not."""
        return self.high - self.low < SAME


def compare(made: Bench, system: str) -> Compared:
    arena = made.arena
    queries = arena.judgements.queries
    run = made.run(system, arena, "TA")
    ours, low, high = (
        score_ranks(ranks(each), arena.judgements, ["nDCG@10"]).set_index("query")["value"].loc[queries].to_numpy()
        for each in (run, *extremes(run, arena.judgements))
    )
    task = LandscapeRetrieval(arena, "TA")
    (result,) = run_tasks(MtebEncoder(made, system, arena, "TA"), [task])
    theirs = np.array([task.by_query[arena.landscape.numbers[row]]["ndcg_cut_10"] for row in queries])
    assert result.get_score() == pytest.approx(theirs.mean(), abs=1e-5), "MTEB rounds to five digits"
    return Compared(ours, theirs, low, high)


def check_parity(name: str, system: str, home: Path, shared: Path) -> None:
    check_same(compare(real(name, system, home, shared), system), least=0.9)


def check_same(found: Compared, *, least: float) -> None:
    """The same scores where no tie can change them, and elsewhere scores that an order of ties gives."""
    untied = found.untied
    assert untied.mean() > least
    np.testing.assert_allclose(found.ours[untied], found.theirs[untied], atol=SAME)
    assert found.ours[untied].mean() == pytest.approx(found.theirs[untied].mean(), abs=SAME)
    for values in (found.ours, found.theirs):
        assert ((values > found.low - SAME) & (values < found.high + SAME)).all()


@pytest.mark.parametrize("name", SETS)
def test_a_static_model_scores_the_same_by_mteb(name: str, tmp_path: Path, shared: Path) -> None:
    check_parity(name, "MiniLM-static", tmp_path, shared)


@pytest.mark.slow
@pytest.mark.parametrize("name", SETS)
def test_minilm_scores_the_same_by_mteb(name: str, tmp_path: Path, shared: Path) -> None:
    check_parity(name, "MiniLM-L6", tmp_path, shared)


def test_queries_that_are_no_documents_are_none_for_mteb_either(tmp_path: Path) -> None:
    brought = dapfam.ORIGIN.read([write_dapfam(tmp_path / "raw")], Options(say=lambda _: None))
    save_landscape(brought, tmp_path / "dapfam")
    content = {
        **studies.SMALL,
        "name": "brought",
        "landscape": {"source": "folder", "name": "dapfam", "path": "dapfam"},
        "external": None,
        "relevance": {"relation": "given"},
        "systems": ["MiniLM-static"],
        "baseline": "MiniLM-static",
    }
    made = Bench(make_study(content, where="given"), tmp_path, progress=False)
    assert not made.arena.judgements.candidates[made.arena.judgements.queries].all()
    check_same(compare(made, "MiniLM-static"), least=0.9)


def test_the_demo_scores_the_same_by_mteb(tmp_path: Path) -> None:
    check_same(compare(studies.bench(tmp_path), "MiniLM-static"), least=0.9)


def test_a_query_is_shown_no_document_of_its_family_nor_a_later_one() -> None:
    numbers = ["A", "B", "C", "D"]
    families = Candidates(judged(4, {0: [2], 3: [1]}, family=[0, 0, 1, 2]), numbers)
    assert dict(families) == {"A": ["C", "D"], "D": ["A", "B", "C"]}
    dated = Candidates(judged(4, {3: [1]}, dates=[5, 1, 9, 6]), numbers)
    assert dict(dated) == {"D": ["A", "B"]}


def test_all_documents_are_searched_only_where_a_query_excludes_itself_alone(tmp_path: Path) -> None:
    assert excludes_itself_alone(judged(3, {0: [1]}))
    assert not excludes_itself_alone(judged(3, {0: [2]}, family=[0, 0, 1]))
    assert not excludes_itself_alone(judged(3, {0: [1]}, dates=[3, 2, 1]))
    assert not excludes_itself_alone(replace(judged(3, {0: [1]}), candidates=np.array([False, True, True])))
    # A family of two is no hindrance where it has no query: each query's own is of one.
    assert excludes_itself_alone(judged(4, {0: [1]}, family=[0, 1, 2, 2]))


def test_both_ways_of_leaving_out_the_query_give_the_same(home: Path) -> None:
    made = Bench(make_study(_yaml(small_study(home, external=None)), where="t"), home, progress=False)
    arena, encoder = made.arena, MtebEncoder(made, "MiniLM-static", made.arena, "TA")
    alone = LandscapeRetrieval(arena, "TA")
    assert alone.ignore_identical_ids
    run_tasks(encoder, [alone])
    told = LandscapeRetrieval(arena, "TA")
    told.ignore_identical_ids = False
    told.dataset["default"]["test"]["top_ranked"] = Candidates(arena.judgements, arena.landscape.numbers)
    run_tasks(encoder, [told])
    for query, values in alone.by_query.items():
        assert values == pytest.approx(told.by_query[query])


def _yaml(path: Path) -> dict[str, Any]:
    import yaml

    content: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return content


def test_label_sets_are_classified_and_clustered_by_mteb(tmp_path: Path) -> None:
    changes = {
        "landscape": {"source": "demo", "publications": 150},
        "labels": {"sets": ["at_domain"], "min_support": 10},
    }
    made = studies.bench(tmp_path, **changes)
    _, classified, clustered = tasks_of(made, made.arena, "TA")
    test, train = (set(classified.dataset[part]["text"]) for part in ("test", "train"))
    assert test and train
    encoder = MtebEncoder(made, "MiniLM-static", made.arena, "TA")
    results = {result.task_name: result for result in run_tasks(encoder, [classified, clustered])}
    assert 0 < results["assistive-TA-at_domain-MultilabelClassification"].get_score() < 1
    (labels,) = made.arena.label_sets[0]
    rows, classes = gold(labels, made.study.clustering.gold)
    task = "clustering"
    vectors = made.encoded("MiniLM-static", made.arena, "TA", task=task).vectors  # type: ignore[arg-type]
    ours = v_measures(np.asarray(vectors)[rows], classes).mean()
    assert results["assistive-TA-at_domain-Clustering"].get_score() == pytest.approx(ours, abs=1e-6)


def test_results_are_read_back_by_mteb(tmp_path: Path) -> None:
    made = studies.bench(tmp_path, depth=20)
    written = export_results(made, tmp_path / "out")
    assert written and all(path.is_file() for path in written)
    table, _ = retrieval_results(made)
    cache = ResultCache(tmp_path / "out")
    for system in made.study.systems:
        meta = model_meta(made.study.card(system), made.study)
        read = cache.load_task_result("assistive-TA-Retrieval", meta)
        mine = table[(table["system"] == system) & (table["stratum"] == "ALL")].set_index("measure")["value"]
        assert read.get_score() == pytest.approx(mine["nDCG@10"], abs=1e-6)
        assert read.scores["test"][0]["map_at_20"] == pytest.approx(mine["MAP"], abs=1e-6)
    folder = tmp_path / "out" / "results" / "patbench__MiniLM-static"
    (file,) = folder.glob("*/assistive-TA-Retrieval.json")
    assert json.loads(file.read_text(encoding="utf-8"))["scores"]["test"][0]["computed_by"].startswith("patbench")


def test_a_shorter_reading_is_an_experiment_and_no_result_of_the_model(tmp_path: Path) -> None:
    made = studies.bench(tmp_path, systems=["BM25", "MiniLM-L6"], encoding={"max_tokens": 32})
    meta = model_meta(made.study.card("MiniLM-L6"), made.study)
    assert meta.name == "sentence-transformers/all-MiniLM-L6-v2"
    assert meta.experiment_kwargs == {"max_tokens": 32}
    whole = studies.bench(tmp_path, systems=["BM25", "MiniLM-L6"])
    assert model_meta(whole.study.card("MiniLM-L6"), whole.study).experiment_kwargs is None


def test_a_system_without_vectors_is_refused(tmp_path: Path) -> None:
    made = studies.bench(tmp_path)
    with pytest.raises(PatbenchError, match="'BM25' is a lexical model"):
        MtebEncoder(made, "BM25", made.arena, "TA")


def test_the_commands_run_and_export(home: Path, patbench: Patbench) -> None:
    study = small_study(home, external=None)
    done = patbench("mteb", "run", "MiniLM-static", "-s", study, "--retrieval", "-o", home / "kept")
    assert done.code == 0 and done.out.startswith("mine-TA-Retrieval: 0.")
    assert list((home / "kept").glob("results/*/*/mine-TA-Retrieval.json"))
    done = patbench("mteb", "export", "-s", study, "-o", home / "out")
    assert done.code == 0 and done.out.startswith("Wrote ")


def test_a_misspelt_task_of_mtebs_own_is_answered_with_the_nearest(home: Path, patbench: Patbench) -> None:
    study = small_study(home, external=None)
    done = patbench("mteb", "run", "MiniLM-static", "-s", study, "--task", "BigPatentClusterin.v2")
    assert done.code == 1 and "Did you mean 'BigPatentClustering.v2'?" in done.err
    offline = patbench("mteb", "run", "MiniLM-static", "-s", study, "--task", "BigPatentClustering.v2")
    assert offline.code == 1 and "cannot be brought: mteb/big-patent" in offline.err


def test_without_mteb_the_command_says_how_to_get_it(
    home: Path, patbench: Patbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("patbench_lib.mteb_bridge.extra.find_spec", lambda name: None)
    done = patbench("mteb", "export", "-o", home / "out")
    assert done.code == 1 and "MTEB is not installed" in done.err and "pip install" in done.err
