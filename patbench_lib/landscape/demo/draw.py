"""Seeded choices: every purpose has a stream of its own, so that one effect never disturbs another."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar
from zlib import crc32

import numpy as np

T = TypeVar("T")


class Draw:
    """A stream of choices fixed by a seed and the purpose it serves.

    Parameters
    ----------
    seed : the landscape's seed.
    purpose : words and numbers that name the stream, such as ``("assistive", "claims", 17)``.
    """

    def __init__(self, seed: int, *purpose: str | int) -> None:
        # crc32, unlike hash(), is the same in every process.
        key = [part if isinstance(part, int) else crc32(part.encode()) for part in purpose]
        self._random = np.random.Generator(np.random.PCG64(np.random.SeedSequence(seed, spawn_key=key)))

    def unit(self) -> float:
        """Return a number in [0, 1)."""
        return float(self._random.random())

    def chance(self, probability: float) -> bool:
        """Return True with the given probability; one number is drawn whatever it is."""
        return self.unit() < probability

    def between(self, low: int, high: int) -> int:
        """Return a whole number, both ends included."""
        return low + int(self.unit() * (high - low + 1))

    def pick(self, items: Sequence[T]) -> T:
        """Return one item."""
        return items[int(self.unit() * len(items))]

    def some(self, items: Sequence[T], count: int | None = None) -> list[T]:
        """Return `count` different items (all where None) in random order."""
        order = np.argsort(self._random.random(len(items)), kind="stable")
        return [items[i] for i in order[:count]]

    def weighted(self, weights: Sequence[float] | np.ndarray) -> int:
        """Return a position, drawn in proportion to its weight."""
        cumulated = np.cumsum(weights)
        return int(np.searchsorted(cumulated, self.unit() * cumulated[-1], side="right"))

    def poisson(self, mean: float) -> int:
        """Return a count with the given mean."""
        return int(self._random.poisson(mean))
