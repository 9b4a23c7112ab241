"""Nearest neighbours by Euclidean distance, and how they vote."""

from __future__ import annotations

import numpy as np

from patbench_lib.types import Bools, Floats, Ints

BLOCK_MB = 64
"""Memory for the products of a block of texts with all training texts, in MiB."""


def neighbours(train: Floats, test: Floats, k: int) -> Ints:
    """Return rows of `train` nearest to each text of `test`, nearest first, shape [m, min(k, n)].

    Single precision finds who can be among them; their distances are computed again in double precision, so that equal
    vectors are equally far. Ties go to the lower row.
    """
    import torch

    k = min(k, len(train))
    centre = train.mean(axis=0, dtype=np.float64)  # short vectors round less
    left, right = ((part - centre).astype(np.float32) for part in (test, train))
    halves = np.square(right, dtype=np.float64).sum(axis=1) / 2
    # A product of d terms errs by less than d units in the last place of the product of the lengths.
    longest = np.sqrt(2 * halves.max())
    doubt = (train.shape[1] + 4) * 2.0**-23 * (np.linalg.norm(left, axis=1) + longest) * longest
    right_, halves_ = torch.from_numpy(right), torch.from_numpy(halves.astype(np.float32))
    block = max(1, (BLOCK_MB << 20) // (4 * len(train)))
    found = np.empty((len(test), k), dtype=np.int64)
    for first in range(0, len(test), block):
        rows = slice(first, first + block)
        closeness = torch.from_numpy(left[rows]) @ right_.T - halves_
        least = closeness.topk(k, dim=1).values[:, -1:] - torch.from_numpy(doubt[rows, None])
        positions, candidates = torch.nonzero(closeness >= least, as_tuple=True)
        found[rows] = _nearest(test[rows], train, positions.numpy(), candidates.numpy(), k)
    return found


def _nearest(test: Floats, train: Floats, positions: Ints, candidates: Ints, k: int) -> Ints:
    """Return the best k of each text's candidates; `positions` ascend and hold every text at least k times."""
    squares = np.empty(len(positions))
    step = max(1, (BLOCK_MB << 20) // (8 * train.shape[1]))
    for first in range(0, len(positions), step):
        part = slice(first, first + step)
        apart = test[positions[part]].astype(np.float64) - train[candidates[part]]
        squares[part] = np.square(apart, out=apart).sum(axis=1)
    order = np.lexsort((candidates, squares, positions))
    starts = np.searchsorted(positions, np.arange(len(test)))
    best: Ints = candidates[order[starts[:, None] + np.arange(k)]]
    return best


def votes(found: Ints, labels: Bools, k: int) -> Floats:
    """Return the share of k votes that each label has, shape [m, L].

    Parameters
    ----------
    found : neighbours, rows of `labels`, -1 where there is none, shape [m, up to k].
    labels : which labels the training texts have, shape [n, L].
    """
    counts = np.zeros((len(found), labels.shape[1]), dtype=np.int64)
    for column in found.T:
        counts += labels[column] & (column >= 0)[:, None]
    return counts / k
