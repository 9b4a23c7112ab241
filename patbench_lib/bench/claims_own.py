"""Evidence on a study's own claims: one system on one view against another."""

from __future__ import annotations

import pandas as pd

from patbench_lib.bench.arena import Arena
from patbench_lib.bench.bench import Bench
from patbench_lib.bench.claims_evidence import Evidence, differences, lacking, moved
from patbench_lib.bench.classification import tallies_of, usable_sets
from patbench_lib.bench.classified import Classifier
from patbench_lib.classify import compare as classes
from patbench_lib.evaluate.compare import by_query, tested
from patbench_lib.evaluate.own_claims import OwnClaim
from patbench_lib.landscape.views import View
from patbench_lib.reference.claims import Statement


def own_statement(bench: Bench, claim: OwnClaim) -> Statement:
    """Return a claim of the study file as a statement with its rule."""
    arena = _arena(bench, claim)
    one, other = (f"{side.system} on {side.view or arena.views[0]}" for side in (claim.a, claim.b))
    where = (
        f"{claim.stratum} queries of {arena.name}"
        if claim.task == "retrieval"
        else f"test publications of {arena.name}"
    )
    return Statement(
        title=f"{claim.a.system} above {claim.b.system}",
        says=claim.says,
        certainty="own",
        evidence=claim.kind,
        effect=f"{claim.measure} of {one} less that of {other}, {where}",
        unit="score",
        scope="every",
        least=claim.at_least,
    )


def compared(bench: Bench, claim: OwnClaim) -> Evidence:
    """Hold the two sides of a claim against each other, by query or by test publication."""
    arena = _arena(bench, claim)
    views = [side.view or arena.views[0] for side in (claim.a, claim.b)]
    if absent := [view for view in views if view not in arena.views]:
        return lacking(f"{', '.join(dict.fromkeys(absent))} of {arena.name} is not read in this study.")
    if claim.task == "retrieval":
        return _ranked(bench, claim, arena, views)
    return _classified(bench, claim, arena, views)


def _ranked(bench: Bench, claim: OwnClaim, arena: Arena, views: list[View]) -> Evidence:
    study = bench.study
    sides = zip((claim.a, claim.b), views, "ab", strict=True)
    scores = pd.concat([bench.scores(side.system, arena, view).assign(system=name) for side, view, name in sides])
    asked = scores[(scores["measure"] == claim.measure) & (scores["stratum"] == claim.stratum)]
    if asked.empty:
        return lacking(f"No query of {arena.name} is in {claim.stratum}.")
    wide, families = by_query(asked)
    # The test is of what is left above `at_least`: no difference beyond it is the null hypothesis.
    beyond = (wide["a"] - wide["b"] - claim.at_least).to_numpy()[:, None]
    table = pd.DataFrame(tested(beyond, families, study.statistics, seed=study.seed))
    return moved(differences(table, [_named(claim, views)]), claim.at_least)


def _classified(bench: Bench, claim: OwnClaim, arena: Arena, views: list[View]) -> Evidence:
    study = bench.study
    sets, reasons = usable_sets(bench, arena)
    fit = [labels for labels in sets if claim.label_set in (None, labels.name)]
    if not fit:
        return lacking(reasons.get(claim.label_set or "", f"{arena.name} has no labels that can be learnt."))
    asked = {
        name: (Classifier(side.system, "probe"), view, 1.0)
        for name, side, view in zip("ab", (claim.a, claim.b), views, strict=True)
    }
    table = classes.against(tallies_of(bench, arena, fit[0], asked), "b", study.statistics, seed=study.seed)
    table = table[table["measure"] == claim.measure]
    if claim.at_least:  # the test was of no difference at all; what is beyond the margin, the interval says
        table = table.drop(columns="p")
    return differences(table, [f"{_named(claim, views)}, {fit[0].name}"])


def _named(claim: OwnClaim, views: list[View]) -> str:
    return f"{claim.a.system} {views[0]} − {claim.b.system} {views[1]}"


def _arena(bench: Bench, claim: OwnClaim) -> Arena:
    return next(arena for arena in bench.arenas if claim.landscape in (None, arena.name))
