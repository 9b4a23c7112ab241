"""BM25 search against bm25s alone (index and retrieve, compiled as ours is) and against rank-bm25.

rank-bm25 takes seconds a query, so a few are measured and the time of all is extrapolated from them.
"""

from __future__ import annotations

import time

import bm25s
import numpy as np
from clock import arguments, in_turns, ratio, report
from rank_bm25 import BM25Plus

from patbench_lib.landscape.judgements import Judgements
from patbench_lib.retrieve.bm25 import search_bm25, tokenise
from patbench_lib.retrieve.settings import Bm25

DEPTH = 100


def texts_of(number: int, words: int, seed: int) -> list[str]:
    """Draw texts whose words fall off as Zipf has it, from a vocabulary of 40,000."""
    rng = np.random.default_rng(seed)
    vocabulary = np.array([f"term{i}" for i in range(40_000)])
    chances = 1 / np.arange(5, 40_005)
    lengths = rng.poisson(words, number)
    drawn = rng.choice(40_000, lengths.sum(), p=chances / chances.sum())
    return [" ".join(vocabulary[part]) for part in np.split(drawn, np.cumsum(lengths)[:-1])]


def main() -> None:
    options = arguments(__doc__, queries=1000, documents=20_000, reference=3, rounds=5)
    documents, settings = texts_of(options.documents, 150, 0), Bm25()
    queries = texts_of(options.queries, 300, 1)
    none = np.zeros(0, dtype=np.int64)
    rows = np.arange(options.queries)
    family = np.arange(options.documents, dtype=np.int32)
    judgements = Judgements(rows, np.zeros(options.queries + 1, np.int64), none, none, family)

    def alone() -> None:
        index = bm25s.BM25(k1=settings.k1, b=settings.b, method=settings.variant)
        index.index(tokenise(documents, settings), show_progress=False)
        index.activate_numba_scorer()
        index.retrieve(tokenise(queries, settings), k=DEPTH, show_progress=False)

    seconds = in_turns(
        {
            "search_bm25": lambda: search_bm25(queries, documents, judgements, DEPTH, settings),
            "bm25s: tokenize, index, retrieve": alone,
        },
        options.rounds,
    )
    reference = BM25Plus(tokenise(documents, settings), k1=settings.k1, b=settings.b)
    asked = tokenise(queries[: options.reference], settings)
    began = time.perf_counter()
    for terms in asked:
        np.argsort(-reference.get_scores(terms), kind="stable")[:DEPTH]
    each = (time.perf_counter() - began) / len(asked)
    ours = sorted(seconds["search_bm25"])[options.rounds // 2] / options.queries
    figures = {
        "search_bm25's time by bm25s's": (ratio(seconds, *seconds), "aim: at most 1.15"),
        "search_bm25, ms a query, index included": (1000 * ours, ""),
        "rank-bm25, ms a query, index left out": (1000 * each, f"extrapolated from {len(asked)} queries"),
        "rank-bm25's time a query by ours": (each / ours, "aim: at least 100"),
    }
    report(options, seconds, figures)


if __name__ == "__main__":
    main()
