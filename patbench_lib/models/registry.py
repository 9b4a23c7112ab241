"""The cards that PatBench ships, and the search among them and a study's own."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path

import yaml

from patbench_lib.errors import PatbenchError, unknown_name
from patbench_lib.models.card import Card

_HUB_ID = re.compile(r"[\w.-]+/[\w.-]+")


def load_registry() -> dict[str, Card]:
    """Return the packaged cards, by name, in the order of `registry.yaml`."""
    return {card.name: card for card in _packaged()}


@cache
def _packaged() -> tuple[Card, ...]:
    """Read the packaged file once a process: a study asks for cards hundreds of times, and YAML is slow."""
    rows = yaml.safe_load(files("patbench_lib.models").joinpath("registry.yaml").read_text("utf-8"))
    return tuple(Card(name=name, **row) for name, row in rows.items())


def find_card(name: str, own: Mapping[str, Card] | None = None) -> Card:
    """Return the card called `name`: the study's own where it has one, the registry's otherwise.

    Parameters
    ----------
    name : a name of the registry or of `own`.
    own : cards written in the study; one of the same name replaces the registry's.

    Raises
    ------
    PatbenchError : where no card has that name; it says the nearest one, or asks for a card where `name` is a
        folder or a model of the hub.
    """
    cards = {**load_registry(), **(own or {})}
    if name in cards:
        return cards[name]
    known_by_id = [card.name for card in cards.values() if card.hf_id == name and card.layers is None]
    if known_by_id:
        raise PatbenchError(
            f"Models are called by their name, and '{name}' is one's id on the hub.",
            todo=f"Write '{known_by_id[0]}' in place of '{name}'.",
        )
    if _is_source(name):
        raise PatbenchError(
            f"'{name}' is a model without a card.",
            why="Pooling, prompts and length cannot be guessed from a folder or a hub id; a wrong guess ruins every "
            "number and shows nowhere.",
            todo=f"Write a card for it in the study and call it by that card's name: `path: {name}` or "
            f"`hf_id: {name}`, with kind, dim, max_tokens, pooling and prompts.",
        )
    raise unknown_name("model", name, cards)


def _is_source(name: str) -> bool:
    return bool(_HUB_ID.fullmatch(name)) or name.startswith((".", "/", "~")) or Path(name).is_dir()
