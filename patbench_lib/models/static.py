"""Static vectors: the mean of the tokens' input embeddings, with no transformer in between."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from patbench_lib.errors import PatbenchError
from patbench_lib.models.card import Card
from patbench_lib.models.token_memo import TokenMemo
from patbench_lib.models.tokens import whole_text_tokenizer
from patbench_lib.models.weights import fingerprint, require
from patbench_lib.types import Role

_TABLES = ("word_embeddings.weight", "embed_tokens.weight", "tok_embeddings.weight")
# What sentence-transformers calls the table of a static model that it saved, one tuned here among them.
_OWN_TABLE = "embedding.weight"


@dataclass(frozen=True)
class StaticEncoder:
    """The bag of a text's token embeddings; see `patbench_lib.models.encoder.Encoder`.

    A text is read whole. Special tokens that a transformer would add ([CLS], [SEP]) are left out. Queries and
    documents are treated alike.
    """

    card: Card
    fingerprint: str
    dim: int
    max_tokens: int | None
    module: Any
    memo: TokenMemo

    def count_tokens(self, texts: Sequence[str], role: Role) -> NDArray[np.int32]:
        """Return how many tokens each text has; shape [n]."""
        return np.fromiter(map(len, self.memo.ids(texts)), dtype=np.int32, count=len(texts))

    def encode_batch(self, texts: Sequence[str], role: Role) -> NDArray[np.float32]:
        """Return the mean of each text's token embeddings; shape [n, dim]. An empty text has the vector zero."""
        import torch

        if not texts:
            return np.zeros((0, self.dim), dtype=np.float32)
        with torch.inference_mode():
            vectors = self.module(self.memo.features(texts))["sentence_embedding"]
            if self.card.normalise:
                vectors = torch.nn.functional.normalize(vectors, dim=1)
            rows: NDArray[np.float32] = vectors.numpy()
        return rows


def load_static(card: Card) -> StaticEncoder:
    """Build the static model from the card's folder: a static model's, or the token embeddings of a transformer."""
    from sentence_transformers.sentence_transformer.modules import StaticEmbedding

    folder = require(card)
    module = StaticEmbedding(whole_text_tokenizer(folder), embedding_weights=_token_embeddings(card, folder)).eval()
    memo = TokenMemo(module.tokenizer)
    module.preprocess = memo.features  # of this module alone: what is saved of it is an ordinary static model
    files = fingerprint(card, folder)
    return StaticEncoder(
        card=card,
        fingerprint=hashlib.sha256(f"static|{files}".encode()).hexdigest(),
        dim=module.get_embedding_dimension(),
        max_tokens=None,
        module=module,
        memo=memo,
    )


def _token_embeddings(card: Card, folder: Path) -> Any:
    """Read the table of token embeddings alone; shape [vocabulary, dim], float32."""
    from safetensors import safe_open

    for file in sorted(folder.glob("*.safetensors")):
        with safe_open(str(file), framework="pt") as tensors:
            for name in tensors.keys():  # noqa: SIM118 - not a dict
                if name == _OWN_TABLE or name.endswith(_TABLES):
                    return tensors.get_tensor(name).float()
    raise PatbenchError(
        f"'{card.name}' has no token embeddings in {folder}.",
        why=f"A static model needs a *.safetensors file with a tensor named {_OWN_TABLE} or …{', …'.join(_TABLES)}.",
    )
