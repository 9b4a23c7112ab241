"""`patbench reproduce`: expected numbers computed again, and held against the values given."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from patbench_lib.bench.reproduce import Computed, Outcome
    from patbench_lib.reference.expected import Row

Names = Annotated[list[str] | None, typer.Argument(help="Rows: a group, group.system, or group.system.column.")]
Every = Annotated[bool, typer.Option("--all", help="Name every row, also those that cannot be computed here.")]
Json = Annotated[Path | None, typer.Option("--json", help="Also write the outcomes to this file.")]


def register(app: typer.Typer) -> None:
    """Add the command of this module."""
    app.command()(reproduce)


def reproduce(names: Names = None, every: Every = False, json: Json = None) -> None:
    """Compute published and recorded numbers again: OK, OKish (within tolerance), FAIL, or what is missing for it.

    Without names, all rows whose data and models are on this machine. The exit code is 1 where one of them fails.
    """
    from patbench_lib.bench.reproduce import reproduce as computed
    from patbench_lib.bench.reproduced import keep
    from patbench_lib.files import write_json
    from patbench_lib.paths import find_root
    from patbench_lib.reference.expected import find_rows, rows

    root, asked = find_root(), find_rows(names) if names else list(rows())
    outcomes, shown = [], every or bool(names)
    for outcome in computed(asked, root, named=bool(names), others={"mteb": _by_mteb}):
        outcomes.append(outcome)
        keep([outcome], root)  # each as it comes: a later one may take hours, or be stopped
        if shown or outcome.computed is not None or outcome.state == "FAIL":
            typer.echo(_line(outcome))
    counts = {state: sum(o.state == state for o in outcomes) for state in ("OK", "OKish", "FAIL", "needs", "cited")}
    typer.echo(", ".join(f"{count} {state}" for state, count in counts.items() if count))
    if not shown and counts["needs"] + counts["cited"]:
        typer.echo("`patbench reproduce --all` says what the others need.")
    if json:
        write_json(json, [_record(outcome) for outcome in outcomes])
    if counts["FAIL"]:
        raise typer.Exit(1)


def _by_mteb(row: Row, root: Path) -> Computed:
    from patbench_lib.mteb_bridge.own_tasks import computed_by_mteb

    return computed_by_mteb(row, root)


def _line(outcome: Outcome) -> str:
    row = outcome.row
    value = f"{row.group.origin} {row.value:.{row.digits}f}"
    if outcome.computed is not None:
        value += f", here {outcome.computed.value:.{row.digits + 1}f}"
    said = f" - {outcome.said}" if outcome.said else ""
    return f"{outcome.state:<6} {row.id}: {row.group.measure} {value}{said}"


def _record(outcome: Outcome) -> dict[str, object]:
    row, computed = outcome.row, outcome.computed
    return {
        "id": row.id,
        "state": outcome.state,
        "origin": row.group.origin,
        "source": row.group.source,
        "certainty": row.certainty,
        "measure": row.group.measure,
        "expected": row.value,
        "tolerance": row.group.tolerance,
        "value": computed.value if computed else None,
        "tied": computed.tied if computed else None,
        "queries": computed.queries if computed else None,
        "seconds": round(outcome.seconds, 3),
        "said": outcome.said,
        "commands": list(row.commands),
        "provenance": computed.provenance if computed else {},
    }
