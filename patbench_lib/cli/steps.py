"""The steps of a study, one command each: what the Snakefile calls, and anyone may."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from patbench_lib.cli.options import StudyOption, load_study, open_bench

Stamp = Annotated[Path | None, typer.Option(help="Write here, as JSON, what the step did.")]


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    for command in (encode, retrieve, assess, finetune, tabulate, notebook, render, figures, notebook_map):
        app.command()(command)


def encode(
    model: str,
    study: StudyOption = "demo",
    view: Annotated[str | None, typer.Option(help="Encode this view's texts alone.")] = None,
    shard: Annotated[str | None, typer.Option(help="Encode a share of the texts: 2/5 is the second of five.")] = None,
    stamp: Stamp = None,
) -> None:
    """Encode all views of a study with one model; what is in the store already is left as it is.

    Shards may run at once, on one machine or on several that see the same store. The vectors are the same for any
    number of shards.
    """
    from patbench_lib.bench.encoding import encode_step
    from patbench_lib.encode.cells import Shard
    from patbench_lib.models.gpu import one_gpu

    share = Shard.parse(shard) if shard else None
    with one_gpu():
        stamped(stamp, encode_step(open_bench(study), model, view=view, shard=share))


def retrieve(
    system: str,
    study: StudyOption = "demo",
    shard: Annotated[
        str | None, typer.Option(help="Search a part of the documents: 2/5 is the second of five.")
    ] = None,
    stamp: Stamp = None,
) -> None:
    """Rank and score all views of a study with one system.

    Parts may be searched at once; without --shard what they found is merged, exactly.
    """
    from patbench_lib.bench.plan import retrieve_step
    from patbench_lib.encode.cells import Shard

    stamped(stamp, retrieve_step(open_bench(study), system, Shard.parse(shard) if shard else None))


def assess(system: str, study: StudyOption = "demo", stamp: Stamp = None) -> None:
    """Classify and cluster by the vectors of one system, or classify by a baseline that needs none."""
    from patbench_lib.bench.plan import assess_step

    stamped(stamp, assess_step(open_bench(study), system))


def finetune(training: str, study: StudyOption = "demo", stamp: Stamp = None) -> None:
    """Fine-tune a model by a recipe ("MiniLM-2L+R1") and test it; what was trained stays, a stopped training goes on.

    Several GPUs: `accelerate launch -m patbench_lib finetune …`.
    """
    from patbench_lib.bench.plan import finetune_step
    from patbench_lib.models.gpu import one_gpu

    with one_gpu():
        done = finetune_step(open_bench(study), training)
    if "left_out" in done:
        typer.echo(f"{training} is left out: {done['left_out']}")
    stamped(stamp, done)


def tabulate(
    task: Annotated[str | None, typer.Argument(help="retrieval, classification, clustering or finetuning.")] = None,
    study: StudyOption = "demo",
) -> None:
    """Write the tables of results of a study, of one task or of all."""
    from patbench_lib.bench.plan import tabulate_step

    tabulate_step(open_bench(study), task)


def notebook(file: Path, output: Path, study: StudyOption = "demo") -> None:
    """Run a notebook with a study's parameters; a failing one leaves its executed copy and names the cell."""
    from patbench_lib.bench.execute import execute_notebook

    execute_notebook(file, output, load_study(study))


def render(
    notebooks: Annotated[list[Path], typer.Argument(help="Executed notebooks, in order.")], study: StudyOption = "demo"
) -> None:
    """Render the site of a study from its executed notebooks, and check it."""
    from patbench_lib.report.site.build import build_site

    bench = open_bench(study)
    renderer, pages = build_site(bench, notebooks)
    typer.echo(f"Rendered {pages} pages with {renderer}: {bench.paths.site / 'index.html'}")


def figures(
    study: StudyOption = "demo",
    for_print: Annotated[Path | None, typer.Option("--print", help="Write PNG of 300 dpi into this folder.")] = None,
) -> None:
    """Write the figures of a study's executed notebooks to figures/, with a map of where each comes from."""
    from patbench_lib.report.banner import banner_text
    from patbench_lib.report.figures import print_figures, write_figures

    bench = open_bench(study)
    notebooks = sorted(bench.paths.notebooks.glob("[0-9]*.ipynb"))
    if for_print:
        typer.echo(f"Wrote {len(print_figures(notebooks, for_print))} figures to {for_print}")
        return
    folder = bench.paths.root / "figures"
    done = write_figures(notebooks, folder, study=bench.study.name, notice=banner_text(bench.study))
    typer.echo(f"Wrote {len(done)} figures to {folder}")


def notebook_map(
    study: StudyOption = "demo",
    executed: Annotated[Path | None, typer.Option(help="Executed notebooks; the study's own if not given.")] = None,
) -> None:
    """Write notebooks/README.md: what each notebook asks, takes, gives and needs, and how long it took here."""
    from patbench_lib.bench.plan import WITHOUT_RETRIEVAL
    from patbench_lib.bench.provenance import hardware
    from patbench_lib.files import write_text
    from patbench_lib.report.notebook_map import map_notebooks

    paths = open_bench(study).paths
    folder = paths.root / "notebooks"
    notebooks, ran = sorted(folder.glob("[0-9]*.ipynb")), executed or paths.notebooks
    text = map_notebooks(notebooks, ran, unjudged=WITHOUT_RETRIEVAL, study=paths.study, machine=hardware())
    write_text(folder / "README.md", text)
    typer.echo(f"Wrote {folder / 'README.md'}, {len(notebooks)} notebooks")


def stamped(path: Path | None, done: dict[str, object]) -> None:
    """Write what a step did, where that is asked for."""
    from patbench_lib.files import write_json

    if path:
        write_json(path, done)
