"""Growing a region of a graph that has few neighbours, to be cut out of it."""

from __future__ import annotations

import heapq

import numpy as np
import scipy.sparse as sp

from patbench_lib.types import Bools, Ints

STARTS = 8
"""Regions grown, each from another family; the one with fewest publications around it is taken."""


def grow(
    graph: sp.csr_matrix, free: Bools, asked: Ints, publications: Ints, wanted: float, rng: np.random.Generator
) -> tuple[Ints, Ints]:
    """Return the families of a region that has the queries wanted, and those around it.

    A region grows by the neighbour that brings fewest publications of new neighbours, its own counted off, or by any
    family that brings none because its neighbours are around the region already, as those that cite one well-known
    patent alone. Where there is neither, it goes on from another free family. It ends where nothing is free.

    Parameters
    ----------
    graph : which families are linked, symmetric, shape [f, f].
    free : families that may be taken, shape [f].
    asked, publications : queries and publications of each family, shape [f].
    """
    order = rng.permutation(np.flatnonzero(free))
    best: tuple[int, list[int], list[int]] | None = None
    for turn in range(min(STARTS, len(order))):
        inside, around = _grown(graph, free, asked, publications, wanted, np.roll(order, -turn))
        cost = int(publications[around].sum())
        if best is None or cost < best[0]:
            best = cost, inside, around
    _, inside, around = best or (0, [], [])
    return np.array(sorted(inside), dtype=np.int64), np.array(sorted(around), dtype=np.int64)


def _grown(
    graph: sp.csr_matrix, free: Bools, asked: Ints, publications: Ints, wanted: float, starts: Ints
) -> tuple[list[int], list[int]]:
    def neighbours(family: int) -> list[int]:
        linked = graph.indices[graph.indptr[family] : graph.indptr[family + 1]]
        return [int(other) for other in linked[free[linked]]]

    inside: set[int] = set()
    around: set[int] = set()
    brought = graph @ np.where(free, publications, 0)  # publications of each family's neighbours that are in neither
    heap: list[tuple[int, int]] = []  # what taking a family costs; entries that no longer hold are passed over

    def cost(family: int) -> int:
        return int(brought[family]) - (int(publications[family]) if family in around else 0)

    def reach(family: int) -> None:
        for other in neighbours(family):
            brought[other] -= publications[family]
            if other not in inside and (other in around or not brought[other]):
                heapq.heappush(heap, (cost(other), other))

    pending = iter(starts)
    have = 0
    while have < wanted:
        while heap and (heap[0][1] in inside or heap[0][0] != cost(heap[0][1])):
            heapq.heappop(heap)
        taken = heap[0][1] if heap else next((int(one) for one in pending if one not in inside), None)
        if taken is None:
            break
        new = [one for one in neighbours(taken) if one not in inside and one not in around]
        reached = new if taken in around else [taken, *new]
        inside.add(taken)
        around.discard(taken)
        around.update(new)
        have += int(asked[taken])
        for one in reached:
            reach(one)
        for one in new:
            heapq.heappush(heap, (cost(one), one))
    return list(inside), list(around)
