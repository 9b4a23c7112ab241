"""The shards of an embedding store that are complete: what they hold, and whether they are as they were written."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from patbench_lib.encode.checksums import INDEX, damaged_files
from patbench_lib.errors import PatbenchError
from patbench_lib.types import Ints

ENTRY = np.dtype([("hash", "S16"), ("tokens", "<i4")])


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


@dataclass
class _Known:
    """What this process knows of a shard: what its index says, which file that was, and if all its files are sound."""

    entries: np.ndarray
    written: tuple[int, int]
    sound: bool = False


class Shards:
    """The complete shards of a folder, as this process comes to know them.

    A shard never changes, but a damaged one is removed, by any process, and its number is given anew. One that is
    asked for is looked through once; where a file of it is not as it was written, that is told, the shard is removed,
    and its texts are missing again.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._known: dict[int, _Known] = {}

    def shards(self) -> list[int]:
        """Return the numbers of the complete shards, ascending."""
        return sorted(int(path.name.split(".")[0]) for path in self.folder.glob("*.index.npy"))

    def index(self) -> Index:
        """Read the index of all complete shards; each is read once, and again where it is another."""
        numbers = self.shards()
        for number in numbers:
            written = self._when(number)
            if number not in self._known or self._known[number].written != written:
                self._known.pop(number, None)
                self._read_entries(number, written)
        entries = {number: self._known[number].entries for number in numbers if number in self._known}
        if not entries:
            return Index(np.empty(0, "S16"), *(np.empty(0, np.int64) for _ in range(3)))
        joined = np.concatenate(list(entries.values()))
        shard = np.repeat(list(entries), [len(part) for part in entries.values()])
        row = np.concatenate([np.arange(len(part)) for part in entries.values()])
        order = np.argsort(joined["hash"], kind="stable")
        return Index(joined["hash"][order], shard[order], row[order], joined["tokens"][order])

    def missing(self, hashes: np.ndarray) -> Ints:
        """Return the positions of the hashes that no complete and sound shard holds, ascending."""
        index = self.index()
        found = index.find(hashes)
        asked = np.unique(index.shard[found[found >= 0]]).tolist()
        files = {number: damaged_files(self.folder, number) for number in asked if not self._known[number].sound}
        for number, damaged in files.items():
            if damaged:
                self._discard(number, damaged)
            else:
                self._known[number].sound = True
        return np.flatnonzero((self.index().find(hashes) if any(files.values()) else found) < 0)

    def _when(self, number: int) -> tuple[int, int]:
        """Tell a shard's index from another one of its number: by its inode and when it was written."""
        try:
            status = (self.folder / f"{number:06d}{INDEX}.npy").stat()
        except OSError:
            return 0, 0
        return status.st_ino, status.st_mtime_ns

    def _read_entries(self, number: int, written: tuple[int, int]) -> None:
        path = self.folder / f"{number:06d}{INDEX}.npy"
        try:
            entries = np.load(path, allow_pickle=False)
        except (OSError, ValueError, EOFError):
            entries = None
        if entries is not None and entries.dtype == ENTRY:
            self._known[number] = _Known(entries, written)
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
        self._known.pop(number, None)
