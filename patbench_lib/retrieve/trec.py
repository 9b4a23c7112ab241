"""TREC run files: `query Q0 document rank score tag`, gzipped or not."""

from __future__ import annotations

import gzip
import math
import zlib
from collections.abc import Container, Iterator, Sequence
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
    judged, unjudged, excluded = set(judgements.queries.tolist()), 0, 0
    ranked: dict[int, dict[int, float]] = {}
    for query, scores in read_rankings(path, row_of).items():
        if row_of[query] in judged:
            ranked[row_of[query]] = {row_of[document]: score for document, score in scores.items()}
        else:
            unjudged += 1
    run = Run.empty(judgements.queries, max((len(entries) for entries in ranked.values()), default=1))
    for position, query in enumerate(judgements.queries):
        entries = ranked.get(int(query), {})
        documents = np.array(list(entries), dtype=np.int64)
        allowed = ~judgements.excluded(int(query))[documents]
        excluded += int((~allowed).sum())
        fill(run, position, documents[allowed], np.array(list(entries.values()))[allowed])
    return Imported(run, unjudged, excluded)


def read_rankings(path: Path, known: Container[str] | None = None) -> dict[str, dict[str, float]]:
    """Read the scores of a TREC file by query and document.

    Parameters
    ----------
    known : publication numbers that ids must be among; None for any ids.

    Raises
    ------
    PatbenchError
        Where a line is malformed, an id is not known, or a document is ranked twice for a query.
    """
    rankings: dict[str, dict[str, float]] = {}
    for number, (query, document, score) in enumerate(_lines(path), 1):
        for name in (query, document):
            if known is not None and name not in known:
                raise PatbenchError(
                    f"{path}, line {number}: '{name}' is not a publication number of this landscape.",
                    todo="Runs carry publication numbers as the landscape writes them; check --study.",
                )
        entries = rankings.setdefault(query, {})
        if document in entries:
            raise PatbenchError(f"{path}, line {number}: {document} is ranked twice for {query}.")
        entries[document] = score
    return rankings


def align_runs(paths: Sequence[Path]) -> tuple[list[Run], list[str]]:
    """Read TREC files as runs over the same queries and documents, and the ids that their rows stand for.

    Ids are those of queries and documents together, ascending, so that ties go to the lower id; a query that one file
    lacks has an empty ranking there.
    """
    files = [read_rankings(path) for path in paths]
    queries = sorted({query for rankings in files for query in rankings})
    ids = sorted({*queries, *(document for rankings in files for entries in rankings.values() for document in entries)})
    row_of = {name: row for row, name in enumerate(ids)}
    runs = []
    for rankings in files:
        depth = max((len(entries) for entries in rankings.values()), default=1)
        run = Run.empty(np.array([row_of[query] for query in queries]), depth)
        for position, query in enumerate(queries):
            entries = rankings.get(query, {})
            rows = np.array([row_of[document] for document in entries], dtype=np.int64)
            fill(run, position, rows, np.array(list(entries.values())))
        runs.append(run)
    return runs, ids


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
