"""How well a model that is being trained retrieves for the development queries, which decide when to stop."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import islice

import numpy as np

from patbench_lib.encode.batches import batches
from patbench_lib.errors import PatbenchError
from patbench_lib.evaluate.retrieval import score_run
from patbench_lib.landscape.judgements import Judgements
from patbench_lib.models.encoder import Encoder
from patbench_lib.retrieve.dense import search_exact
from patbench_lib.types import Floats, Ints, Role

CUTOFF = 10
MEASURE = f"nDCG@{CUTOFF}"
_CHARACTERS = 4
"""Of a token, about."""

_WORD = re.compile(r"\S+")


@dataclass(frozen=True)
class Development:
    """Queries kept from training to tell when it has gone on long enough.

    Attributes
    ----------
    judgements : the development queries and their relevant documents.
    queries : texts of `judgements.queries`.
    documents : texts of all rows that the judgements speak of.
    """

    judgements: Judgements
    queries: Sequence[str]
    documents: Sequence[str]

    def beginnings(self, words: int | None) -> Development:
        """Return the same queries with all texts cut to their first words; None leaves them whole."""
        queries, documents = ([beginning(text, words) for text in side] for side in (self.queries, self.documents))
        return replace(self, queries=queries, documents=documents)

    def score(self, encoder: Encoder) -> float:
        """Return the mean nDCG@10 over the development queries."""
        queries, documents = (
            encode_plainly(encoder, self.queries, "query"),
            encode_plainly(encoder, self.documents, "document"),
        )
        scores = score_run(search_exact(queries, documents, self.judgements, CUTOFF), self.judgements, [MEASURE])
        return float(scores.loc[scores["stratum"] == "ALL", "value"].mean())

    def tokens(self, encoder: Encoder) -> int:
        """Return how many tokens one look reads."""
        counts = [encoder.count_tokens(self.queries, "query"), encoder.count_tokens(self.documents, "document")]
        return int(np.clip(np.concatenate(counts), 0, encoder.max_tokens).sum())


def make_development(
    judgements: Judgements,
    queries: Ints,
    query_texts: Sequence[str],
    document_texts: Sequence[str],
    *,
    pool: int,
    seed: int,
) -> Development:
    """Return development queries with few documents to rank, as they are looked at several times in a training.

    The documents are the queries, all that is relevant to them, and a sample of the other candidates.

    Parameters
    ----------
    queries : rows of the development queries, each one of `judgements.queries`.
    query_texts, document_texts : texts of all rows of the landscape in either role.
    pool : documents at most, where queries and relevant ones are not more already.

    Raises
    ------
    PatbenchError
        Where there is no query.
    """
    chosen = np.flatnonzero(np.isin(judgements.queries, queries))
    if not len(chosen):
        raise PatbenchError(
            "There are no development queries to stop on.", todo="Raise `finetuning.development`, or leave them out."
        )
    spans = [slice(*judgements.indptr[place : place + 2]) for place in chosen]
    relevant = np.concatenate([judgements.documents[span] for span in spans])
    asked = judgements.queries[chosen]
    needed = np.union1d(asked, relevant)
    others = np.setdiff1d(judgements.collection, needed)
    sample = np.random.default_rng(seed).permutation(others)[: max(0, pool - len(needed))]
    rows = np.sort(np.concatenate([needed, sample]))
    small = Judgements(
        queries=np.searchsorted(rows, asked),
        indptr=np.concatenate([[0], np.cumsum([span.stop - span.start for span in spans])]),
        documents=np.searchsorted(rows, relevant),
        in_domain=np.concatenate([judgements.in_domain[span] for span in spans]),
        family=judgements.family[rows],
        dates=None if judgements.dates is None else judgements.dates[rows],
        candidates=None if judgements.candidates is None else judgements.candidates[rows],
    )
    return Development(small, [query_texts[row] for row in asked], [document_texts[row] for row in rows])


def lowest(limits: Iterable[int | None]) -> int | None:
    """Return the lowest of some token limits, None where none of them is one."""
    return min((limit for limit in limits if limit is not None), default=None)


def beginning(text: str, words: int | None) -> str:
    """Return the first words of a text, as many as a model reads tokens: a word has one token at least.

    What follows is not read, and would cost more to take apart into tokens, at each look and in each epoch, than what
    is read.
    """
    if words is None:
        return text
    found = next(islice(_WORD.finditer(text), words - 1, None), None)
    return text[: found.end()] if found else text


def encode_plainly(encoder: Encoder, texts: Sequence[str], role: Role, *, budget: int = 4096) -> Floats:
    """Encode texts without storing anything; shape [n, dim].

    Parameters
    ----------
    budget : tokens of a batch, padding included, about: to count them first would take most of a static model's time.
    """
    vectors = np.zeros((len(texts), encoder.dim), dtype=np.float32)
    guessed = np.array([len(text) // _CHARACTERS + 1 for text in texts], dtype=np.int64)
    for rows in batches(guessed, limit=encoder.max_tokens, budget=budget):
        vectors[rows] = encoder.encode_batch([texts[row] for row in rows], role)
    return vectors
