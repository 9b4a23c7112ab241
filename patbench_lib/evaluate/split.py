"""Queries to choose on and queries to report on, families kept whole."""

from __future__ import annotations

import numpy as np

from patbench_lib.types import Bools, Ints


def split_queries(families: Ints, share: float, *, seed: int) -> Bools:
    """Tell which queries are for development; the others are for the test.

    Queries of one family are near-copies, so a family on both sides would let a choice be tested on what it was made
    on. Families are put in a random order, and development is the beginning of it whose number of queries comes
    nearest to the share: it misses the share by at most half the queries of one family, or by what it takes to leave
    each side one family. A single family is all development: there is nothing to report on.

    Parameters
    ----------
    families : family code of each query, shape [q]; the order of queries does not matter.
    share : of queries that should be for development, in (0, 1).

    Returns
    -------
    numpy.ndarray
        Shape [q].
    """
    names, codes, sizes = np.unique(families, return_inverse=True, return_counts=True)
    if len(names) < 2:
        return np.ones(len(codes), dtype=bool)
    order = np.random.default_rng(seed).permutation(len(names))
    reached = np.cumsum(sizes[order])[:-1]
    taken = int(np.abs(reached - share * len(codes)).argmin()) + 1
    development: Bools = np.isin(codes, order[:taken])
    return development
