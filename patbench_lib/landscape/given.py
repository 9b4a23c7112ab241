"""Judgements that a landscape brings itself, from those who collected it, beside what citations would tell."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd

from patbench_lib.kept import read_arrays, save_arrays
from patbench_lib.types import Bools, Ints


@dataclass(frozen=True)
class Given:
    """Relevant pairs, and who asks and who is asked for; all rows are the landscape's.

    A publication may be a query, a document or both: it is one row with both roles.

    Attributes
    ----------
    queries : rows with at least one relevant document, ascending, shape [q].
    indptr, documents : relevant rows of query i are `documents[indptr[i]:indptr[i + 1]]`, ascending.
    in_domain : per pair: 1 in the query's domain (IN), 0 outside of it (OUT), -1 not said.
    candidates : which rows may be retrieved, shape [n].
    is_query : which rows the source calls queries, those without a relevant document included, shape [n].
    """

    queries: Ints
    indptr: Ints
    documents: Ints
    in_domain: Ints
    candidates: Bools
    is_query: Bools

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 over all arrays, whatever integer types they have."""
        digest = hashlib.sha256()
        for name, values in self._arrays().items():
            digest.update(name.encode())
            digest.update(values.astype(np.int64).tobytes())
        return digest.hexdigest()

    @property
    def pair_queries(self) -> Ints:
        """Row of the query of each pair, shape [pairs]."""
        return np.repeat(self.queries, np.diff(self.indptr))

    def _arrays(self) -> dict[str, Ints | Bools]:
        return {each.name: getattr(self, each.name) for each in fields(self)}

    def save(self, path: Path) -> None:
        """Write all arrays to one file."""
        save_arrays(path, self._arrays())

    @classmethod
    def load(cls, path: Path) -> Given:
        """Read what `save` wrote."""
        kept = read_arrays(path)
        return cls(**{each.name: kept[each.name] for each in fields(cls)})


def make_given(
    numbers: Sequence[str], queries: Collection[str], documents: Collection[str], pairs: pd.DataFrame
) -> Given:
    """Return given judgements over a landscape's rows.

    Parameters
    ----------
    numbers : publication number of each row.
    queries, documents : numbers that the source calls queries, and those that may be retrieved.
    pairs : `query` and `document` (numbers, of a query and of a document) and `in_domain`, one row a relevant pair.
    """
    row_of = {number: row for row, number in enumerate(numbers)}
    asked, found = (pairs[side].map(row_of).to_numpy(dtype=np.int64) for side in ("query", "document"))
    order = np.lexsort((found, asked))
    rows, counts = np.unique(asked, return_counts=True)
    candidates, is_query = (np.zeros(len(numbers), dtype=bool) for _ in range(2))
    candidates[[row_of[number] for number in documents]] = True
    is_query[[row_of[number] for number in queries]] = True
    return Given(
        queries=rows,
        indptr=np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
        documents=found[order],
        in_domain=pairs["in_domain"].to_numpy(dtype=np.int8)[order],
        candidates=candidates,
        is_query=is_query,
    )
