"""Tables of notebook 14: claims and their verdicts, the rules that decide, and how often the rules are wrong."""

from __future__ import annotations

import math

import pandas as pd
from great_tables import GT
from scipy.stats import binom

from patbench_lib.bench.claims import Judged
from patbench_lib.evaluate.claims_calibration import EDGE, NOTHING
from patbench_lib.reference.claims import Statement
from patbench_lib.report.labels import shortened
from patbench_lib.report.reproduction_tables import CERTAIN
from patbench_lib.report.tables import table

CHANCE = 0.99
"""Share of binomial distributions that counts as chance: a table has many counts."""

_FIRST = {"every": "every part lies", "most": "more than half of the parts lie", "some": "at least one part lies"}


def claims_table(judged: Judged, *, synthetic: bool) -> GT:
    """Return every claim with its verdict, the effect of the part that decides, and the published value."""
    rows = judged.verdicts
    lines = pd.DataFrame(
        {
            "claim": rows["claim"],
            "says": [judged.statements[name].says for name in rows["claim"]],
            "verdict": rows["verdict"],
            "effect": [number(row["effect"]) for _, row in rows.iterrows()],
            "interval": [_interval(row) for _, row in rows.iterrows()],
            "n": rows["n"],
            "published": [_published(row) for _, row in rows.iterrows()],
            "because": [because(row) for _, row in rows.iterrows()],
        }
    )
    notes = [
        "effect: of the part that decides whether the claim holds, the weakest of those that it needs.",
        "n: queries, publications, or models that the part rests on; of a gap, of its smaller side.",
        "because: how many parts the claim needs, and how many are true or false each by itself, by Holm's correction.",
    ]
    shown = table(lines, whole=["n"], unbroken=["claim", "interval"], notes=notes, synthetic=synthetic)
    return shown.cols_width({"says": "27%", "because": "31%"})


def rules_table(judged: Judged) -> GT:
    """Return what is measured for each claim, what decides, and what is to be borne in mind."""
    lines = [
        {
            "claim": name,
            "certainty": each.certainty,
            "what is measured": each.effect,
            "it holds where": rule_of(each),
            "caution": each.caution or "–",
        }
        for name, each in judged.statements.items()
    ]
    meant = CERTAIN | {"own": "a claim of this study's file"}
    letters = {each.certainty for each in judged.statements.values()}
    notes = [f"{letter}: {meaning}." for letter, meaning in meant.items() if letter in letters]
    return table(pd.DataFrame(lines), unbroken=["claim"], notes=notes)


def null_table(calibration: pd.DataFrame, level: float, *, synthetic: bool) -> GT:
    """Return how often each rule was wrong where there is nothing to be found, beside what chance allows."""
    rows = nulls(calibration)
    shown = pd.DataFrame(
        {
            "rule": rows["rule"],
            "planted": [_PLANTED[each] for each in rows["planted"]],
            "seeds": rows["seeds"],
            "holds": rows["holds"],
            "does not hold": rows["fails"].astype("Int64").mask(rows["planted"] == EDGE),
            "by chance at most": [by_chance(seeds, level) for seeds in rows["seeds"]],
        }
    )
    notes = [
        "edge: all parts that the claim needs are true but one; the worst that can be without the claim's being true.",
        f"by chance: the end of the central {CHANCE:.0%} of the binomial distribution at {1 - level:.0%} a verdict.",
    ]
    return table(shown, whole=["seeds", "holds", "does not hold"], notes=notes, synthetic=synthetic)


_PLANTED = {NOTHING: "nothing", EDGE: "edge"}


def nulls(calibration: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of a calibration in which the claim is not true."""
    return calibration[calibration["planted"].isin(list(_PLANTED))]


def by_chance(seeds: int, level: float) -> int:
    """Return how many of so many verdicts may be wrong by chance."""
    return int(binom.interval(CHANCE, seeds, 1 - level)[1])


def rule_of(statement: Statement) -> str:
    """Return a statement's rule in words: "every part lies above 0"."""
    low, high = statement.least, statement.most
    ends = [f"above {number(low, 2)}"] if math.isfinite(low) else []
    ends += [f"below {number(high, 2)}"] if math.isfinite(high) else []
    return f"{_FIRST[statement.scope]} {' and '.join(ends)}"


def because(row: pd.Series) -> str:
    """Return in words what a verdict rests on: how many parts show what, or what is missing."""
    if row["verdict"] == "cannot be judged":
        return shortened(str(row["why"]), 160)
    return (
        f"{row['needed']} of {row['parts']} needed; {row['shown']} true, {row['against']} false. "
        f"Deciding: {row['part']}."
    )


def number(value: float, digits: int = 3) -> str:
    """Return a value with its true minus sign, a dash for a missing or infinite one; a 0 has no decimals."""
    if not math.isfinite(value):
        return "–"
    return f"{value:.{digits}f}".replace("-", "−") if value else "0"


def _interval(row: pd.Series) -> str:
    return "–" if pd.isna(row["low"]) else f"{number(row['low'])} to {number(row['high'])}"


def _published(row: pd.Series) -> str:
    ends = row["published_low"], row["published_high"]
    return number(ends[0]) if pd.isna(ends[0]) or ends[0] == ends[1] else " to ".join(map(number, ends))
