"""Encoding texts through the store: what is there is taken, what is missing is computed, cell by cell."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from patbench_lib.encode.batches import read_batches
from patbench_lib.encode.cells import Cell, cut_cells
from patbench_lib.encode.fill import Bar, fill
from patbench_lib.encode.key import store_key
from patbench_lib.encode.store import VectorFolder
from patbench_lib.models.deferred import loaded
from patbench_lib.models.encoder import Encoder
from patbench_lib.types import Floats, Ints, Role


class Reading:
    """How much of each text a model read.

    Attributes
    ----------
    tokens : tokens of each text before truncation, prompt and special tokens included, shape [n].
    limit : tokens the model reads at most, None for no limit.
    store : folder of the store that holds the vectors.
    """

    tokens: Ints
    limit: int | None
    store: str

    @property
    def truncated(self) -> float:
        """Share of texts of which the model did not read the end."""
        return 0.0 if self.limit is None else float((self.tokens > self.limit).mean())

    @property
    def read(self) -> float:
        """Share of all tokens that the model read."""
        if self.limit is None:
            return 1.0
        return float(self.tokens.clip(max=self.limit).sum() / max(int(self.tokens.sum()), 1))

    def described(self, queries: Reading) -> dict[str, Any]:
        """Return what a run says of how its documents were read, and of the stores of documents and queries."""
        return {
            "limit": self.limit,
            "truncated": self.truncated,
            "read": self.read,
            "tokens": float(self.tokens.mean()),
            "stores": sorted({self.store, queries.store}),
        }


@dataclass(frozen=True)
class Encoded(Reading):
    """Vectors of texts and how much of each text the model read.

    Attributes
    ----------
    vectors : shape [n, d], in the order of the texts.
    tokens, limit, store : as in `Reading`.
    """

    vectors: Floats
    tokens: Ints
    limit: int | None
    store: str


def encode(
    encoder: Encoder,
    texts: Sequence[str],
    role: Role,
    store: Path,
    *,
    compute: str = "float32",
    dtype: str = "float32",
    batch_tokens: int = 4096,
    shard_size: int = 512,
    progress: bool = True,
) -> Encoded:
    """Return vectors of texts from the store, first encoding those it lacks; equal texts are encoded once.

    Parameters
    ----------
    compute, dtype : number type the encoder runs in, and that of the stored vectors.
    batch_tokens : tokens of a batch, padding included.
    shard_size : texts that are encoded between two writes: what a killed run loses.

    Raises
    ------
    PatbenchError
        Where the store cannot be written.
    """
    folder = VectorFolder(store, store_key(encoder, role, compute=compute, dtype=dtype))
    fill_vectors(folder, encoder, cut_cells([texts], shard_size), role, batch_tokens=batch_tokens, progress=progress)
    vectors, tokens = folder.gather(texts)
    return Encoded(vectors, tokens, encoder.max_tokens, folder.key.name)


def fill_vectors(
    folder: VectorFolder,
    encoder: Encoder,
    cells: Sequence[Cell],
    role: Role,
    *,
    batch_tokens: int = 4096,
    progress: bool = True,
) -> None:
    """Add to a folder of the store what it lacks of some cells; other processes may do the same meanwhile.

    Raises
    ------
    PatbenchError
        Where the store cannot be written.
    """
    fill(
        folder,
        cells,
        lambda texts, bar: _encode_cell(encoder, texts, role, batch_tokens, bar),
        device=lambda: getattr(loaded(encoder), "device", "cpu"),
        progress=progress,
    )


def _encode_cell(encoder: Encoder, texts: Sequence[str], role: Role, budget: int, bar: Bar) -> tuple[Floats, Ints]:
    tokens = encoder.count_tokens(texts, role)
    vectors = np.empty((len(texts), encoder.dim), dtype=np.float32)

    def read(positions: Ints) -> Floats:
        return encoder.encode_batch([texts[position] for position in positions], role)

    for positions, rows in read_batches(read, tokens, limit=encoder.max_tokens, budget=budget):
        vectors[positions] = rows
        bar.step(len(positions), int(tokens[positions].sum()))
    return vectors, tokens
