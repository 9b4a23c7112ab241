"""`patbench study …`: make, show and check study files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from patbench_lib.cli.options import load_study

app = typer.Typer(help="Make, show and check study files.", no_args_is_help=True)


@app.command()
def new(
    table: Annotated[Path, typer.Option(help="Your patents: Parquet, CSV or JSON lines.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="The study file to write.")],
    name: Annotated[str | None, typer.Option(help="Name of the study; the file's name if not given.")] = None,
) -> None:
    """Look into a file of patents, say what is in it, and write a study that runs."""
    from patbench_lib.bench.inspect import inspect_table, write_study

    found = inspect_table(table, name or output.stem)
    typer.echo(found.summary())
    write_study(found, output)
    typer.echo(f"\nWrote {output}. Run it: make site STUDY={output}")


@app.command()
def show(file: Annotated[str, typer.Argument(help="A study file, or the name of one in params/.")]) -> None:
    """Print a study with every default filled in."""
    from patbench_lib.parameters import dump_study

    typer.echo(dump_study(load_study(file)), nl=False)


@app.command()
def schema() -> None:
    """Print the JSON Schema of a study file, for completion in editors."""
    from patbench_lib.parameters import study_schema

    typer.echo(study_schema(), nl=False)
