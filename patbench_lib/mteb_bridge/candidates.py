"""The candidates of each query, which is how MTEB is told that a query's own family may not be retrieved."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from patbench_lib.landscape.judgements import Judgements


class Candidates(Mapping[str, list[str]]):
    """Documents that each query may retrieve, made when asked for: all pairs together would not fit into memory.

    MTEB excludes nothing query by query. What it has is `top_ranked`, the documents that a first stage found for a
    query and that alone are scored. A first stage that found every candidate is the exact way to leave out a family,
    and later documents where only earlier ones are candidates.

    Parameters
    ----------
    numbers : of the landscape's publications, in row order.
    """

    def __init__(self, judgements: Judgements, numbers: Sequence[str]) -> None:
        self._judgements, self._numbers = judgements, np.array(numbers, dtype=object)
        self._rows = {str(self._numbers[row]): int(row) for row in judgements.queries}

    def __getitem__(self, query: str) -> list[str]:
        """Return the candidates of a query, by number."""
        names: list[str] = self._numbers[~self._judgements.excluded(self._rows[query])].tolist()
        return names

    def __iter__(self) -> Iterator[str]:
        """Go through the queries."""
        return iter(self._rows)

    def __len__(self) -> int:
        """Return how many queries there are."""
        return len(self._rows)


def excludes_itself_alone(judgements: Judgements) -> bool:
    """Tell whether a query's one excluded document is itself, which MTEB can leave out without being told of others."""
    sizes, every_row = np.bincount(judgements.family), judgements.dates is None and judgements.candidates is None
    return every_row and bool((sizes[judgements.family[judgements.queries]] == 1).all())
