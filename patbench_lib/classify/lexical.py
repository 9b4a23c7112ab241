"""Words alone: neighbours by BM25, and texts as weighted words for the probe."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from patbench_lib.errors import PatbenchError
from patbench_lib.retrieve.bm25 import contenders, score_each
from patbench_lib.retrieve.run import order
from patbench_lib.retrieve.settings import Bm25
from patbench_lib.types import Ints


def bm25_neighbours(train: Sequence[str], test: Sequence[str], k: int, settings: Bm25) -> Ints:
    """Return positions in `train` of the texts that match each text of `test` best, best first, shape [m, k].

    The weights of terms come from the training texts alone. A text that shares no term with the one it is compared to
    is no neighbour: -1 stands where there are fewer than k.
    """
    found = np.full((len(test), k), -1, dtype=np.int64)
    for position, scored in enumerate(score_each(test, train, settings)):
        if scored is not None:
            scores, floor = scored
            matching = contenders(scores, floor, k)
            best = matching[order(scores[matching], matching, k)]
            found[position, : len(best)] = best
    return found


def tfidf(train: Sequence[str], *others: Sequence[str]) -> list[Any]:
    """Return sparse matrices of all parts, each [n, terms] in CSR: (1 + ln tf) · (1 + ln((1 + n) / (1 + df))).

    Each text is brought to length 1. Terms and their frequencies come from the training texts alone.

    Raises
    ------
    PatbenchError : where no training text holds a term.
    """
    from sklearn.feature_extraction.text import TfidfVectorizer

    vectoriser = TfidfVectorizer(sublinear_tf=True, dtype=np.float32)
    try:
        first = vectoriser.fit_transform(train)
    except ValueError as error:
        raise PatbenchError(
            f"TF-IDF has nothing to weigh: {len(train)} training texts hold no term.",
            why=str(error),
            todo="Choose a view whose texts this landscape has.",
        ) from error
    return [first, *(vectoriser.transform(part) for part in others)]
