"""Shards of the embedding store that were cut short or had a bit flipped: found when read, named, and made again."""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from fixtures.faults import cut_short, emptied
from fixtures.rooms import WordHash, vector_of

from patbench_lib.encode.encode import encode
from patbench_lib.encode.key import StoreKey, text_hashes
from patbench_lib.encode.store import VectorFolder

TEXTS = [f"cane number {i} with wheels" for i in range(23)]


def flipped_amid(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) - 20] ^= 4  # of the vectors or entries, which are last
    path.write_bytes(content)


def vectors(root: Path) -> np.ndarray:
    return encode(WordHash(), TEXTS, "document", root, shard_size=8, progress=False).vectors


@pytest.mark.parametrize("damage", [emptied, cut_short, flipped_amid])
@pytest.mark.parametrize("part", ["000001.npy", "000001.index.npy", "000001.json"])
def test_a_damaged_shard_is_named_and_encoded_again(tmp_path: Path, part: str, damage: Callable[[Path], None]) -> None:
    whole = vectors(tmp_path)
    (path,) = tmp_path.rglob(part)
    damage(path)
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        again = vectors(tmp_path)
    assert any(part in str(each.message) for each in said)
    np.testing.assert_array_equal(again, whole)
    np.testing.assert_allclose(again, np.stack([vector_of(text) for text in TEXTS]), rtol=1e-4)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        np.testing.assert_array_equal(vectors(tmp_path), whole)


def test_a_number_that_was_given_anew_is_read_anew_by_a_process_that_knew_the_old_one(tmp_path: Path) -> None:
    vectors(tmp_path)
    (key,) = tmp_path.rglob("key.json")
    known, other = (VectorFolder(tmp_path, StoreKey(**json.loads(key.read_text()))) for _ in range(2))
    known.gather(TEXTS)
    flipped_amid(key.with_name("000002.npy"))
    turned = TEXTS[16:][::-1]
    with pytest.warns(UserWarning, match=r"000002.npy.* is damaged"):
        assert len(other.missing(text_hashes(turned))) == len(turned)
    other.add(turned, np.stack([vector_of(text) for text in turned]), np.ones(7, np.int64), seconds=1, device="cpu")
    found, _ = known.gather(TEXTS)
    np.testing.assert_allclose(found, np.stack([vector_of(text) for text in TEXTS]), rtol=1e-4)
