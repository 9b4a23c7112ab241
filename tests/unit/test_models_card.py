from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from patbench_lib.errors import PatbenchError
from patbench_lib.models.card import Card


def card(**fields: Any) -> Card:
    return Card(**{"name": "x", "kind": "dense", "hf_id": "org/x", "dim": 8, **fields})


def test_a_prompt_belongs_to_a_role() -> None:
    model = card(prompts={"query": "query: ", "document": "passage: "})
    assert (model.prompt("query"), model.prompt("document")) == ("query: ", "passage: ")


def test_no_prompt_is_the_empty_text() -> None:
    assert card().prompt("query") == ""


def test_the_instruction_fills_the_prompt() -> None:
    model = card(prompts={"query": "Instruct: {task}\nQuery:"}, instruction="find prior art")
    assert model.prompt("query") == "Instruct: find prior art\nQuery:"


def test_a_task_prompt_takes_the_place_of_both_roles_even_when_it_is_empty() -> None:
    model = card(prompts={"query": "q: ", "document": "d: "}, task_prompts={"classification": "c: ", "clustering": ""})
    assert model.prompt("query", "classification") == model.prompt("document", "classification") == "c: "
    assert model.prompt("query", "clustering") == ""
    assert model.prompt("query", "retrieval") == "q: "


def test_a_task_without_its_own_prompt_uses_the_roles() -> None:
    assert card(prompts={"document": "d: "}).prompt("document", "clustering") == "d: "


def test_an_unknown_task_names_the_nearest() -> None:
    with pytest.raises(PatbenchError, match="Did you mean 'clustering'"):
        card().prompt("query", "clusterin")


def test_adapters_follow_role_in_retrieval_and_task_elsewhere() -> None:
    model = card(encode_tasks={"query": "r.q", "document": "r.p", "clustering": "sep"})
    assert model.encode_task("query") == "r.q"
    assert model.encode_task("document") == "r.p"
    assert model.encode_task("document", "clustering") == "sep"
    assert model.encode_task("document", "classification") is None


@pytest.mark.parametrize(
    ("pooling", "mode", "heads"),
    [("mean", "mean", 0), ("cls+dense", "cls", 1), ("mean+2 dense", "mean", 2), ("last token", "last token", 0)],
)
def test_pooling_is_read_apart(pooling: str, mode: str, heads: int) -> None:
    assert (card(pooling=pooling).pooling_mode, card(pooling=pooling).dense_heads) == (mode, heads)


def test_unstated_pooling_has_no_parts() -> None:
    assert (card().pooling_mode, card().dense_heads) == (None, 0)


def test_size_is_parameters_times_bytes() -> None:
    assert card(params_m=596, weights_dtype="bfloat16").size_gb == pytest.approx(1.192)
    assert card().size_gb is None


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"hf_id": None}, "give `hf_id` or `path`"),
        ({"path": "models/x"}, "give one of them"),
        ({"hf_id": None, "path": "x", "revision": "0123456"}, "needs `hf_id`"),
        ({"dim": None}, "needs `dim`"),
        ({"kind": "static", "layers": 2}, "`layers` cuts a transformer"),
        ({"pooling": "mena"}, "not 'mena'"),
        ({"kind": "lsa", "hf_id": None, "prompts": {"query": "q"}}, "takes no prompts"),
        ({"prompts": {"query": "{tusk}"}}, "tusk"),
        ({"prompts": {"query": "{task}"}}, "give both or neither"),
        ({"instruction": "find"}, "give both or neither"),
        ({"prompts": {"passage": "p: "}}, "passage"),
        ({"dtypes": ()}, "dtypes"),
        ({"dtypes": ("int8",)}, "int8"),
        ({"polling": "mean"}, "polling"),
        ({"revision": "main"}, "revision"),
        ({"max_tokens": 0}, "max_tokens"),
    ],
)
def test_a_card_that_cannot_be_right_is_refused(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        card(**fields)


def test_a_card_does_not_change() -> None:
    with pytest.raises(ValidationError):
        card().dim = 9
