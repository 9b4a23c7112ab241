"""Verdicts on claims: a claim says of several parts that every one, most, or some of them lie in a range.

Each part has an effect with an interval and, where it was tested, a p-value. A claim holds where the test for as many
parts as it speaks of rejects; it does not hold where the test rejects that so many are true; else it is not decided.
Both tests are one-sided, at the level of the study.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from patbench_lib.evaluate.statistics import holm, significant
from patbench_lib.types import Floats

Scope = Literal["every", "most", "some"]
"""Of how many parts a claim speaks: all, more than half, at least one."""

Verdict = Literal["holds", "does not hold", "not decided", "cannot be judged"]

PARTS = {
    "part": "object",
    "effect": "float64",
    "low": "float64",
    "high": "float64",
    "p": "float64",
    "n": "int64",
    "published": "float64",
}
"""Columns of a claim's parts: what was compared, its effect with the interval at the study's level (missing where there
is none), the two-sided p-value of the effect's being at the end of a range with one end (missing where it was not
tested), queries or publications, and the published value of the part (missing where there is none)."""


@dataclass(frozen=True)
class Rule:
    """What a claim says of its parts: so many of them lie above `least` and below `most`."""

    scope: Scope
    least: float = -math.inf
    most: float = math.inf

    def needed(self, parts: int) -> int:
        """Return how many of so many parts must be true for the claim to be."""
        return {"every": parts, "most": parts // 2 + 1, "some": 1}[self.scope]

    @property
    def ends(self) -> list[float]:
        """The ends of the range that are not infinite."""
        return [end for end in (self.least, self.most) if math.isfinite(end)]


@dataclass(frozen=True)
class Judgement:
    """The verdict on a claim, and what it rests on.

    Attributes
    ----------
    p_true, p_false : of the claim's being false, and of its being true: a small one speaks for the claim, or against.
    deciding : position of the part that decides whether the claim holds: the weakest of those it needs.
    needed, shown, against : parts that must be true; parts that are, each by itself, and parts that are not, after
        Holm's correction.
    """

    verdict: Verdict
    p_true: float
    p_false: float
    deciding: int
    needed: int
    shown: int
    against: int


def judge(parts: pd.DataFrame, rule: Rule, level: float) -> Judgement:
    """Judge a claim by its parts.

    That at least u of n parts are true is tested by (n - u + 1) times the u-th smallest of their p-values. For every
    part (u = n) that is the largest p-value; for some part (u = 1) it is Bonferroni's correction. That fewer than u are
    true is the same as that at least n - u + 1 are not, and is tested likewise. Neither asks how parts depend on each
    other, so neither finds too much where parts share queries. A claim cannot both hold and not hold.

    Parameters
    ----------
    parts : at least one, in the columns of `PARTS`.
    level : of the study's intervals; tests are at 1 - level.

    Source: Benjamini and Heller, Screening for Partial Conjunction Hypotheses (Biometrics, 2008).
    """
    inside, outside = one_sided(parts, rule, level)
    number = len(parts)
    needed = rule.needed(number)
    for_it, against_it = partial_conjunction(inside, needed), partial_conjunction(outside, number - needed + 1)
    sure = significant(np.array([for_it, against_it]), level)
    verdict: Verdict = "holds" if sure[0] else "does not hold" if sure[1] else "not decided"
    counts = (int(significant(holm(each), level).sum()) for each in (inside, outside))
    return Judgement(verdict, for_it, against_it, _deciding(parts, inside, rule), needed, *counts)


def partial_conjunction(p_values: Floats, least: int) -> float:
    """Return the p-value of fewer than `least` hypotheses' being false, of which each has a p-value."""
    return float(min(1.0, (len(p_values) - least + 1) * np.sort(p_values)[least - 1]))


def one_sided(parts: pd.DataFrame, rule: Rule, level: float) -> tuple[Floats, Floats]:
    """Return of each part the p-value that speaks for its effect's being in the range, and for its being outside.

    Of a range with one end and a tested part it is half the two-sided p-value, or one less that, by the side that the
    effect lies on. Else it comes from the interval, whose arm towards the end is as many standard errors long as the
    normal distribution has it. An arm of no length says nothing of chance, and nothing is concluded from it. Within
    two ends both must be passed; that one of them is, is tested twice, and so corrected.

    Returns
    -------
    (numpy.ndarray, numpy.ndarray)
        Shape [parts] each; 1 where nothing is known.
    """
    inside, outside = np.zeros(len(parts)), np.ones(len(parts))
    for end, sign in ((rule.least, 1.0), (rule.most, -1.0)):
        if math.isfinite(end):
            passed, failed = _beyond(parts, end, sign, level, tested=len(rule.ends) == 1)
            inside = np.maximum(inside, passed)
            outside = np.minimum(outside, len(rule.ends) * failed)
    return inside, outside


def _beyond(parts: pd.DataFrame, end: float, sign: float, level: float, *, tested: bool) -> tuple[Floats, Floats]:
    """Return the p-values that speak for effects beyond an end, above for sign 1, and for effects before it."""
    from scipy.stats import norm

    effect, low, high, p = (parts[name].to_numpy(dtype=float) for name in ("effect", "low", "high", "p"))
    gap = sign * (effect - end)
    arm = np.where(effect > end, effect - low, high - effect)
    with np.errstate(divide="ignore", invalid="ignore"):
        distance = gap / (arm / norm.ppf((1 + level) / 2))
    known = np.isfinite(distance) & (arm > 0)
    above = np.where(known, norm.sf(distance), 1.0)
    below = np.where(known, norm.cdf(distance), 1.0)
    if tested:
        half = np.where(gap > 0, p / 2, 1 - p / 2)
        above, below = np.where(np.isnan(p), above, half), np.where(np.isnan(p), below, 1 - half)
    return above, below


def _deciding(parts: pd.DataFrame, inside: Floats, rule: Rule) -> int:
    """Return the position of the needed part that is least sure; among equals that which lies least far inside."""
    effect = parts["effect"].to_numpy(dtype=float)
    depth = np.min([np.abs(effect - end) for end in rule.ends], axis=0)
    return int(np.lexsort((-depth, inside))[rule.needed(len(parts)) - 1])


def parts_of(rows: list[dict[str, object]]) -> pd.DataFrame:
    """Return parts in the columns of `PARTS`; what a row does not have is missing."""
    return pd.DataFrame(rows, columns=list(PARTS)).astype(PARTS)
