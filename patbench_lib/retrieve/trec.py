"""TREC run files: `query Q0 document rank score tag`, gzipped or not."""

from __future__ import annotations

import gzip
import math
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from patbench_lib.errors import PatbenchError
from patbench_lib.files import replacing
from patbench_lib.landscape.judgements import Judgements
from patbench_lib.retrieve.run import Run, fill


def write_trec(run: Run, numbers: Sequence[str], path: Path, *, tag: str = "patbench") -> None:
    """Write a run with publication numbers as ids; a path that ends in .gz is compressed."""
    opener = gzip.open if path.suffix == ".gz" else open
    with replacing(path) as temporary, opener(temporary, "wt", encoding="utf-8") as file:
        for position, query in enumerate(run.queries):
            for rank, document in enumerate(run.ranked(position), 1):
                score = run.scores[position, rank - 1]
                file.write(f"{numbers[query]} Q0 {numbers[document]} {rank} {score:.9g} {tag}\n")


@dataclass(frozen=True)
class Imported:
    """A run made elsewhere, and how many of its lines our protocol does not count."""

    run: Run
    unjudged_queries: int
    excluded_documents: int


def read_trec(path: Path, numbers: Sequence[str], judgements: Judgements) -> Imported:
    """Read a run made by any tool, ordered by its scores as trec_eval does, ranks ignored.

    Lines of queries without judgements, and of documents that are no candidates (the query itself, its family), are
    left out and counted.

    Raises
    ------
    PatbenchError
        Where a line is malformed, a document is ranked twice, or a number is not in the landscape.
    """
    row_of = {number: row for row, number in enumerate(numbers)}
    ranked: dict[int, dict[int, float]] = {}
    judged, unjudged, excluded = set(judgements.queries.tolist()), set(), 0
    for line, (query_id, document_id, score) in enumerate(_lines(path), 1):
        unknown = [name for name in (query_id, document_id) if name not in row_of]
        if unknown:
            raise PatbenchError(
                f"{path}, line {line}: '{unknown[0]}' is not a publication number of this landscape.",
                todo="Runs carry publication numbers as the landscape writes them; check the study given with --study.",
            )
        query, document = row_of[query_id], row_of[document_id]
        if query not in judged:
            unjudged.add(query)
            continue
        entries = ranked.setdefault(query, {})
        if document in entries:
            raise PatbenchError(f"{path}, line {line}: {document_id} is ranked twice for {query_id}.")
        entries[document] = score
    run = Run.empty(judgements.queries, max((len(entries) for entries in ranked.values()), default=1))
    for position, query in enumerate(judgements.queries):
        entries = ranked.get(int(query), {})
        documents = np.array(list(entries), dtype=np.int64)
        allowed = ~judgements.excluded(int(query))[documents]
        excluded += int((~allowed).sum())
        fill(run, position, documents[allowed], np.array(list(entries.values()), dtype=np.float32)[allowed])
    return Imported(run, len(unjudged), excluded)


def _lines(path: Path) -> Iterator[tuple[str, str, float]]:
    opener = gzip.open if path.suffix == ".gz" else open
    try:
        with opener(path, "rt", encoding="utf-8") as file:
            for number, line in enumerate(file, 1):
                parts = line.split()
                if len(parts) != 6:
                    raise PatbenchError(
                        f"{path}, line {number}: {len(parts)} fields instead of six.",
                        todo="A TREC run line is: query Q0 document rank score tag.",
                    )
                yield parts[0], parts[2], _score(parts[4], path, number)
    except FileNotFoundError as error:
        raise PatbenchError(f"No run file at {path}.") from error
    except (UnicodeDecodeError, OSError, EOFError, zlib.error) as error:
        raise PatbenchError(f"{path} is not a readable text file.", why=str(error)) from error


def _score(text: str, path: Path, line: int) -> float:
    try:
        score = float(text)
    except ValueError:
        score = math.nan
    if not math.isfinite(score):
        raise PatbenchError(f"{path}, line {line}: the score '{text}' is not a finite number.")
    return score
