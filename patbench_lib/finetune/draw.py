"""Drawing pairs of publications that share a label, evenly over labels."""

from __future__ import annotations

import numpy as np

from patbench_lib.types import Bools, Ints

_LISTED = 50_000
"""Pairs of a label that are listed one by one; of a label with more, pairs are drawn until there are enough."""


def even_quotas(most: Ints, total: int) -> Ints:
    """Return how many to take of each kind: as evenly as it goes, none above what it has, shape [kinds].

    Kinds that have less than their share give all, and the others share what these leave; what cannot be shared
    evenly goes to the first.
    """
    quotas = np.zeros(len(most), dtype=np.int64)
    left = min(int(total), int(most.sum()))
    while left:
        able = np.flatnonzero(quotas < most)
        share = min(left // len(able), int((most - quotas)[able].min()))
        some = able if share else able[:left]
        quotas[some] += max(share, 1)
        left -= max(share, 1) * len(some)
    return quotas


def shared_label_pairs(matrix: Bools, family: Ints, most: int, rng: np.random.Generator) -> tuple[Ints, Ints]:
    """Return distinct pairs of rows of different families that share a label, and the label each was drawn for.

    The rarest label draws first, and a pair that shares several labels is drawn once: labels that have enough pairs
    of their own are drawn equally often.

    Parameters
    ----------
    matrix : which row has which label, shape [n, labels].
    family : of each row, shape [n].
    most : pairs at most.

    Returns
    -------
    rows, shape [pairs, 2], in an order that says nothing; labels, shape [pairs].
    """
    quotas = even_quotas(np.array([_distinct(family[column]) for column in matrix.T], dtype=np.int64), most)
    taken: set[int] = set()
    drawn: list[int] = []
    labels: list[int] = []
    for label in np.argsort(quotas, kind="stable"):
        new = _drawn(np.flatnonzero(matrix[:, label]), family, int(quotas[label]), taken, rng)
        taken.update(new)
        drawn += new
        labels += [int(label)] * len(new)
    codes = np.array(drawn, dtype=np.int64)
    pairs = np.stack(np.divmod(codes, max(len(family), 1)), axis=1)
    turned = rng.random(len(pairs)) < 0.5
    pairs[turned] = pairs[turned][:, ::-1]
    order = rng.permutation(len(pairs))
    return pairs[order], np.array(labels, dtype=np.int64)[order]


def _distinct(family: Ints) -> int:
    """Count the pairs of publications that are not of one family."""
    sizes = np.unique(family, return_counts=True)[1]
    return int(len(family) * (len(family) - 1) // 2 - (sizes * (sizes - 1) // 2).sum())


def _drawn(rows: Ints, family: Ints, quota: int, taken: set[int], rng: np.random.Generator) -> list[int]:
    """Return codes of up to `quota` new pairs of rows, the lower row first: row * n + row."""
    n, count = len(family), len(rows)
    if quota == 0:
        return []
    found: dict[int, None] = {}
    listed = count * (count - 1) // 2 <= max(_LISTED, 4 * quota)
    while len(found) < quota:
        if listed:
            one, other = (rows[each] for each in np.triu_indices(count, 1))
        else:
            one, other = np.sort(rows[rng.integers(0, count, (2 * quota, 2))], axis=1).T
        apart = family[one] != family[other]
        codes = one[apart].astype(np.int64) * n + other[apart]
        if listed:
            codes = rng.permutation(codes)
        found.update(dict.fromkeys(code for code in codes.tolist() if code not in taken))
        if listed:
            break
    return list(found)[:quota]
