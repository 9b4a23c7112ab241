"""The encoding of a study by one model: all that is read, cut into cells, and shared out to processes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from patbench_lib.bench.arena import Arena
from patbench_lib.bench.bench import Bench
from patbench_lib.bench.late import encoded_tokens, late_encoder
from patbench_lib.encode.cells import Cell, Shard, cost, cut_cells
from patbench_lib.encode.encode import Reading, fill_vectors
from patbench_lib.encode.encode_tokens import fill_tokens, token_key
from patbench_lib.encode.key import store_key
from patbench_lib.encode.store import VectorFolder
from patbench_lib.encode.token_store import TokenFolder
from patbench_lib.errors import unknown_name
from patbench_lib.landscape.views import View
from patbench_lib.models.card import TASKS, Task
from patbench_lib.types import Role


@dataclass(frozen=True)
class Asked:
    """Texts that a model reads in one way: those of a view, as documents or queries, for a task."""

    arena: Arena
    view: View
    role: Role
    task: Task = "retrieval"

    @property
    def texts(self) -> list[str]:
        """The texts in the landscape's order, or the judgements'."""
        return self.arena.texts_of(self.view, self.role)


@dataclass
class Store:
    """A folder of the store, what is asked of it in order, and how cells are added to it.

    Attributes
    ----------
    limit : tokens of a text that the model reads, None for all.
    """

    limit: int | None
    add: Callable[[list[Cell]], None]
    asked: list[Asked] = field(default_factory=list)


def encode_step(bench: Bench, system: str, *, view: str | None = None, shard: Shard | None = None) -> dict[str, object]:
    """Encode every view of every landscape with one model, the study's order of views deciding the order.

    Parameters
    ----------
    view : encode the cells that hold a text of this view, and no others.
    shard : encode the share of the cells that falls to it, and no others. Which these are depends on the study alone,
        not on what is stored: shards may run at the same time, in any order and again.

    Raises
    ------
    PatbenchError
        Where the study has no such view, or the store cannot be written.
    """
    known = list(dict.fromkeys(each.view for each in asked_of(bench, system)))
    if view is not None and view not in known:
        raise unknown_name("view", view, known, where="what this model reads")
    encoded = encode_cells(bench, system, view=view, shard=shard or Shard())
    if view is None and shard is None:
        return {"model": system, "views": _readings(bench, system)}
    part = {"view": view, "shard": f"{shard.number}/{shard.of}" if shard else None}
    return {"model": system, "cells": encoded, **{name: value for name, value in part.items() if value}}


def encode_cells(bench: Bench, system: str, *, view: str | None, shard: Shard) -> int:
    """Encode what falls to a shard of the cells, or of those that hold a text of a view; return how many these are."""
    stores = list(stores_of(bench, system).values())
    cells = [(store, cell) for store in stores for cell in _cells(bench, store, view)]
    mine = [cells[place] for place in shard.take([cost(cell, store.limit) for store, cell in cells])]
    for store in stores:
        store.add([cell for owner, cell in mine if owner is store])
    return len(mine)


def _cells(bench: Bench, store: Store, view: str | None) -> Iterator[Cell]:
    wanted = {text for asked in store.asked if asked.view == view for text in asked.texts}
    for cell in cut_cells((asked.texts for asked in store.asked), bench.study.encoding.shard_size):
        if view is None or not wanted.isdisjoint(cell):
            yield cell


def asked_of(bench: Bench, system: str) -> list[Asked]:
    """Return all that a study has a model read, in the order in which it does."""
    late, asked = bench.study.card(system).kind == "late-interaction", []
    for arena in [bench.arena] if bench.arena.unjudged else bench.arenas:
        roles: tuple[Role, ...] = ("document",) if arena.unjudged else ("document", "query")
        own = _own_prompts(bench, system) if arena.main and not late else []
        for view in arena.views:
            asked += [Asked(arena, view, role) for role in roles]
            asked += [Asked(arena, view, "document", task) for task in own]
    return asked


def _own_prompts(bench: Bench, system: str) -> list[Task]:
    """Return the tasks for which a model reads documents in another way than for retrieval."""
    card = bench.study.card(system)
    ways = {task: (card.prompt("document", task), card.encode_task("document", task)) for task in TASKS}
    return [task for task in TASKS if ways[task] != ways["retrieval"]]


def stores_of(bench: Bench, system: str) -> dict[str, Store]:
    """Return the folders of the store that a model fills, by name: roles and tasks read alike share one."""
    make = _token_store if bench.study.card(system).kind == "late-interaction" else _vector_store
    stores: dict[str, Store] = {}
    for asked in asked_of(bench, system):
        name, store = make(bench, system, asked)
        stores.setdefault(name, store).asked.append(asked)
    return stores


def _vector_store(bench: Bench, system: str, asked: Asked) -> tuple[str, Store]:
    settings, encoder = bench.study.encoding, bench.encoder(system, asked.arena, asked.view, asked.task)
    key = store_key(encoder, asked.role, compute=settings.compute, dtype=settings.dtype)
    folder, budget = VectorFolder(bench.paths.embeddings, key), settings.batch_tokens

    def add(cells: list[Cell]) -> None:
        fill_vectors(folder, encoder, cells, asked.role, batch_tokens=budget, progress=bench.progress)

    return key.name, Store(encoder.max_tokens, add)


def _token_store(bench: Bench, system: str, asked: Asked) -> tuple[str, Store]:
    encoder, budget = late_encoder(bench, system), bench.study.encoding.batch_tokens
    folder = TokenFolder(bench.paths.embeddings, token_key(encoder, asked.role))

    def add(cells: list[Cell]) -> None:
        fill_tokens(folder, encoder, cells, asked.role, batch_tokens=budget, progress=bench.progress)

    return folder.key.name, Store(encoder.limits[asked.role], add)


def _readings(bench: Bench, system: str) -> dict[str, dict[str, float]]:
    """Return how much of each view's documents the model read; all are in the store by now."""
    late, done = bench.study.card(system).kind == "late-interaction", {}
    for asked in asked_of(bench, system):
        if asked.role == "document" and asked.task == "retrieval":
            read: Reading = (
                encoded_tokens(bench, system, asked.arena, asked.view)
                if late
                else bench.encoded(system, asked.arena, asked.view)
            )
            done[f"{asked.arena.name}.{asked.view}"] = {"truncated": read.truncated, "read": read.read}
    return done
