"""`patbench models …`: list, check and fetch models."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from patbench_lib.errors import PatbenchError

if TYPE_CHECKING:
    from patbench_lib.models.card import Card
    from patbench_lib.study import Study

app = typer.Typer(help="List, check and fetch models.", invoke_without_command=True)

StudyChoice = Annotated[str | None, typer.Option("--study", "-s", help="A study with cards of your own.")]


@app.callback()
def models(context: typer.Context, study: StudyChoice = None) -> None:
    """List all models, and which can run here."""
    if context.invoked_subcommand:
        return
    from rich.console import Console
    from rich.table import Table

    from patbench_lib.models.table import models_table

    frame = models_table(_cards(study))
    table = Table(*map(str, frame.columns), box=None, pad_edge=False)
    for row in frame.astype(object).fillna("").astype(str).itertuples(index=False):
        table.add_row(*row)
    Console().print(table)


@app.command()
def check(name: str, study: StudyChoice = None) -> None:
    """Load a model and hold it against its card: pooling, prompts, dimension, normalisation, maximum length."""
    from patbench_lib.models.check import check_model
    from patbench_lib.models.registry import find_card

    allowed = _study(study).allow_remote_code if study else ()
    checks = check_model(find_card(name, _own(study)), allow_remote_code=allowed)
    for found in checks:
        mark = "ok  " if found.ok else "FAIL"
        typer.echo(f"{mark} {found.name}: expected {found.expected}, found {found.found}")
    if not all(found.ok for found in checks):
        raise PatbenchError(f"'{name}' does not match its card.", todo="Correct the card, or get the right weights.")


@app.command()
def fetch(name: str, study: StudyChoice = None) -> None:
    """Download a model's weights at the revision its card pins."""
    from patbench_lib.models.registry import find_card
    from patbench_lib.models.weights import fetch as download

    card = find_card(name, _own(study))
    typer.echo(f"{name}: {card.licence}")
    typer.echo(f"{name} is at {download(card)}")


def _study(study: str) -> Study:
    from patbench_lib.cli.options import load_study

    return load_study(study)


def _own(study: str | None) -> dict[str, Card]:
    return {card.name: card for card in _study(study).models} if study else {}


def _cards(study: str | None) -> list[Card]:
    from patbench_lib.models.registry import load_registry

    return [*{**load_registry(), **_own(study)}.values()]
