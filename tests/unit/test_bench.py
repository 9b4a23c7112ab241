from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from fixtures.rooms import rankings
from fixtures.studies import bench
from fixtures.tiny_models import tiny_bert, tiny_card

from patbench_lib.bench import bench as module
from patbench_lib.bench import searching
from patbench_lib.bench.encoding import encode_step
from patbench_lib.bench.keys import model_key, run_key, score_key
from patbench_lib.errors import PatbenchError
from patbench_lib.models.card import TASKS
from patbench_lib.models.encoder import load_encoder


def forbid(monkeypatch: pytest.MonkeyPatch, *names: str) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise AssertionError("work was done again")

    for name in names:
        monkeypatch.setattr(searching if hasattr(searching, name) else module, name, refuse)


def test_a_run_is_kept_and_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = bench(tmp_path)
    runs = {system: first.run(system, first.arena, "TA") for system in first.study.systems}
    forbid(monkeypatch, "search_bm25", "search_exact", "encode", "load_encoder")
    again = bench(tmp_path)
    for system, run in runs.items():
        assert rankings(again.run(system, again.arena, "TA")) == rankings(run)
        assert run.queries.tolist() == first.arena.judgements.queries.tolist()


def test_a_run_never_holds_a_document_of_the_querys_family(tmp_path: Path) -> None:
    made = bench(tmp_path)
    family = made.arena.landscape.family
    for system in made.study.systems:
        run = made.run(system, made.arena, "TA")
        for query, documents in zip(run.queries, rankings(run), strict=True):
            assert (family[documents] != family[query]).all()


CHANGES: dict[str, dict[str, Any]] = {
    "depth": {"depth": 15},
    "relevance": {"relevance": {"relation": "both"}},
    "landscape": {"landscape": {"source": "demo", "publications": 61}},
    "k1": {"bm25": {"k1": 0.9}},
    "b": {"bm25": {"b": 0.4}},
    "stop words": {"bm25": {"stopwords": "none"}},
    "stemmer": {"bm25": {"stemmer": "english"}},
    "variant": {"bm25": {"variant": "bm25+"}},
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_parameter_that_changes_the_run_makes_a_new_one(tmp_path: Path, change: str) -> None:
    files = {
        made.scores_file("BM25", made.arena, "TA") for made in (bench(tmp_path), bench(tmp_path, **CHANGES[change]))
    }
    assert len(files) == 2


def test_old_runs_are_not_reused_when_depth_or_k1_change(tmp_path: Path) -> None:
    first = bench(tmp_path)
    shallow = bench(tmp_path, depth=10)
    weighted = bench(tmp_path, bm25={"k1": 0.1})
    runs = [made.run("BM25", made.arena, "TA") for made in (first, shallow, weighted)]
    assert [run.depth for run in runs] == [20, 10, 20]
    assert not np.array_equal(runs[0].scores, runs[2].scores)
    assert len(list(first.paths.runs.glob("*.BM25.*.parquet"))) == 3


def test_what_changes_nothing_in_a_run_leaves_its_key(tmp_path: Path) -> None:
    plain = bench(tmp_path)
    key = plain.scores_file("BM25", plain.arena, "TA")
    for changes in (
        {"search": {"block_mb": 1}},
        {"search": {"backend": "faiss"}},
        {"description_words": 50},
        {"encoding": {"max_tokens": 16}},
        {"statistics": {"resamples": 200}},
        {"seed": 4},
    ):
        changed = bench(tmp_path, **changes)
        assert changed.scores_file("BM25", changed.arena, "TA") == key


def test_a_dense_key_holds_encoding_and_backend_but_no_bm25(tmp_path: Path) -> None:
    plain = bench(tmp_path)
    card = plain.study.card("MiniLM-static")
    key = run_key(plain.study, card, "TA", "x")
    for changes, same in (
        ({"bm25": {"k1": 0.9}}, True),
        ({"encoding": {"batch_tokens": 64}}, True),
        ({"encoding": {"dtype": "float16"}}, False),
        ({"encoding": {"max_tokens": 16}}, False),
        ({"search": {"backend": "faiss"}}, False),
    ):
        study = bench(tmp_path, **changes).study  # type: ignore[arg-type]
        assert (run_key(study, card, "TA", "x") == key) is same, changes
    assert run_key(plain.study, card, "TAC", "x") != key
    assert model_key(plain.study, card) != model_key(plain.study, plain.study.card("MiniLM-L6"))


def test_other_measures_score_the_same_run_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = bench(tmp_path)
    first.scores("BM25", first.arena, "TA")
    forbid(monkeypatch, "search_bm25")
    other = bench(tmp_path, measures=["nDCG@10", "P@10"])
    assert set(other.scores("BM25", other.arena, "TA")["measure"]) == {"nDCG@10", "P@10"}
    assert score_key(first.study, "x") != score_key(other.study, "x")


def test_measures_deeper_than_the_runs_are_left_out(tmp_path: Path) -> None:
    made = bench(tmp_path, measures=["nDCG@10", "Recall@100"])
    assert set(made.scores("BM25", made.arena, "TA")["measure"]) == {"nDCG@10"}


def test_scores_carry_numbers_and_families(tmp_path: Path) -> None:
    made = bench(tmp_path)
    scores = made.scores("BM25", made.arena, "TA")
    assert list(scores.columns) == ["landscape", "system", "view", "query", "family", "stratum", "measure", "value"]
    patents = made.arena.landscape.patents.set_index("publication_number")
    assert set(scores["query"]) == {made.arena.landscape.numbers[row] for row in made.arena.judgements.queries}
    together = scores.drop_duplicates("query").set_index("query")["family"]
    for family, members in together.groupby(together):
        assert patents.loc[members.index, "family_id"].nunique() == 1, family
    pd.testing.assert_frame_equal(made.scores("BM25", made.arena, "TA"), scores)


def test_a_depth_beyond_the_collection_is_refused(tmp_path: Path) -> None:
    made = bench(tmp_path, depth=60)
    with pytest.raises(PatbenchError, match="depth 60 is more than the 59 documents"):
        made.run("BM25", made.arena, "TA")
    assert not made.paths.runs.exists()


def test_what_a_dense_system_read_is_kept_beside_its_run(tmp_path: Path) -> None:
    made = bench(tmp_path)
    reading = made.reading("MiniLM-static", made.arena, "TA")
    assert {"limit", "truncated", "read", "tokens", "stores", "seconds", "created"} <= set(reading)
    assert (reading["limit"], reading["truncated"], reading["read"]) == (None, 0.0, 1.0)
    (store,) = reading["stores"]
    assert (made.paths.embeddings / store / "key.json").is_file()
    assert set(made.reading("BM25", made.arena, "TA")) == {"seconds", "created"}


def test_a_run_whose_writing_was_cut_off_is_made_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = bench(tmp_path)

    def killed(*_: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(module.Run, "save", killed)
        with pytest.raises(KeyboardInterrupt):
            made.run("BM25", made.arena, "TA")
    assert not list(made.paths.runs.glob("*.parquet"))
    assert any(rankings(made.run("BM25", made.arena, "TA")))
    (described,) = made.paths.runs.glob("*.json")
    assert json.loads(described.read_text())["seconds"] > 0


def test_queries_are_encoded_once_with_the_documents_where_roles_are_alike(tmp_path: Path) -> None:
    made = bench(tmp_path)
    documents = made.encoded("MiniLM-static", made.arena, "TA")
    queries = made.encoded("MiniLM-static", made.arena, "TA", "query")
    assert queries.store == documents.store
    np.testing.assert_array_equal(queries.vectors, documents.vectors[made.arena.judgements.queries])


def test_faiss_and_exact_search_find_the_same(tmp_path: Path) -> None:
    exact, faiss = bench(tmp_path), bench(tmp_path, search={"backend": "faiss"})
    runs = [made.run("MiniLM-static", made.arena, "TA") for made in (exact, faiss)]
    assert np.mean(runs[0].documents == runs[1].documents) > 0.99  # FAISS alone decides near ties by rounding
    assert len(list(exact.paths.runs.glob("*.MiniLM-static.*.parquet"))) == 2


def test_the_fitted_model_is_fitted_to_each_view(tmp_path: Path) -> None:
    made = bench(tmp_path, systems=["BM25", "LSA"], views=["TA", "C1"])
    encoders = [made.encoder("LSA", made.arena, view) for view in ("TA", "C1")]  # type: ignore[arg-type]
    assert encoders[0].fingerprint != encoders[1].fingerprint
    assert made.encoder("LSA", made.arena, "TA") is encoders[0]


def test_a_model_reads_with_the_prompt_of_the_task_and_without_one_each_text_once(tmp_path: Path) -> None:
    folder = tiny_bert(tmp_path / "tiny")
    prompts = {"prompts": {"query": "query ", "document": "text "}}
    cards = [
        tiny_card(folder, name="one-prompt", **prompts),
        tiny_card(folder, name="task-prompts", **prompts, task_prompts={"classification": "near ", "clustering": "a "}),
    ]
    asked = {
        "systems": ["BM25", *(card.name for card in cards)],
        "models": [card.model_dump(mode="json", exclude_defaults=True) for card in cards],
    }
    for card in cards:
        encode_step(bench(tmp_path, **asked), card.name)
    kept = sorted(path.name for path in bench(tmp_path, **asked).paths.embeddings.iterdir())
    made = bench(tmp_path, **asked)
    stores: dict[str, list[str]] = {}
    for card in cards:
        found = [made.encoded(card.name, made.arena, "TA", task=task) for task in TASKS]
        stores[card.name] = [each.store for each in found]
        same = [bool(np.array_equal(each.vectors, found[0].vectors)) for each in found]
        assert same == [True, card.name == "one-prompt", card.name == "one-prompt"]
        texts = made.arena.texts("TA")
        for task, each in zip(TASKS, found, strict=True):
            plain = load_encoder(card, task=task).encode_batch(texts[:3], "document")
            np.testing.assert_allclose(each.vectors[:3], plain, atol=1e-5)
    assert len(set(stores["one-prompt"])) == 1 and len(set(stores["task-prompts"])) == 3
    again = bench(tmp_path, **asked)
    assert [again.encoded("task-prompts", again.arena, "TA", task=task).store for task in TASKS] == stores[
        "task-prompts"
    ]
    assert kept == sorted(path.name for path in made.paths.embeddings.iterdir()), "the step had encoded all of them"
