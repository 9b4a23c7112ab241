"""The embedding store: shards of vectors on disk, memory-mapped, written in one step each."""

from __future__ import annotations

import hashlib
import io
import os
import time
import warnings
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

import numpy as np

from patbench_lib.checksums import checksum
from patbench_lib.encode.checksums import INDEX, damaged_files
from patbench_lib.encode.key import StoreKey, text_hashes
from patbench_lib.errors import PatbenchError
from patbench_lib.files import locked, replacing, sweep, write_json
from patbench_lib.kept import find_json, save_json
from patbench_lib.types import Floats, Ints

V = TypeVar("V")
_ENTRY = np.dtype([("hash", "S16"), ("tokens", "<i4")])


@dataclass(frozen=True)
class Index:
    """Where each text's vector lies: hashes ascending, with shard, row and token count, each of shape [n]."""

    hashes: np.ndarray
    shard: Ints
    row: Ints
    tokens: Ints

    def find(self, hashes: np.ndarray) -> Ints:
        """Return the position of each hash in the index, -1 where it is absent."""
        if not len(self.hashes):
            return np.full(len(hashes), -1)
        position = np.searchsorted(self.hashes, hashes).clip(max=len(self.hashes) - 1)
        return np.where(self.hashes[position] == hashes, position, -1)


class ShardFolder(ABC, Generic[V]):
    """Shards of one key; the kind of vectors decides which arrays hold them.

    A shard is files of one number: those arrays, `N.json` with how it was made and the checksums of the others,
    `N.index.npy` with the texts' hashes and token counts. The index is written last: a shard without one does not
    exist, and its number is used again. A shard that is asked for is looked through once; where a file of it is not as
    it was written, that is told, the shard is removed, and its texts are missing again.
    """

    def __init__(self, root: Path, key: StoreKey) -> None:
        self.key = key
        self.folder = root / key.name
        self._entries: dict[int, np.ndarray] = {}
        self._sound: set[int] = set()
        self._written: dict[int, tuple[int, int]] = {}

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

    def shards(self) -> list[int]:
        """Return the numbers of the complete shards, ascending."""
        return sorted(int(path.name.split(".")[0]) for path in self.folder.glob("*.index.npy"))

    def index(self) -> Index:
        """Read the index of all complete shards; each is read once, and again where it is another.

        A shard never changes, but a damaged one is removed, by any process, and its number is given anew.
        """
        shards = self.shards()
        for number in shards:
            written = self._when(number)
            if number not in self._entries or self._written.get(number) != written:
                self._forget(number)
                self._read_entries(number)
                self._written[number] = written
        shards = [number for number in shards if number in self._entries]
        if not shards:
            return Index(np.empty(0, "S16"), *(np.empty(0, np.int64) for _ in range(3)))
        entries = [self._entries[number] for number in shards]
        joined = np.concatenate(entries)
        shard = np.repeat(shards, [len(part) for part in entries])
        row = np.concatenate([np.arange(len(part)) for part in entries])
        order = np.argsort(joined["hash"], kind="stable")
        return Index(joined["hash"][order], shard[order], row[order], joined["tokens"][order])

    def missing(self, hashes: np.ndarray) -> Ints:
        """Return the positions of the hashes that no complete and sound shard holds, ascending."""
        index = self.index()
        found = index.find(hashes)
        asked = set(index.shard[found[found >= 0]].tolist()) - self._sound
        damaged = {number: files for number in sorted(asked) if (files := damaged_files(self.folder, number))}
        self._sound |= asked - set(damaged)
        for number, files in damaged.items():
            self._discard(number, files)
        return np.flatnonzero((self.index().find(hashes) if damaged else found) < 0)

    def _when(self, number: int) -> tuple[int, int]:
        """Tell a shard's index from another one of its number: by its inode and when it was written."""
        try:
            status = (self.folder / f"{number:06d}{INDEX}.npy").stat()
        except OSError:
            return 0, 0
        return status.st_ino, status.st_mtime_ns

    def _forget(self, number: int) -> None:
        self._entries.pop(number, None)
        self._sound.discard(number)

    def _read_entries(self, number: int) -> None:
        path = self.folder / f"{number:06d}{INDEX}.npy"
        try:
            entries = np.load(path, allow_pickle=False)
        except (OSError, ValueError, EOFError):
            entries = None
        if entries is not None and entries.dtype == _ENTRY:
            self._entries[number] = entries
        elif path.exists():  # another process may have removed it meanwhile
            self._discard(number, [path])

    def _discard(self, number: int, damaged: Sequence[Path]) -> None:
        """Remove a shard, its index first: from then on it does not exist."""
        named = ", ".join(map(str, damaged))
        warnings.warn(f"{named} of the embedding store is damaged. Its texts are encoded again.", stacklevel=3)
        try:
            for path in sorted(self.folder.glob(f"{number:06d}.*"), key=lambda each: INDEX not in each.name):
                path.unlink(missing_ok=True)
        except OSError as error:
            raise PatbenchError(f"{named} is damaged and cannot be removed.", why=str(error)) from error
        self._forget(number)

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
                entries = np.empty(len(kept), dtype=_ENTRY)
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
