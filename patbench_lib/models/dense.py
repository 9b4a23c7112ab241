"""Transformers with one vector a text, through sentence-transformers."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from patbench_lib.errors import PatbenchError
from patbench_lib.models.card import Card
from patbench_lib.models.permission import pick_device, trust_code
from patbench_lib.models.transformer import no_progress_bar, on_device, plain_transformer, token_limit
from patbench_lib.models.weights import fingerprint, require
from patbench_lib.types import Role

_LIBRARY_NAMES = {"mean": "mean", "cls": "cls", "last token": "lasttoken"}
_CARD_NAMES = {theirs: ours for ours, theirs in _LIBRARY_NAMES.items()}
# Tokenizers that know no limit say 10^30.
_NO_LIMIT = 10**9


@dataclass(frozen=True)
class DenseEncoder:
    """A sentence-transformers model run by its card; see `patbench_lib.models.encoder.Encoder`.

    Attributes
    ----------
    task, dtype : what it was loaded for, and in.
    declared_max_tokens : the limit that the model's own files state, None where they state none.
    model : the SentenceTransformer.
    """

    card: Card
    fingerprint: str
    dim: int
    max_tokens: int | None
    task: str
    dtype: str
    declared_max_tokens: int | None
    model: Any

    @property
    def device(self) -> str:
        """Where it runs."""
        return str(self.model.device)

    def count_tokens(self, texts: Sequence[str], role: Role) -> NDArray[np.int32]:
        """Return how long each text is before truncation, prompt and special tokens included; shape [n]."""
        prompt = self.card.prompt(role, self.task)
        if not texts:
            return np.zeros(0, dtype=np.int32)
        rows = self.model.tokenizer(
            [prompt + text for text in texts],
            truncation=False,
            padding=False,
            return_attention_mask=False,
            return_token_type_ids=False,
            verbose=False,
        )["input_ids"]
        return np.fromiter(map(len, rows), dtype=np.int32, count=len(texts))

    def encode_batch(self, texts: Sequence[str], role: Role) -> NDArray[np.float32]:
        """Encode `texts` as one batch; shape [n, dim]. A text without a single token has the vector zero.

        Raises
        ------
        PatbenchError : where the model gives numbers that are not finite, as some do in float16.
        """
        import torch

        adapter = self.card.encode_task(role, self.task)
        extra = {"task": adapter} if adapter else {}
        # The prompt is always the card's: None, not the model's default, where the card has none.
        prompt = self.card.prompt(role, self.task) or None
        with torch.inference_mode():
            features = self.model.preprocess(list(texts), prompt=prompt, **extra) if texts else {}
            if not features or features["input_ids"].shape[-1] == 0:
                return np.zeros((len(texts), self.dim), dtype=np.float32)
            features = on_device(features, self.model.device)
            mask = features.get("attention_mask")
            vectors = self.model(features, **extra)["sentence_embedding"].float()
            if mask is not None:
                vectors = vectors.masked_fill(mask.sum(dim=1, keepdim=True) == 0, 0.0)
            if self.card.normalise:
                vectors = torch.nn.functional.normalize(vectors, dim=1)
            rows: NDArray[np.float32] = vectors.cpu().numpy()
        if not np.isfinite(rows).all():
            raise PatbenchError(
                f"'{self.card.name}' gave vectors that are not numbers in {self.dtype}.",
                todo="Use dtype float32 or bfloat16.",
            )
        return rows


def load_dense(
    card: Card, *, max_tokens: int | None, task: str, device: str, dtype: str, allow_remote_code: Collection[str]
) -> DenseEncoder:
    """Load a transformer; the parameters are those of `load_encoder`."""
    trusted = trust_code(card, allow_remote_code)
    folder = require(card)
    model = _load(card, folder, pick_device(device), dtype, trusted)
    if card.layers is not None:
        _cut(model, card)
    if (pooling_of(model) or "").startswith("last token"):
        # Padded on the right, the last position of a short text would be padding to a model that does not mask it.
        model.tokenizer.padding_side = "left"
    declared = model.max_seq_length
    declared = declared if declared is not None and declared < _NO_LIMIT else None
    limit = token_limit(model, card, max_tokens, declared)
    if limit is not None:
        model.max_seq_length = limit
    return DenseEncoder(
        card=card,
        fingerprint=_fingerprint(card, folder, task),
        # Asked of a vector: modules of a model's own need not know their dimension.
        dim=model.encode(["a"]).shape[1],
        max_tokens=limit,
        task=task,
        dtype=dtype,
        declared_max_tokens=declared,
        model=model,
    )


def pooling_of(model: Any) -> str | None:
    """Read a loaded model's pooling in the words of a card ("mean+dense"), None where its modules do not show it."""
    from sentence_transformers.sentence_transformer.modules import Dense, Pooling

    modules = list(model.children())
    modes = [module.pooling_mode for module in modules if isinstance(module, Pooling)]
    heads = sum(isinstance(module, Dense) for module in modules)
    if len(modes) != 1:
        return None
    mode = _CARD_NAMES.get(modes[0], str(modes[0]))
    return mode + ("" if heads == 0 else "+dense" if heads == 1 else f"+{heads} dense")


def _load(card: Card, folder: Path, device: str, dtype: str, trusted: bool) -> Any:
    import torch
    from sentence_transformers import SentenceTransformer

    number_type = getattr(torch, dtype)
    with no_progress_bar():
        if (folder / "modules.json").is_file():
            return SentenceTransformer(
                str(folder),
                device=device,
                trust_remote_code=trusted,
                local_files_only=True,
                model_kwargs={"dtype": number_type},
            ).eval()
        return SentenceTransformer(modules=_modules(card, folder, number_type, trusted), device=device).eval()


def _modules(card: Card, folder: Path, number_type: Any, trusted: bool) -> list[Any]:
    """Build a model from a plain transformer, whose folder says nothing of pooling."""
    from sentence_transformers.sentence_transformer.modules import Pooling

    if card.pooling_mode not in _LIBRARY_NAMES or card.dense_heads:
        raise PatbenchError(
            f"'{card.name}' cannot be put together: its folder {folder} is a plain transformer.",
            why=f"The folder has no modules.json, and the card's pooling is {card.pooling or 'not stated'}.",
            todo="State 'mean', 'cls' or 'last token' as `pooling`; a dense layer needs the folder that holds it.",
        )
    transformer = plain_transformer(folder, number_type, trusted)
    return [transformer, Pooling(transformer.get_embedding_dimension(), _LIBRARY_NAMES[card.pooling_mode])]


def _cut(model: Any, card: Card) -> None:
    """Keep the first `card.layers` layers of the transformer."""
    import torch

    transformer = model.transformers_model
    deep = transformer.config.num_hidden_layers
    lists = (part for part in transformer.modules() if isinstance(part, torch.nn.ModuleList))
    stack = next((part for part in lists if len(part) == deep), None)
    if stack is None or card.layers is None or card.layers > deep:
        raise PatbenchError(
            f"'{card.name}' asks for {card.layers} layers of a model with {deep}.",
            why="" if stack is not None else "Its layers are not held in one list, and cannot be cut.",
            todo="Correct `layers` in the model's card.",
        )
    del stack[card.layers :]
    transformer.config.num_hidden_layers = card.layers


def _fingerprint(card: Card, folder: Path, task: str) -> str:
    files = fingerprint(card, folder)
    adapters = [card.encode_task("query", task), card.encode_task("document", task)]
    return files if adapters == [None, None] else hashlib.sha256(f"{files}|{adapters}".encode()).hexdigest()
