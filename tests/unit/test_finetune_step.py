"""The workflow's step that trains a model by a recipe and tests it, and its command."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from fixtures import studies
from fixtures.commands import Patbench, small_study

from patbench_lib.bench import plan as module
from patbench_lib.bench.plan import make_plan
from patbench_lib.parameters import make_study

TUNING: dict[str, Any] = {
    **studies.TUNING, "recipes": ["R1", "R2"], "pairs_most": 16, "batch": 2, "pool": 20, "closely": 0,
    "protocol": "transductive",
}  # fmt: skip


def test_a_model_is_trained_and_tested_by_one_command(tmp_path: Path, home: Path, patbench: Patbench) -> None:
    study = small_study(tmp_path, finetuning=TUNING)
    stamp = tmp_path / "stamp.json"
    done = patbench("finetune", "MiniLM-static+R1", "--study", study, "--stamp", stamp)
    assert done.code == 0, done.err
    assert "MiniLM-static+R1: 11.7 of 11.7 million weights are trained" in done.out
    assert json.loads(stamp.read_text())["models"] == ["MiniLM-static+R1"]
    assert list((tmp_path / "results" / "small" / "scores").glob("mine.TA.MiniLM-static+R1.*.parquet"))
    again = patbench("finetune", "MiniLM-static+R1", "--study", study)
    assert (again.code, again.out) == (0, ""), "nothing is left to do, and nothing is said to be needed"


def test_a_recipe_without_pairs_is_left_out_and_an_unknown_one_refused(
    tmp_path: Path, home: Path, patbench: Patbench
) -> None:
    study = small_study(tmp_path, finetuning=TUNING)
    done = patbench("finetune", "MiniLM-static+R2", "--study", study)
    assert done.code == 0
    assert done.out.startswith("MiniLM-static+R2 is left out: R2 cannot be trained on landscape 'mine'")
    wrong = patbench("finetune", "MiniLM-static+R4", "--study", study)
    assert wrong.code == 1 and "Unknown training 'MiniLM-static+R4' in the study." in wrong.err


def test_of_several_processes_the_first_alone_tests_and_blends(
    tmp_path: Path, home: Path, patbench: Patbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    trained, tested = [], []
    monkeypatch.setattr(module, "tuned", lambda _, one: trained.append(one.name))
    monkeypatch.setattr(module, "test_trainings", lambda *_: tested.append(True))
    closely = {**TUNING, "closely": 1, "remedies": ["gentle", "blend"], "repeats": 0}
    other = {"source": "demo", "publications": 60}
    study = small_study(tmp_path, external=other, finetuning=closely)
    for rank in ("0", "1"):
        monkeypatch.setenv("RANK", rank)
        assert patbench("finetune", "MiniLM-static+R1", "--study", study).code == 0
    both = ["MiniLM-static+R1", "MiniLM-static+R1+gentle"]
    assert trained == [*both, "MiniLM-static+R1+blend", *both]
    assert tested == [True]


def test_the_plan_has_a_step_for_each_model_and_recipe_the_longest_first(tmp_path: Path) -> None:
    def plan(cores: int = 2, **tuning: Any) -> Any:
        fields = {
            "systems": ["BM25"],
            "views": ["TA"],
            "finetuning": {"models": ["MiniLM-static", "MiniLM-2L"], **tuning},
        }
        return make_plan(make_study(fields, where="test"), tmp_path, cores)

    steps = plan(recipes=["R1", "R4"]).finetune
    assert list(steps) == ["MiniLM-static+R4", "MiniLM-2L+R4", "MiniLM-static+R1", "MiniLM-2L+R1"]
    assert plan(recipes=["R1"], epochs=7).finetune["MiniLM-2L+R1"] != steps["MiniLM-2L+R1"]
    assert plan(recipes=["R1"], cores=2).threads == {"MiniLM-static+R1": 1, "MiniLM-2L+R1": 1}
    assert plan(recipes=["R1"], cores=4).threads == {"MiniLM-static+R1": 4, "MiniLM-2L+R1": 4}
    assert plan(models=[]).finetune == {}
