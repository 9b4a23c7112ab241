"""Every claim on the bench: the published study's statements and the study's own, each with its parts and verdict."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import pandas as pd

from patbench_lib.bench import claims_fusion, claims_retrieval, claims_tuning
from patbench_lib.bench.bench import Bench
from patbench_lib.bench.claims_evidence import Evidence, lacking
from patbench_lib.bench.claims_own import compared, own_statement
from patbench_lib.errors import PatbenchError
from patbench_lib.evaluate.claims import PARTS, judge
from patbench_lib.reference.claims import Statement, statements

Measured = Callable[[], Evidence]

EVIDENCE: dict[str, Callable[[Bench, Mapping[str, Any]], Evidence]] = {
    "recipe_above": claims_tuning.recipe_above,
    "recipe_gain": claims_tuning.recipe_gain,
    "order_kept": claims_tuning.order_kept,
    "change_elsewhere": claims_tuning.change_elsewhere,
    "loss_by_strength": claims_tuning.loss_by_strength,
    "larger_in_family": claims_retrieval.larger_in_family,
    "smaller_across": claims_retrieval.smaller_across,
    "best_view": claims_retrieval.best_view,
    "domain_gap": claims_retrieval.domain_gap,
    "kept_when_cut": claims_retrieval.kept_when_cut,
    "reranking": claims_retrieval.reranking,
    "gap_change": claims_fusion.gap_change,
    "interpolation_gain": claims_fusion.interpolation_gain,
    "gain_by_strength": claims_fusion.gain_by_strength,
}
"""What measures the parts of a statement, by its `evidence`."""

VERDICTS = {
    "claim": "object",
    "verdict": "object",
    "part": "object",
    **dict.fromkeys(("effect", "low", "high", "p_true", "p_false", "published_low", "published_high"), "float64"),
    **dict.fromkeys(("n", "needed", "parts", "shown", "against"), "Int64"),
    "why": "object",
}
"""Columns of the verdicts: the part that decides, with its effect and interval, queries or publications and published
value; the two p-values of the claim; parts needed, there, shown to be true, shown to be false; why it cannot be judged.
What a claim without parts does not have is missing."""


@dataclass(frozen=True)
class Judged:
    """Claims and what became of them.

    Attributes
    ----------
    statements : by name, in order.
    verdicts : a row a claim, in the columns of `VERDICTS`.
    parts : every part of every claim: claim, then the columns of `evaluate.claims.PARTS`.
    """

    statements: dict[str, Statement]
    verdicts: pd.DataFrame
    parts: pd.DataFrame


def judged(bench: Bench) -> Judged:
    """Judge the published study's claims and the study's own by what this study found.

    Nothing is computed for this that the study's tables do not hold, but the tests that they lack.
    """
    found = {name: (statement, _measured(measure)) for name, statement, measure in _asked(bench)}
    return judged_by(found, bench.study.statistics.level)


def judged_by(found: Mapping[str, tuple[Statement, Evidence]], level: float) -> Judged:
    """Judge statements by the parts that were found of each, at a study's level."""
    rows = [_verdict(name, *each, level) for name, each in found.items()]
    parts = [each.parts.assign(claim=name) for name, (_, each) in found.items()]
    return Judged(
        {name: statement for name, (statement, _) in found.items()},
        pd.DataFrame(rows, columns=list(VERDICTS)).astype(VERDICTS),
        pd.concat(parts, ignore_index=True)[["claim", *PARTS]],
    )


def _asked(bench: Bench) -> Iterator[tuple[str, Statement, Measured]]:
    """Yield each claim's name, its statement, and what measures its parts."""
    for name, statement in statements().items():
        yield name, statement, partial(EVIDENCE[statement.evidence], bench, statement.about)
    for claim in bench.study.claims:
        yield claim.name, own_statement(bench, claim), partial(compared, bench, claim)


def _measured(measure: Measured) -> Evidence:
    """Return the parts of a claim; of one that takes what is not here, a model's weights say, why there are none."""
    try:
        return measure()
    except PatbenchError as error:
        return lacking(error.what)


def _verdict(name: str, statement: Statement, evidence: Evidence, level: float) -> dict[str, Any]:
    if evidence.parts.empty:
        return {"claim": name, "verdict": "cannot be judged", "why": evidence.why, **_published(statement.published)}
    found = judge(evidence.parts, statement.rule, level)
    deciding = evidence.parts.iloc[found.deciding]
    known = math.isfinite(deciding["published"])
    return {
        "claim": name,
        **vars(found),
        **{column: deciding[column] for column in ("part", "effect", "low", "high", "n")},
        **_published([deciding["published"]] if known else statement.published),
        "parts": len(evidence.parts),
        "why": "",
    }


def _published(ends: Sequence[float]) -> dict[str, float]:
    return {"published_low": min(ends, default=math.nan), "published_high": max(ends, default=math.nan)}
