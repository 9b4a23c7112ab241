from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from fixtures.tiny_models import tiny_bert, tiny_card, tiny_qwen

from patbench_lib.models.check import check_model
from patbench_lib.models.registry import find_card


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    place = tmp_path_factory.mktemp("models")
    return {
        "mean": tiny_bert(place / "mean"),
        "head": tiny_bert(place / "head", pooling="cls", dense=16),
        "last": tiny_qwen(place / "last"),
    }


def failed(folder: Path, **fields: Any) -> list[str]:
    return [check.name for check in check_model(tiny_card(folder, **fields)) if not check.ok]


def test_right_cards_pass(folders: dict[str, Path]) -> None:
    assert failed(folders["mean"], prompts={"query": "query: "}) == []
    assert failed(folders["mean"], prompts={"query": "query: ", "document": "text: "}, max_tokens=32) == []
    assert failed(folders["head"], pooling="cls+dense", dim=16) == []
    prompt = {"prompts": {"query": "query: {task} "}, "instruction": "near the lamp"}
    assert failed(folders["last"], pooling="last token", **prompt) == []


def test_unstated_pooling_is_reported_and_passes(folders: dict[str, Path]) -> None:
    checks = {check.name: check for check in check_model(tiny_card(folders["head"], pooling=None, dim=16))}
    assert checks["pooling"].ok
    assert checks["pooling"].found == "cls+dense"


@pytest.mark.parametrize(
    ("model", "fields", "names"),
    [
        ("mean", {"pooling": "cls"}, ["pooling"]),
        ("mean", {"pooling": "mean+dense"}, ["dense head"]),
        ("head", {"pooling": "cls+2 dense", "dim": 16}, ["dense head"]),
        ("mean", {"dim": 64}, ["dimension"]),
        ("mean", {"max_tokens": 128}, ["maximum length"]),
        ("mean", {"normalise": False}, ["normalisation"]),
        ("mean", {"prompts": {"query": " "}}, ["query prompt", "roles"]),
    ],
)
def test_wrong_cards_fail_where_they_are_wrong(
    folders: dict[str, Path], model: str, fields: dict[str, Any], names: list[str]
) -> None:
    assert failed(folders[model], **fields) == names


def test_the_task_asked_for_is_the_one_checked(folders: dict[str, Path]) -> None:
    card = tiny_card(folders["mean"], prompts={"query": "query: "}, task_prompts={"clustering": "text: "})
    checks = {check.name: check for check in check_model(card, task="clustering")}
    assert checks["document prompt"].expected == "'text: ' changes the vector"
    assert checks["roles"].expected == "query and document are the same"
    assert all(check.ok for check in checks.values())


def test_the_models_that_ship_pass() -> None:
    texts = ["cane with wheels", "hearing aid and sensor", "exoskeleton for the knee"]
    for name in ("MiniLM-L6", "MiniLM-2L", "MiniLM-static", "LSA"):
        wrong = [check for check in check_model(find_card(name), fit_texts=texts) if not check.ok]
        assert wrong == []
