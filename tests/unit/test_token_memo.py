from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
import torch
from sentence_transformers.sentence_transformer.modules import StaticEmbedding

from patbench_lib.models import token_memo
from patbench_lib.models.registry import find_card
from patbench_lib.models.token_memo import TokenMemo
from patbench_lib.models.tokens import whole_text_tokenizer
from patbench_lib.models.weights import require

TEXTS = [
    "A white cane with a sensor.",
    "",
    "A hearing aid; its microphone is directional.",
    "A white cane with a sensor.",
]


class Counting:
    """A tokenizer that notes what it is asked for."""

    def __init__(self) -> None:
        self.asked: list[list[str]] = []
        self._tokenizer = whole_text_tokenizer(require(find_card("MiniLM-static")))

    def encode_batch_fast(self, texts: Sequence[str], **named: Any) -> Any:
        self.asked.append(list(texts))
        return self._tokenizer.encode_batch_fast(texts, **named)


def test_features_are_those_of_the_library() -> None:
    tokenizer = whole_text_tokenizer(require(find_card("MiniLM-static")))
    plain = StaticEmbedding(tokenizer, embedding_dim=4)
    for texts, prompt in ((TEXTS, None), (TEXTS, "query: "), (TEXTS[:1], None), ([], None)):
        ours, theirs = TokenMemo(tokenizer).features(texts, prompt), plain.preprocess(list(texts), prompt=prompt)
        assert ours.keys() == theirs.keys()
        for name in ours:
            assert torch.equal(ours[name], theirs[name]) and ours[name].dtype == theirs[name].dtype, (texts, name)


def test_a_text_is_tokenised_once_however_often_it_is_read() -> None:
    counting = Counting()
    memo = TokenMemo(counting)
    first = memo.ids(TEXTS)
    again = memo.ids([*TEXTS[::-1], "A new text."])
    assert counting.asked == [TEXTS[:3], ["A new text."]]
    assert all(np.array_equal(one, other) for one, other in zip(first[::-1], again[:-1], strict=True))


def test_what_is_remembered_is_bounded_and_nothing_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(token_memo, "MOST_TOKENS", 10)
    counting = Counting()
    memo = TokenMemo(counting)
    lengths = [[len(ids) for ids in memo.ids([text])] for text in (*TEXTS, TEXTS[0])]
    assert lengths[0] == lengths[3] == lengths[4] and lengths[0][0] == 7
    # Seven tokens, none, and ten more than fit together: the cane is forgotten, read again, and then known.
    assert counting.asked == [[TEXTS[0]], [TEXTS[1]], [TEXTS[2]], [TEXTS[0]], []]
