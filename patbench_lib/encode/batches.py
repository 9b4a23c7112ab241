"""Batches: texts of like length together, as many as a token budget allows."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from patbench_lib.types import Ints


def batches(tokens: Ints, *, limit: int | None, budget: int) -> Iterator[Ints]:
    """Yield positions of texts, longest first, so that no batch with its padding exceeds the budget.

    Parameters
    ----------
    tokens : tokens of each text before truncation, shape [n].
    limit : tokens a text is cut to, None for no limit.
    budget : tokens of a batch, padding included; a text longer than this makes a batch of its own.
    """
    lengths = np.maximum(tokens, 1) if limit is None else np.clip(tokens, 1, limit)
    order = np.argsort(-lengths, kind="stable")
    start = 0
    while start < len(order):
        longest = int(lengths[order[start]])
        size = max(1, budget // longest)
        yield order[start : start + size]
        start += size
