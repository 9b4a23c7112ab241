"""`patbench manuscript`: the first page of a study's site as an article for a word processor and for journals."""

from __future__ import annotations

import typer

from patbench_lib.cli.options import StudyOption, open_bench


def register(app: typer.Typer) -> None:
    """Add the command of this module."""
    app.command()(manuscript)


def manuscript(study: StudyOption = "demo") -> None:
    """Write the paper of a study as a Word document and as JATS, from its site; with Quarto, by its profile."""
    from patbench_lib.report.site.manuscript import write_manuscript

    paths = open_bench(study).paths
    renderer, files = write_manuscript(paths.build / "site", paths.site, paths.build / "manuscript")
    typer.echo(f"Wrote with {renderer}: {', '.join(map(str, files))}")
