"""`patbench figure`: a figure of a study drawn again and held against the one shown; `patbench readme`: its results."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from patbench_lib.cli.options import StudyOption, open_bench

Name = Annotated[str | None, typer.Argument(help="As the list calls it: 03-leaderboard. Without one, the list.")]
Output = Annotated[
    Path | None, typer.Option("--output", "-o", help="The .svg or .png (300 dpi) to write; else NAME.svg.")
]


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command()(figure)
    app.command()(readme)


def readme(study: StudyOption = "demo") -> None:
    """Write a study's table of results into README.md, between the marks that are there."""
    from patbench_lib.bench.leaderboard import board
    from patbench_lib.files import write_text
    from patbench_lib.report.banner import banner_text
    from patbench_lib.report.readme_table import results_table, with_results

    bench = open_bench(study)
    file, notice = bench.paths.root / "README.md", banner_text(bench.study) or "Measured on real patents."
    said = f"*Study `{bench.study.name}`, view {bench.arena.views[0]}. {notice}*"
    write_text(file, with_results(file.read_text(encoding="utf-8"), results_table(board(bench)), said))
    typer.echo(f"Wrote the results of {bench.study.name} into {file}")


def figure(name: Name = None, study: StudyOption = "demo", output: Output = None) -> None:
    """Draw one figure again from kept scores, tables made anew, and say whether it is the one shown; or list them."""
    from patbench_lib.errors import unknown_name
    from patbench_lib.report.figures import save_figure
    from patbench_lib.report.redraw import redraw, shown_figures

    bench = open_bench(study)
    shown = shown_figures(sorted(bench.paths.notebooks.glob("[0-9]*.ipynb")))
    if name is None:
        for called, (_, drawn) in shown.items():
            typer.echo(f"{called:<24} {drawn.caption}")
        return
    if name not in shown:
        raise unknown_name("figure", name, shown)
    notebook, before = shown[name]
    again = redraw(notebook, before, bench.paths.root)
    file = output or Path(before.file)
    save_figure(again.figure, file)
    compared = "the same, byte for byte, as" if again.same else "NOT the same as"
    typer.echo(f"{file}: {compared} {before.label} of the executed {notebook.name}")
