"""Each step of a study at the size of the published landscape, a quarter, half and ten times of it: seconds and memory.

Vectors, judgements, labels and scores are drawn, so that nothing but the steps themselves takes time; each step runs in
a process of its own. Beside each stands its floor: the operations that cannot be left out, at the rate of a bare matrix
product on this machine, or the bytes that must move, at the rate of a bare copy. `--out FILE` keeps the figures.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from drawn import CLUSTERS, DIM, PATENTS, QUERIES, Made, draw_vectors

from patbench_lib.bench.provenance import hardware
from patbench_lib.retrieve.run import Run

DEPTH, LABELS, SYSTEMS, RESAMPLES, PERMUTATIONS = 100, 200, 22, 2000, 10_000
SEARCHED = PATENTS * QUERIES
"""Pairs of a query and a document that are searched at most: exact search of ten times both would take a hundred times
as long, and tells no more than a tenth of the queries on all documents does."""

WORDS, TERMS, ASKED = 60_000, 150, 200
"""Of BM25's texts: distinct words, words of a text, and queries that are timed."""

Step = Callable[[Made], tuple[float, float]]
"""Takes what was drawn; returns seconds and the floor in seconds."""


def search(made: Made) -> tuple[float, float]:
    """Exact search, top 100, own families left out."""
    from patbench_lib.retrieve.dense import search_exact

    judgements = made.judgements(min(made.q, SEARCHED // made.n))
    asked = np.ascontiguousarray(made.vectors[judgements.queries])
    began = time.perf_counter()
    search_exact(asked, made.vectors, judgements, DEPTH)
    return time.perf_counter() - began, 2 * len(asked) * made.n * DIM / made.flops


def bm25_queries(made: Made) -> tuple[float, float]:
    """Tokenising and indexing all texts, and a few queries."""
    from patbench_lib.retrieve.bm25 import search_bm25
    from patbench_lib.retrieve.settings import Bm25

    words = np.array([f"w{number}" for number in range(WORDS)])
    drawn = (made.rng.pareto(1.0, (made.n, TERMS)) * 20).astype(np.int64).clip(max=WORDS - 1)
    texts = [" ".join(words[row]) for row in drawn]
    judgements = made.judgements(ASKED)
    began = time.perf_counter()
    search_bm25([texts[row] for row in judgements.queries], texts, judgements, DEPTH, Bm25())
    return time.perf_counter() - began, sum(map(len, texts)) / made.copied


def measure(made: Made) -> tuple[float, float]:
    """Five measures in three strata of every query of a run."""
    from patbench_lib.evaluate.retrieval import score_run

    judgements = made.judgements(made.q)
    documents = made.rng.integers(0, made.n, (made.q, DEPTH))
    scores = np.sort(made.rng.random((made.q, DEPTH), dtype=np.float32))[:, ::-1]
    began = time.perf_counter()
    score_run(
        Run(judgements.queries, documents, scores), judgements, ("nDCG@10", "nDCG@100", "Recall@100", "MAP", "MRR")
    )
    return time.perf_counter() - began, (documents.nbytes + scores.nbytes) / made.copied


def bootstrap(made: Made) -> tuple[float, float]:
    """Intervals of all systems over families."""
    from patbench_lib.evaluate.statistics import interval

    values, families = made.rng.random((made.q, SYSTEMS)), made.rng.integers(0, made.q * 4 // 5, made.q)
    began = time.perf_counter()
    interval(values, families, level=0.95, resamples=RESAMPLES, seed=0)
    return time.perf_counter() - began, 2 * RESAMPLES * len(np.unique(families)) * (SYSTEMS + 1) / made.flops


def randomisation(made: Made) -> tuple[float, float]:
    """Paired randomisation tests of all systems against one."""
    from patbench_lib.evaluate.statistics import randomisation_test

    values, families = made.rng.normal(size=(made.q, SYSTEMS - 1)), made.rng.integers(0, made.q * 4 // 5, made.q)
    began = time.perf_counter()
    randomisation_test(values, families, permutations=PERMUTATIONS, seed=0)
    return time.perf_counter() - began, 2 * PERMUTATIONS * len(np.unique(families)) * (SYSTEMS - 1) / made.flops


def probe(made: Made) -> tuple[float, float]:
    """A probe of all labels at one strength; the floor is two products of every step that the slowest label took."""
    from patbench_lib.classify.probe import fit

    features = np.array(made.vectors)
    labels = made.labels(features, LABELS)
    began = time.perf_counter()
    found = fit(features, labels, 1.0)
    return time.perf_counter() - began, 4 * found.iterations * made.n * DIM * LABELS / made.flops


def k_means(made: Made) -> tuple[float, float]:
    """One start of k-means; the floor is one look at all distances."""
    from patbench_lib.cluster.algorithms import k_means as cluster
    from patbench_lib.cluster.settings import Clustering

    points = np.array(made.vectors)
    began = time.perf_counter()
    cluster(points, CLUSTERS, Clustering(starts=1), seed=0)
    return time.perf_counter() - began, 2 * made.n * DIM * CLUSTERS / made.flops


STEPS: dict[str, Step] = {
    "search": search,
    "bm25": bm25_queries,
    "measure": measure,
    "bootstrap": bootstrap,
    "randomisation": randomisation,
    "probe": probe,
    "k-means": k_means,
}


def bare_rates() -> tuple[float, float]:
    """Return operations a second of a bare matrix product, and bytes a second of a bare copy."""
    import torch

    left = torch.randn(4096, 4096)
    buffer, target = np.ones(1 << 27, dtype=np.uint8), np.empty(1 << 27, dtype=np.uint8)
    products, copies = [], []
    for _ in range(5):
        began = time.perf_counter()
        torch.mm(left, left)
        products.append(time.perf_counter() - began)
        began = time.perf_counter()
        np.copyto(target, buffer)
        copies.append(time.perf_counter() - began)
    return 2 * 4096**3 / min(products), buffer.nbytes / min(copies)


def run_step(name: str, folder: str, scale: float, flops: float, copied: float) -> None:
    """Run one step and print its figures; called in a process of its own."""
    import torch

    torch.get_num_threads()  # importing it takes seconds that are no part of a step
    seconds, floor = STEPS[name](Made(Path(folder), scale, flops, copied))
    print(json.dumps({"step": name, "scale": scale, "seconds": seconds, "floor": floor, "peak_gib": peak_gib()}))


def peak_gib() -> float:
    """Return the largest resident memory of this process; pages of files that it looked at count."""
    lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    return int(next(line.split()[1] for line in lines if line.startswith("VmHWM"))) / 2**20


def measured(folder: Path, scales: list[float], steps: list[str]) -> list[dict[str, Any]]:
    """Run every step at every size, the smallest first, and say each at once."""
    flops, copied = bare_rates()
    print(
        f"{hardware()}: {flops / 1e9:.0f} GFLOP/s in a bare product, {copied / 1e9:.1f} GB/s in a bare copy", flush=True
    )
    rows = [{"step": "bare", "flops": flops, "copied": copied, "machine": hardware()}]
    for scale in scales:
        drawn = draw_vectors(folder, scale)
        for name in steps:
            code = f"import full_size; full_size.run_step({name!r}, {str(folder)!r}, {scale}, {flops}, {copied})"
            command = [sys.executable, "-c", code]
            done = subprocess.run(command, cwd=Path(__file__).parent, capture_output=True, text=True, check=False)
            if done.returncode:
                print(f"{name} at {scale:g} failed: {done.stderr.strip().splitlines()[-1:]}", flush=True)
                continue
            row = json.loads(done.stdout.splitlines()[-1])
            rows.append(row)
            told = f"{row['seconds']:>9.2f} s {row['seconds'] / row['floor']:>9.1f} floors {row['peak_gib']:>7.2f} GiB"
            print(f"{name:<16}{scale:>6g} {told}", flush=True)
        drawn.unlink()
    return rows


def with_kept(rows: list[dict[str, Any]], file: Path | None) -> list[dict[str, Any]]:
    """Return figures with those that a file holds of other sizes and steps."""
    kept = json.loads(file.read_text(encoding="utf-8"))["rows"] if file and file.is_file() else []
    joined = {(row["step"], row.get("scale", 0.0)): row for row in [*kept, *rows]}
    return [joined[key] for key in sorted(joined, key=lambda key: (["bare", *STEPS].index(key[0]), key[1]))]


def exponents(rows: list[dict[str, Any]]) -> dict[str, float]:
    """Return by what power of the size the seconds of each step grow, from a line through their logarithms.

    Beyond the published size a search takes no more pairs than at it, and tells nothing of growth.
    """
    found = {}
    for name in STEPS:
        most = 1.0 if name == "search" else np.inf
        mine = [(row["scale"], row["seconds"]) for row in rows if row["step"] == name and row["scale"] <= most]
        if len(mine) > 1:
            scales, seconds = np.log(np.array(mine)).T
            found[name] = float(np.polyfit(scales, seconds, 1)[0])
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scales", type=float, nargs="+", default=[0.25, 0.5, 1.0], help="of the published size")
    parser.add_argument("--steps", nargs="+", choices=list(STEPS), default=list(STEPS))
    parser.add_argument("--out", type=Path, help="write the figures as JSON into this file, beside those that it holds")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="patbench-full-") as folder:
        rows = measured(Path(folder), options.scales, options.steps)
    rows = with_kept(rows, options.out)
    powers = exponents(rows)
    if options.out:
        options.out.parent.mkdir(parents=True, exist_ok=True)
        options.out.write_text(
            json.dumps({"patents": PATENTS, "rows": rows, "exponents": powers}, indent=1) + "\n", encoding="utf-8"
        )
    for name, power in powers.items():
        print(f"{name:<16} grows by the power {power:.2f} of the size")


if __name__ == "__main__":
    main()
