"""The closing paragraph of notebook 05."""

from __future__ import annotations

import math

import pandas as pd
from IPython.display import Markdown

from patbench_lib.evaluate.assessment import FEWEST, Assessment, gain_by_strength
from patbench_lib.evaluate.fusion import ANY
from patbench_lib.report.labels import counted
from patbench_lib.study import Study


def close_fusion(assessed: Assessment, study: Study, sparse: str) -> Markdown:
    """Say what fusion gains over either of its parts, who gains more, what it does to the gap, and what remains."""
    if assessed.choices.empty:
        named = f"{len(study.systems)}: {', '.join(study.systems)}"
        return Markdown(f"Fusion pairs a lexical system with another; this study's systems make no pair ({named}).")
    if assessed.gains.empty:
        asked = assessed.choices["n"].iloc[0]
        return Markdown(f"All {asked:,} queries are of one family: whatever is chosen cannot be tested on others.")
    parts = [_gains(assessed, study.main_measure, sparse), _strength(assessed, study), _gap(assessed), _rest(assessed)]
    return Markdown(" ".join(part for part in parts if part))


def _gains(assessed: Assessment, measure: str, sparse: str) -> str:
    over_dense, over_better = (assessed.gained(reference=name) for name in ("dense", "better"))
    chosen = assessed.choices[assessed.choices["method"] == ANY]
    alone = chosen[(chosen["value"] == 0) & ~chosen["chosen"].str.startswith("rrf ")]["system"].tolist()
    nothing = f" For {', '.join(alone)} the choice is {sparse} alone." if alone else ""
    return (
        f"Chosen on {chosen['n'].iloc[0]:,} queries and tested on {over_dense['n'].iloc[0]:,} of other families, "
        f"fusion with {sparse} changes {measure} by {_range(over_dense)} against the dense system alone; significantly "
        f"up: {_named(over_dense, 1)}; down: {_named(over_dense, -1)}. Against the better of the two alone it changes "
        f"by {_range(over_better)}; up: {_named(over_better, 1)}; down: {_named(over_better, -1)}.{nothing}"
    )


def _range(gains: pd.DataFrame) -> str:
    low, high = gains["difference"].min(), gains["difference"].max()
    return f"{_signed(low)} to {_signed(high)}" if len(gains) > 1 else _signed(low)


def _signed(value: float) -> str:
    return f"{value:+.3f}".replace("-", "−") if round(value, 3) else "0.000"


def _named(gains: pd.DataFrame, sign: int) -> str:
    return ", ".join(gains[gains["significant"] & (sign * gains["difference"] > 0)]["system"]) or "none"


def _strength(assessed: Assessment, study: Study) -> str:
    rho, p, systems = gain_by_strength(assessed, study.statistics, seed=study.seed)
    if systems < FEWEST:
        return f"With {counted(systems, 'dense system')} one cannot tell whether weaker ones gain more."
    if math.isnan(rho):
        return f"The gains of the {systems} dense systems, or their own scores, do not differ."
    who = "weaker systems gain more" if rho < 0 else "stronger systems gain more" if rho > 0 else "neither gains more"
    sure = "" if p <= 1 - study.statistics.level else ", not significant"
    return (
        f"By tendency {who}: Spearman's correlation of a dense system's own score with its gain is {rho:.2f}".replace(
            "-", "−"
        )
        + f" over {systems} systems (permutation test, p = {p:.3f}{sure})."
    )


def _gap(assessed: Assessment) -> str:
    gaps = assessed.gaps
    if gaps.empty:
        return "There are no test queries on both sides of their domain to see a gap between."
    narrower, wider = gaps[gaps["high"] < 0]["system"].tolist(), gaps[gaps["low"] > 0]["system"].tolist()
    left, right = (_percents(gaps[name]) for name in ("dense", "fused"))
    return (
        f"The gap between IN and OUT is {left} of IN without fusion and {right} with it; it narrows beyond its "
        f"interval for {', '.join(narrower) or 'none'} and widens for {', '.join(wider) or 'none'} (intervals not "
        f"corrected for the number of systems)."
    )


def _percents(shares: pd.Series) -> str:
    low, high = f"{100 * shares.min():.0f}", f"{100 * shares.max():.0f}"
    return (f"{low} to {high} %" if low != high else f"{low} %").replace("-", "−")


def _rest(assessed: Assessment) -> str:
    best = assessed.oracle.sort_values("chosen", ascending=False).iloc[0]
    return (
        f"The best fusion, with {best['system']}, reaches {best['chosen']:.3f}; knowing for each query which of its "
        f"two runs is the better one would give {best['run']:.3f}, an upper bound."
    )
