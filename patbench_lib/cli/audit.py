"""`patbench audit`: does a study's fine-tuning learn from what it is tested on?"""

from __future__ import annotations

import typer

from patbench_lib.cli.options import StudyOption, open_bench
from patbench_lib.errors import PatbenchError, unknown_name

NONE = (
    "No leak: training shares no family, citation or near-duplicate text with development and test, and no publication "
    "or text with another landscape."
)


def register(app: typer.Typer) -> None:
    """Add the command of this module."""
    app.command()(audit)


def audit(study: StudyOption = "demo", landscape: str | None = None) -> None:
    """Look for families, citations and near-duplicates on both sides of a split; exit with 1 where there are some."""
    from patbench_lib.bench.partitions import audited, copies, partition
    from patbench_lib.landscape.leakage import leakage_table

    bench = open_bench(study)
    if landscape is not None and landscape not in (names := [arena.name for arena in bench.arenas]):
        raise unknown_name("landscape", landscape, names, where="the study")
    leaking = []
    for arena in bench.arenas:
        if landscape is None or arena.name == landscape:
            parts = partition(bench, arena)
            typer.echo(f"{arena.name}: {parts.told()}")
            typer.echo(parts.summary().to_string(index=False, formatters={"share": "{:.1%}".format}))
            tables = [leakage_table(audited(bench, arena), arena.landscape)]
            for other, findings in copies(bench, arena, parts):
                tables.append(leakage_table(findings, arena.landscape, other.landscape))
            rows = [row for table in tables for row in table.to_dict("records")]
            for row in rows:
                about = f" ({row['what']})" if row["what"] else ""
                typer.echo(
                    f"  {'LEAK' if row['leak'] == 'yes' else 'note'} {row['kind']}{about}: {row['pairs']:,} pairs, "
                    f"{row['publications']:,} publications held out: {row['examples']}"
                )
            if any(row["leak"] == "yes" for row in rows):
                leaking.append(arena.name)
            else:
                typer.echo(NONE)
            typer.echo("")
    if leaking:
        loose = bench.study.finetuning.protocol == "transductive"
        raise PatbenchError(
            f"Training leaks on {' and '.join(leaking)}: it has seen what results are reported on.",
            why="The transductive protocol lets training see documents that test queries cite." if loose else "",
            todo="Set `finetuning: {protocol: inductive}`." if loose else "This is a defect: please report it.",
        )
