"""Expected numbers computed again: each in the study that its protocol describes, and held against the value given.

The verdicts are those of Pyserini's reproductions: OK where the value is the same in the digits given, OKish where it
lies within the tolerance, FAIL where it does not. A value that hangs on the order of documents with equal scores is
within the tolerance where one of these orders is.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from patbench_lib.bench.arena import Arena
from patbench_lib.bench.bench import Bench
from patbench_lib.bench.keys import code_digest
from patbench_lib.bench.reproduce_needs import cards_of, missing
from patbench_lib.bench.rerank import reranked
from patbench_lib.bench.results import card_provenance, run_provenance
from patbench_lib.errors import PatbenchError
from patbench_lib.evaluate.retrieval import ranks, score_ranks
from patbench_lib.evaluate.ties import extremes
from patbench_lib.models.card import Card
from patbench_lib.models.registry import find_card
from patbench_lib.parameters import make_study
from patbench_lib.reference.expected import Row, Way
from patbench_lib.study import Study, digest

State = Literal["OK", "OKish", "FAIL", "needs", "cited"]

_ROUNDING = 1e-9
"""Of a difference of two decimal fractions: a value at the limit is within it."""


@dataclass(frozen=True)
class Computed:
    """A number that was computed.

    Attributes
    ----------
    queries : it is the mean of; None where it is none of queries.
    provenance : what made it, as result tables have it.
    tied : lowest and highest value that an order of documents with near-equal scores gives; None where not known.
    """

    value: float
    queries: int | None
    provenance: dict[str, Any] = field(default_factory=dict)
    tied: tuple[float, float] | None = None


@dataclass(frozen=True)
class Outcome:
    """What came of a row.

    Attributes
    ----------
    said : what is missing, why it is only cited, or what went wrong.
    seconds : that computing took, or finding what had been computed before.
    """

    row: Row
    state: State
    computed: Computed | None = None
    said: str = ""
    seconds: float = 0.0


Runner = Callable[[Row, Path], Computed]


def verdict(row: Row, found: Computed) -> tuple[State, str]:
    """Return OK, OKish or FAIL, and what is to be said of it.

    OK is a value equal to the expected one in the digits given. OKish is one whose difference, or that of some order of
    tied documents, is at most the tolerance of the row's group.
    """
    expected, tolerance = row.value, row.group.tolerance + _ROUNDING
    if round(found.value, row.digits) == round(expected, row.digits):
        return "OK", ""
    if abs(found.value - expected) <= tolerance:
        return "OKish", ""
    low, high = found.tied or (found.value, found.value)
    if low - tolerance <= expected <= high + tolerance:
        return "OKish", f"orders of tied documents give {low:.{row.digits + 1}f} to {high:.{row.digits + 1}f}"
    return "FAIL", row.group.unknown


def reproduce(
    asked: Sequence[Row], root: Path, *, named: bool, others: Mapping[Way, Runner] | None = None
) -> Iterator[Outcome]:
    """Compute what can be computed here, row after row.

    Parameters
    ----------
    root : the compendium's folder, where data and results lie.
    named : whether the rows were asked for by name.
    others : what computes the rows of ways that this room knows nothing of.
    """
    runners: dict[Way, Runner] = {"retrieval": computed_by_bench, "rerank": computed_by_bench, **(others or {})}
    for row in asked:
        if row.group.way == "cited":
            yield Outcome(row, "cited", said=row.group.why)
            continue
        lacking = missing(row, root, named=named)
        if lacking:
            yield Outcome(row, "needs", said="; ".join(lacking))
            continue
        yield _judged(row, root, runners[row.group.way])


def _judged(row: Row, root: Path, run: Runner) -> Outcome:
    began = time.perf_counter()
    try:
        found = run(row, root)
    except PatbenchError as error:
        return Outcome(row, "FAIL", said=str(error), seconds=time.perf_counter() - began)
    seconds = time.perf_counter() - began
    if row.group.queries not in (None, found.queries):
        said = f"{found.queries} queries were judged, not {row.group.queries}: the data or the judgements are others"
        return Outcome(row, "FAIL", found, said, seconds)
    state, said = verdict(row, found)
    return Outcome(row, state, found, said, seconds)


def study_of(row: Row) -> Study:
    """Return the study that computes a row: its group's, with the row's system, view and measure.

    Raises
    ------
    PatbenchError
        Where this version's studies do not know what the protocol asks for.
    """
    given = row.group.study
    content = {
        "name": f"reproduction-{row.name}",
        "title": row.group.about,
        "external": None,
        "views": [row.column.view],
        "systems": list(dict.fromkeys(["BM25", *(card.name for card in _ranking(row))])),
        "measures": [row.group.measure],
        "main_measure": row.group.measure,
        "late_interaction": {"systems": []},
        "reranking": {"systems": []},
        "passages": {"systems": []},
        "finetuning": {"models": []},
        **given,
        "models": [card.model_dump(mode="json") for card in _own(row)],
    }
    if given == {"name": "demo"}:  # the shipped study whole, so that what it has kept is found
        content = {"name": "demo"}
    return make_study(content, where=f"the protocol of {row.id}")


def _ranking(row: Row) -> list[Card]:
    named = [_own_card(row)] if row.system in row.group.unprompted else cards_of(row)
    return [card for card in named if card.kind != "cross-encoder"]


def _own(row: Row) -> list[Card]:
    return [_own_card(row)] if row.system in row.group.unprompted else []


def _own_card(row: Row) -> Card:
    return find_card(row.model).model_copy(update={"name": row.system, "prompts": {}, "instruction": ""})


def computed_by_bench(row: Row, root: Path) -> Computed:
    """Compute a row's mean over queries on the bench of its study."""
    bench = Bench(study_of(row), root)
    return measured(row, bench, bench.arena)


def measured(row: Row, bench: Bench, arena: Arena) -> Computed:
    """Return a row's number on a bench whose study asks what the row's protocol asks."""
    view = next((view for view in arena.views if view == row.column.view), None)
    if view is None:
        raise PatbenchError(f"Landscape '{arena.name}' has no sections for view {row.column.view}.")
    system = cards_of(row)[0].name if row.group.way == "rerank" else row.system
    if row.group.way == "rerank" and row.column.reranked:
        run = reranked(bench, row.model).run
    else:
        run = bench.run(row.system if row.group.way == "retrieval" else "BM25", arena, view)
    judgements, measure = arena.judgements.stratum(row.column.stratum), row.group.measure
    if not len(judgements.queries):
        raise PatbenchError(f"No query of landscape '{arena.name}' has an answer in stratum {row.column.stratum}.")
    value, worst, best = (
        float(score_ranks(ranks(each), judgements, [measure])["value"].mean())
        for each in (run, *extremes(run, judgements))
    )
    made = {**card_provenance(bench, system), **run_provenance(bench, arena)}
    return Computed(value, len(judgements.queries), made, (worst, best))


def row_key(row: Row) -> str:
    """Return a digest of a row and of the code that computes it: what was kept under another key is out of date."""
    rooms = ("landscape", "models", "encode", "retrieve", "evaluate")
    return digest(row.id, row.value, row.group, [code_digest(room) for room in rooms])
