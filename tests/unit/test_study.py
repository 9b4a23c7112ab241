from __future__ import annotations

import re
from pathlib import Path

import pytest
from pydantic import ValidationError

from patbench_lib.bench.keys import landscape_key, run_key, score_key
from patbench_lib.bench.plan import make_plan
from patbench_lib.errors import PatbenchError, nearest, unknown_name
from patbench_lib.landscape.spec import DemoSource, TableSource
from patbench_lib.parameters import make_study
from patbench_lib.paths import Paths, find_root
from patbench_lib.study import Study, digest

SMALL = {"systems": ["BM25", "MiniLM-static"], "landscape": {"source": "demo", "publications": 40}, "external": None}
UNTUNED = {"finetuning": {"models": []}, "expert_text": {"models": []}}


def study(**fields: object) -> Study:
    return make_study({**SMALL, **fields}, where="test")


def test_a_study_cannot_be_changed() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        Study().depth = 5  # type: ignore[misc]


def test_measures_deeper_than_the_depth_are_left_out() -> None:
    assert Study(depth=50).measured() == ("nDCG@10", "MAP", "MRR", "P@10")
    assert Study(depth=100).measured() == Study().measures


def test_own_cards_go_before_the_registrys() -> None:
    card = {"name": "MiniLM-L6", "kind": "dense", "path": "models/mine", "dim": 3, "max_tokens": 9, "pooling": "mean"}
    assert str(study(models=[card]).card("MiniLM-L6").path) == "models/mine"
    assert study().card("MiniLM-L6").embedded


def test_a_digest_changes_with_every_part_and_not_with_the_order_of_keys() -> None:
    assert len(digest("a")) == 16
    assert digest({"a": 1, "b": 2}) == digest({"b": 2, "a": 1})
    assert len({digest("a"), digest("a", ""), digest("b"), digest(Study()), digest(Study(seed=1))}) == 5


def keys_of(made: Study, system: str) -> tuple[str, str]:
    landscape = digest(made.landscape)
    key = run_key(made, made.card(system), made.views[0], landscape)
    return key, score_key(made, key)


@pytest.mark.parametrize(
    ("change", "bm25_run", "dense_run", "scores"),
    [
        ({"seed": 1}, False, False, False),
        ({"title": "other"}, False, False, False),
        ({"statistics": {"resamples": 500}}, False, False, False),
        ({"search": {"block_mb": 7}}, False, False, False),
        ({"encoding": {"batch_tokens": 99}}, False, False, False),
        ({"measures": ["nDCG@10", "P@5"]}, False, False, True),
        ({"bm25": {"k1": 0.9}}, True, False, True),
        ({"search": {"backend": "faiss"}}, False, True, True),
        ({"encoding": {"dtype": "float16"}}, False, True, True),
        ({"encoding": {"max_tokens": 64}}, False, True, True),
        ({"depth": 50}, True, True, True),
        ({"relevance": {"earlier_only": True}}, True, True, True),
        ({"views": ["TA"]}, True, True, True),
        ({"landscape": {"source": "demo", "publications": 41}}, True, True, True),
    ],
)
def test_keys_change_with_what_changes_the_result_and_with_nothing_else(
    change: dict[str, object], bm25_run: bool, dense_run: bool, scores: bool
) -> None:
    old, new = study(), study(**change)
    bm25, dense = ((keys_of(old, name), keys_of(new, name)) for name in ("BM25", "MiniLM-static"))
    assert (bm25[0][0] != bm25[1][0]) == bm25_run
    assert (dense[0][0] != dense[1][0]) == dense_run
    assert (bm25[0][1] != bm25[1][1] or dense[0][1] != dense[1][1]) == scores


def test_words_of_the_description_change_the_run_of_tad_alone() -> None:
    old, new = study(), study(description_words=10)
    card = old.card("BM25")
    assert run_key(old, card, "TA", "x") == run_key(new, card, "TA", "x")
    assert run_key(old, card, "TAD", "x") != run_key(new, card, "TAD", "x")


def test_a_landscapes_key_changes_with_the_files_content(tmp_path: Path) -> None:
    root = tmp_path
    spec = TableSource(name="t", path="t.csv")
    (root / "t.csv").write_text("a\n1\n")
    first = landscape_key(spec, root)
    assert landscape_key(spec, root) == first
    (root / "t.csv").write_text("a\n22\n")
    second = landscape_key(spec, root)
    assert second != first
    (root / "t.csv").write_text("a\n1\n")
    assert landscape_key(spec, root) == first
    assert len({first, second, landscape_key(TableSource(name="t", path="gone.csv"), root)}) == 3
    assert landscape_key(DemoSource(seed=1), root) != landscape_key(DemoSource(), root)


def test_the_plan_has_a_step_for_each_landscape_model_and_system(tmp_path: Path) -> None:
    root = tmp_path
    plan = make_plan(study(), root, cores=4)
    assert list(plan.landscapes) == ["assistive"]
    assert list(plan.encode) == ["MiniLM-static"] and list(plan.retrieve) == ["BM25", "MiniLM-static"]
    assert list(plan.assess) == ["MiniLM-static", "prior", "BM25-kNN", "TF-IDF"], "BM25 itself has no vectors"
    reseeded = make_plan(study(seed=1), root, cores=4)
    assert plan.retrieve == reseeded.retrieve and plan.assess != reseeded.assess
    deeper = make_plan(study(depth=50), root, cores=4)
    assert plan.encode == deeper.encode and plan.landscapes == deeper.landscapes
    assert all(plan.retrieve[name] != deeper.retrieve[name] for name in plan.retrieve)
    other = make_plan(study(bm25={"k1": 2.0}), root, cores=4)
    assert other.retrieve["BM25"] != plan.retrieve["BM25"]
    assert other.retrieve["MiniLM-static"] == plan.retrieve["MiniLM-static"] and other.report != plan.report


def test_cores_go_one_each_to_as_many_transformers_and_else_all_to_one_after_the_other(tmp_path: Path) -> None:
    made = study(systems=["BM25", "MiniLM-static", "MiniLM-1L", "MiniLM-2L"], **UNTUNED)
    assert make_plan(made, tmp_path, cores=2).threads == {"MiniLM-static": 1, "MiniLM-1L": 1, "MiniLM-2L": 1}
    assert make_plan(made, tmp_path, cores=4).threads == {"MiniLM-static": 1, "MiniLM-1L": 4, "MiniLM-2L": 4}


def test_the_root_is_the_home_then_the_folder_with_the_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = tmp_path.resolve()
    inner = root / "a" / "b"
    inner.mkdir(parents=True)
    monkeypatch.delenv("PATBENCH_HOME", raising=False)
    assert find_root(inner) == inner
    (root / "_quarto.yml").touch()
    assert find_root(inner) == root
    monkeypatch.chdir(inner)
    assert find_root() == root
    monkeypatch.setenv("PATBENCH_HOME", str(root / "home"))
    assert find_root(inner) == root / "home"


def test_studies_share_landscapes_and_vectors_and_nothing_else() -> None:
    one, two = Paths(Path("/r"), "one"), Paths(Path("/r"), "two")
    assert (one.landscapes, one.embeddings) == (two.landscapes, two.embeddings)
    for name in ("build", "notebooks", "results", "runs", "scores", "site"):
        assert getattr(one, name) != getattr(two, name)


@pytest.mark.parametrize(
    ("name", "valid", "close"),
    [
        ("detph", ["depth", "seed"], "depth"),
        ("minilm-l6", ["MiniLM-L6", "BM25"], "MiniLM-L6"),
        ("TAX", ["TAC", "DWPI"], "TAC"),
        ("qqq", ["depth", "seed"], None),
        ("x", [], None),
    ],
)
def test_the_nearest_name_is_found_whatever_its_case(name: str, valid: list[str], close: str | None) -> None:
    assert nearest(name, valid) == close


def test_an_error_says_what_why_and_what_to_do_on_lines_of_their_own() -> None:
    error = unknown_name("view", "TAX", ["TA", "TAC"], where="the study")
    assert isinstance(error, PatbenchError)
    assert str(error) == "Unknown view 'TAX' in the study.\nKnown: TA, TAC.\nDid you mean 'TA'?"
    assert str(PatbenchError("It failed.")) == "It failed."
    assert str(unknown_name("view", "qqq", ["TA"])) == "Unknown view 'qqq'.\nKnown: TA."


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"systems": ["BM25", "bge-reranker-v2-m3"]}, "systems names bge-reranker-v2-m3, which is a cross-encoder"),
        ({"passages": {"systems": ["LSA"]}}, "passages.systems names LSA, which is a lsa model; it takes dense"),
        ({"late_interaction": {"systems": ["MiniLM-L6"]}}, "late_interaction.systems names MiniLM-L6"),
        ({"reranking": {"systems": ["BM25"]}}, "it takes cross-encoder or late-interaction"),
        ({"passages": {"window": 32, "overlap": 32}}, "passages overlap by 32 tokens"),
        ({"reranking": {"systems": ["MiniLM-token"]}}, "MiniLM-tokens"),
    ],
)
def test_a_part_of_a_study_takes_the_models_it_can_use(fields: dict[str, object], told: str) -> None:
    with pytest.raises(PatbenchError, match=re.escape(told)):
        make_study(fields, where="here")
