"""Late interaction: a vector for each token, through sentence-transformers' MultiVectorEncoder."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from patbench_lib.errors import PatbenchError
from patbench_lib.models.card import Card
from patbench_lib.models.permission import check_dtype, pick_device, trust_code
from patbench_lib.models.transformer import no_progress_bar, on_device, plain_transformer, token_limit
from patbench_lib.models.weights import fingerprint, require
from patbench_lib.types import Role


@dataclass(frozen=True)
class LateEncoder:
    """A model with a vector for each token, run by its card.

    Attributes
    ----------
    fingerprint : changes with all that changes a vector, apart from text, role, marker, prompt, limit and number type.
    dim : dimensions of a token's vector.
    limits : where texts of each role are cut off, special tokens, marker and prompt included; None for nowhere. A
        model that pads its queries cuts them off at the length it pads to.
    trained : whether the model's files are those of late interaction; else these are the token vectors of a model that
        was trained for something else.
    model : the MultiVectorEncoder.
    """

    card: Card
    fingerprint: str
    dim: int
    limits: dict[Role, int | None]
    dtype: str
    trained: bool
    model: Any

    @property
    def device(self) -> str:
        """Where the model runs."""
        return str(self.model.device)

    @property
    def treats_roles_alike(self) -> bool:
        """Tell whether a text has the same vectors as a query and as a document."""
        same = self.prefix("query") == self.prefix("document") and self.limits["query"] == self.limits["document"]
        tasks = [set(module.skiplist_tasks) for module in self.model if getattr(module, "skiplist_words", [])]
        return same and _transformer(self.model).query_expansion is None and all(len(task) == 2 for task in tasks)

    def prefix(self, role: Role) -> str:
        """Return what stands before a text of this role: the card's marker, then its prompt."""
        marker = self.card.markers.get(role, "")
        return (f"{marker} " if marker else "") + self.card.prompt(role)

    def count_tokens(self, texts: Sequence[str], role: Role) -> NDArray[np.int32]:
        """Return how long each text is before truncation and padding, special tokens included; shape [n]."""
        if not texts:
            return np.zeros(0, dtype=np.int32)
        rows = self.model.tokenizer(
            [self.prefix(role) + text for text in texts], truncation=False, padding=False, verbose=False
        )["input_ids"]
        return np.fromiter(map(len, rows), dtype=np.int32, count=len(texts))

    def encode_batch(self, texts: Sequence[str], role: Role) -> list[NDArray[np.float32]]:
        """Encode texts as one batch; shapes [tokens, dim]. A text without a token has one vector, zero.

        Raises
        ------
        PatbenchError : where the model gives numbers that are not finite.
        """
        import torch

        if not texts:
            return []
        features, masks = self._read(texts, role)
        vectors = features["token_embeddings"].float()
        if self.card.normalise:
            vectors = torch.nn.functional.normalize(vectors, dim=2)
        rows = [part[mask].cpu().numpy() for part, mask in zip(vectors, masks, strict=True)]
        if not all(np.isfinite(row).all() for row in rows):
            raise PatbenchError(
                f"'{self.card.name}' gave vectors that are not numbers in {self.dtype}.",
                todo="Use dtype float32 or bfloat16.",
            )
        return [row if len(row) else np.zeros((1, self.dim), dtype=np.float32) for row in rows]

    def pieces(self, text: str, role: Role) -> list[str]:
        """Return the tokens that a text's vectors stand for, in the vectors' order."""
        features, masks = self._read([text], role)
        pieces: list[str] = self.model.tokenizer.convert_ids_to_tokens(features["input_ids"][0][masks[0]].tolist())
        return pieces or [""]

    def _read(self, texts: Sequence[str], role: Role) -> tuple[dict[str, Any], Any]:
        """Run the model; return its features and which of its tokens count, shape [n, tokens]."""
        import torch

        with torch.inference_mode():
            features = self.model.preprocess(list(texts), prompt=self.prefix(role) or None, task=role)
            features = self.model(on_device(features, self.model.device), task=role)
        return features, features["attention_mask"].bool()


def load_late(
    card: Card,
    *,
    max_tokens: int | None = None,
    device: str = "auto",
    dtype: str = "float32",
    allow_remote_code: Collection[str] = (),
) -> LateEncoder:
    """Load a late-interaction model: a ColBERT in any layout that the hub has, or any transformer's token vectors.

    Of a plain transformer or a model with one vector a text, the special tokens [CLS] and [SEP] are left out: nothing
    ever taught them to match each other. A model trained for late interaction keeps what it was trained with.

    Parameters
    ----------
    max_tokens : cut documents off here, where the card does not cut them off earlier; queries too, unless the model
        pads them to a length of its own.

    Raises
    ------
    PatbenchError : where the weights are missing or of another dimension than the card says, the card forbids `dtype`,
        remote code is not allowed, or a marker is no token of the model.
    """
    check_dtype(card, dtype)
    trusted, folder = trust_code(card, allow_remote_code), require(card)
    trained = _is_late(folder)
    with no_progress_bar():
        load = _load_trained if trained else _load_plain
        model = load(folder, pick_device(device), dtype, trusted)
    _keep_markers_whole(model, card)
    limits = _set_limits(model, card, max_tokens)
    dim = int(model.encode(["a"], task="document")[0].shape[1])
    if dim != card.dim:
        raise PatbenchError(
            f"The token vectors of '{card.name}' have {dim} dimensions; its card says {card.dim}.",
            why="" if trained else "Its files are a plain transformer's, without the projection of late interaction.",
            todo="Correct `dim` in the card, or get the right weights.",
        )
    return LateEncoder(card, fingerprint(card, folder), dim, limits, dtype, trained, model)


def _is_late(folder: Path) -> bool:
    """Tell whether files are of late interaction: MultiVectorEncoder's or PyLate's layout, or Stanford's ColBERT."""
    described = _json(folder / "config_sentence_transformers.json").get("model_type")
    return described in ("MultiVectorEncoder", "ColBERT") or "HF_ColBERT" in (
        _json(folder / "config.json").get("architectures") or []
    )


def _json(file: Path) -> dict[str, Any]:
    return dict(json.loads(file.read_text("utf-8"))) if file.is_file() else {}


def _load_trained(folder: Path, device: str, dtype: str, trusted: bool) -> Any:
    import torch
    from sentence_transformers import MultiVectorEncoder

    return MultiVectorEncoder(
        str(folder),
        device=device,
        trust_remote_code=trusted,
        local_files_only=True,
        model_kwargs={"dtype": getattr(torch, dtype)},
    ).eval()


def _load_plain(folder: Path, device: str, dtype: str, trusted: bool) -> Any:
    """Take a model's transformer alone; MultiVectorEncoder itself would add a projection drawn at random."""
    import torch
    from sentence_transformers import MultiVectorEncoder
    from sentence_transformers.multi_vector_encoder.modules import MultiVectorMask
    from sentence_transformers.sentence_transformer.modules import Normalize

    transformer = plain_transformer(folder, getattr(torch, dtype), trusted)
    tokenizer = transformer.tokenizer
    special = [token for token in (tokenizer.cls_token, tokenizer.sep_token) if token]
    modules = [
        transformer,
        MultiVectorMask(skiplist_words=special, skiplist_tasks=["query", "document"]),
        Normalize(module_input_name="token_embeddings"),
    ]
    return MultiVectorEncoder(modules=modules, device=device).eval()


def _keep_markers_whole(model: Any, card: Card) -> None:
    """Let the tokenizer read each marker as the one token it is."""
    from tokenizers import AddedToken

    tokenizer = model.tokenizer
    for marker in card.markers.values():
        if tokenizer.tokenize(marker) == [marker]:
            continue
        if marker not in tokenizer.get_vocab():
            raise PatbenchError(
                f"'{card.name}' has no token {marker}, which its card gives as a marker.",
                why="In pieces, a marker is text like any other, and not what the model was trained with.",
                todo="Correct `markers` in the model's card.",
            )
        tokenizer.add_tokens([AddedToken(marker, normalized=False, special=True)], special_tokens=True)


def _set_limits(model: Any, card: Card, asked: int | None) -> dict[Role, int | None]:
    """Cut documents off at the smallest of what card, caller and positions allow, queries at their own length too."""
    transformer = _transformer(model)
    limit = transformer.document_length = token_limit(model, card, asked, transformer.document_length)
    expansion = transformer.query_expansion
    if expansion is not None:
        return {"query": int(expansion["length"]), "document": limit}
    of_queries = [length for length in (limit, transformer.query_length) if length is not None]
    transformer.query_length = min(of_queries, default=None)
    return {"query": transformer.query_length, "document": limit}


def _transformer(model: Any) -> Any:
    return next(iter(model))
