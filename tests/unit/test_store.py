from __future__ import annotations

import json
import multiprocessing
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fixtures.rooms import WordHash, powerless, vector_of

from patbench_lib.encode.encode import encode
from patbench_lib.encode.key import StoreKey, store_key, text_hashes, treats_roles_alike
from patbench_lib.encode.store import VectorFolder, shards_made
from patbench_lib.errors import PatbenchError
from patbench_lib.models.card import Card

TEXTS = [f"cane number {i} " + "with wheels " * (i % 5) for i in range(23)]
KEY = StoreKey("word-hash", "", "word-hash", "any", "", None, "", True, "float32", "float32")


def filled(root: Path, texts: list[str], **options: Any) -> VectorFolder:
    encode(WordHash(), texts, "document", root, progress=False, **options)
    return VectorFolder(root, store_key(WordHash(), "document", compute="float32", dtype="float32"))


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.glob("*.npy")}


def test_what_was_added_is_gathered_in_the_order_asked(tmp_path: Path) -> None:
    folder = VectorFolder(tmp_path, KEY)
    vectors = np.arange(6, dtype=np.float32).reshape(3, 2)
    folder.add(["a", "b", "c"], vectors, np.array([3, 1, 2]), seconds=0.0, device="cpu")
    folder.add(["d"], np.array([[8, 9]], dtype=np.float32), np.array([7]), seconds=0.0, device="cpu")
    found, tokens = folder.gather(["d", "a", "c", "a"])
    assert found.tolist() == [[8, 9], [0, 1], [4, 5], [0, 1]]
    assert tokens.tolist() == [7, 3, 2, 3]
    assert folder.shards() == [0, 1]


def test_a_text_that_is_not_there_is_an_error_and_no_other_texts_vector(tmp_path: Path) -> None:
    folder = filled(tmp_path, TEXTS[:3])
    with pytest.raises(PatbenchError, match="2 of 3 texts are not encoded by word-hash"):
        folder.gather(["zebra", TEXTS[0], "aardvark"])
    with pytest.raises(PatbenchError, match="1 of 1"):
        VectorFolder(tmp_path / "none", KEY).gather(["a"])


def test_two_folders_at_work_see_each_others_shards(tmp_path: Path) -> None:
    mine, theirs = VectorFolder(tmp_path, KEY), VectorFolder(tmp_path, KEY)
    one = np.ones((1, 2), dtype=np.float32)
    mine.add(["a"], one, np.array([1]), seconds=0.0, device="cpu")
    assert theirs.missing(text_hashes(["a", "b"])).tolist() == [1]
    theirs.add(["b"], 2 * one, np.array([1]), seconds=0.0, device="cpu")
    assert mine.gather(["b", "a"])[0].tolist() == [[2, 2], [1, 1]]


def test_a_shard_says_how_it_was_made(tmp_path: Path) -> None:
    folder = VectorFolder(tmp_path, replace(KEY, max_tokens=4))
    folder.add(["a", "b"], np.zeros((2, 2), np.float32), np.array([10, 3]), seconds=1.5, device="cpu")
    (made,) = shards_made(folder.folder)
    # 10 and 3 tokens, of which a model with a limit of 4 reads 4 and 3
    assert (made["texts"], made["tokens"], made["tokens_read"], made["seconds"]) == (2, 13, 7, 1.5)
    assert json.loads((folder.folder / "key.json").read_text())["model"] == "word-hash"


@pytest.mark.parametrize("lost", ["index", "json and index"])
def test_a_shard_killed_before_its_index_is_made_again_under_its_number(tmp_path: Path, lost: str) -> None:
    folder = filled(tmp_path / "killed", TEXTS, shard_size=5)
    whole = filled(tmp_path / "whole", TEXTS, shard_size=5)
    assert folder.shards() == [0, 1, 2, 3, 4]
    (folder.folder / "000004.index.npy").unlink()
    if lost != "index":
        (folder.folder / "000004.json").unlink()
    np.save(folder.folder / "000004.npy", np.full((3, 4), np.nan, np.float32))
    again = filled(tmp_path / "killed", TEXTS, shard_size=5)
    assert again.shards() == [0, 1, 2, 3, 4]
    assert contents(again.folder) == contents(whole.folder)


@pytest.mark.parametrize("survives", [0, 4, 11, 22])
def test_a_run_that_was_killed_ends_in_the_same_bytes(tmp_path: Path, survives: int) -> None:
    whole = filled(tmp_path / "whole", TEXTS, shard_size=5, batch_tokens=20)
    with pytest.raises(KeyboardInterrupt):
        encode(
            WordHash(fail_after=survives),
            TEXTS,
            "document",
            tmp_path / "killed",
            shard_size=5,
            batch_tokens=20,
            progress=False,
        )
    resumed = filled(tmp_path / "killed", TEXTS, shard_size=5, batch_tokens=20)
    assert contents(resumed.folder) == contents(whole.folder)


def test_leftovers_of_killed_writers_are_swept_and_never_read(tmp_path: Path) -> None:
    folder = filled(tmp_path, TEXTS[:5])
    left = folder.folder / ".000001.index.npy.0a1b2c3d.tmp"
    left.write_bytes(b"half")
    assert folder.shards() == [0]
    filled(tmp_path, TEXTS[:6])
    assert not left.exists()


def fill_store(root: Path, texts: list[str], barrier: Any) -> None:
    barrier.wait()
    encode(WordHash(), texts, "document", root, shard_size=7, progress=False)


def test_two_processes_at_one_store_encode_each_text_once(tmp_path: Path) -> None:
    texts = [f"text {i}" for i in range(150)]
    context = multiprocessing.get_context("spawn")
    barrier = context.Barrier(2)
    parts = [texts[:100], list(reversed(texts[50:]))]
    processes = [context.Process(target=fill_store, args=(tmp_path, part, barrier)) for part in parts]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
    assert [process.exitcode for process in processes] == [0, 0]
    folder = VectorFolder(tmp_path, store_key(WordHash(), "document", compute="float32", dtype="float32"))
    hashes = folder.index().hashes
    assert len(hashes) == len(set(hashes.tolist())) == 150
    vectors, _ = folder.gather(texts)
    np.testing.assert_allclose(vectors, np.stack([vector_of(text) for text in texts]), rtol=2e-4)


def test_what_another_process_added_meanwhile_is_not_stored_again(tmp_path: Path) -> None:
    folder = VectorFolder(tmp_path, KEY)
    folder.add(["a", "b"], np.array([[1, 1], [2, 2]], np.float32), np.array([1, 2]), seconds=0.0, device="cpu")
    late = np.array([[9, 9], [3, 3], [8, 8]], np.float32)
    folder.add(["b", "c", "a"], late, np.array([2, 3, 1]), seconds=0.0, device="cpu")
    folder.add(["c"], late[:1], np.array([3]), seconds=0.0, device="cpu")
    assert folder.gather(["a", "b", "c"])[0].tolist() == [[1, 1], [2, 2], [3, 3]]
    assert (folder.shards(), len(folder.index().hashes)) == ([0, 1], 3)
    assert shards_made(folder.folder)[1]["tokens"] == 3


def test_a_claimed_cell_is_passed_over_and_waited_for_at_the_end(tmp_path: Path) -> None:
    cells = [TEXTS[start : start + 8] for start in range(0, len(TEXTS), 8)]
    folder = VectorFolder(tmp_path, store_key(WordHash(), "document", compute="float32", dtype="float32"))
    filling = threading.Thread(target=filled, args=(tmp_path, TEXTS), kwargs={"shard_size": 8})
    with folder.claim(text_hashes(cells[0]), wait=True):
        filling.start()
        until = time.monotonic() + 20
        while folder.shards() != [0, 1] and time.monotonic() < until:
            time.sleep(0.01)
        assert folder.missing(text_hashes(TEXTS)).tolist() == list(range(8)), "the others are stored meanwhile"
    filling.join(20)
    assert len(folder.missing(text_hashes(TEXTS))) == 0
    assert not list(folder.folder.glob("*.claim"))


def test_a_read_only_store_is_read_and_says_so_when_it_must_be_written() -> None:
    with powerless() as root:
        filled(root, TEXTS)
        for path in [*root.rglob("*"), root]:
            path.chmod(0o555 if path.is_dir() else 0o444)
        encoder = WordHash()
        found = encode(encoder, TEXTS[3:6], "document", root, progress=False)
        assert encoder.batches == []
        np.testing.assert_allclose(found.vectors, np.stack([vector_of(text) for text in TEXTS[3:6]]), rtol=1e-4)
        with pytest.raises(PatbenchError, match="cannot be written to"):
            encode(encoder, ["another text"], "document", root, progress=False)
        with pytest.raises(PatbenchError, match="cannot be written to"):
            encode(WordHash(name="another-model"), TEXTS, "document", root, progress=False)
        assert encoder.batches == []  # nothing was encoded in vain


CHANGES: dict[str, dict[str, Any]] = {
    "model": {"name": "other"},
    "revision": {"hf_id": "a/b", "path": None, "revision": "0123456"},
    "prompt": {"prompts": {"query": "query: ", "document": "passage: "}},
    "pooling": {"pooling": "cls"},
    "normalisation": {"normalise": False},
    "maximum": {"max_tokens": 16},
}


@pytest.mark.parametrize("change", CHANGES)
def test_what_changes_a_vector_changes_the_folder(change: str) -> None:
    plain = store_key(WordHash(), "document", compute="float32", dtype="float32")
    other = store_key(WordHash(**CHANGES[change]), "document", compute="float32", dtype="float32")
    assert plain.name != other.name


def test_number_types_weights_and_roles_have_folders_of_their_own() -> None:
    prompted = WordHash(prompts={"query": "query: "})
    changed = WordHash()
    changed.fingerprint = "other weights"
    keys = [
        store_key(WordHash(), "document", compute="float32", dtype="float32"),
        store_key(WordHash(), "document", compute="bfloat16", dtype="float32"),
        store_key(WordHash(), "document", compute="float32", dtype="float16"),
        store_key(changed, "document", compute="float32", dtype="float32"),
        store_key(prompted, "document", compute="float32", dtype="float32"),
        store_key(prompted, "query", compute="float32", dtype="float32"),
    ]
    assert len({key.name for key in keys}) == len(keys)


def card(**fields: Any) -> Card:
    return Card(**{"name": "x", "kind": "dense", "path": Path("x"), "dim": 4, **fields})


def test_roles_share_a_folder_only_where_the_model_treats_them_alike() -> None:
    assert treats_roles_alike(card())
    assert treats_roles_alike(card(prompts={"query": "text: ", "document": "text: "}))
    assert not treats_roles_alike(card(prompts={"query": "query: "}))
    assert not treats_roles_alike(card(encode_tasks={"query": "retrieval.query", "document": "retrieval.passage"}))
    plain = [store_key(WordHash(), role, compute="float32", dtype="float32").name for role in ("query", "document")]  # type: ignore[arg-type]
    assert plain[0] == plain[1]


def test_the_folders_name_is_readable_and_safe() -> None:
    name = replace(KEY, model="a/b: c", role="query").name
    assert name.startswith("a-b--c-query-")
    assert "/" not in name


def test_hashes_tell_texts_apart_and_take_lone_surrogates() -> None:
    hashes = text_hashes(["a", "b", "a", "", "\ud800"])
    assert hashes.dtype == np.dtype("S16")
    assert hashes[0] == hashes[2]
    assert len(set(hashes.tolist())) == 4


def test_a_hash_that_ends_in_a_zero_byte_is_found_again(tmp_path: Path) -> None:
    # NumPy drops trailing zero bytes of S16 when it gives an entry out; searching must not stumble over it.
    text = next(f"t{i}" for i in range(10_000) if len(text_hashes([f"t{i}"])[0]) < 16)
    found = encode(WordHash(), [text, "other"], "document", tmp_path, progress=False)
    np.testing.assert_allclose(found.vectors[0], vector_of(text), rtol=1e-4)
    assert len(VectorFolder(tmp_path, store_key(WordHash(), "query", compute="float32", dtype="float32")).shards()) == 1
