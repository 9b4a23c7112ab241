"""Evidence on fusion (C8, C9): what one that is chosen on some queries is worth on the others."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from patbench_lib.bench.bench import Bench
from patbench_lib.bench.claims_evidence import Evidence, differences, lacking
from patbench_lib.bench.fusion import fusion_grids
from patbench_lib.evaluate.assessment import FEWEST, Assessment, assess
from patbench_lib.evaluate.assessment import gain_by_strength as correlated
from patbench_lib.evaluate.claims import parts_of
from patbench_lib.reference.expected import groups
from patbench_lib.retrieve.fuse import NORMALISATIONS

NO_PAIR = "This study has no lexical system beside another, so nothing was fused."


def gap_change(bench: Bench, about: Mapping[str, Any]) -> Evidence:
    """Return how fusion changes the gap between IN and OUT, by dense system."""
    assessed = _assessed(bench)
    if assessed.choices.empty:
        return lacking(NO_PAIR)
    if assessed.gaps.empty:
        return lacking("No test query has an answer inside its domain, or none has one outside.")
    rows = assessed.gaps.rename(columns={"change": "difference"})
    return differences(rows.assign(n=rows[["n_in", "n_out"]].min(axis=1)), rows["system"].tolist())


def interpolation_gain(bench: Bench, about: Mapping[str, Any]) -> Evidence:
    """Hold interpolated scores against the dense system's, by the first normalisation that the study tries."""
    assessed = _assessed(bench)
    if assessed.choices.empty:
        return lacking(NO_PAIR)
    method = next((name for name in NORMALISATIONS if name in bench.study.fusion.normalisations), "")
    rows = assessed.gained(method=method)
    if rows.empty:
        return lacking("The study tries no normalisation, or all queries are of one family.")
    known = {
        system: cells["interpolated"] - cells["alone"] for system, cells in groups()["paper-fusion"].values.items()
    }
    return differences(
        rows,
        [f"{system}, {method}" for system in rows["system"]],
        published=[known.get(system, math.nan) for system in rows["system"]],
    )


def gain_by_strength(bench: Bench, about: Mapping[str, Any]) -> Evidence:
    """Return how the gain by fusion goes with the dense system's own score."""
    assessed, study = _assessed(bench), bench.study
    if assessed.choices.empty:
        return lacking(NO_PAIR)
    rho, p, systems = correlated(assessed, study.statistics, seed=study.seed)
    if systems < FEWEST:
        return lacking(f"Dense systems whose gain is known: {systems}; {FEWEST} are needed.")
    if math.isnan(rho):
        return lacking("All gains, or all scores of the dense systems, are equal.")
    return Evidence(parts_of([{"part": study.main_measure, "effect": rho, "p": p, "n": systems}]))


def _assessed(bench: Bench) -> Assessment:
    study = bench.study
    return bench.once(
        "assessment of fusion",
        lambda: assess(fusion_grids(bench), study.fusion.development, study.statistics, seed=study.seed),
    )
