"""What the full study would cost, and what a landscape of another size takes: cards and measured lengths, scaled up."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pandas as pd

from patbench_lib.bench.bench import Bench
from patbench_lib.bench.cited import PAPER
from patbench_lib.bench.indexes import approximate_indexes, best_single
from patbench_lib.bench.readings import reading_of
from patbench_lib.bench.variants import cheaper_vectors
from patbench_lib.encode.encode_tokens import TOKEN_DTYPE
from patbench_lib.finetune.trainable import can_be_tuned
from patbench_lib.models.budget import forward_hours, training_hours, vectors_gb
from patbench_lib.models.card import BYTES
from patbench_lib.reference.expected import groups
from patbench_lib.retrieve.approximate import pq_bytes

MODELS = ["system", "parameters", "tokens", "encoding", "training", "vectors", "weights", "price"]
LARGE = ["kept", "bytes", "gigabytes", "machines", "seconds", "quality"]
MEASURED = Path("benchmarks/results/full_size.json")

_READING = ("dense", "late-interaction")


def lengths(bench: Bench) -> dict[str, float]:
    """Return the mean tokens of a text of each view, over the study's systems that count tokens."""
    found: dict[str, list[float]] = {}
    for view in bench.arena.views:
        told = [reading_of(bench, system, view) for system in bench.study.systems]
        found[view] = [each["tokens"] for each in told if each.get("tokens")]
    return {view: sum(tokens) / len(tokens) for view, tokens in found.items() if tokens}


def full_study(bench: Bench) -> pd.DataFrame:
    """Return what encoding and fine-tuning each published system would take on a landscape of the budget's size.

    Texts are as long as this study's, cut where a model stops reading: queries as documents, though late interaction
    reads less of them. Each view is read once as documents and once as queries; fine-tuning takes as many pairs of the
    leading view as there are queries, one epoch for each recipe, of the systems that can be tuned.

    Returns
    -------
    pandas.DataFrame
        system, parameters (millions), tokens (read in all), encoding and training (GPU-hours), vectors and weights
        (gigabytes), price (of all hours); a system that no GPU reads is left out.
    """
    budget, settings = bench.study.budget, bench.study.finetuning
    texts, known, rows = budget.patents + budget.queries, lengths(bench), []
    for card in map(bench.study.card, groups()[PAPER].values):
        if card.kind not in _READING or not known:
            continue
        read = {view: min(tokens, card.max_tokens or math.inf) for view, tokens in known.items()}
        tokens = texts * sum(read.values())
        pairs = 2 * budget.queries * read.get(bench.arena.views[0], 0.0) * len(settings.recipes)
        learnt = training_hours(card, pairs, budget) if can_be_tuned(card) else 0.0
        hours = forward_hours(card, tokens, budget), learnt
        number = TOKEN_DTYPE if card.kind == "late-interaction" else bench.study.encoding.dtype
        size = sum(vectors_gb(card, texts, each, BYTES[number]) for each in read.values())
        rows.append((card.name, card.params_m, tokens, *hours, size, card.size_gb, sum(hours) * budget.price))
    return pd.DataFrame(rows, columns=MODELS)


def large_landscape(bench: Bench) -> pd.DataFrame:
    """Return what keeping the vectors of the plan's landscape takes in each form, and what the form kept here.

    Returns
    -------
    pandas.DataFrame
        kept (the form of vectors, or index), bytes (of a patent, in memory), gigabytes (of all), machines (whose memory
        they fill), seconds (in which these machines look at all of them once, as exact search does for every query;
        missing for indexes, which do not), quality (share of exact search's main measure that was retained here, or of
        its documents that an index found). Full vectors that only the best by bits are rescored with lie on disk.
        IVF-PQ has the bytes of the shape that it takes at that size, not of the one that it has here.
    """
    budget, system = bench.study.budget, best_single(bench)
    if system is None:
        return pd.DataFrame(columns=LARGE)
    cheaper = cheaper_vectors(bench)
    forms = cheaper[(cheaper["system"] == system) & cheaper["retention"].notna()]

    def named(row: pd.Series) -> str:
        return f"{row['variant']} dimensions" if row["kind"] == "dimensions" else str(row["variant"])

    bits = dict(zip(forms["variant"], forms["bytes"], strict=True)).get("binary", float("nan"))
    found = [
        (named(row), float(bits if row["variant"] == "binary + full" else row["bytes"]), float(row["retention"]), True)
        for _, row in forms.iterrows()
    ]
    indexes = approximate_indexes(bench, system)
    best = indexes[indexes["index"] != "flat"].sort_values("recall").groupby("index", sort=False).tail(1)
    width = int(cheaper.loc[cheaper["system"] == system, "width"].max())
    pq = pq_bytes(budget.largest, width, bench.study.truncation.pq_bytes)
    found += [
        (str(row["index"]), pq if row["index"] == "IVF-PQ" else float(row["bytes"]), float(row["recall"]), False)
        for _, row in best.iterrows()
    ]
    rows = []
    for name, size, quality, exact in found:
        gigabytes = size * budget.largest / 1e9
        machines = max(1, math.ceil(gigabytes / budget.node_gb))
        seconds = gigabytes / machines / budget.node_gbps if exact else float("nan")
        rows.append((name, size, gigabytes, machines, seconds, quality))
    return pd.DataFrame(rows, columns=LARGE)


def measured_steps(bench: Bench) -> tuple[pd.DataFrame, dict[str, float], str]:
    """Return what `benchmarks/full_size.py` measured, as it is kept in the compendium.

    Returns
    -------
    (pandas.DataFrame, dict, str)
        step, scale, patents, seconds, floor, peak_gib, a row each; the power of the size by which each step's seconds
        grow; the machine. Empty where nothing is kept.
    """
    file = bench.paths.root / MEASURED
    columns = ["step", "scale", "patents", "seconds", "floor", "peak_gib"]
    if not file.is_file():
        return pd.DataFrame(columns=columns), {}, ""
    kept = json.loads(file.read_text(encoding="utf-8"))
    rows = [row for row in kept["rows"] if row["step"] != "bare"]
    machine = next(row["machine"] for row in kept["rows"] if row["step"] == "bare")
    steps = pd.DataFrame(rows)
    steps["patents"] = (steps["scale"] * kept["patents"]).round().astype(int)
    return steps[columns], kept["exponents"], machine
