"""The closing paragraph of notebook 07."""

from __future__ import annotations

import pandas as pd
from IPython.display import Markdown

from patbench_lib.report.pareto_figures import AXES, unbeaten
from patbench_lib.report.published_truncation import published

_ASPECTS = {"texts_per_second": "encoding rate", "milliseconds": "search time", "bytes": "bytes"}


def close_cost(
    variants: pd.DataFrame, indexes: pd.DataFrame, system: str | None, costs: pd.DataFrame, measure: str
) -> Markdown:
    """Say what cutting and coarsening keep, what an index finds, and which systems no other beats.

    Parameters
    ----------
    variants, indexes, costs : as `bench.variants`, `bench.indexes` (of `system`) and `bench.cost` give them.
    """
    known = variants[variants["retention"].notna()]
    parts = [_cut(known, measure), _coarse(known, measure), _index(indexes, system), _beaten(costs)]
    return Markdown(" ".join(part for part in parts if part))


def _cut(variants: pd.DataFrame, measure: str) -> str:
    cut = variants[variants["kind"] == "dimensions"]
    if cut.empty:
        return "No system has vectors that could be cut."
    kept = cut.groupby("dims")["retention"].agg(["mean", "count"]).sort_index(ascending=False)
    steps = ", ".join(
        f"{_percent(row['mean'])} at {dims} ({_systems(int(row['count']))})" for dims, row in kept.iterrows()
    )
    text = f"Cut and scaled to length 1 again, vectors keep on average these shares of {measure}: {steps}. "
    series = published()[0]
    shared = [dims for dims in series.kept if dims in kept.index]
    if measure == "nDCG@10" and shared:
        named = " / ".join(f"{100 * series.kept[dims]:.1f}" for dims in shared)
        widths = sorted(set(cut["width"]))
        here = f"{widths[0]:,}" if len(widths) == 1 else f"{widths[0]:,} to {widths[-1]:,}"
        text += (
            f"Reported elsewhere for {series.models}: {named} % at {' / '.join(map(str, shared))}; vectors here "
            f"have {here}, of which so many dimensions are another share. "
        )
    least = cut.sort_values("retention").iloc[0]
    return text + (
        f"Most is lost by {least['system']} at {least['dims']} dimensions: it keeps {_percent(least['retention'])} "
        f"[{_percent(least['low'])}, {_percent(least['high'])}]."
    )


def _coarse(variants: pd.DataFrame, measure: str) -> str:
    numbers = variants[variants["kind"] == "numbers"]
    if numbers.empty:
        return ""
    ranges = numbers.groupby("variant", sort=False)["retention"].agg(["min", "max"])
    told = [f"{variant} {_between(row['min'], row['max'])}" for variant, row in ranges.iterrows()]
    return f"By the numbers that are stored, {measure} retained is: {'; '.join(told)}."


def _index(indexes: pd.DataFrame, system: str | None) -> str:
    if indexes.empty:
        return ""
    flat = indexes[indexes["index"] == "flat"].iloc[0]
    others = indexes[indexes["index"] != "flat"]
    told = []
    for name, mine in others.groupby("index", sort=False):
        best = mine.sort_values("recall", kind="stable").iloc[-1]
        told.append(
            f"{name} finds up to {_percent(best['recall'])} of the exact answer in {best['milliseconds']:.3f} ms a "
            f"query and {best['bytes']:,.0f} bytes a patent"
        )
    return (
        f"Over the vectors of {system}, {'; '.join(told)}; the flat index takes {flat['milliseconds']:.3f} ms and "
        f"{flat['bytes']:,.0f} bytes."
    )


def _beaten(costs: pd.DataFrame) -> str:
    told = []
    for column in AXES:
        known = costs[costs[column].notna()]
        if len(known):
            best = known[unbeaten(known, column)]
            names = ", ".join(best.sort_values("value", ascending=False)["system"])
            told.append(f"on {_ASPECTS[column]} {names}")
    return f"Beaten by no other system in quality and cost together are: {'; '.join(told)}." if told else ""


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"


def _between(low: float, high: float) -> str:
    return _percent(low) if _percent(low) == _percent(high) else f"{_percent(low)} to {_percent(high)}"


def _systems(count: int) -> str:
    return "1 system" if count == 1 else f"{count} systems"
