"""Lengths of texts in a model's tokens, by its tokenizer alone."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from patbench_lib.models.card import Card
from patbench_lib.models.weights import require
from patbench_lib.types import Ints


def whole_text_tokenizer(folder: Path) -> Any:
    """Return the tokenizer in a model's folder, without the truncation that its file may carry from training."""
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


def token_counts(card: Card, texts: Sequence[str]) -> Ints:
    """Return how long each text is before truncation, special tokens included, shape [n]; no model is loaded.

    Raises
    ------
    PatbenchError
        Where the model is not on this machine.
    """
    encodings = whole_text_tokenizer(require(card)).encode_batch_fast(list(texts))
    return np.fromiter((len(encoding.ids) for encoding in encodings), dtype=np.int32, count=len(texts))
