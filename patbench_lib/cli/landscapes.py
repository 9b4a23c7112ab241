"""`patbench landscape …`: a study's landscapes, and landscapes from public and licensed sources."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from patbench_lib.cli.options import StudyOption, open_bench
from patbench_lib.cli.steps import Stamp, stamped
from patbench_lib.errors import PatbenchError, unknown_name

if TYPE_CHECKING:
    from patbench_lib.bench.arena import Arena
    from patbench_lib.landscape.origins.origin import Options
    from patbench_lib.landscape.schema import Landscape

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
            patents = arena.landscape
            typer.echo(f"{arena.name}: {len(patents):,} publications, {_judged(arena)}")
            if patents.label_sets:
                typer.echo(f"  label sets: {', '.join(map(patents.marked, patents.label_sets))}")
            for finding in patents.report.findings:
                typer.echo(f"  {finding.level}: {finding}")
            for view, missing in arena.views_missing.items():
                typer.echo(f"  view {view} is left out: no {' and '.join(missing)}")
            stamped(stamp, {"landscape": arena.name, "publications": len(patents), "sha256": patents.fingerprint})


def _judged(arena: Arena) -> str:
    if arena.unjudged:
        return f"retrieval is left out: {arena.unjudged}"
    return f"{len(arena.judgements.queries):,} queries, {arena.judgements.pairs:,} pairs"


@app.command("list")
def list_sources() -> None:
    """List the sources that landscapes can be built from."""
    from patbench_lib.landscape.origins.origin import NAMES, find_origin

    for origin in map(find_origin, NAMES):
        typer.echo(f"{origin.name}: {origin.about}\n  {origin.version}; {origin.licence}")


@app.command()
def fetch(
    source: str,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="The folder to write; data/SOURCE.")] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Accept the licence without being asked.")] = False,
    name: str = "",
    codes: Codes = "",
    part: Part = "",
) -> None:
    """Download a source at its pinned revision and read it into a landscape folder, once its licence is accepted."""
    from patbench_lib.landscape.origins.fetch import fetch_landscape, terms
    from patbench_lib.landscape.origins.origin import find_origin

    origin = find_origin(source)
    typer.echo(terms(origin))
    if not yes:
        _ask()
    _write(fetch_landscape(origin, _options(name, codes, part)), output or Path("data") / source)


@app.command()
def export(
    output: Output,
    study: StudyOption = "demo",
    name: Annotated[str, typer.Option(help="The landscape; the study's first.")] = "",
    with_licensed: Annotated[bool, typer.Option("--with-licensed", help="Keep text that must not be shared.")] = False,
) -> None:
    """Write a study's landscape as a folder that studies and `datasets.load_dataset` read, with a card."""
    from patbench_lib.landscape.export import export_landscape

    arenas = {arena.name: arena for arena in open_bench(study).arenas}
    if name and name not in arenas:
        raise unknown_name("landscape", name, arenas, where="the study")
    landscape = (arenas[name] if name else next(iter(arenas.values()))).landscape
    written = export_landscape(landscape, output, with_licensed=with_licensed)
    typer.echo(f"Wrote {len(written):,} publications of {written.name} to {output}")
    if lost := [section for section in landscape.provenance.licensed if not written.has(section)]:
        typer.echo(f"Left out, as licensed: {', '.join(lost)}")


@app.command()
def build(source: str, files: list[Path], output: Output, name: str = "", codes: Codes = "", part: Part = "") -> None:
    """Read files of a source into a landscape folder, which a study names as `{source: folder, path: …}`."""
    from patbench_lib.landscape.origins.origin import find_origin

    _write(find_origin(source).read(files, _options(name, codes, part)), output)


def _options(name: str, codes: str, part: str) -> Options:
    from patbench_lib.landscape.origins.origin import Options

    return Options(name, tuple(code.strip() for code in codes.split(",") if code.strip()), part, typer.echo)


def _ask() -> None:
    """Ask whether the licence is accepted; where nobody can answer, that is an error."""
    if not sys.stdin.isatty():
        raise PatbenchError(
            "Nothing was downloaded: the licence is to be accepted, and there is nobody to ask.",
            todo="Read the terms above; `--yes` accepts them.",
        )
    typer.confirm("Download it under these terms?", abort=True)


def _write(made: Landscape, output: Path) -> None:
    from patbench_lib.landscape.folder import save_landscape

    save_landscape(made, output)
    typer.echo(f"Wrote {len(made):,} publications to {output}")
    if made.label_sets:
        typer.echo(f"  label sets: {', '.join(map(made.marked, made.label_sets))}")
    for finding in made.report.findings:
        typer.echo(f"  {finding.level}: {finding}")
