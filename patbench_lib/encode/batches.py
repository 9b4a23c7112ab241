"""Batches: texts of like length together, as many as a token budget and the machine's memory allow."""

from __future__ import annotations

import gc
import logging
from collections import deque
from collections.abc import Callable, Iterator
from typing import TypeVar

import numpy as np

from patbench_lib.errors import PatbenchError, out_of_memory
from patbench_lib.types import Ints

Read = TypeVar("Read")


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


def read_batches(
    read: Callable[[Ints], Read], tokens: Ints, *, limit: int | None, budget: int
) -> Iterator[tuple[Ints, Read]]:
    """Yield the positions of each batch and what `read` gives for them; the parameters are those of `batches`.

    A batch that does not fit into memory is read in halves, and so are those after it that are as large: their last
    bits may then differ from those that a larger machine makes, which is why it is said.

    Raises
    ------
    PatbenchError
        Where a single text does not fit.
    """
    waiting, most = deque(batches(tokens, limit=limit, budget=budget)), np.inf
    while waiting:
        positions = waiting.popleft()
        longest = tokens[positions].clip(1, limit).max()
        if len(positions) > 1 and len(positions) * longest > most:
            waiting.extendleft(np.array_split(positions, 2)[::-1])
            continue
        done = _tried(read, positions)
        if done is not None:
            yield positions, done
            continue
        if len(positions) == 1:
            raise PatbenchError(
                f"A text of {longest} tokens does not fit into memory, even alone.",
                todo="Set `encoding.max_tokens` lower or `encoding.compute` to bfloat16, or use a larger machine.",
            )
        most = len(positions) * longest / 2
        logging.getLogger(__name__).warning(
            "%d texts of %d tokens do not fit into memory; going on with half as many", len(positions), longest
        )
        waiting.appendleft(positions)


def _tried(read: Callable[[Ints], Read], positions: Ints) -> Read | None:
    """Return what was read, None where memory did not suffice: what the failed try held is free again by then."""
    try:
        return read(positions)
    except (MemoryError, RuntimeError) as error:
        if not out_of_memory(error):
            raise
    gc.collect()
    import torch

    if torch.cuda.is_available():
        torch.cuda.empty_cache()
    return None
