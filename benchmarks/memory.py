"""Memory and time of exact dense search at the size of the study: peak resident memory, and how time grows.

Each search runs in a process of its own over vectors on disk, under `/usr/bin/time -v` where there is one. Growth is
told by processor time, which other load on the machine changes less than the clock. The largest search takes a minute
or two on a few idle cores.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from clock import arguments, report

from patbench_lib.landscape.judgements import Judgements
from patbench_lib.retrieve.dense import search_exact

TIME = Path("/usr/bin/time")
SHARES = (0.25, 0.5, 1.0)
BLOCK = 4096


def write_vectors(path: Path, number: int, dim: int, seed: int) -> None:
    """Draw unit vectors onto disk, a block at a time."""
    rng = np.random.default_rng(seed)
    file = np.lib.format.open_memmap(path, mode="w+", dtype=np.float32, shape=(number, dim))
    for start in range(0, number, BLOCK):
        block = rng.standard_normal((min(BLOCK, number - start), dim), dtype=np.float32)
        file[start : start + BLOCK] = block / np.linalg.norm(block, axis=1, keepdims=True)
    file.flush()


def search(folder: str, queries: int, documents: int, depth: int) -> None:
    """Search once; print seconds by the clock and of the processor, and the largest resident memory in KiB."""
    import resource

    import torch

    torch.get_num_threads()  # importing it takes seconds that are no part of the search
    vectors, asked = (np.load(Path(folder) / f"{name}.npy", mmap_mode="c") for name in ("documents", "queries"))
    rows = np.sort(np.random.default_rng(0).choice(documents, queries, replace=queries > documents))
    family = np.random.default_rng(1).integers(0, max(1, documents // 2), documents).astype(np.int32)
    nothing = np.zeros(0, dtype=np.int64)
    judgements = Judgements(rows, np.zeros(queries + 1, np.int64), nothing, nothing, family)
    began, busy = time.perf_counter(), time.process_time()
    run = search_exact(asked[:queries], vectors[:documents], judgements, depth)
    seconds, processor = time.perf_counter() - began, time.process_time() - busy
    assert (run.documents >= 0).all()
    print(
        json.dumps(
            {"seconds": seconds, "processor": processor, "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss}
        )
    )


def measured(folder: Path, queries: int, documents: int, depth: int) -> tuple[float, float, float]:
    """Return seconds, processor seconds and peak resident GiB of one search in a process of its own."""
    code = f"import memory; memory.search({str(folder)!r}, {queries}, {documents}, {depth})"
    command = [*([str(TIME), "-v"] if TIME.is_file() else []), sys.executable, "-c", code]
    done = subprocess.run(command, cwd=Path(__file__).parent, capture_output=True, text=True, check=True)
    said = json.loads(done.stdout)
    peaks = [line.rpartition(":")[2] for line in done.stderr.splitlines() if "Maximum resident set size" in line]
    return said["seconds"], said["processor"], float(peaks[0] if peaks else said["peak"]) / 2**20


def main() -> None:
    options = arguments(__doc__, queries=46_069, documents=113_148, dim=1024, depth=100)
    seconds: dict[str, list[float]] = {}
    processor: dict[tuple[int, int], float] = {}
    figures: dict[str, tuple[float, str]] = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_vectors(folder / "documents.npy", options.documents, options.dim, 0)
        write_vectors(folder / "queries.npy", options.queries, options.dim, 1)
        least = int(options.queries * SHARES[0])
        grown = {
            "queries": [(int(share * options.queries), options.documents) for share in SHARES],
            "documents": [(least, int(share * options.documents)) for share in SHARES],
        }
        for queries, documents in dict.fromkeys(size for sizes in grown.values() for size in sizes):
            label = f"{queries:,} queries, {documents:,} documents"
            took, busy, peak = measured(folder, queries, documents, options.depth)
            seconds[label], processor[queries, documents] = [took], busy
            figures[f"GiB, {label}"] = (peak, "aim: less than 4" if queries == options.queries else "")
            print(f"  {label}: {took:.1f} s, {busy:.1f} s of the processor, {peak:.2f} GiB", flush=True)
    for position, (what, sizes) in enumerate(grown.items()):
        grows = np.log([size[position] for size in sizes]), np.log([processor[size] for size in sizes])
        exponent = np.polyfit(*grows, 1)[0]
        figures[f"exponent of processor time in {what}"] = (float(exponent), "aim: 1, which is linear")
    report(options, seconds, figures)


if __name__ == "__main__":
    main()
