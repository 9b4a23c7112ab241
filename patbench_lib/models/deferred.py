"""Encoders that are loaded when there is something to encode: what is known of them is enough to find stored vectors.

Loading takes seconds, and the libraries behind it more. Most steps of a study only look up what an earlier one encoded.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from patbench_lib.kept import read_json, read_kept, save_json
from patbench_lib.models.card import Card
from patbench_lib.models.encoder import Encoder
from patbench_lib.types import Role


@dataclass(frozen=True)
class Facts:
    """What a store asks of an encoder; see `patbench_lib.models.encoder.Encoder`."""

    fingerprint: str
    dim: int
    max_tokens: int | None


class Deferred:
    """An encoder of known facts that is loaded, for a task, when it has to read a text."""

    def __init__(self, card: Card, facts: Facts, load: Callable[[], Encoder], task: str) -> None:
        self.card, self.task, self._load = card, task, load
        self.fingerprint, self.dim, self.max_tokens = facts.fingerprint, facts.dim, facts.max_tokens

    @cached_property
    def loaded(self) -> Encoder:
        """The encoder itself."""
        return self._load()

    def count_tokens(self, texts: Sequence[str], role: Role) -> NDArray[np.int32]:
        """Return how long each text is before truncation; shape [n]."""
        return self.loaded.count_tokens(texts, role)

    def encode_batch(self, texts: Sequence[str], role: Role) -> NDArray[np.float32]:
        """Encode `texts` as one batch; shape [n, dim]."""
        return self.loaded.encode_batch(texts, role)


def deferred(card: Card, path: Path, load: Callable[[], Encoder], *, task: str = "retrieval") -> Encoder:
    """Return an encoder that is loaded at need, or loaded now where its facts are not known yet.

    Parameters
    ----------
    path : where its facts are kept; the name holds all that changes them.
    """
    facts = read_kept(path, _facts)
    if facts is not None:
        return Deferred(card, facts, load, task)
    encoder = load()
    save_json(path, asdict(Facts(encoder.fingerprint, encoder.dim, encoder.max_tokens)))
    return encoder


def _facts(path: Path) -> Facts:
    return Facts(**read_json(path))


def loaded(encoder: Encoder) -> Encoder:
    """Return an encoder as it is once loaded, for those who ask more of it than vectors."""
    return encoder.loaded if isinstance(encoder, Deferred) else encoder
