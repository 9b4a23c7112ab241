from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from fixtures import studies
from fixtures.rooms import rankings
from fixtures.tiny_late import cross_card, late_card, tiny_colbert, tiny_cross

from patbench_lib.bench.bench import Bench
from patbench_lib.bench.encoding import encode_step
from patbench_lib.bench.keys import run_key
from patbench_lib.bench.plan import make_plan, retrieve_step
from patbench_lib.bench.rerank import reranked
from patbench_lib.encode.token_store import TokenVectors
from patbench_lib.errors import PatbenchError
from patbench_lib.report.prose_late import close_late

LATE, CROSS = "tiny-colbert", "tiny-cross"


@pytest.fixture(scope="module")
def cards(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    folder = tmp_path_factory.mktemp("models")
    made = [late_card(tiny_colbert(folder / "late")), cross_card(tiny_cross(folder / "cross"))]
    return [card.model_dump(mode="json", exclude_defaults=True) for card in made]


def bench(root: Path, cards: list[dict[str, Any]], **changes: Any) -> Bench:
    content: dict[str, Any] = {
        "systems": ["BM25", LATE],
        "models": cards,
        "late_interaction": {"systems": [LATE]},
        "reranking": {"systems": [CROSS, LATE], "depth": 10},
        "measures": ["nDCG@10"],
    }
    return studies.bench(root, **{**content, **changes})


def run_in(mode: str, root: Path, cards: list[dict[str, Any]], **settings: Any) -> tuple[Bench, dict[str, Any]]:
    made = bench(root, cards, late_interaction={"systems": [LATE], "mode": mode, **settings})
    return made, made.reading(LATE, made.arena, "TA")


def test_a_late_interaction_system_is_encoded_ranked_and_scored_like_any_other(
    tmp_path: Path, cards: list[dict[str, Any]]
) -> None:
    made = bench(tmp_path, cards, views=["TA", "C1"])
    plan = make_plan(made.study, tmp_path, 4)
    assert set(plan.encode) == {LATE} and plan.threads == {LATE: 4}
    done = encode_step(made, LATE)
    assert set(done["views"]) == {"assistive.TA", "assistive.C1"}  # type: ignore[call-overload]
    assert len(retrieve_step(made, LATE)["files"]) == 2  # type: ignore[arg-type]
    reading = made.reading(LATE, made.arena, "TA")
    assert (reading["mode"], reading["limit"]) == ("exact", 64)
    assert reading["bytes"] == pytest.approx(60 * reading["vectors"] * 8 * 2)
    assert len(reading["stores"]) == 2
    family, run = made.arena.landscape.family, made.run(LATE, made.arena, "TA")
    for query, found in zip(run.queries, rankings(run), strict=True):
        assert len(found) == 20 and (family[found] != family[query]).all()


def test_the_size_of_the_vectors_decides_the_mode(
    tmp_path: Path, cards: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run_in("auto", tmp_path, cards)[1]["mode"] == "exact"
    monkeypatch.setattr(TokenVectors, "nbytes", property(lambda _: (1 << 20) + 1))
    reading = run_in("auto", tmp_path, cards, max_mb=1, candidates=30)[1]
    assert (reading["mode"], reading["first"], reading["candidates"]) == ("candidates", "BM25", 30)


def test_candidates_that_are_all_documents_give_the_exact_ranking(tmp_path: Path, cards: list[dict[str, Any]]) -> None:
    """BM25 leaves out documents without a shared word, so the first stage is a dense system, which ranks all."""
    ranked = []
    for mode in ("exact", "candidates"):
        settings = {"systems": [LATE], "mode": mode}
        systems = {"systems": ["MiniLM-static", LATE], "baseline": "MiniLM-static"}
        made = bench(tmp_path, cards, late_interaction=settings, **systems)
        ranked.append(made.run(LATE, made.arena, "TA"))
    assert rankings(ranked[0]) == rankings(ranked[1])
    np.testing.assert_allclose(ranked[0].scores, ranked[1].scores, rtol=1e-5)


def test_few_candidates_are_ranked_among_themselves(tmp_path: Path, cards: list[dict[str, Any]]) -> None:
    made, reading = run_in("candidates", tmp_path, cards, candidates=25)
    first = made.run("BM25", made.arena, "TA", depth=25)
    for found, among in zip(rankings(made.run(LATE, made.arena, "TA")), rankings(first), strict=True):
        assert set(found) <= set(among) and len(found) == min(20, len(among))
    assert reading["candidates"] == 25


def test_a_system_is_no_first_stage_of_itself(tmp_path: Path, cards: list[dict[str, Any]]) -> None:
    alone = {"systems": [LATE], "baseline": LATE}
    made = bench(tmp_path, cards, late_interaction={"systems": [LATE], "mode": "candidates"}, **alone)
    with pytest.raises(PatbenchError, match="it is the first stage itself"):
        made.run(LATE, made.arena, "TA")
    made = bench(tmp_path, cards, **alone)
    assert made.reading(LATE, made.arena, "TA")["mode"] == "exact"


def test_the_key_of_a_run_holds_what_changes_it(tmp_path: Path, cards: list[dict[str, Any]]) -> None:
    def key(**changes: Any) -> str:
        study = bench(tmp_path, cards, **changes).study
        return run_key(study, study.card(LATE), "TA", "x")

    plain = key()
    assert key(search={"backend": "faiss"}) == plain
    assert key(reranking={"systems": []}) == plain
    for changes in (
        {"late_interaction": {"systems": [LATE], "candidates": 10}},
        {"late_interaction": {"systems": [LATE], "mode": "exact"}},
        {"bm25": {"k1": 0.9}},  # the candidates are BM25's
    ):
        assert key(**changes) != plain
    exact = {"late_interaction": {"systems": [LATE], "mode": "exact"}}
    assert key(**exact, bm25={"k1": 0.9}) == key(**exact)


@pytest.mark.parametrize("system", [CROSS, LATE])
def test_the_best_of_the_baseline_are_reranked(
    tmp_path: Path, cards: list[dict[str, Any]], system: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = bench(tmp_path, cards)
    done, first = reranked(made, system), made.run("BM25", made.arena, "TA")
    for after, before in zip(rankings(done.run), rankings(first), strict=True):
        assert set(after[:10]) == set(before[:10]) and after[10:] == before[10:]
    assert any(a != b for a, b in zip(rankings(done.run), rankings(first), strict=True))
    assert done.made["pairs"] == sum(len(found[:10]) for found in rankings(first))
    assert (done.made["first"], done.made["among"], done.made["limit"]) == ("BM25", 10, 64)
    assert 0 < done.made["ms"] <= done.made["ms_95"] < 1000 * done.made["scoring"]
    from patbench_lib.bench import rerank as room

    monkeypatch.setattr(room, "rerank", None)
    assert rankings(reranked(bench(tmp_path, cards), system).run) == rankings(done.run)


def test_a_reranker_can_look_deeper_than_the_study(tmp_path: Path, cards: list[dict[str, Any]]) -> None:
    made = bench(tmp_path, cards, reranking={"systems": [LATE], "depth": 40})
    done = reranked(made, LATE)
    deep = made.run("BM25", made.arena, "TA", depth=40)
    assert done.run.depth == 20 and done.made["among"] == 40
    for after, before in zip(rankings(done.run), rankings(deep), strict=True):
        assert set(after) <= set(before)
    assert any(set(a) - set(b[:20]) for a, b in zip(rankings(done.run), rankings(deep), strict=True))


def test_a_reranker_does_not_rank_alone(tmp_path: Path, cards: list[dict[str, Any]]) -> None:
    with pytest.raises(PatbenchError, match=f"systems names {CROSS}, which is a cross-encoder model"):
        bench(tmp_path, cards, systems=["BM25", CROSS])
    made = bench(tmp_path, cards, systems=["BM25"])
    with pytest.raises(PatbenchError, match=r"Name it in `reranking.systems`"):
        made.encoder(CROSS, made.arena, "TA")


def test_a_system_without_a_single_vector_is_compared_with_none() -> None:
    kept = pd.DataFrame(
        {
            "system": ["a", "b"],
            "vectors": [9.0, 7.0],
            "bytes": [2048.0, 1024.0],
            "single": ["c", None],
            "times": [3, None],
        }
    )
    nothing = pd.DataFrame(columns=["reranker", "stratum"])
    said = str(close_late(pd.DataFrame(), kept, nothing, pd.DataFrame()).data)
    assert (
        said
        == "a keeps 9 vectors a document, 2 KiB, 3 times the single vector of c. b keeps 7 vectors a document, 1 KiB."
    )
