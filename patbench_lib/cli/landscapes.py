"""`patbench landscape …`: a study's landscapes, and landscapes from public and licensed sources."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from patbench_lib.cli.options import StudyOption, open_bench
from patbench_lib.cli.steps import Stamp, stamped
from patbench_lib.errors import unknown_name

app = typer.Typer(help="A study's landscapes, and landscapes from other sources.", invoke_without_command=True)

Output = Annotated[Path, typer.Option("--output", "-o", help="The folder to write.")]
Codes = Annotated[
    str, typer.Option("--codes", "--cpc", help="Keep patents with one of these IPC or CPC symbols: A61F,A61G,G09B21.")
]
Part = Annotated[str, typer.Option(help="Part of the source: a split, a task.")]


@app.callback()
def landscape(
    context: typer.Context, study: StudyOption = "demo", name: str | None = None, stamp: Stamp = None
) -> None:
    """Read and validate a study's landscapes, and print what was found and repaired."""
    if context.invoked_subcommand:
        return
    arenas = open_bench(study).arenas
    if name is not None and name not in (names := [arena.name for arena in arenas]):
        raise unknown_name("landscape", name, names, where="the study")
    for arena in arenas:
        if name is None or arena.name == name:
            patents, judged = arena.landscape, arena.judgements
            typer.echo(
                f"{arena.name}: {len(patents):,} publications, {len(judged.queries):,} queries, {judged.pairs:,} pairs"
            )
            for finding in patents.report.findings:
                typer.echo(f"  {finding.level}: {finding}")
            for view, missing in arena.views_missing.items():
                typer.echo(f"  view {view} is left out: no {' and '.join(missing)}")
            stamped(stamp, {"landscape": arena.name, "publications": len(patents), "sha256": patents.fingerprint})


@app.command("list")
def list_sources() -> None:
    """List the sources that landscapes can be built from."""
    from patbench_lib.landscape.origins.origin import NAMES, find_origin

    for origin in map(find_origin, NAMES):
        typer.echo(f"{origin.name}: {origin.about}\n  {origin.version}; {origin.licence}")


@app.command()
def build(source: str, files: list[Path], output: Output, name: str = "", codes: Codes = "", part: Part = "") -> None:
    """Read files of a source into a landscape folder, which a study names as `{source: folder, path: …}`."""
    from patbench_lib.landscape.folder import save_landscape
    from patbench_lib.landscape.origins.origin import Options, find_origin

    origin = find_origin(source)
    asked = tuple(code.strip() for code in codes.split(",") if code.strip())
    made = origin.read(files, Options(name, asked, part, typer.echo))
    save_landscape(made, output)
    typer.echo(f"Wrote {len(made):,} publications to {output}")
    for finding in made.report.findings:
        typer.echo(f"  {finding.level}: {finding}")
