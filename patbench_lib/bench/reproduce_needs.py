"""What a machine lacks to compute an expected number: data, weights, memory."""

from __future__ import annotations

from pathlib import Path

from patbench_lib.models.card import Card
from patbench_lib.models.registry import find_card
from patbench_lib.models.weights import locate
from patbench_lib.reference.expected import Row

LARGE = 1000
"""Millions of parameters from which on a model is run on a GPU, or where its row is asked for by name."""

_LOCAL = ("lexical", "lsa")


def cards_of(row: Row) -> list[Card]:
    """Return the cards of the models that a row's number comes from."""
    if row.group.way == "rerank" and not row.column.reranked:
        return [find_card("BM25")]
    return [find_card(row.model)]


def needs_of(row: Row) -> list[str]:
    """Return everything that a row needs, at hand or not, in words."""
    needs = [_data(row)] if row.group.data.path or row.group.data.task else []
    for card in cards_of(row) if row.group.way != "cited" else ():
        if card.kind in _LOCAL or card.embedded:
            continue
        size = f", {card.size_gb:.1f} GB" if card.size_gb else ""
        needs.append(f"the weights of {card.name}{size} (`patbench models fetch {card.name}`)")
        if (card.params_m or 0) > LARGE:
            needs.append(_memory(card))
    return needs


def missing(row: Row, root: Path, *, named: bool) -> list[str]:
    """Return what of a row's needs is not at hand.

    Parameters
    ----------
    named : whether the row was asked for by name; a model that is large for this machine is then tried all the same.
    """
    data = row.group.data
    lacking = []
    if (data.path and not (root / data.path).exists()) or (data.task and not _on_hub(row)):
        lacking.append(_data(row))
    for card in cards_of(row):
        if card.kind in _LOCAL:
            continue
        if locate(card) is None:
            lacking.append(f"the weights of {card.name} (`patbench models fetch {card.name}`)")
        elif (card.params_m or 0) > LARGE and not named and not _has_gpu():
            lacking.append(f"{_memory(card)}; name the row to try it here")
    return lacking


def _data(row: Row) -> str:
    data = row.group.data
    where = f"at {data.path}" if data.path else "in the hub's cache"
    return f"{data.name} {where} ({data.get})"


def _memory(card: Card) -> str:
    return f"a GPU with more than {card.size_gb:.0f} GB of memory"


def _on_hub(row: Row) -> bool:
    """Tell whether the hub's cache has any revision of a data set: MTEB pins its own."""
    from huggingface_hub import constants

    folder = Path(constants.HF_HUB_CACHE) / f"datasets--{row.group.data.name.replace('/', '--')}" / "snapshots"
    return folder.is_dir() and any(folder.iterdir())


def _has_gpu() -> bool:
    import torch

    return bool(torch.cuda.is_available())
