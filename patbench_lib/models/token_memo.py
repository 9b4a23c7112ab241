"""Token numbers of texts that are read again and again: counted and then encoded, and once in each epoch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from patbench_lib.types import Ints

MOST_TOKENS = 4_000_000
"""Tokens that are remembered at most, 16 MB: more than any shard has, and what a small training reads in an epoch."""


class TokenMemo:
    """A tokenizer that remembers what it made of the last texts, without special tokens.

    Parameters
    ----------
    tokenizer : of the `tokenizers` library, which takes most of the time that a static model needs for a text.
    """

    def __init__(self, tokenizer: Any) -> None:
        self._tokenizer = tokenizer
        self._known: dict[str, Ints] = {}
        self._tokens = 0

    def ids(self, texts: Sequence[str]) -> list[Ints]:
        """Return the token numbers of each text, shape [tokens of it]."""
        new = [text for text in dict.fromkeys(texts) if text not in self._known]
        encodings = self._tokenizer.encode_batch_fast(new, add_special_tokens=False)
        arrays = (np.array(each.ids, dtype=np.int32) for each in encodings)
        made: dict[str, Ints] = dict(zip(new, arrays, strict=True))
        found = [made[text] if text in made else self._known[text] for text in texts]
        self._remember(made)
        return found

    def features(self, texts: Sequence[str], prompt: str | None = None, **_: Any) -> dict[str, Any]:
        """Return what `StaticEmbedding.preprocess` does: all token numbers in a row, and where each text begins."""
        import torch

        found = self.ids([(prompt or "") + text for text in texts])
        offsets = np.cumsum([0, *(len(each) for each in found[:-1])])
        joined = np.concatenate(found) if found else np.empty(0)
        return {"input_ids": torch.from_numpy(joined.astype(np.int64)), "offsets": torch.from_numpy(offsets)}

    def _remember(self, made: dict[str, Ints]) -> None:
        self._tokens += sum(map(len, made.values()))
        if self._tokens > MOST_TOKENS:
            self._known, self._tokens = {}, sum(map(len, made.values()))
        self._known.update(made)
