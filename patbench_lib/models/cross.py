"""Cross-encoders: query and document read together, one score a pair, through sentence-transformers' CrossEncoder."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from patbench_lib.errors import PatbenchError
from patbench_lib.models.card import Card
from patbench_lib.models.permission import check_dtype, pick_device, trust_code
from patbench_lib.models.transformer import no_progress_bar, on_device, token_limit
from patbench_lib.models.weights import require

Pair = tuple[str, str]


@dataclass(frozen=True)
class PairScorer:
    """A cross-encoder run by its card.

    Attributes
    ----------
    max_tokens : tokens of a pair that are read, special tokens and prompts included; None for all.
    model : the CrossEncoder.
    """

    card: Card
    max_tokens: int | None
    dtype: str
    model: Any

    def count_tokens(self, pairs: Sequence[Pair]) -> NDArray[np.int32]:
        """Return how long each pair is before truncation; shape [n]."""
        if not pairs:
            return np.zeros(0, dtype=np.int32)
        queries, documents = map(list, zip(*self._prompted(pairs), strict=True))
        rows = self.model.tokenizer(queries, documents, truncation=False, padding=False, verbose=False)["input_ids"]
        return np.fromiter(map(len, rows), dtype=np.int32, count=len(pairs))

    def score_batch(self, pairs: Sequence[Pair]) -> NDArray[np.float32]:
        """Score (query, document) pairs as one batch; shape [n]. Of a pair too long the longer text is cut first.

        Scores are the model's logits: a sigmoid keeps their order but rounds the best of them to 1.

        Raises
        ------
        PatbenchError : where the model gives numbers that are not finite.
        """
        import torch

        with torch.inference_mode():
            features = on_device(self.model.preprocess(self._prompted(pairs)), self.model.device)
            scores: NDArray[np.float32] = self.model(features)["scores"].float().flatten().cpu().numpy()
        if not np.isfinite(scores).all():
            raise PatbenchError(
                f"'{self.card.name}' gave scores that are not numbers in {self.dtype}.",
                todo="Use dtype float32 or bfloat16.",
            )
        return scores

    def _prompted(self, pairs: Sequence[Pair]) -> list[Pair]:
        query, document = self.card.prompt("query"), self.card.prompt("document")
        return [(query + asked, document + found) for asked, found in pairs]


def load_cross(
    card: Card,
    *,
    max_tokens: int | None = None,
    device: str = "auto",
    dtype: str = "float32",
    allow_remote_code: Collection[str] = (),
) -> PairScorer:
    """Load a cross-encoder by its card.

    Parameters
    ----------
    max_tokens : cut pairs off here, where the card does not cut them off earlier.

    Raises
    ------
    PatbenchError : where the weights are missing, the card forbids `dtype`, remote code is not allowed, or the model
        gives several scores for a pair, of which none is said to be relevance.
    """
    import torch
    from sentence_transformers import CrossEncoder

    check_dtype(card, dtype)
    trusted, folder = trust_code(card, allow_remote_code), require(card)
    with no_progress_bar():
        model = CrossEncoder(
            str(folder),
            device=pick_device(device),
            trust_remote_code=trusted,
            local_files_only=True,
            prompts={},
            model_kwargs={"dtype": getattr(torch, dtype)},
        ).eval()
    if model.num_labels != 1:
        raise PatbenchError(
            f"'{card.name}' gives {model.num_labels} scores for a pair.",
            why="A reranker gives one; which of several classes means relevance cannot be guessed.",
            todo="Use a cross-encoder with one output.",
        )
    limit = token_limit(model, card, max_tokens)
    if limit is not None:
        model.max_seq_length = limit
    return PairScorer(card, limit, dtype, model)
