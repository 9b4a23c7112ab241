"""Claims found by abstracts, before and after a training of MiniLM-static for a few steps."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from fixtures import studies

from patbench_lib.bench.across_views import across_scores, across_views, task
from patbench_lib.bench.bench import Bench
from patbench_lib.bench.changes import CHANGES, Subject, subjects_of
from patbench_lib.bench.held_out import HeldOut, held_out
from patbench_lib.bench.trainings import Training
from patbench_lib.bench.tuned import with_tuned

SMALL: dict[str, Any] = {
    "landscape": {"source": "demo", "publications": 120},
    "labels": {"min_support": 8},
    "finetuning": {
        "models": ["MiniLM-static"],
        "recipes": ["R3"],
        "pairs_most": 24,
        "batch": 8,
        "epochs": 1,
        "looks": 1,
        "pool": 40,
    },
}
STATIC = Training("MiniLM-static", "R3")


def silent(_: str) -> None:
    """Take what a training needs, and say nothing."""


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    made = studies.bench(tmp_path_factory.mktemp("across"), **SMALL)
    return with_tuned(made, [STATIC], say=silent)


@pytest.fixture(scope="module")
def held(bench: Bench) -> HeldOut:
    return held_out(bench, bench.arena, whole=False)


def test_each_publication_held_out_asks_for_its_own_claims_among_all(bench: Bench, held: HeldOut) -> None:
    scores = across_scores(bench, held, "MiniLM-static")
    landscape, encoder = bench.arena.landscape, bench.encoder("MiniLM-static", bench.arena, "TA")
    asked = bench.encode_texts(encoder, list(landscape.patents["abstract"]), "query").vectors
    claims = bench.encode_texts(encoder, list(landscape.patents["claims"]), "document").vectors
    for row in held.rows:
        others = landscape.family != landscape.family[row]
        rank = 1 + int((claims[others] @ asked[row] > claims[row] @ asked[row]).sum())
        own = scores[scores["query"] == landscape.numbers[row]].set_index("measure")["value"]
        assert own["nDCG@10"] == pytest.approx(1 / np.log2(1 + rank) if rank <= 10 else 0)
        assert own["MRR"] == pytest.approx(1 / rank if rank <= bench.study.depth else 0)
    assert sorted(scores["query"].unique()) == [landscape.numbers[row] for row in held.rows]
    assert list(scores) == list(bench.scores("MiniLM-static", bench.arena, "TA"))
    pd.testing.assert_frame_equal(scores, across_scores(bench, held, "MiniLM-static"))


def test_changes_are_those_of_the_scores(bench: Bench, held: HeldOut) -> None:
    table = across_views(bench, held, subjects_of([STATIC]))
    assert table is not None
    assert list(table) == list(CHANGES)
    assert set(table["task"]) == {task(bench)} == {"abstract→claims"}
    assert set(table["measure"]) == {"nDCG@10", "MRR"}
    assert set(table["n"]) == {len(held.rows)}
    before, after = (
        across_scores(bench, held, name).groupby("measure")["value"].mean() for name in (STATIC.model, STATIC.name)
    )
    told = table.set_index("measure")
    for measure in before.index:
        assert told["zero_shot"][measure] == pytest.approx(before[measure])
        assert told["tuned"][measure] == pytest.approx(after[measure])
        assert told["difference"][measure] == pytest.approx(after[measure] - before[measure])
    assert (table["low"] <= table["difference"]).all()
    assert (table["difference"] <= table["high"]).all()


def test_a_model_does_not_differ_from_itself(bench: Bench, held: HeldOut) -> None:
    same = across_views(bench, held, [Subject("MiniLM-static", "R3", "plain", ("MiniLM-static",))])
    assert same is not None
    assert (same["difference"] == 0).all()
    assert not same["significant"].any()


def test_prompts_are_those_of_a_query_and_a_document(
    bench: Bench, held: HeldOut, monkeypatch: pytest.MonkeyPatch
) -> None:
    roles, encode = [], bench.encode_texts

    def spied(encoder: Any, texts: Any, role: Any) -> Any:
        roles.append((role, len(texts)))
        return encode(encoder, texts, role)

    monkeypatch.setattr(bench, "encode_texts", spied)
    across_scores(bench, HeldOut(held.arena, held.queries, held.rows[:5], False), STATIC.name)
    assert roles == [("query", 5), ("document", len(bench.arena.landscape))]


def test_a_model_that_may_have_learnt_from_what_is_asked_is_left_out(bench: Bench, held: HeldOut) -> None:
    loose, plain = (Subject("MiniLM-static", "R3", kind, (STATIC.name,)) for kind in ("transductive", "plain"))
    table = across_views(bench, held, [loose, plain])
    assert table is not None
    assert set(table["kind"]) == {"plain"}
    everything = held_out(bench, bench.arena, whole=True)  # as of a landscape that nothing was learnt from
    table = across_views(bench, everything, [loose, plain])
    assert table is not None
    assert set(table["kind"]) == {"transductive", "plain"}


@pytest.mark.parametrize("subjects", [[], [Subject("MiniLM-static", "R3", "transductive", (STATIC.name,))]])
def test_without_subjects_the_table_is_empty(bench: Bench, held: HeldOut, subjects: list[Subject]) -> None:
    table = across_views(bench, held, subjects)
    assert table is not None
    assert table.empty
    assert list(table) == list(CHANGES)


def test_without_a_section_nothing_can_be_asked(tmp_path: Path) -> None:
    made = studies.bench(tmp_path, **SMALL)
    made.arena.landscape.patents["claims"] = ""
    whole = held_out(made, made.arena, whole=True)
    assert across_views(made, whole, [Subject("MiniLM-static", "R3", "plain", ("MiniLM-static",))]) is None
