"""The table of results that the README shows, written between two marks so that no number of it is typed."""

from __future__ import annotations

import pandas as pd

from patbench_lib.bench.leaderboard import ranks
from patbench_lib.errors import PatbenchError
from patbench_lib.report.labels import plain

BEGIN, END = "<!-- results: make figures writes what follows -->", "<!-- end of results -->"


def results_table(values: pd.DataFrame) -> str:
    """Return systems by tasks in Markdown, best mean rank first; bold where no system is better.

    Parameters
    ----------
    values : of `bench.leaderboard.board`.
    """
    placed = ranks(values)
    means = placed["mean"].to_dict()
    deciding = values[values["decides"]]
    measures = deciding.groupby("task", sort=False)["measure"].first()
    wide = deciding.pivot(index="system", columns="task", values="value")[list(measures.index)]
    wide = wide.loc[[*placed.index, *(name for name in wide.index if name not in placed.index)]]
    heads = [f"{plain(str(task))}, {measure}" for task, measure in measures.items()]
    lines = [f"| system | {' | '.join(heads)} | mean rank |", "|:--|" + "--:|" * (len(heads) + 1)]
    for name, row in wide.iterrows():
        cells = [_cell(value, best=value == wide[task].max()) for task, value in row.items()]
        rank = f"{means[name]:.3g}" if name in means else "–"
        lines.append(f"| {plain(str(name))} | {' | '.join(cells)} | {rank} |")
    return "\n".join(lines)


def _cell(value: float, *, best: bool) -> str:
    if pd.isna(value):
        return "–"
    return f"**{value:.3f}**" if best else f"{value:.3f}"


def with_results(readme: str, table: str, notice: str) -> str:
    """Return a README with its table of results replaced, and a notice under it.

    Raises
    ------
    PatbenchError
        Where the two marks between which the table stands are not there.
    """
    before, begin, rest = readme.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise PatbenchError("README.md has no place for results.", todo=f"Write {BEGIN} and {END} into it.")
    return f"{before}{BEGIN}\n\n{table}\n\n{notice}\n\n{END}{after}"
