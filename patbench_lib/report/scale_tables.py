"""Tables and figure of notebook 18: what the full study would cost, and what a larger landscape takes."""

from __future__ import annotations

import matplotlib.pyplot as plt
import pandas as pd
from great_tables import GT
from matplotlib.figure import Figure

from patbench_lib.bench.bench import Bench
from patbench_lib.report.style import finish, words_figure
from patbench_lib.report.tables import table

NOTHING_READ = "No system of this study counts tokens, so nothing is known of how long texts are."
NO_VECTORS = "No system of this study gives a text one vector."
NOT_MEASURED = "Nothing is kept of steps at the published size; benchmarks/full_size.py measures them."


def models_table(costs: pd.DataFrame, bench: Bench, *, synthetic: bool) -> GT:
    """Return what each published system would take.

    Parameters
    ----------
    costs : of `bench.budget.full_study`.
    """
    budget = bench.study.budget
    price = f"price ({budget.currency})"
    shown = costs.assign(tokens=costs["tokens"] / 1e9).rename(
        columns={
            "parameters": "parameters (M)",
            "tokens": "tokens read (10⁹)",
            "encoding": "encoding (GPU h)",
            "training": "fine-tuning (GPU h)",
            "vectors": "vectors (GB)",
            "weights": "weights (GB)",
            "price": price,
        }
    )
    notes = [
        f"{budget.patents:,} patents and {budget.queries:,} queries, texts as long as this study's, on GPUs of "
        f"{budget.tflops:,.0f} TFLOP/s of which {budget.utilisation:.0%} is reached, {budget.price:g} "
        f"{budget.currency} an hour. Computed from cards, not measured.",
        "Tokens are counted by this study's models; others cut texts otherwise.",
    ]
    if costs.empty:
        notes = [NOTHING_READ]
    decimals = dict.fromkeys(["tokens read (10⁹)", "vectors (GB)", "weights (GB)"], 2)
    decimals |= dict.fromkeys(["encoding (GPU h)", "fine-tuning (GPU h)", price], 1)
    return table(
        shown, decimals=decimals, whole=["parameters (M)"], unbroken=["system"], notes=notes, synthetic=synthetic
    )


def hours_figure(costs: pd.DataFrame, *, synthetic: bool) -> Figure:
    """Draw the GPU-hours of each published system, encoding and fine-tuning one after the other.

    Parameters
    ----------
    costs : of `bench.budget.full_study`.
    """
    if costs.empty:
        return words_figure(NOTHING_READ, synthetic=synthetic)
    ordered = costs.sort_values("encoding", ignore_index=True)
    figure, axes = plt.subplots(figsize=(7.2, 0.28 * len(ordered) + 1.4))
    axes.barh(ordered["system"], ordered["encoding"], color="#0072B2", label="encoding")
    axes.barh(ordered["system"], ordered["training"], left=ordered["encoding"], color="#E69F00", label="fine-tuning")
    axes.set(xlabel="GPU-hours")
    axes.grid(axis="y", visible=False)
    figure.legend(loc="outside upper center", ncols=2)
    return finish(figure, synthetic=synthetic)


def steps_table(steps: pd.DataFrame, machine: str) -> GT:
    """Return what each step took at each size, and how often its floor that is.

    Parameters
    ----------
    steps : of `bench.budget.measured_steps`.
    """
    if steps.empty:
        return table(steps, notes=[NOT_MEASURED])
    shown = pd.DataFrame(
        {
            "step": steps["step"],
            "size": [f"{scale:g} ×" for scale in steps["scale"]],
            "seconds": steps["seconds"],
            "by its floor": steps["seconds"] / steps["floor"],
            "peak memory (GiB)": steps["peak_gib"],
        }
    ).sort_values("step", kind="stable")
    notes = [
        f"Measured on {machine}; 1 × is the published study's size, vectors of 1,024 dimensions drawn at random. The "
        "floor: operations that cannot be left out, at the rate of a bare matrix product, or bytes that must move, at "
        "that of a bare copy. Search of more than 1 × takes as many pairs of a query and a document as 1 ×.",
    ]
    decimals = {"seconds": 1, "by its floor": 1, "peak memory (GiB)": 2}
    return table(shown, decimals=decimals, unbroken=["step"], notes=notes)


def large_table(large: pd.DataFrame, bench: Bench, *, synthetic: bool) -> GT:
    """Return what a landscape of the plan's size takes in each form of its vectors.

    Parameters
    ----------
    large : of `bench.budget.large_landscape`.
    """
    budget = bench.study.budget
    shown = large.rename(
        columns={"bytes": "bytes a patent, in memory", "seconds": "one look at all (s)", "quality": "kept here"}
    )
    notes = [
        f"{budget.largest:,} patents on machines of {budget.node_gb:,.0f} GB that read {budget.node_gbps:,.0f} GB of "
        "them in a second. Computed, not measured.",
        "kept here: share of the full vectors' main measure, of an index its recall of exact search, on this study's "
        "landscape. Whether it stays so on a larger one is not known; IVF-PQ has more lists there, and coarser codes.",
        "binary + full: the full vectors lie on disk, and only those of the best by bits are read.",
    ]
    if large.empty:
        notes = [NO_VECTORS]
    return table(
        shown,
        decimals={"bytes a patent, in memory": 0, "gigabytes": 1, "one look at all (s)": 2},
        percent=["kept here"],
        whole=["machines"],
        unbroken=["kept"],
        notes=notes,
        synthetic=synthetic,
    )
