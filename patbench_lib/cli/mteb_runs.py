"""`patbench mteb …`: landscapes run by MTEB, and results written as MTEB's."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from patbench_lib.cli.options import StudyOption, open_bench
from patbench_lib.errors import unknown_name

app = typer.Typer(help="Run landscapes through MTEB, and hand results over to it.", no_args_is_help=True)

Folder = Annotated[Path | None, typer.Option("--output", "-o", help="Keep MTEB's result files in this folder.")]
Task = Annotated[str, typer.Option(help="A task of MTEB's own instead of a landscape; its data come from the hub.")]


@app.command()
def run(
    model: str,
    study: StudyOption = "demo",
    view: str = "",
    task: Task = "",
    retrieval: bool = False,
    output: Folder = None,
) -> None:
    """Run a study's landscape through MTEB with one of its models: retrieval, classification and clustering.

    With --retrieval, retrieval alone. Without --view, on the leading view.
    """
    from patbench_lib.mteb_bridge.extra import require_mteb

    require_mteb()
    from patbench_lib.mteb_bridge.encoder import MtebEncoder
    from patbench_lib.mteb_bridge.own_tasks import own_task
    from patbench_lib.mteb_bridge.run import run_tasks, tasks_of

    bench = open_bench(study)
    views = {str(name): name for name in bench.arena.views}
    if view and view not in views:
        raise unknown_name("view", view, views, where=f"landscape {bench.arena.name}")
    chosen = views[view] if view else bench.arena.views[0]
    encoder = MtebEncoder(bench, model, bench.arena, chosen)
    tasks = [own_task(task)] if task else tasks_of(bench, bench.arena, chosen)[: 1 if retrieval else None]
    for result in run_tasks(encoder, tasks, output):
        typer.echo(f"{result.task_name}: {result.get_score():.4f}")


@app.command()
def export(
    output: Annotated[Path, typer.Option("--output", "-o", help="The folder to write results/ into.")],
    study: StudyOption = "demo",
) -> None:
    """Write a study's retrieval results as MTEB's: results/{model}/{revision}/{task}.json."""
    from patbench_lib.mteb_bridge.extra import require_mteb

    require_mteb()
    from patbench_lib.mteb_bridge.run import export_results

    written = export_results(open_bench(study), output)
    typer.echo(f"Wrote {len(written)} results to {output}")
