"""Which documents each query may not retrieve, as pairs, for systems that score blocks of queries."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from patbench_lib.landscape.judgements import Judgements
from patbench_lib.types import Bools, Ints

if TYPE_CHECKING:
    import torch


class Exclusion:
    """Looks up the excluded documents of blocks of queries: families, later ones where asked, no candidates."""

    def __init__(self, judgements: Judgements) -> None:
        self._judgements = judgements
        n = len(judgements.family)
        keys = judgements.family.astype(np.int64) * n + np.arange(n)  # sorting numbers is faster than sorting by them
        self._members = np.sort(keys) % n
        self._start = np.concatenate([[0], np.cumsum(np.bincount(judgements.family))])

    def pairs(self, queries: Ints) -> tuple[Ints, Ints]:
        """Return the pairs (position within `queries`, row of a document of the same family)."""
        families = self._judgements.family[queries]
        sizes = self._start[families + 1] - self._start[families]
        positions = np.repeat(np.arange(len(queries)), sizes)
        offsets = np.arange(len(positions)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
        return positions, self._members[np.repeat(self._start[families], sizes) + offsets]

    def later(self, queries: Ints, documents: slice) -> Bools | None:
        """Return who of some documents is not earlier than each query, shape [q, n]; None where dates do not matter."""
        dates = self._judgements.dates
        return None if dates is None else dates[None, documents] >= dates[queries][:, None]

    def strike(self, scores: torch.Tensor, queries: Ints, documents: slice) -> None:
        """Give -inf to what no query may retrieve.

        Parameters
        ----------
        scores : of `queries` and of the landscape's rows from `documents`, shape [q, at least so many].
        """
        import torch

        positions, members = self.pairs(queries)
        here = (members >= documents.start) & (members < documents.stop)
        scores[torch.from_numpy(positions[here]), torch.from_numpy(members[here] - documents.start)] = -torch.inf
        later = self.later(queries, documents)
        if later is not None:
            scores[:, : later.shape[1]].masked_fill_(torch.from_numpy(later), -torch.inf)
        if self._judgements.candidates is not None:
            scores[:, torch.from_numpy(np.flatnonzero(~self._judgements.candidates[documents]))] = -torch.inf
