"""Encoding texts into token vectors through the store."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from patbench_lib.encode.batches import read_batches
from patbench_lib.encode.cells import Cell, cut_cells
from patbench_lib.encode.encode import Reading
from patbench_lib.encode.fill import Bar, fill
from patbench_lib.encode.key import StoreKey
from patbench_lib.encode.token_store import TokenFolder, TokenVectors
from patbench_lib.models.late import LateEncoder
from patbench_lib.types import Floats, Ints, Role

TOKEN_DTYPE = "float16"
"""Number type that token vectors are stored in: there are hundreds a text."""


@dataclass(frozen=True)
class EncodedTokens(Reading):
    """Token vectors of texts and how much of each text the model read.

    Attributes
    ----------
    vectors : of each text in the order of the texts, read when taken.
    tokens, limit, store : as in `Reading`.
    """

    vectors: TokenVectors
    tokens: Ints
    limit: int | None
    store: str


def encode_tokens(
    encoder: LateEncoder,
    texts: Sequence[str],
    role: Role,
    store: Path,
    *,
    batch_tokens: int = 4096,
    shard_size: int = 512,
    progress: bool = True,
) -> EncodedTokens:
    """Return token vectors of texts from the store, first encoding those it lacks; the parameters are `encode`'s.

    They are stored in half precision: 2 bytes a number, which is what makes late interaction large even so.

    Raises
    ------
    PatbenchError
        Where the store cannot be written.
    """
    folder = TokenFolder(store, token_key(encoder, role))
    fill_tokens(folder, encoder, cut_cells([texts], shard_size), role, batch_tokens=batch_tokens, progress=progress)
    vectors, tokens = folder.vectors(texts)
    return EncodedTokens(vectors, tokens, encoder.limits[role], folder.key.name)


def fill_tokens(
    folder: TokenFolder,
    encoder: LateEncoder,
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
        device=lambda: encoder.device,
        progress=progress,
    )


def token_key(encoder: LateEncoder, role: Role) -> StoreKey:
    """Return the key under which a model's token vectors for a role are kept."""
    card = encoder.card
    return StoreKey(
        model=card.name,
        revision=card.revision or "",
        fingerprint=encoder.fingerprint,
        role="any" if encoder.treats_roles_alike else role,
        prompt=encoder.prefix(role),
        max_tokens=encoder.limits[role],
        pooling=card.pooling or "",
        normalise=card.normalise,
        compute=encoder.dtype,
        dtype=TOKEN_DTYPE,
    )


def _encode_cell(
    encoder: LateEncoder, texts: Sequence[str], role: Role, budget: int, bar: Bar
) -> tuple[list[Floats], Ints]:
    tokens = encoder.count_tokens(texts, role)
    vectors: list[Floats] = [np.empty(0)] * len(texts)

    def read(positions: Ints) -> list[Floats]:
        return list(encoder.encode_batch([texts[position] for position in positions], role))

    for positions, rows in read_batches(read, tokens, limit=encoder.limits[role], budget=budget):
        for position, row in zip(positions, rows, strict=True):
            vectors[position] = row.astype(TOKEN_DTYPE)
        bar.step(len(positions), int(tokens[positions].sum()))
    return vectors, tokens
