"""A study encoded in shards: the same bytes as in one process, whoever encodes what and in which order."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from fixtures import studies
from fixtures.tiny_late import late_card, tiny_colbert

from patbench_lib.bench.bench import Bench
from patbench_lib.bench.encoding import encode_step, stores_of
from patbench_lib.encode.cells import Shard
from patbench_lib.encode.store import shards_made
from patbench_lib.errors import PatbenchError
from patbench_lib.models.registry import find_card

VIEWS = ("TA", "C1")


@pytest.fixture(autouse=True)
def one_thread(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let each process take one core: with more they would only wait for each other."""
    threads = torch.get_num_threads()
    monkeypatch.setenv("PATBENCH_THREADS", "1")
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def cards(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    prompts = {"prompts": {"query": "query: ", "document": "text: "}, "task_prompts": {"clustering": "cluster: "}}
    made = [
        find_card("MiniLM-1L").model_copy(update={"name": "prompted", **prompts}),
        late_card(tiny_colbert(tmp_path_factory.mktemp("colbert")), name="late"),
    ]
    return [card.model_dump(mode="json", exclude_defaults=True) for card in made]


def opened(root: Path, cards: list[dict[str, Any]], shard_size: int = 16) -> Bench:
    encoding = {"shard_size": shard_size, "batch_tokens": 1024, "max_tokens": 128, "device": "cpu"}
    return studies.bench(
        root, models=cards, systems=["BM25", *(card["name"] for card in cards)], views=VIEWS, encoding=encoding
    )


def vectors(made: Bench, system: str) -> dict[str, bytes]:
    """Return the bytes of what each text was turned into, in the texts' order, by store, view and role."""
    found = {}
    for name, store in stores_of(made, system).items():
        for asked in store.asked:
            place = f"{name} {asked.view} {asked.role} {asked.task}"
            if system == "late":
                from patbench_lib.bench.late import encoded_tokens

                rows = encoded_tokens(made, system, asked.arena, asked.view, asked.role).vectors
                found[place] = b"".join(rows.take(row).tobytes() for row in range(len(asked.texts)))
            else:
                found[place] = made.encoded(system, asked.arena, asked.view, asked.role, asked.task).vectors.tobytes()
    return found


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory, cards: list[dict[str, Any]]) -> dict[str, dict[str, bytes]]:
    made = opened(tmp_path_factory.mktemp("whole"), cards)
    for card in cards:
        encode_step(made, card["name"])
    return {card["name"]: vectors(made, card["name"]) for card in cards}


@pytest.mark.parametrize(("system", "of"), [("prompted", 2), ("prompted", 3), ("prompted", 5), ("late", 3)])
def test_any_number_of_shards_in_any_order_makes_the_same_bytes(
    tmp_path: Path, cards: list[dict[str, Any]], whole: dict[str, dict[str, bytes]], system: str, of: int
) -> None:
    made = opened(tmp_path, cards)
    done = [encode_step(made, system, shard=Shard(number, of)) for number in range(of, 0, -1)]
    assert all(each["cells"] for each in done), "every shard has something to do"
    before = {path: path.stat().st_mtime_ns for path in made.paths.embeddings.rglob("*.npy")}
    assert set(encode_step(made, system)["views"]) == {f"assistive.{view}" for view in VIEWS}  # type: ignore[call-overload]
    assert vectors(made, system) == whole[system]
    assert before == {path: path.stat().st_mtime_ns for path in made.paths.embeddings.rglob("*.npy")}, "nothing is left"


def test_the_bytes_depend_on_the_cells_so_that_the_test_above_can_fail(
    tmp_path: Path, cards: list[dict[str, Any]], whole: dict[str, dict[str, bytes]]
) -> None:
    made = opened(tmp_path, cards, shard_size=5)
    encode_step(made, "prompted")
    assert vectors(made, "prompted") != whole["prompted"]


def test_the_order_of_views_and_a_shard_that_was_lost_change_nothing(
    tmp_path: Path, cards: list[dict[str, Any]], whole: dict[str, dict[str, bytes]]
) -> None:
    made = opened(tmp_path, cards)
    for view in VIEWS[::-1]:
        for number in (2, 1):
            encode_step(made, "prompted", view=view, shard=Shard(number, 2))
    for index in made.paths.embeddings.rglob("000001.index.npy"):
        index.unlink()
    encode_step(made, "prompted")
    assert vectors(made, "prompted") == whole["prompted"]


def one_shard(root: Path, cards: list[dict[str, Any]], number: int, barrier: Any) -> None:
    barrier.wait()
    encode_step(opened(root, cards), "prompted", shard=Shard(number, 3))


def test_shards_at_once_on_one_store_make_the_same_bytes(
    tmp_path: Path, cards: list[dict[str, Any]], whole: dict[str, dict[str, bytes]]
) -> None:
    context = multiprocessing.get_context("spawn")
    barrier = context.Barrier(3)
    processes = [context.Process(target=one_shard, args=(tmp_path, cards, number, barrier)) for number in (1, 2, 3)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(120)
    assert [process.exitcode for process in processes] == [0, 0, 0]
    made = opened(tmp_path, cards)
    assert vectors(made, "prompted") == whole["prompted"]
    texts = {
        name: len({t for asked in store.asked for t in asked.texts})
        for name, store in stores_of(made, "prompted").items()
    }
    kept = {name: sum(shard["texts"] for shard in shards_made(made.paths.embeddings / name)) for name in texts}
    assert kept == texts, "each text is stored once"


def test_a_view_that_is_not_read_is_named_with_those_that_are(tmp_path: Path, cards: list[dict[str, Any]]) -> None:
    with pytest.raises(PatbenchError, match="Unknown view 'TAC'"):
        encode_step(opened(tmp_path, cards), "prompted", view="TAC")
