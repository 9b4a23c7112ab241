"""How far verdicts are to be trusted: how often a rule calls a claim true where nothing is, and where something is.

The scores are the study's own, so that number of queries, families and spread are those of its claims. Where nothing
is to be found, the systems change places within every family, and the strata within every family: then all systems are
equally good, and both strata equally hard, but for luck. An effect of a known strength is put on top of that.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, get_args

import numpy as np
import pandas as pd

from patbench_lib.evaluate.claims import PARTS, Rule, Scope, judge
from patbench_lib.evaluate.compare import by_query
from patbench_lib.evaluate.gap import relative_gap
from patbench_lib.evaluate.settings import Statistics
from patbench_lib.evaluate.statistics import randomisation_test, seed_of
from patbench_lib.types import Floats, Ints

SEEDS = 40
LIFTS = (0.01, 0.02, 0.05, 0.1)
"""By how much of the measure systems are made better."""

DROPS = (0.1, 0.2, 0.4, 0.6)
"""By which share scores outside the domain are made lower."""

NOTHING, EDGE = "nothing", "edge"
COLUMNS = {
    "rule": "object",
    "scope": "object",
    "parts": "int64",
    "planted": "object",
    "strength": "float64",
    "seeds": "int64",
    "holds": "int64",
    "fails": "int64",
}
"""Columns of a calibration: the kind of claim, the scope of its rule and the number of its parts; what was planted
(nothing, all parts but one that the claim needs, or an effect in all parts) and how strong; seeds, and of them how many
verdicts are `holds` and `does not hold`."""


def calibrate(scores: pd.DataFrame, statistics: Statistics, *, seed: int, seeds: int = SEEDS) -> pd.DataFrame:
    """Return how often claims of each rule are called true and false, over seeds.

    Parameters
    ----------
    scores : per-query scores of one landscape, view and measure, as `Bench.scores` gives them, of all strata. A rule
        that they give no parts for is left out.

    Returns
    -------
    pandas.DataFrame
        In the columns of `COLUMNS`.
    """
    wide, families = by_query(scores[scores["stratum"] == "ALL"])
    rows = _of_comparisons(wide.to_numpy(dtype=float), families, statistics, seed=seed, seeds=seeds)
    rows += _of_gaps(scores, statistics, seed=seed, seeds=seeds)
    if not rows:
        return pd.DataFrame(columns=list(COLUMNS)).astype(COLUMNS)
    grouped = pd.DataFrame(rows).groupby(["rule", "scope", "parts", "planted", "strength"], sort=False)
    counts = [
        (*about, len(each), (each == "holds").sum(), (each == "does not hold").sum())
        for about, each in grouped["verdict"]
    ]
    return pd.DataFrame(counts, columns=list(COLUMNS)).astype(COLUMNS)


def _of_comparisons(
    values: Floats, families: Ints, statistics: Statistics, *, seed: int, seeds: int
) -> list[dict[str, Any]]:
    """Judge that one, every, most and some of the systems are better than the first, seed by seed."""
    others = values.shape[1] - 1
    if others < 1 or not len(values):
        return []
    asked: list[tuple[Scope, int]] = [("every", 1)]
    # Most of two is every one of them.
    asked += [(scope, others) for scope in get_args(Scope) if others > 2 or (others == 2 and scope != "most")]
    rows = []
    for one in range(seeds):
        drawn = _lifted(values, families, statistics, seed_of(seed, "systems", one))
        for scope, parts in asked:
            name = "one comparison" if parts == 1 else f"{scope} of {parts} comparisons"
            rule = Rule(scope, least=0.0)
            for what, strength, effect, p in _cases(drawn, rule.needed(parts) - 1):
                made = _tested_parts(effect[:parts], p[:parts], len(values))
                verdict = judge(made, rule, statistics.level).verdict
                rows.append(_row(name, scope, parts, what, strength, verdict))
    return rows


Tested = tuple[Floats, Floats]
"""Effects of all comparisons and their two-sided p-values."""


def _lifted(values: Floats, families: Ints, statistics: Statistics, seed: int) -> list[Tested]:
    """Return the comparisons of systems that changed places: as they are, far above 0, and above by each lift."""
    drawn = exchanged(values, families, np.random.default_rng(seed))
    gaps = drawn[:, 1:] - drawn[:, :1]
    lifts = (0.0, 1.0, *LIFTS)
    every = np.hstack([gaps + lift for lift in lifts])
    p = randomisation_test(every, families, permutations=statistics.permutations, seed=seed)
    return list(zip(np.split(every.mean(0), len(lifts)), np.split(p, len(lifts)), strict=True))


def _cases(drawn: list[Tested], true: int) -> Iterator[tuple[str, float, Floats, Floats]]:
    """Yield what was planted and how strong, with effects and p-values; at the edge so many are far above 0."""
    (effect, p), (far, far_p), *lifted = drawn
    yield NOTHING, 0.0, effect, p
    if true:
        yield EDGE, 0.0, np.concatenate([far[:true], effect[true:]]), np.concatenate([far_p[:true], p[true:]])
    for lift, each in zip(LIFTS, lifted, strict=True):
        yield "effect", lift, *each


def exchanged(values: Floats, families: Ints, rng: np.random.Generator) -> Floats:
    """Return scores in which the systems have changed places at random, alike for all queries of a family."""
    _, codes = np.unique(families, return_inverse=True)
    order = rng.permuted(np.tile(np.arange(values.shape[1]), (codes.max() + 1, 1)), axis=1)
    moved: Floats = np.take_along_axis(values, order[codes], axis=1)
    return moved


def _of_gaps(scores: pd.DataFrame, statistics: Statistics, *, seed: int, seeds: int) -> list[dict[str, Any]]:
    """Judge that every system scores lower outside the domain, seed by seed."""
    apart = scores[scores["stratum"] != "ALL"]
    if apart["stratum"].nunique() < 2:
        return []
    systems = apart["system"].nunique()
    name = f"gap of {systems} system{'s' * (systems != 1)}"
    rows = []
    for one in range(seeds):
        drawn = swapped(apart, np.random.default_rng(seed_of(seed, "strata", one)))
        gaps = relative_gap(_dropped(drawn), statistics, seed=seed_of(seed, "gap", one))
        gaps = gaps.rename(columns={"gap": "effect"}).assign(p=np.nan, n=gaps["n_out"], part="", published=np.nan)
        drops = gaps["system"].str.partition(" ")[0].astype(float)
        for drop, mine in gaps[np.isfinite(gaps["effect"])].groupby(drops, sort=False):
            verdict = judge(mine[list(PARTS)], Rule("every", least=0.0), statistics.level).verdict
            what = "effect" if drop else NOTHING
            rows.append(_row(name, "every", systems, what, float(drop), verdict))
    return rows


def swapped(scores: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Return scores IN and OUT in which half the families, drawn at random, have these names the other way round."""
    families = scores["family"].unique()
    turned = scores["family"].isin(families[rng.random(len(families)) < 0.5])
    return scores.assign(stratum=scores["stratum"].mask(turned, scores["stratum"].map({"IN": "OUT", "OUT": "IN"})))


def _dropped(scores: pd.DataFrame) -> pd.DataFrame:
    """Return systems as they are and with scores of OUT that are lower by each drop, which leads a system's name."""
    outside = scores["stratum"] == "OUT"
    made = [
        scores.assign(
            system=f"{drop} " + scores["system"], value=scores["value"].mask(outside, (1 - drop) * scores["value"])
        )
        for drop in (0.0, *DROPS)
    ]
    return pd.concat(made, ignore_index=True)


def _tested_parts(effect: Floats, p: Floats, n: int) -> pd.DataFrame:
    nothing = np.full(len(effect), np.nan)
    columns = {"part": "", "effect": effect, "low": nothing, "high": nothing, "p": p, "n": n, "published": nothing}
    return pd.DataFrame(columns)


def _row(rule: str, scope: Scope, parts: int, planted: str, strength: float, verdict: str) -> dict[str, Any]:
    return {
        "rule": rule,
        "scope": scope,
        "parts": parts,
        "planted": planted,
        "strength": strength,
        "verdict": verdict,
    }
