"""The store of token vectors: ragged shards on disk, mapped into memory, of which only what is asked for is read."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import numpy as np

from patbench_lib.encode.store import ShardFolder
from patbench_lib.types import Floats, Ints


class TokenFolder(ShardFolder[Sequence[Floats]]):
    """A vector for each token: a shard's are in `N.npy`, one text's after another's, and `N.indptr.npy` parts them."""

    def arrays(self, vectors: Sequence[Floats], kept: Ints) -> dict[str, np.ndarray]:
        """Return the vectors in half precision, shape [tokens, d], and where each text's begin, shape [texts + 1]."""
        of_texts = [vectors[position] for position in kept]
        indptr = np.concatenate([[0], np.cumsum([len(rows) for rows in of_texts])]).astype(np.int64)
        return {"": np.concatenate(of_texts).astype(self.key.dtype), ".indptr": indptr}

    def vectors(self, texts: Sequence[str]) -> tuple[TokenVectors, Ints]:
        """Return a view onto the vectors of texts in order, and the texts' token counts [n].

        Raises
        ------
        PatbenchError
            Where a text has no vectors yet.
        """
        shard, row, tokens = self.place(texts)
        start, stop = np.zeros((2, len(texts)), dtype=np.int64)
        for number in np.unique(shard):
            indptr, mine = self.read(number, ".indptr"), np.flatnonzero(shard == number)
            start[mine], stop[mine] = indptr[row[mine]], indptr[row[mine] + 1]
        return TokenVectors(self, shard, start, stop), tokens


class TokenVectors:
    """The token vectors of some texts in order; nothing is read before it is taken.

    Parameters
    ----------
    shard, start, stop : of each text: the shard that holds it, its first row there and the one after its last.
    """

    def __init__(self, folder: TokenFolder, shard: Ints, start: Ints, stop: Ints) -> None:
        self._folder, self._shard, self._start, self._stop = folder, shard, start, stop
        self.lengths: Ints = stop - start
        self._mapped: dict[int, np.ndarray] = {}

    @cached_property
    def dim(self) -> int:
        """Dimensions of a token's vector."""
        return int(self._open(self._shard[0]).shape[1])

    @property
    def nbytes(self) -> int:
        """Bytes that the vectors take in the store; a text that occurs twice is counted twice."""
        return int(self.lengths.sum()) * self.dim * self._open(self._shard[0]).itemsize

    def take(self, position: int) -> Floats:
        """Return the vectors of one text, shape [tokens, d], as they are stored."""
        mapped = self._open(self._shard[position])
        taken: Floats = mapped[self._start[position] : self._stop[position]]
        return taken

    def _open(self, number: int) -> np.ndarray:
        if number not in self._mapped:
            self._mapped[int(number)] = self._folder.read(number)
        return self._mapped[number]
