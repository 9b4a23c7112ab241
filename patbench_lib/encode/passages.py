"""Passages: a long text in windows of tokens that overlap, so that a model with a short limit reads all of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from patbench_lib.errors import PatbenchError
from patbench_lib.models.encoder import Encoder
from patbench_lib.types import Ints

TEXTS_AT_ONCE = 256
"""Texts whose tokens and offsets are held at a time."""


@dataclass(frozen=True)
class Passages:
    """Windows of texts, each a piece of its text as it stands there.

    Attributes
    ----------
    texts : the passages of all documents, those of document 0 first.
    indptr : passages of document i are `texts[indptr[i]:indptr[i + 1]]`, at least one each, shape [n + 1].
    """

    texts: list[str]
    indptr: Ints


def cut_passages(texts: Sequence[str], encoder: Encoder, *, window: int, overlap: int) -> Passages:
    """Cut texts into windows of an encoder's own tokens.

    Windows end and begin between words, so that a window has the tokens that it has inside its text; a word is cut only
    where it is too long for the windows to get on. A text of at most `window` tokens is one passage and stays as it is.

    Parameters
    ----------
    window : tokens of a window at most, prompt and special tokens apart.
    overlap : tokens that neighbouring windows share at least.

    Raises
    ------
    PatbenchError
        Where the windows do not fit what the model reads, or its tokenizer does not say where tokens stand.
    """
    check_window(encoder, window)
    tokenizer = _tokenizer(encoder)
    passages: list[str] = []
    counts = np.zeros(len(texts) + 1, dtype=np.int64)
    for start in range(0, len(texts), TEXTS_AT_ONCE):
        some = list(texts[start : start + TEXTS_AT_ONCE])
        read = tokenizer(some, add_special_tokens=False, truncation=False, padding=False, verbose=False).encodings
        for number, (text, encoding) in enumerate(zip(some, read, strict=True), start=start + 1):
            pieces = _pieces(text, encoding.offsets, encoding.word_ids, window, overlap)
            passages += pieces
            counts[number] = len(pieces)
    return Passages(passages, np.cumsum(counts))


def windows(words: Sequence[int | None], window: int, overlap: int) -> Iterator[tuple[int, int]]:
    """Yield the first token of each window and the one after its last.

    Every token is in a window. Neighbours share `overlap` tokens, or more where a word would be cut. The last window
    begins as early as `window` allows: it repeats what was read before rather than being short.

    Parameters
    ----------
    words : the word that each token belongs to; tokens of one word stand together.
    """
    length = len(words)
    borders = np.array([0, *(i for i in range(1, length) if words[i] is None or words[i] != words[i - 1]), length])
    start = end = 0
    while length - start > window:
        # A word so long that this window or the next one would bring nothing new is cut.
        end = _border(borders, start + window, above=max(start + overlap, end))
        yield start, end
        start = _border(borders, end - overlap, above=start)
        if length - start <= window:
            start = min(start, int(borders[np.searchsorted(borders, length - window)]))
    yield start, length


def _border(borders: Ints, most: int, *, above: int) -> int:
    """Return the last border up to `most`, or `most` itself where none lies above `above`."""
    found = int(borders[np.searchsorted(borders, most, side="right") - 1])
    return found if found > above else most


def _pieces(
    text: str, offsets: Sequence[tuple[int, int]], words: Sequence[int | None], window: int, overlap: int
) -> list[str]:
    if len(offsets) <= window:
        return [text]
    return [text[offsets[first][0] : offsets[after - 1][1]] for first, after in windows(words, window, overlap)]


def check_window(encoder: Encoder, window: int) -> None:
    """Refuse windows that do not fit what a model reads, and a model whose tokenizer cannot place its tokens.

    Raises
    ------
    PatbenchError
        In both cases.
    """
    _tokenizer(encoder)
    beside, limit = int(encoder.count_tokens([""], "document")[0]), encoder.max_tokens
    if limit is not None and window + beside > limit:
        raise PatbenchError(
            f"A window of {window} tokens does not fit into the {limit} that '{encoder.card.name}' reads.",
            why=f"{beside} of them are its prompt and special tokens.",
            todo=f"Set `passages.window` to {max(limit - beside, 0)} or less.",
        )


def _tokenizer(encoder: Encoder) -> Any:
    tokenizer = getattr(getattr(encoder, "model", None), "tokenizer", None)
    if not getattr(tokenizer, "is_fast", False):
        raise PatbenchError(
            f"'{encoder.card.name}' cannot read in passages.",
            why="Its tokenizer does not say where in the text its tokens stand.",
            todo="Leave it out of `passages.systems`, or use a version with a fast tokenizer.",
        )
    return tokenizer
