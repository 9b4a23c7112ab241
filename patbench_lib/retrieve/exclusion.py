"""Which documents each query may not retrieve, as pairs, for systems that score blocks of queries."""

from __future__ import annotations

import numpy as np

from patbench_lib.landscape.judgements import Judgements
from patbench_lib.types import Bools, Ints


class Exclusion:
    """Looks up the excluded documents of blocks of queries: their families, and where asked later documents."""

    def __init__(self, judgements: Judgements) -> None:
        self._judgements = judgements
        self._members = np.argsort(judgements.family, kind="stable")
        self._start = np.searchsorted(judgements.family[self._members], np.arange(judgements.family.max() + 2))

    def pairs(self, queries: Ints) -> tuple[Ints, Ints]:
        """Return the pairs (position within `queries`, row of a document of the same family)."""
        families = self._judgements.family[queries]
        sizes = self._start[families + 1] - self._start[families]
        positions = np.repeat(np.arange(len(queries)), sizes)
        offsets = np.arange(len(positions)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
        return positions, self._members[np.repeat(self._start[families], sizes) + offsets]

    def later(self, queries: Ints) -> Bools | None:
        """Return who is not earlier than each query, shape [len(queries), n]; None where dates do not matter."""
        dates = self._judgements.dates
        return None if dates is None else dates[None, :] >= dates[queries][:, None]
