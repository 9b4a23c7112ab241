"""Words of notebook 18 whose every number comes from the settings or a result."""

from __future__ import annotations

from collections.abc import Mapping
from math import log

import pandas as pd
from IPython.display import Markdown

from patbench_lib.bench.bench import Bench
from patbench_lib.report.labels import plain
from patbench_lib.report.scale_tables import NO_VECTORS, NOT_MEASURED, NOTHING_READ

MEMORY_GB = 16
"""Memory of a laptop that should do."""


def say_growth(steps: pd.DataFrame, exponents: Mapping[str, float]) -> Markdown:
    """Say how steps grow with size, and what they need of memory.

    Parameters
    ----------
    steps, exponents : of `bench.budget.measured_steps`.
    """
    if steps.empty:
        return Markdown(NOT_MEASURED)
    grown = ", ".join(f"{name} {power:.2f}" for name, power in exponents.items())
    full = steps[steps["scale"] <= 1].sort_values("peak_gib").iloc[-1]
    verdict = "less than" if full["peak_gib"] < MEMORY_GB else "more than"
    return Markdown(
        f"Seconds grow by these powers of the size: {grown}. Exact search goes through every pair of a query and a "
        f"document, so its power is that of both. Up to the published size the most memory is that of "
        f"{full['step']}, {full['peak_gib']:.1f} GiB, {verdict} {MEMORY_GB}.{_beyond(steps)}"
    )


def _beyond(steps: pd.DataFrame) -> str:
    """Say how much more steps take at the largest size than at the published one, beside n log n; nothing without."""
    largest = steps["scale"].max()
    if largest <= 1:
        return ""
    sizes = steps.drop_duplicates("scale").set_index("scale")["patents"]
    allowed = largest * log(sizes[largest]) / log(sizes[1.0])
    seconds = steps[steps["step"] != "search"].pivot(index="step", columns="scale", values="seconds")
    ratios = (seconds[largest] / seconds[1.0]).dropna().sort_values()
    told = ", ".join(f"{step} {ratio:.1f}" for step, ratio in ratios.items())
    return (
        f" At {largest:g} times that size, where n log n is {allowed:.1f} times as much, seconds are so many times as "
        f"many: {told}."
    )


def close_scale(bench: Bench, costs: pd.DataFrame, large: pd.DataFrame) -> Markdown:
    """Say what the full study costs in all and where most of it goes, and where exactness ends.

    Parameters
    ----------
    costs, large : of `bench.budget.full_study` and `large_landscape`.
    """
    return Markdown(f"{_costs(bench, costs)} {_plan(bench, large)}")


def _costs(bench: Bench, costs: pd.DataFrame) -> str:
    if costs.empty:
        return NOTHING_READ
    budget = bench.study.budget
    hours = costs["encoding"].sum() + costs["training"].sum()
    most, tuned = costs.sort_values("price").iloc[-1], int((costs["training"] > 0).sum())
    return (
        f"Encoding {len(bench.arena.views)} views of {budget.patents:,} patents by {len(costs)} systems, and tuning "
        f"{tuned} of them by {len(bench.study.finetuning.recipes)} recipes, takes {hours:,.0f} GPU-hours and "
        f"{costs['price'].sum():,.0f} {plain(budget.currency)}; {plain(str(most['system']))} alone takes "
        f"{most['price'] / costs['price'].sum():.0%} of it. Vectors fill {costs['vectors'].sum():,.0f} GB."
    )


def _plan(bench: Bench, large: pd.DataFrame) -> str:
    if large.empty:
        return NO_VECTORS
    budget, full = bench.study.budget, large.iloc[0]
    smallest = large.sort_values(["gigabytes", "quality"], ascending=[True, False]).iloc[0]
    return (
        f"At {budget.largest:,} patents full vectors of the system that leads here take {full['gigabytes']:,.0f} GB, "
        f"{full['machines']:,} machines, and every query {full['seconds']:.1f} s of all of them; the form of "
        f"the least memory, {plain(str(smallest['kept']))}, takes {smallest['gigabytes']:,.1f} GB and "
        f"kept {smallest['quality']:.0%}."
    )
