"""What every encoder can do, and the one way to get one from a card."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from patbench_lib.errors import PatbenchError, unknown_name
from patbench_lib.models.card import TASKS, Card
from patbench_lib.models.permission import check_dtype
from patbench_lib.types import Role


class Encoder(Protocol):
    """A loaded model: texts in, vectors out."""

    @property
    def card(self) -> Card:
        """The card it was loaded from."""
        ...

    @property
    def fingerprint(self) -> str:
        """Changes with all that changes a vector, apart from text, role, prompt, max_tokens, dtype, normalisation."""
        ...

    @property
    def dim(self) -> int:
        """Dimensions of a vector, as the loaded model has them."""
        ...

    @property
    def max_tokens(self) -> int | None:
        """Where texts are cut off, special tokens and prompt included; None where they never are."""
        ...

    def count_tokens(self, texts: Sequence[str], role: Role) -> NDArray[np.int32]:
        """Return how long each text is before truncation, prompt and special tokens included; shape [n]."""
        ...

    def encode_batch(self, texts: Sequence[str], role: Role) -> NDArray[np.float32]:
        """Encode `texts` as one batch, in their order; shape [n, dim], rows of length 1 where the card says so."""
        ...


def load_encoder(
    card: Card,
    *,
    max_tokens: int | None = None,
    task: str = "retrieval",
    device: str = "auto",
    dtype: str = "float32",
    fit_texts: Sequence[str] | None = None,
    allow_remote_code: Collection[str] = (),
) -> Encoder:
    """Load a model that gives one vector a text.

    Parameters
    ----------
    card : which model, and how it is run.
    max_tokens : cut texts off here, where the card does not cut them off earlier. Static models and LSA read
        whole texts and take no notice.
    task : "retrieval", "classification" or "clustering"; chooses the prompt and the model's adapter.
    device : "auto" (a GPU where there is one), or a torch device such as "cpu" or "cuda:1".
    dtype : "float32", "bfloat16" or "float16"; transformers only, where the card allows it.
    fit_texts : the collection, which LSA is fitted on.
    allow_remote_code : names of the models whose own Python code may run.

    Raises
    ------
    PatbenchError : where the weights are missing, the card forbids `dtype`, remote code is not allowed, or the
        model has no vector a text (lexical, late interaction, cross-encoder).
    """
    if task not in TASKS:
        raise unknown_name("task", task, TASKS)
    if max_tokens is not None and max_tokens < 1:
        raise PatbenchError(f"max_tokens is {max_tokens}.", todo="Give 1 or more, or leave it out.")
    check_dtype(card, dtype)
    if card.kind == "dense":
        from patbench_lib.models.dense import load_dense

        return load_dense(
            card, max_tokens=max_tokens, task=task, device=device, dtype=dtype, allow_remote_code=allow_remote_code
        )
    if card.kind == "static":
        from patbench_lib.models.static import load_static

        return load_static(card)
    if card.kind == "lsa":
        from patbench_lib.models.lsa import fit_lsa

        return fit_lsa(card, fit_texts)
    raise PatbenchError(
        f"'{card.name}' is a {card.kind} model: it has no single vector for a text.",
        todo="Name it in `reranking.systems`: it only ranks again what another system found."
        if card.kind == "cross-encoder"
        else "Use it as a system of its own in retrieval, not as an encoder.",
    )
