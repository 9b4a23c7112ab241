"""`patbench evaluate`, `export` and `results`: runs and scores from and for other tools."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from patbench_lib.cli.options import StudyOption, open_bench
from patbench_lib.errors import PatbenchError, unknown_name

if TYPE_CHECKING:
    import pandas as pd

    from patbench_lib.bench.arena import Arena
    from patbench_lib.bench.bench import Bench

MAIN = """
select landscape, view, system, round(value, 4) as value, round(low, 4) as low, round(high, 4) as high, n
from results where measure = '{measure}' and stratum = 'ALL'
order by landscape, view, value desc
"""

FusionMethod = Literal["rrf", "min-max", "z-score", "rank"]

Csv = Annotated[Path | None, typer.Option(help="Write the table to this file instead.")]


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command()(evaluate)
    app.command()(export)
    app.command()(fuse)
    app.command()(results)


def evaluate(run: Path, study: StudyOption = "demo", landscape: str | None = None, csv: Csv = None) -> None:
    """Score a TREC run, also one made elsewhere, against a study's judgements."""
    from patbench_lib.evaluate.compare import means
    from patbench_lib.evaluate.retrieval import score_run
    from patbench_lib.retrieve.trec import read_trec

    bench = open_bench(study)
    arena = _arena(bench, landscape)
    imported = read_trec(run, arena.landscape.numbers, arena.judgements)
    scores = score_run(imported.run, arena.judgements, bench.study.measures)
    scores["family"] = arena.landscape.family[scores["query"].to_numpy()]
    constants = {"landscape": arena.name, "view": "-", "system": run.name}
    table = means(scores.assign(**constants), bench.study.statistics, seed=bench.study.seed)
    if imported.unjudged_queries or imported.excluded_documents:
        typer.echo(
            f"Not counted: {imported.unjudged_queries} queries without judgements, {imported.excluded_documents} "
            "documents that are no candidates (the query itself or its family).",
            err=True,
        )
    _print(table[["stratum", "measure", "value", "low", "high", "n"]], csv)


def export(
    system: str,
    view: str,
    output: Annotated[Path, typer.Option("--output", "-o", help="A TREC run file; .gz compresses it.")],
    study: StudyOption = "demo",
    landscape: str | None = None,
) -> None:
    """Write a system's run on a view as a TREC file."""
    from patbench_lib.retrieve.trec import write_trec

    bench = open_bench(study)
    arena = _arena(bench, landscape)
    if system not in bench.study.systems:
        raise unknown_name("system", system, bench.study.systems, where="the study")
    views = {str(name): name for name in arena.views}
    if view not in views:
        raise unknown_name("view", view, views, where=f"landscape {arena.name}")
    write_trec(bench.run(system, arena, views[view]), arena.landscape.numbers, output, tag=f"{system}.{view}")


def fuse(
    runs: Annotated[list[Path], typer.Argument(help="Two or more TREC runs, made by any tool.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="A TREC run file; .gz compresses it.")],
    method: Annotated[FusionMethod, typer.Option(help="Ranks (rrf), or scores after a normalisation.")] = "rrf",
    k: Annotated[int, typer.Option(help="rrf: added to each rank.", min=0)] = 60,
    weights: Annotated[
        str | None, typer.Option(help="Scores: one weight a run, as 0.7,0.3; even if not given.")
    ] = None,
    depth: Annotated[int, typer.Option(help="Documents kept for a query.", min=1)] = 1000,
) -> None:
    """Fuse TREC runs into one: by reciprocal rank, or by weighted scores."""
    from patbench_lib.retrieve.fuse import fuse_linear, fuse_rrf
    from patbench_lib.retrieve.trec import align_runs, write_trec

    if len(runs) < 2:
        raise PatbenchError("One run cannot be fused.", todo="Name two or more TREC files.")
    aligned, ids = align_runs(runs)
    if method == "rrf":
        fused, tag = fuse_rrf(aligned, depth, k=k), f"rrf-{k}"
    else:
        parts = _weights(weights, len(runs))
        fused, tag = fuse_linear(aligned, depth, parts, method), f"{method}-" + "-".join(f"{part:g}" for part in parts)
    write_trec(fused, ids, output, tag=tag)
    typer.echo(f"Fused {len(runs)} runs of {len(fused.queries)} queries into {output}")


def _weights(text: str | None, runs: int) -> list[float]:
    try:
        return [float(part) for part in text.split(",")] if text else [1.0 / runs] * runs
    except ValueError as error:
        raise PatbenchError(f"--weights {text} are not numbers.", todo="Write them as 0.7,0.3.") from error


def results(study: StudyOption = "demo", sql: str | None = None, csv: Csv = None) -> None:
    """Ask the results of a study in SQL; without a question, print the main measure of every system.

    Tables: `results` (means with intervals and provenance), `comparisons` (differences to the baseline), `scores` (per
    query).
    """
    from patbench_lib.bench.results import query_results

    bench = open_bench(study)
    question = sql or MAIN.format(measure=bench.study.main_measure)
    _print(query_results(bench.paths.results, question), csv)


def _arena(bench: Bench, name: str | None) -> Arena:
    arenas = {arena.name: arena for arena in bench.arenas}
    if name is not None and name not in arenas:
        raise unknown_name("landscape", name, arenas, where="the study")
    return arenas[name] if name else bench.arena


def _print(table: pd.DataFrame, csv: Path | None) -> None:
    from patbench_lib.files import write_text

    if table.empty:
        raise PatbenchError("The table is empty.", todo="Ask for something the study has.")
    if csv:
        write_text(csv, table.to_csv(index=False))
    else:
        typer.echo(table.to_string(index=False))
