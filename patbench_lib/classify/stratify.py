"""Stratification of families by their labels, several of which a family may have."""

from __future__ import annotations

import numpy as np

from patbench_lib.types import Bools, Floats, Ints


def family_labels(matrix: Bools, family: Ints) -> tuple[Bools, Ints]:
    """Return which family has which label on any of its publications, and each publication's row of that."""
    _, unit = np.unique(family, return_inverse=True)
    order = np.argsort(unit, kind="stable")
    starts = np.searchsorted(unit[order], np.arange(unit.max() + 1))
    together: Bools = np.logical_or.reduceat(matrix[order], starts, axis=0)
    return together, unit


def stratified(matrix: Bools, shares: Floats, seed: int) -> Ints:
    """Return the part of each family, with every label in the parts by their shares as far as that goes.

    The label with fewest families left comes first, and each of its families goes where most of the label is still
    wanted; of equal parts, to the one that wants most families; of those, by chance.

    Source: Sechidis, Tsoumakas and Vlahavas, On the Stratification of Multi-Label Data (ECML PKDD 2011).
    """
    from iterstrat.ml_stratifiers import IterativeStratification

    generator = np.random.default_rng(seed)
    order = generator.permutation(len(matrix))
    part = np.empty(len(matrix), dtype=np.int64)
    part[order] = IterativeStratification(labels=matrix[order], r=shares, random_state=generator)
    return part


def repaired(matrix: Bools, part: Ints, shares: Floats) -> Ints:
    """Return parts in which a label is missing only where no family can move that brings more labels than it takes.

    The rarest label comes first, and of the parts the one of the largest share. Each of three parts then has every
    label of more families than twice the number of labels: a label ties at most one family to each of the two others.
    """
    part = part.copy()
    counts = np.array([matrix[part == each].sum(0) for each in range(len(shares))])
    rarest, largest = np.argsort(counts.sum(0), kind="stable"), np.argsort(-shares, kind="stable")
    moved = True
    while moved:  # each move lowers the number of labels that parts lack, and may set another family free
        moved = False
        for label in rarest[(counts[:, rarest] == 0).any(0)]:
            for to in largest[counts[largest, label] == 0]:
                family = _bringing(label, to, matrix, part, counts, shares)
                if family is not None:
                    counts[part[family]] -= matrix[family]
                    counts[to] += matrix[family]
                    part[family], moved = to, True
    return part


def _bringing(label: int, to: int, matrix: Bools, part: Ints, counts: Ints, shares: Floats) -> int | None:
    """Return the best family to bring a label to a part, None where each takes as many labels from its own.

    It gains most; of equal ones it is of the part with most families above its share, and has few labels, so that
    sizes and other labels change little.
    """
    having = np.flatnonzero(matrix[:, label])
    brought, lost = matrix[having] & (counts[to] == 0), matrix[having] & (counts[part[having]] == 1)
    gain = brought.sum(1) - lost.sum(1)
    if not (gain > 0).any():
        return None
    above = np.bincount(part, minlength=len(shares)) - shares * len(part)
    return int(having[np.lexsort((matrix[having].sum(1), -above[part[having]], -gain))[0]])
