"""The `patbench` command: its groups, and the one place where an error becomes an exit code."""

from __future__ import annotations

import signal
import sys
from typing import NoReturn

import typer

from patbench_lib.cli import (
    audit,
    figure,
    landscapes,
    manuscript,
    models,
    mteb_runs,
    reproduce,
    runs,
    site,
    steps,
    studies,
)
from patbench_lib.errors import PatbenchError, out_of_memory

app = typer.Typer(
    name="patbench",
    help="Which embedding models, text sections and signals work for patents.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
app.add_typer(studies.app, name="study")
app.add_typer(landscapes.app, name="landscape")
app.add_typer(models.app, name="models")
app.add_typer(mteb_runs.app, name="mteb")
runs.register(app)
steps.register(app)
audit.register(app)
figure.register(app)
reproduce.register(app)
site.register(app)
manuscript.register(app)


INTERRUPTED = 130
"""Exit code of a command that the user stopped, as shells have it."""


def main() -> None:
    """Run the command; an expected failure prints what, why and what to do, and exits with 1."""
    try:
        app()
    except PatbenchError as error:
        _fail(error)
    except BrokenPipeError:  # the reader of a pipe, such as head, has gone
        sys.exit(0)
    except SystemExit as left:
        if left.code == INTERRUPTED:
            signal.signal(signal.SIGINT, signal.SIG_IGN)  # stopped again, it would end in a traceback
            print("patbench: stopped. What was finished is kept; the same command goes on from there.", file=sys.stderr)
        raise
    except Exception as error:
        told = out_of_memory(error)
        if told is None:
            raise
        _fail(told)


def _fail(error: PatbenchError) -> NoReturn:
    print(f"patbench: {error}", file=sys.stderr)
    sys.exit(1)
