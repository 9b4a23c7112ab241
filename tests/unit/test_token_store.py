from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fixtures.tiny_late import TOKEN_DIM, late_card, tiny_colbert

from patbench_lib.encode.encode_tokens import encode_tokens, token_key
from patbench_lib.encode.key import StoreKey
from patbench_lib.encode.store import shards_made
from patbench_lib.encode.token_store import TokenFolder
from patbench_lib.errors import PatbenchError
from patbench_lib.models.late import LateEncoder, load_late

KEY = StoreKey("tiny", "", "tiny", "any", "", 5, "MaxSim", True, "float32", "float16")
TEXTS = [f"cane {'with wheels ' * (i % 5)}near lamp {i}" for i in range(11)]


@pytest.fixture(scope="module")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> LateEncoder:
    return load_late(late_card(tiny_colbert(tmp_path_factory.mktemp("colbert"))), device="cpu")


def ragged(*lengths: int) -> list[np.ndarray]:
    """Return vectors of 2 dimensions that count up, so many for each text."""
    counted = np.arange(2 * sum(lengths), dtype=np.float32).reshape(-1, 2)
    return np.split(counted, np.cumsum(lengths)[:-1])


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.glob("*.npy")}


def test_what_was_added_is_taken_in_the_order_asked(tmp_path: Path) -> None:
    folder = TokenFolder(tmp_path, KEY)
    folder.add(["a", "b"], ragged(2, 1), np.array([2, 1]), seconds=0.0, device="cpu")
    folder.add(["c"], ragged(3), np.array([9]), seconds=0.0, device="cpu")
    vectors, tokens = folder.vectors(["c", "a", "b", "a"])
    assert tokens.tolist() == [9, 2, 1, 2]
    assert vectors.lengths.tolist() == [3, 2, 1, 2]
    assert [vectors.take(i).tolist() for i in (1, 2)] == [[[0, 1], [2, 3]], [[4, 5]]]
    assert vectors.take(0).tolist() == [[0, 1], [2, 3], [4, 5]]
    assert (vectors.dim, vectors.nbytes) == (2, 8 * 2 * 2)  # 8 tokens of 2 numbers of 2 bytes


def test_vectors_are_stored_in_half_precision_and_mapped(tmp_path: Path) -> None:
    folder = TokenFolder(tmp_path, KEY)
    folder.add(["a"], [np.array([[0.1, 1 / 3]], dtype=np.float32)], np.array([1]), seconds=0.0, device="cpu")
    taken = folder.vectors(["a"])[0].take(0)
    assert taken.dtype == np.float16 and isinstance(taken.base, np.memmap | np.ndarray)
    assert isinstance(folder.read(0), np.memmap)
    assert (tmp_path / KEY.name / "000000.npy").stat().st_size == 128 + 2 * 2  # a header, and two numbers


def test_a_text_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(PatbenchError, match="1 of 1 texts are not encoded by tiny"):
        TokenFolder(tmp_path, KEY).vectors(["a"])


def test_a_shard_says_how_it_was_made(tmp_path: Path) -> None:
    folder = TokenFolder(tmp_path, KEY)
    folder.add(["a", "b"], ragged(2, 1), np.array([10, 3]), seconds=1.5, device="cpu")
    (made,) = shards_made(folder.folder)
    assert (made["texts"], made["tokens"], made["tokens_read"]) == (2, 13, 8)  # 5, the limit, and 3


def test_texts_are_encoded_once_and_are_what_the_model_gives(
    tmp_path: Path, encoder: LateEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = encode_tokens(encoder, TEXTS, "document", tmp_path, shard_size=4, progress=False)
    for position, row in enumerate(encoder.encode_batch(TEXTS, "document")):
        np.testing.assert_allclose(first.vectors.take(position), row, atol=1e-3)
    monkeypatch.setattr(LateEncoder, "encode_batch", None)
    again = encode_tokens(encoder, [TEXTS[3], TEXTS[3]], "document", tmp_path, progress=False)
    np.testing.assert_array_equal(again.vectors.take(1), first.vectors.take(3))
    assert (first.limit, first.truncated, first.vectors.dim) == (encoder.limits["document"], 0.0, TOKEN_DIM)


@pytest.mark.parametrize("lost", ["index", "indptr", "vectors"])
def test_a_killed_run_goes_on_and_makes_the_same(tmp_path: Path, encoder: LateEncoder, lost: str) -> None:
    folders = [TokenFolder(tmp_path / name, token_key(encoder, "document")) for name in ("killed", "whole")]
    for folder in folders:
        encode_tokens(encoder, TEXTS, "document", folder.folder.parent, shard_size=4, progress=False)
    (folders[0].folder / "000002.index.npy").unlink()  # the index is written last: what was before it may be there
    if lost != "index":
        (folders[0].folder / f"000002{'.indptr' if lost == 'indptr' else ''}.npy").unlink()
    encode_tokens(encoder, TEXTS, "document", folders[0].folder.parent, shard_size=4, progress=False)
    assert contents(folders[0].folder) == contents(folders[1].folder)


def test_queries_and_documents_are_kept_apart_and_so_is_all_that_changes_them(encoder: LateEncoder) -> None:
    def key(**fields: Any) -> str:
        from dataclasses import replace

        return token_key(replace(encoder, **fields), "document").name

    card = encoder.card
    names = [
        token_key(encoder, "query").name,
        key(),
        key(fingerprint="other"),
        key(dtype="bfloat16"),
        key(limits={"query": 12, "document": 20}),
        key(card=card.model_copy(update={"markers": {}})),
        key(card=card.model_copy(update={"normalise": False})),
    ]
    assert len(set(names)) == len(names)
