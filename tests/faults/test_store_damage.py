"""Shards of the embedding store that were cut short or had a bit flipped: found when read, named, and made again."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from fixtures.faults import cut_short, emptied
from fixtures.rooms import WordHash, vector_of

from patbench_lib.encode.encode import encode

TEXTS = [f"cane number {i} with wheels" for i in range(23)]


def flipped_amid(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) - 20] ^= 4  # of the vectors or entries, which are last
    path.write_bytes(content)


def vectors(root: Path) -> np.ndarray:
    return encode(WordHash(), TEXTS, "document", root, shard_size=8, progress=False).vectors


@pytest.mark.parametrize("damage", [emptied, cut_short, flipped_amid])
@pytest.mark.parametrize("part", ["000001.npy", "000001.index.npy"])
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
