"""The embedding store: shards of vectors on disk, memory-mapped, written in one step each."""

from __future__ import annotations

import hashlib
import io
import os
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any, Generic, TypeVar

import numpy as np

from patbench_lib.checksums import checksum
from patbench_lib.encode.checksums import INDEX
from patbench_lib.encode.key import StoreKey, text_hashes
from patbench_lib.encode.shards import ENTRY, Shards
from patbench_lib.errors import PatbenchError
from patbench_lib.files import locked, replacing, sweep, write_json
from patbench_lib.kept import find_json, save_json
from patbench_lib.types import Floats, Ints

V = TypeVar("V")


class ShardFolder(Shards, ABC, Generic[V]):
    """Shards of one key; the kind of vectors decides which arrays hold them.

    A shard is files of one number: those arrays, `N.json` with how it was made and the checksums of the others,
    `N.index.npy` with the texts' hashes and token counts. The index is written last: a shard without one does not
    exist, and its number is used again.
    """

    def __init__(self, root: Path, key: StoreKey) -> None:
        super().__init__(root / key.name)
        self.key = key

    @contextmanager
    def claim(self, hashes: np.ndarray, *, wait: bool) -> Iterator[bool]:
        """Keep the texts of some hashes, in this order, for one process while it encodes them.

        Yields
        ------
        bool
            Whether they are kept for this process: without `wait`, False where another one has them. What it stored
            before is to be asked for then, not earlier.

        Raises
        ------
        PatbenchError
            Where the store is read-only: nothing should be encoded in vain.
        """
        path = self.folder / f"{hashlib.blake2b(hashes.tobytes(), digest_size=8).hexdigest()}.claim"
        with locked(path, wait=wait) as mine:
            try:
                yield mine
            finally:
                if mine:
                    path.unlink(missing_ok=True)

    def place(self, texts: Sequence[str]) -> tuple[Ints, Ints, Ints]:
        """Return shard, row within it, and tokens of each text, each of shape [n].

        Raises
        ------
        PatbenchError
            Where a text is in no shard yet.
        """
        index = self.index()
        found = index.find(text_hashes(texts))
        if (found < 0).any():
            missing = int((found < 0).sum())
            raise PatbenchError(
                f"{missing} of {len(texts)} texts are not encoded by {self.key.model} yet.", todo="Encode them first."
            )
        return index.shard[found], index.row[found], index.tokens[found]

    def read(self, number: int, name: str = "") -> np.ndarray:
        """Return an array of a shard, mapped into memory: only what is looked at is read."""
        mapped: np.ndarray = np.load(self.folder / f"{number:06d}{name}.npy", mmap_mode="r")
        return mapped

    @abstractmethod
    def arrays(self, vectors: V, kept: Ints) -> dict[str, np.ndarray]:
        """Return the arrays that hold the vectors kept, by what follows the shard's number in their files' names."""

    def add(self, texts: Sequence[str], vectors: V, tokens: Ints, *, seconds: float, device: str) -> None:
        """Write one shard of those texts that no other process has added meanwhile, holding the folder's lock.

        Raises
        ------
        PatbenchError
            Where the store is read-only or the disk is full; nothing half-written is left.
        """
        with locked(self.folder / "lock"):
            sweep(self.folder)
            # Written each time: a client of a network file system may remember an old list of the folder's files, from
            # which it would number its shard over another's. Its own new file makes it ask the server.
            write_json(self.folder / "key.json", asdict(self.key))
            kept = self.missing(text_hashes(texts))
            if len(kept):
                entries = np.empty(len(kept), dtype=ENTRY)
                entries["hash"], entries["tokens"] = text_hashes([texts[row] for row in kept]), tokens[kept]
                self._write(entries, self.arrays(vectors, kept), {"seconds": seconds, "device": device})

    def _write(self, entries: np.ndarray, arrays: Mapping[str, np.ndarray], made: dict[str, Any]) -> None:
        done, tokens, limit = self.shards(), entries["tokens"], self.key.max_tokens
        number = done[-1] + 1 if done else 0
        counts = {
            "texts": len(entries),
            "tokens": int(tokens.sum()),
            "tokens_read": int(tokens.clip(max=limit).sum() if limit else tokens.sum()),
        }
        contents = {name: _content(array) for name, array in {**arrays, INDEX: entries}.items()}
        told = {"checksums": {name: checksum(content) for name, content in contents.items()}}
        index = contents.pop(INDEX)
        for name, content in contents.items():
            _save(self.folder / f"{number:06d}{name}.npy", content)
        save_json(self.folder / f"{number:06d}.json", {**counts, **made, **told, "created": time.time()})
        _save(self.folder / f"{number:06d}{INDEX}.npy", index)


class VectorFolder(ShardFolder[Floats]):
    """One vector a text: a shard's are in `N.npy`."""

    def arrays(self, vectors: Floats, kept: Ints) -> dict[str, np.ndarray]:
        """Return the vectors in the number type they are stored in."""
        return {"": vectors[kept].astype(self.key.dtype)}

    def gather(self, texts: Sequence[str]) -> tuple[Floats, Ints]:
        """Return vectors [n, d] and token counts [n] of texts in order.

        Raises
        ------
        PatbenchError
            Where a text has no vector yet.
        """
        shard, row, tokens = self.place(texts)
        vectors: Floats | None = None
        for number in np.unique(shard):
            stored = self.read(number)
            if vectors is None:
                vectors = np.empty((len(texts), stored.shape[1]), dtype=stored.dtype)
            mine = np.flatnonzero(shard == number)
            vectors[mine] = stored[row[mine]]
        return (np.empty((0, 0), np.float32) if vectors is None else vectors), tokens


def shards_made(folder: Path) -> list[dict[str, Any]]:
    """Return how each complete shard of a folder was made: texts, tokens, tokens read, seconds, device, created."""
    indexes = sorted(folder.glob("*.index.npy"))
    files = [path.with_name(path.name.replace(".index.npy", ".json")) for path in indexes]
    return [told for path in files if (told := find_json(path)) is not None]


def _content(array: np.ndarray) -> memoryview:
    content = io.BytesIO()  # numpy writing to a file itself does not tell a full disk from other failures
    np.save(content, array, allow_pickle=False)
    return content.getbuffer()


def _save(path: Path, content: memoryview) -> None:
    with replacing(path) as temporary, temporary.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
