"""The key of a stored vector: everything that changes it."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np

from patbench_lib.models.card import Card
from patbench_lib.models.encoder import Encoder
from patbench_lib.types import Role

FORMAT = 1
"""Raised when the layout of the store or the way of encoding changes, so that old vectors are not taken for new."""


@dataclass(frozen=True)
class StoreKey:
    """What vectors of one folder of the store have in common; the text itself is the rest of the key.

    Attributes
    ----------
    role : `query` or `document`, or `any` where the model treats both alike and one vector serves for both.
    fingerprint : of the weights and all the code's choices that change a vector.
    compute, dtype : number type the model ran in, and that of the stored vectors.
    """

    model: str
    revision: str
    fingerprint: str
    role: str
    prompt: str
    max_tokens: int | None
    pooling: str
    normalise: bool
    compute: str
    dtype: str
    format: int = FORMAT

    @property
    def name(self) -> str:
        """A folder name: the model's, readable, and a digest of all fields."""
        text = repr(sorted(asdict(self).items()))
        readable = "".join(letter if letter.isalnum() or letter in "-_." else "-" for letter in self.model)
        return f"{readable}-{self.role}-{hashlib.sha256(text.encode()).hexdigest()[:20]}"


def store_key(encoder: Encoder, role: Role, *, compute: str, dtype: str) -> StoreKey:
    """Return the key under which an encoder's vectors for a role are kept.

    Parameters
    ----------
    compute : number type the model runs in.
    dtype : number type the vectors are stored in.
    """
    card, task = encoder.card, getattr(encoder, "task", "retrieval")
    return StoreKey(
        model=card.name,
        revision=card.revision or "",
        fingerprint=encoder.fingerprint,
        role="any" if treats_roles_alike(card, task) else role,
        prompt=card.prompt(role, task),
        max_tokens=encoder.max_tokens,
        pooling=card.pooling or "",
        normalise=card.normalise,
        compute=compute,
        dtype=dtype,
    )


def treats_roles_alike(card: Card, task: str = "retrieval") -> bool:
    """Tell whether a model makes the same vector of a text as a query and as a document."""
    roles: tuple[Role, Role] = ("query", "document")
    query, document = (
        (card.prompt(role, task), card.encode_task(role, task), card.markers.get(role)) for role in roles
    )
    return query == document


def text_hashes(texts: Sequence[str]) -> np.ndarray:
    """Return the 128-bit BLAKE2b hash of each text as bytes, shape [n], dtype S16."""
    digests = [hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest() for text in texts]
    return np.array(digests, dtype="S16")
