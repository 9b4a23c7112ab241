"""Long texts in passages: what reading all of a text in windows gains over its beginning, and what it costs."""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pandas as pd

from patbench_lib.bench.bench import Bench
from patbench_lib.bench.keys import code_digest, run_key
from patbench_lib.bench.rates import encoding_seconds
from patbench_lib.bench.views import main_rows
from patbench_lib.encode.encode import Encoded
from patbench_lib.encode.passages import Passages, check_window, cut_passages
from patbench_lib.errors import PatbenchError
from patbench_lib.evaluate.compare import against, means
from patbench_lib.models.deferred import loaded
from patbench_lib.models.encoder import Encoder
from patbench_lib.retrieve.dense import search_exact
from patbench_lib.retrieve.passages import pool_passages, search_passages
from patbench_lib.retrieve.run import Run
from patbench_lib.study import digest
from patbench_lib.types import Floats

WHOLE = "beginning"
BEST_OF = {"best passage": 1, "best three": 3}
POOLED = "mean passage"
READINGS = (WHOLE, *BEST_OF, POOLED)
"""Ways to read a document: up to the model's limit as the study does, or in passages, scored in three ways."""


@dataclass(frozen=True)
class PassageResults:
    """What passages gain and cost on the leading view: main measure, all queries.

    Attributes
    ----------
    values : system, reading, value, low, high, n.
    differences : system, reading, difference (to the beginning alone), low, high, p, p_holm (corrected for the
        readings of a system), significant, n.
    costs : system, reading, vectors (kept a document), tokens (read a document), read (share of the text's tokens),
        encoding (seconds), search (milliseconds a query), mb (vectors that a search reads, in MiB).
    refused : why a system of `study.passages` cannot read in passages.
    """

    values: pd.DataFrame
    differences: pd.DataFrame
    costs: pd.DataFrame
    refused: dict[str, str]


class UnusableError(PatbenchError):
    """A system cannot read in passages."""


def passage_results(bench: Bench) -> PassageResults:
    """Run the systems of `study.passages` on the leading view in every reading, or find the runs."""
    study, arena = bench.study, bench.arena
    scores, costs, refused = [], [], {}
    for system in study.passages.systems:
        material = _Material(bench, system)
        try:
            made = {reading: material.run(reading) for reading in READINGS}
        except UnusableError as error:
            refused[system] = str(error).replace("\n", " ")
            continue
        for reading, (run, cost) in made.items():
            scores.append(bench.score(run, arena, system=reading, view=system))
            costs.append({"system": system, "reading": reading, **cost})
    if not scores:
        nothing = pd.DataFrame(columns=["system", "reading"])
        return PassageResults(nothing, nothing, nothing, refused)
    joined = pd.concat(scores)
    main = main_rows(bench, joined)
    values = _named(means(main, study.statistics, seed=study.seed))
    differences = _named(against(main, WHOLE, study.statistics, seed=study.seed))
    columns = ["system", "reading", "vectors", "tokens", "read", "encoding", "search", "mb"]
    return PassageResults(values, differences, pd.DataFrame(costs)[columns], refused)


def _named(frame: pd.DataFrame) -> pd.DataFrame:
    """Give their names to what was compared: readings of a system, not systems on a view."""
    named = frame.rename(columns={"system": "reading", "view": "system"})
    return named.drop(columns=["landscape", "stratum", "measure"])


class _Material:
    """What the readings of one system share, made when a run of it is missing."""

    def __init__(self, bench: Bench, system: str) -> None:
        self.bench, self.system, self.view = bench, system, bench.arena.views[0]

    def run(self, reading: str) -> tuple[Run, dict[str, Any]]:
        """Return a reading's run and its costs, computed or found.

        Raises
        ------
        UnusableError
            Where the model cannot be loaded, or cannot read in windows of the study's size.
        """
        study, arena = self.bench.study, self.bench.arena
        settings = study.passages
        plain = run_key(study, study.card(self.system), self.view, arena.key)
        key = digest("passages", reading, plain, settings.window, settings.overlap, code_digest("bench"))
        name = f"{arena.name}.{self.view}.{self.system}.{reading.replace(' ', '-')}.{key}"
        made = self.bench.derived(name, arena, lambda: self._make(reading))
        return made.run, made.made

    def _make(self, reading: str) -> tuple[Run, dict[str, Any]]:
        read, texts = (self._whole, self._texts) if reading == WHOLE else (self._windows, self._passages.texts)
        vectors, queries, n = read.vectors, self._queries, len(self._texts)
        if reading == POOLED:
            card = self.bench.study.card(self.system)
            vectors = pool_passages(vectors, self._passages.indptr, normalise=card.normalise)
        began = time.perf_counter()
        run = self._search(reading, queries, vectors)
        seconds = time.perf_counter() - began
        return run, {
            "vectors": len(vectors) / n,
            "tokens": float(read.tokens.sum() / n) * read.read,
            "read": read.read,
            "encoding": encoding_seconds(self.bench, self._encoder, texts),
            "search": 1000 * seconds / max(len(queries), 1),
            "mb": vectors.nbytes / 2**20,
        }

    def _search(self, reading: str, queries: Floats, vectors: Floats) -> Run:
        study, judgements = self.bench.study, self.bench.arena.judgements
        block_mb = study.search.block_mb
        if reading not in BEST_OF:
            return search_exact(queries, vectors, judgements, study.depth, block_mb=block_mb)
        spans, best = self._passages.indptr, BEST_OF[reading]
        return search_passages(queries, vectors, spans, judgements, study.depth, best=best, block_mb=block_mb)

    @property
    def _texts(self) -> list[str]:
        return self.bench.arena.texts(self.view)

    @cached_property
    def _encoder(self) -> Encoder:
        try:
            encoder = loaded(self.bench.encoder(self.system, self.bench.arena, self.view))
            check_window(encoder, self.bench.study.passages.window)
        except PatbenchError as error:
            raise UnusableError(error.what, why=error.why, todo=error.todo) from error
        return encoder

    @cached_property
    def _passages(self) -> Passages:
        settings = self.bench.study.passages
        return cut_passages(self._texts, self._encoder, window=settings.window, overlap=settings.overlap)

    @cached_property
    def _windows(self) -> Encoded:
        return self.bench.encode_texts(self._encoder, self._passages.texts, "document")

    @cached_property
    def _whole(self) -> Encoded:
        return self.bench.encode_texts(self._encoder, self._texts, "document")

    @cached_property
    def _queries(self) -> Floats:
        asked = self.bench.arena.texts_of(self.view, "query")
        return self.bench.encode_texts(self._encoder, asked, "query").vectors
