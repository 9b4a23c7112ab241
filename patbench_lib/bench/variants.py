"""What is left of a system's quality when its vectors cost less: fewer dimensions, or coarser numbers.

All of it on the leading view of the study's landscape, by the main measure, over all queries.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property, partial
from typing import Any

import pandas as pd

from patbench_lib.bench.bench import Bench
from patbench_lib.bench.keys import code_digest, run_key
from patbench_lib.bench.made import Made
from patbench_lib.evaluate.retention import retained
from patbench_lib.evaluate.retrieval import score_run
from patbench_lib.models.card import SINGLE_VECTOR
from patbench_lib.retrieve.dense import search_exact
from patbench_lib.retrieve.quantise import COARSE, Coarse, bytes_stored, search_coarse, truncate
from patbench_lib.retrieve.run import Run
from patbench_lib.study import digest
from patbench_lib.types import Floats

COLUMNS = ["system", "variant", "kind", "dims", "width", "share", "bytes"]


def single_vector(bench: Bench) -> list[str]:
    """Return the study's systems that give a text one vector."""
    return [system for system in bench.study.systems if bench.study.card(system).kind in SINGLE_VECTOR]


def cutoff(bench: Bench) -> int:
    """Return how many documents the main measure looks at: its cutoff, or the study's depth where it has none."""
    at = bench.study.main_measure.partition("@")[2]
    return int(at) if at else bench.study.depth


def main_scores(bench: Bench, run: Run, system: str) -> pd.DataFrame:
    """Return a run's scores of all queries by the main measure alone, in the columns of `Bench.scores`.

    The run is cut to what the measure looks at: dozens of runs are then scored in seconds.
    """
    arena, depth = bench.arena, cutoff(bench)
    head = Run(run.queries, run.documents[:, :depth], run.scores[:, :depth])
    scores = score_run(head, arena.judgements, [bench.study.main_measure])
    scores = scores[scores["stratum"] == "ALL"].reset_index(drop=True)
    family = arena.landscape.family[scores["query"].to_numpy()]
    return scores.assign(landscape=arena.name, view=arena.views[0], system=system, family=family)


class Source:
    """A system's vectors on the leading view, loaded when a run has to be made of them, and the runs made of them."""

    def __init__(self, bench: Bench, system: str) -> None:
        self.bench, self.system, self.view = bench, system, bench.arena.views[0]
        self._made_of = run_key(bench.study, bench.study.card(system), self.view, bench.arena.key)

    @cached_property
    def documents(self) -> Floats:
        """Vectors of all documents, shape [n, d]."""
        return self.bench.encoded(self.system, self.bench.arena, self.view).vectors

    @cached_property
    def queries(self) -> Floats:
        """Vectors of the queries, shape [q, d]."""
        return self.bench.encoded(self.system, self.bench.arena, self.view, "query").vectors

    def derived(self, name: str, make: Callable[[], tuple[Run, dict[str, Any]]], *settings: Any) -> Made:
        """Return a run made of the vectors, or found; `settings` are what it depends on beside them and its name."""
        arena, key = self.bench.arena, digest(self._made_of, name, settings, code_digest("bench"))
        return self.bench.derived(f"{arena.name}.{self.view}.{self.system}.{name}.{key}", arena, make)


def cheaper_vectors(bench: Bench) -> pd.DataFrame:
    """Search with fewer dimensions, and with coarser numbers, and say what is retained of the full vectors' score.

    Returns
    -------
    pandas.DataFrame
        system, variant, kind (full, dimensions or numbers), dims (kept), width (of the model), share (dims / width),
        bytes (of a document), value (mean of the main measure), full (that of the full vectors), retention, low, high,
        n (queries).
    """
    described, scores = [pd.DataFrame(columns=COLUMNS)], [pd.DataFrame(columns=["system", "variant"])]
    for system in single_vector(bench):
        coarser = _coarser(bench, system)
        width, size = (int(coarser[COARSE[0]].made[name]) for name in ("width", "itemsize"))
        shorter = _shorter(bench, system, width)
        rows: list[tuple[Any, ...]] = [("full", "full", width, size * width)]
        rows += [(str(dims), "dimensions", dims, size * dims) for dims in shorter]
        rows += [(coarse, "numbers", width, bytes_stored(coarse, width, size)) for coarse in coarser]
        table = pd.DataFrame(rows, columns=["variant", "kind", "dims", "bytes"])
        described.append(table.assign(system=system, width=width, share=table["dims"] / width))
        full = bench.run(system, bench.arena, bench.arena.views[0])
        runs = [full, *shorter.values(), *(made.run for made in coarser.values())]
        scores += [
            main_scores(bench, run, system).assign(variant=variant)
            for variant, run in zip(table["variant"], runs, strict=True)
        ]
    kept = retained(pd.concat(scores, ignore_index=True), bench.study.statistics, seed=bench.study.seed)
    table = pd.concat(described, ignore_index=True).astype({"dims": int, "width": int, "share": float, "bytes": float})
    return table.merge(kept, on=["system", "variant"])


def _shorter(bench: Bench, system: str, width: int) -> dict[int, Run]:
    """Return the runs of a system's first dimensions, by their number, the most first."""
    source, study = Source(bench, system), bench.study
    normalise = study.card(system).normalise

    def make(dims: int) -> tuple[Run, dict[str, Any]]:
        left, right = (truncate(vectors, dims, normalise=normalise) for vectors in (source.queries, source.documents))
        run = search_exact(left, right, bench.arena.judgements, study.depth, block_mb=study.search.block_mb)
        return run, {}

    fewer = sorted({dims for dims in study.truncation.dims if dims < width}, reverse=True)
    return {dims: source.derived(f"{dims}-dimensions", partial(make, dims)).run for dims in fewer}


def _coarser(bench: Bench, system: str) -> dict[Coarse, Made]:
    """Return the runs of a system's vectors in coarser numbers; each says width and bytes a number of the full ones."""
    source, study, rescored = Source(bench, system), bench.study, bench.study.truncation.rescored

    def make(coarse: Coarse) -> tuple[Run, dict[str, Any]]:
        left, right, block_mb = source.queries, source.documents, study.search.block_mb
        judgements = bench.arena.judgements
        run = search_coarse(left, right, judgements, study.depth, coarse, rescored=rescored, block_mb=block_mb)
        return run, {"width": right.shape[1], "itemsize": right.dtype.itemsize}

    again = {coarse: [rescored] if "+" in coarse else [] for coarse in COARSE}
    return {
        coarse: source.derived(coarse.replace(" + ", "-"), partial(make, coarse), *again[coarse]) for coarse in COARSE
    }
