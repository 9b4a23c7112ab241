"""Fusions of a study's lexical system with each of the others, scored once and kept."""

from __future__ import annotations

import pandas as pd

from patbench_lib.bench.arena import Arena
from patbench_lib.bench.bench import Bench
from patbench_lib.bench.keys import code_digest, run_key
from patbench_lib.evaluate.fusion import Configuration, Grid
from patbench_lib.evaluate.retrieval import score_run
from patbench_lib.kept import keep_frame
from patbench_lib.retrieve.fuse import NORMALISATIONS, fuse_linear, fuse_rrf
from patbench_lib.retrieve.run import Run
from patbench_lib.retrieve.settings import Fusion
from patbench_lib.study import digest

RRF = "rrf"


def configurations(fusion: Fusion) -> tuple[Configuration, ...]:
    """Return all that a study tries: reciprocal rank fusion with each k, each normalisation with each alpha."""
    tried = [Configuration(RRF, k) for k in sorted(set(fusion.k))]
    alphas = sorted(set(fusion.alphas))
    named = [name for name in NORMALISATIONS if name in fusion.normalisations]
    return (*tried, *(Configuration(name, alpha) for name in named for alpha in alphas))


def fusion_grids(bench: Bench) -> list[Grid]:
    """Return the fusions of the first lexical system with each other system, on the leading view of the landscape.

    Returns
    -------
    list of Grid
        None where the study has no lexical system, or no other.
    """
    kinds = {system: bench.study.card(system).kind for system in bench.study.systems}
    sparse = next((system for system, kind in kinds.items() if kind == "lexical"), None)
    if sparse is None:
        return []
    return [_grid(bench, bench.arena, sparse, dense) for dense, kind in kinds.items() if kind != "lexical"]


def _grid(bench: Bench, arena: Arena, sparse: str, dense: str) -> Grid:
    study, view = bench.study, arena.views[0]
    tried = configurations(study.fusion)
    made_of = [run_key(study, study.card(system), view, arena.key) for system in (sparse, dense)]
    code = [code_digest(room) for room in ("retrieve", "evaluate", "bench")]
    key = digest(made_of, [each.label for each in tried], study.main_measure, code)
    path = bench.paths.scores / f"{arena.name}.{view}.{sparse}+{dense}.{key}.parquet"
    scores = keep_frame(
        path, lambda: _scores(bench, arena, bench.run(sparse, arena, view), bench.run(dense, arena, view), tried)
    )
    return Grid(sparse, dense, tried, scores)


def _scores(bench: Bench, arena: Arena, sparse: Run, dense: Run, tried: tuple[Configuration, ...]) -> pd.DataFrame:
    """Return scores by the main measure alone: with every measure the grid would take several times as long."""
    measure = bench.study.main_measure
    runs = {"sparse": sparse, "dense": dense}
    scored = {name: score_run(_head(run, measure), arena.judgements, [measure]) for name, run in runs.items()}
    table = scored["dense"][["query", "stratum"]].copy()
    rows = table["query"].to_numpy()
    table.insert(1, "family", arena.landscape.family[rows])
    table["query"] = arena.landscape.patents["publication_number"].to_numpy()[rows]
    for each in tried:
        fused = _head(fuse(each, sparse, dense, bench.study.depth), measure)
        scored[each.label] = score_run(fused, arena.judgements, [measure])
    columns = {name: scores["value"].to_numpy() for name, scores in scored.items()}
    return pd.concat([table, pd.DataFrame(columns)], axis=1)


def fuse(configuration: Configuration, sparse: Run, dense: Run, depth: int) -> Run:
    """Fuse two runs as a configuration says."""
    if configuration.method == RRF:
        return fuse_rrf([sparse, dense], depth, k=int(configuration.value))
    name = next(name for name in NORMALISATIONS if name == configuration.method)
    return fuse_linear([sparse, dense], depth, [1 - configuration.value, configuration.value], name)


def _head(run: Run, measure: str) -> Run:
    """Cut a run to what a measure looks at, which it then scores the same and several times as fast."""
    cutoff = measure.partition("@")[2]
    depth = int(cutoff) if cutoff else run.depth
    return Run(run.queries, run.documents[:, :depth], run.scores[:, :depth])
