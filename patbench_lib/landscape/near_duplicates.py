"""Near-duplicate texts: MinHash finds the candidates, the exact Jaccard index of word sequences decides."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from itertools import combinations
from typing import Any

import numpy as np

from patbench_lib.types import Ints

WORDS = 5
"""Length of the word sequences compared; a text of fewer words says too little to be told from another."""

ALIKE = 0.8
"""Jaccard index from which two texts are near-duplicates."""

_BANDS, _DEPTH = 25, 5
"""A pair at the threshold shares no band, and is missed, once in (1 - 0.8^5)^-25 = 20,000 times."""

_WORD = re.compile(r"\w+")


def near_duplicates(texts: Sequence[str], group: Ints) -> Ints:
    """Return the pairs of texts of different groups that are near-duplicates, shape [pairs, 2], ascending.

    Of several texts with the same word sequences the first and the first of another group stand for all: these are
    paired with each of the others, and with whatever is a near-duplicate of them. So every text that has a
    near-duplicate in another group is in some pair, and pairs grow with the number of copies, not with its square.

    Parameters
    ----------
    group : of each text, shape [n]: copies within a group (a family, one side of a split) are not looked for.

    Source: Broder, On the Resemblance and Containment of Documents (1997).
    """
    sets, alike = _sets(texts)
    standing = [_standing(members, group) for members in alike]
    first = [members[0] for members in alike]
    pairs = {(one, other) for some, members in zip(standing, alike, strict=True) for one in some for other in members}
    for a, b in _candidates([sets[row] for row in first]):
        if _jaccard(sets[first[a]], sets[first[b]]) >= ALIKE:
            pairs |= {(one, row) for one in standing[a] for row in alike[b]}
            pairs |= {(one, row) for one in standing[b] for row in alike[a]}
    kept = sorted((min(pair), max(pair)) for pair in pairs if group[pair[0]] != group[pair[1]])
    return np.unique(np.array(kept, dtype=np.int64).reshape(-1, 2), axis=0)


def _standing(members: Sequence[int], group: Ints) -> list[int]:
    """Return the first of some texts, and the first of another group than that one's, if there is one."""
    others = [member for member in members if group[member] != group[members[0]]]
    return [members[0], *others[:1]]


def _sets(texts: Sequence[str]) -> tuple[dict[int, Any], list[list[int]]]:
    """Return the word sequences of each text that has some, and which texts have the same ones."""
    known: dict[str, int] = {}
    sets: dict[int, Any] = {}
    alike: dict[bytes, list[int]] = {}
    for row, text in enumerate(texts):
        if len(hashed := _sequences(text, known)):
            sets[row] = hashed
            alike.setdefault(hashed.tobytes(), []).append(row)
    return sets, list(alike.values())


def _sequences(text: str, known: dict[str, int]) -> Any:
    """Return 64-bit hashes of a text's word sequences, distinct and ascending."""
    words = _WORD.findall(text.casefold())
    for word in words:
        if word not in known:
            known[word] = int.from_bytes(hashlib.blake2b(word.encode(), digest_size=8).digest(), "big")
    codes = np.array([known[word] for word in words], dtype=np.uint64)
    total = np.zeros(max(0, len(codes) - WORDS + 1), dtype=np.uint64)
    for place in range(WORDS):
        total = total * np.uint64(0x9E3779B97F4A7C15) + codes[place : place + len(total)]
    return np.unique(total)


def _candidates(sets: Sequence[Any]) -> set[tuple[int, int]]:
    """Return pairs of positions whose MinHash signatures agree in all rows of some band."""
    rng = np.random.default_rng(0)
    factors, terms = rng.integers(0, 2**64, (2, _BANDS * _DEPTH, 1), dtype=np.uint64)
    factors |= np.uint64(1)
    signatures = np.empty((len(sets), _BANDS, _DEPTH), dtype=np.uint32)
    for row, hashed in enumerate(sets):
        mixed = (factors * hashed + terms) >> np.uint64(32)
        signatures[row] = mixed.min(1).reshape(_BANDS, _DEPTH)
    found: set[tuple[int, int]] = set()
    for band in range(_BANDS):
        buckets: dict[bytes, list[int]] = {}
        for row in range(len(sets)):
            buckets.setdefault(signatures[row, band].tobytes(), []).append(row)
        for members in buckets.values():
            found.update(combinations(members, 2))
    return found


def _jaccard(one: Any, other: Any) -> float:
    shared = len(np.intersect1d(one, other, assume_unique=True))
    return shared / (len(one) + len(other) - shared)
