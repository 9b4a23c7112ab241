"""Published values of systems, and of each the one of ours where there is one: what a leaderboard cites."""

from __future__ import annotations

import pandas as pd

from patbench_lib.reference.expected import groups, rows

GROUPS = ("paper", "paper-other", "dapfam", "dapfam-baselines", "bigpatent", "patenteb")
"""Groups of expected numbers that compare systems in a task; the others are of fusions, truncations, or our own."""

PAPER = "paper"
LEADING = "TAC"
"""The published study's own retrieval, and the view that is cited where it has none called as the study's leading."""


def published(answered: pd.DataFrame) -> pd.DataFrame:
    """Return the published values of systems in tasks.

    Parameters
    ----------
    answered : of `bench.reproduced.answered`, the expected numbers that have one of ours.

    Returns
    -------
    pandas.DataFrame
        group, system, column (the group's name, for "paper" left out, and its view, stratum or mean), measure,
        expected, digits, value (ours, missing where there is none), state (OK, OKish, FAIL, or missing).
    """
    ours = answered.set_index("id")[["value", "state"]]
    lines = [
        {
            "id": row.id,
            "group": row.name,
            "system": row.system,
            "column": row.id.rpartition(".")[2],
            "measure": row.group.measure,
            "expected": row.value,
            "digits": row.digits,
        }
        for row in rows()
        if row.name in GROUPS
    ]
    return pd.DataFrame(lines).join(ours, on="id").drop(columns="id")


def of_paper(view: str) -> tuple[str, dict[str, float]]:
    """Return the published study's values on a view, by system, and which view they are of.

    Parameters
    ----------
    view : the one asked for; `LEADING` is given where the published study has none called so.
    """
    group = groups()[PAPER]
    found = view if view in group.columns else LEADING
    return found, {system: cells[found] for system, cells in group.values.items() if found in cells}
