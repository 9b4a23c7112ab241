"""Shards of the embedding store that were cut short or had a bit flipped: found when read, named, and made again."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from fixtures.rooms import WordHash

from patbench_lib.encode.encode import encode

TEXTS = [f"cane number {i} with wheels" for i in range(23)]


def flipped_amid(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) - 20] ^= 4  # of the vectors or entries, which are last
    path.write_bytes(content)


def vectors(root: Path) -> np.ndarray:
    return encode(WordHash(), TEXTS, "document", root, shard_size=8, progress=False).vectors
