"""The rule of verdicts, by hand and by its properties."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm

from patbench_lib.evaluate.claims import Rule, Scope, judge, one_sided, partial_conjunction, parts_of

LEVEL = 0.95


def part(effect: float, p: float = math.nan, arm: float = math.nan, **fields: Any) -> dict[str, object]:
    return {"part": "a", "effect": effect, "low": effect - arm, "high": effect + arm, "p": p, "n": 50} | fields


def table(*effects_and_p: tuple[float, float]) -> pd.DataFrame:
    return parts_of([part(effect, p) for effect, p in effects_and_p])


def test_the_partial_conjunction_by_hand() -> None:
    p = np.array([0.04, 0.01, 0.02])
    assert partial_conjunction(p, 3) == pytest.approx(0.04), "of every part the largest counts"
    assert partial_conjunction(p, 2) == pytest.approx(2 * 0.02)
    assert partial_conjunction(p, 1) == pytest.approx(3 * 0.01), "of some part Bonferroni's correction"
    assert partial_conjunction(np.array([0.6, 0.7]), 1) == 1


def test_so_many_parts_are_needed() -> None:
    assert [Rule("every").needed(n) for n in (1, 2, 8)] == [1, 2, 8]
    assert [Rule("most").needed(n) for n in (1, 2, 3, 8)] == [1, 2, 2, 5]
    assert [Rule("some").needed(n) for n in (1, 8)] == [1, 1]


@pytest.mark.parametrize(
    ("scope", "made", "verdict"),
    [
        ("every", [(0.1, 0.02), (0.2, 0.09)], "holds"),  # one-sided 0.01 and 0.045
        ("every", [(0.1, 0.02), (0.2, 0.11)], "not decided"),  # one-sided 0.055
        ("every", [(0.1, 0.02), (-0.2, 0.04)], "does not hold"),  # against: 2 x 0.02
        ("every", [(0.1, 0.02), (-0.2, 0.06)], "not decided"),  # against: 2 x 0.03
        ("most", [(0.1, 0.02), (0.1, 0.04), (-0.1, 0.001)], "holds"),  # 2 x 0.02
        ("most", [(0.1, 0.02), (-0.1, 0.04), (-0.1, 0.001)], "does not hold"),  # two of three are not: 2 x 0.02
        ("some", [(0.1, 0.03), (-0.1, 0.001), (-0.1, 0.001)], "holds"),  # 3 x 0.015
        ("some", [(-0.1, 0.09), (-0.1, 0.001), (-0.1, 0.001)], "does not hold"),  # none is: the largest, 0.045
    ],
)
def test_verdicts_by_hand(scope: Scope, made: list[tuple[float, float]], verdict: str) -> None:
    assert judge(table(*made), Rule(scope, least=0), LEVEL).verdict == verdict


def test_a_claim_of_a_fall_is_the_mirror_of_a_claim_of_a_rise() -> None:
    rise, fall = table((0.1, 0.02), (0.1, 0.3)), table((-0.1, 0.02), (-0.1, 0.3))
    one, other = judge(rise, Rule("every", least=0), LEVEL), judge(fall, Rule("every", most=0), LEVEL)
    assert one == other and one.deciding == 1 and (one.shown, one.against, one.needed) == (1, 0, 2)


def test_an_interval_gives_the_p_value_of_an_end_that_was_not_tested() -> None:
    reach = float(norm.ppf(0.975))
    made = parts_of([part(0.3, arm=0.1 * reach), part(-0.1, arm=0.1 * reach)])  # standard errors of 0.1
    inside, outside = one_sided(made, Rule("every", least=0), LEVEL)
    assert inside == pytest.approx([norm.sf(3), norm.sf(-1)])
    assert outside == pytest.approx([norm.cdf(3), norm.cdf(-1)])


def test_of_a_lopsided_interval_the_arm_towards_the_end_counts() -> None:
    reach = float(norm.ppf(0.975))
    row = part(0.3) | {"low": 0.3 - 0.1 * reach, "high": 9.0}
    inside, _ = one_sided(parts_of([row]), Rule("every", least=0.1), LEVEL)
    assert inside == pytest.approx([norm.sf(2)])


def test_within_a_range_both_ends_must_be_passed() -> None:
    reach = float(norm.ppf(0.975))
    rule = Rule("every", 0.55, 0.65)
    close = parts_of([part(0.6, arm=0.01 * reach)])
    assert judge(close, rule, LEVEL).verdict == "holds"
    assert judge(close, rule, LEVEL).p_true == pytest.approx(norm.sf(5))
    far = judge(parts_of([part(0.85, arm=0.1 * reach)]), rule, LEVEL)
    assert far.verdict == "does not hold" and far.p_false == pytest.approx(2 * norm.sf(2))
    assert judge(parts_of([part(0.6, arm=0.1 * reach)]), rule, LEVEL).verdict == "not decided"


def test_nothing_is_concluded_from_an_interval_without_width_or_from_none() -> None:
    for made in (part(1.0, arm=0.0), part(1.0)):
        judged = judge(parts_of([made]), Rule("every", least=0), LEVEL)
        assert judged.verdict == "not decided" and judged.p_true == judged.p_false == 1


def test_the_p_value_of_one_end_is_not_used_for_two() -> None:
    made = parts_of([part(0.6, p=0.001, arm=5.0)])
    assert judge(made, Rule("every", 0.55, 0.65), LEVEL).verdict == "not decided"
    assert judge(made, Rule("every", 0.55), LEVEL).verdict == "holds"


effects = st.floats(-1, 1).filter(lambda x: abs(x) > 1e-6)
drawn = st.lists(st.tuples(effects, st.floats(1e-4, 1)), min_size=1, max_size=9)


@given(drawn, st.sampled_from(["every", "most", "some"]), st.floats(0.55, 0.99))
def test_a_claim_and_its_opposite_never_both_hold(made: list[tuple[float, float]], scope: Scope, level: float) -> None:
    rise, fall = (judge(table(*made), Rule(scope, **end), level) for end in ({"least": 0.0}, {"most": 0.0}))
    if scope != "some":
        assert (rise.verdict, fall.verdict) != ("holds", "holds")
    # What some part must do is refuted where every part does the contrary, and the other way round.
    counter: dict[Scope, Scope] = {"every": "some", "some": "every"}
    if scope in counter:
        contrary = judge(table(*made), Rule(counter[scope], most=0.0), level)
        assert (rise.verdict == "does not hold") == (contrary.verdict == "holds")
    assert not (rise.p_true <= 1 - level and rise.p_false <= 1 - level)


@given(drawn, st.sampled_from(["every", "most", "some"]))
def test_a_part_that_speaks_for_a_claim_never_weakens_it(made: list[tuple[float, float]], scope: Scope) -> None:
    before = judge(table(*made), Rule(scope, least=0), LEVEL)
    better = judge(table(*made[:-1], (0.5, 1e-4)), Rule(scope, least=0), LEVEL)
    assert better.p_true <= max(before.p_true, 1e-4 * len(made)) and better.p_false >= before.p_false - 1e-12


@given(drawn, st.sampled_from(["every", "most", "some"]))
def test_the_order_of_parts_does_not_matter(made: list[tuple[float, float]], scope: Scope) -> None:
    one, other = (judge(table(*rows), Rule(scope, least=0), LEVEL) for rows in (made, made[::-1]))
    assert (one.verdict, one.p_true, one.p_false) == (other.verdict, other.p_true, other.p_false)
