"""The tables of fine-tuning, on MiniLM-static trained for three steps."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fixtures import studies

from patbench_lib.bench import contrasts, held_out
from patbench_lib.bench import finetuning as module
from patbench_lib.bench.bench import Bench
from patbench_lib.bench.changes import CHANGES, ORDERS, Subject, ranked_alone, subjects_of
from patbench_lib.bench.finetuning import finetuning_results, places
from patbench_lib.bench.results import query_results, retrieval_results
from patbench_lib.bench.trainings import Training, trainings, trainings_of
from patbench_lib.bench.tuned import folder_of, with_tuned
from patbench_lib.finetune.folder import training_of, tuned_card

TUNING: dict[str, Any] = {**studies.TUNING, "remedies": ["both"], "looser": False}
STUDY: dict[str, Any] = {
    "landscape": {"source": "demo", "publications": 120},
    "external": {"source": "demo", "name": "external", "kind": "external", "publications": 60},
    "labels": {"sets": ["enabling_technology"], "min_support": 6},
    "classification": {"repeats": 1, "strengths": [1.0], "curve": [1.0]},
    "clustering": {"starts": 1, "repeats": 1},
}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One home for all, so that models are trained once."""
    return tmp_path_factory.mktemp("home")


def bench(root: Path, *, tuning: dict[str, Any] | None = None, **fields: Any) -> Bench:
    return studies.bench(root, **{**STUDY, **fields}, finetuning={**TUNING, **(tuning or {})})


def refuse(*_: Any, **__: Any) -> None:
    raise AssertionError("work was done again")


def test_tables_of_a_study_are_made_once_and_found(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = bench(home)
    for recipe in ("R1", "R3"):
        module.test_trainings(made, trainings_of(made, "MiniLM-static", recipe))
    tuned, subjects = _tuned(made)
    with monkeypatch.context() as patched:
        patched.setattr(held_out, "agree", refuse)
        for held, some in places(tuned, subjects):
            learning = [each for each in some if not ranked_alone(held, each)]
            held_out.agreements_by(tuned, held, [system for each in learning for system in each.systems])
            with pytest.raises(AssertionError, match="again"):
                held_out.agreements_by(tuned, held, ["MiniLM-static"])
    first = finetuning_results(made)
    changed, ordered = first["changes"], first["orders"]
    assert list(changed.columns[: len(CHANGES)]) == list(CHANGES) and list(ordered.columns) == list(ORDERS)
    kinds = changed.groupby(["landscape", "whole"])["kind"].unique().map(set).to_dict()
    assert kinds == {
        ("assistive", False): {"plain", "matched", "both"},
        ("external", True): {"plain"},
        ("external", False): {"plain", "both"},
    }
    assert set(ordered["landscape"]) == {"assistive"} and set(ordered["kind"]) == {"plain", "matched"}
    assert set(changed[changed["kind"] == "both"]["task"]) == {"retrieval"}, "a remedy is against loss in retrieval"
    monkeypatch.setattr(contrasts, "retrieval_scores", refuse)
    again = finetuning_results(bench(home))
    for name, table in first.items():
        assert again[name].columns.tolist() == table.columns.tolist()
        np.testing.assert_array_equal(again[name]["difference"], table["difference"])
    with pytest.raises(AssertionError, match="again"):
        finetuning_results(bench(home, statistics={"resamples": 101, "permutations": 100}))


def test_the_model_card_tells_what_tests_gave(home: Path) -> None:
    made = bench(home)
    module.test_trainings(made, trainings_of(made, "MiniLM-static", "R3"))
    folder = folder_of(made, Training("MiniLM-static", "R3"))
    tuned = tuned_card(folder)
    changed = finetuning_results(made)["changes"]
    own = changed[(changed["system"] == tuned.name) & (changed["measure"] == "nDCG@10") & (changed["stratum"] == "ALL")]
    text = (folder / "README.md").read_text()
    for where, whole in (("the test part of assistive", False), ("all of external", True)):
        [row] = own[own["whole"] == whole][:1].to_dict("records")
        told = f"| nDCG@10 on {where}, {row['n']:,} queries (synthetic patents) |"
        assert f"{told} {row['zero_shot']:.4f} before, {row['tuned']:.4f} after |" in text
    assert "tested" not in training_of(folder), "a blend of it tells of its own tests"


def _tuned(made: Bench) -> tuple[Bench, list[Subject]]:
    every = trainings(made)
    return with_tuned(made, every, say=lambda _: None), subjects_of(every)


def test_changes_tell_what_made_them_and_can_be_asked_in_sql(home: Path) -> None:
    made = bench(home)
    changed = finetuning_results(made)["changes"]
    plain = changed[(changed["kind"] == "plain") & (changed["recipe"] == "R3")]
    assert set(plain["model_id"]) == {"tuned/small/MiniLM-static+R3"}, "the same in any folder"
    assert set(plain["system"]) == {"MiniLM-static+R3"} and set(plain["baseline"]) == {"MiniLM-static"}
    assert set(plain["card_kind"]) == {"static"} and plain["synthetic"].all() and set(plain["view"]) == {"TA"}
    own = changed[changed["landscape"] == "assistive"]["landscape_sha256"]
    assert set(own) == {made.arena.landscape.fingerprint}
    retrieval_results(made)
    asked = "select tested, count(*) as rows from comparisons where task = 'finetuning' group by tested order by tested"
    answer = query_results(made.paths.results, asked)
    assert answer["tested"].tolist() == sorted(changed["task"].unique())
    assert answer["rows"].sum() == len(changed)


def test_a_study_that_tunes_nothing_has_empty_tables(home: Path) -> None:
    made = bench(home, name="untuned", tuning={"models": []})
    tables = finetuning_results(made)
    for name, columns in (("changes", CHANGES), ("orders", ORDERS)):
        assert tables[name].empty and tables[name][list(columns)].dtypes.astype(str).to_dict() == columns
    module.test_trainings(
        bench(home, name="untuned", tuning={"models": []}),
        trainings_of(bench(home, name="untuned", tuning={"models": []}), "MiniLM-static", "R1"),
    )


def test_without_an_external_landscape_the_own_one_is_left(home: Path) -> None:
    made = bench(home, external=None, tuning={"recipes": ["R3"], "remedies": []})
    tables = finetuning_results(made)
    assert set(tables["changes"]["landscape"]) == {"assistive"} and not tables["changes"]["whole"].any()
    assert tables["orders"].empty


def test_remedies_meet_on_the_part_that_none_has_seen(home: Path) -> None:
    made = bench(home)
    subjects = [Subject("A", "R1", kind, (f"A+{kind}",)) for kind in ("plain", "matched", "gentle", "both")]
    subjects.append(Subject("B", "R1", "plain", ("B",)))
    found = {(held.arena.name, held.whole): [each.systems[0] for each in some] for held, some in places(made, subjects)}
    assert found["assistive", False] == [each.systems[0] for each in subjects]
    assert found["external", True] == ["A+plain", "A+gentle", "B"]
    assert found["external", False] == ["A+plain", "A+gentle", "A+both"]
    assert list(places(made, [])) == []
