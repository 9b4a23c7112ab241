"""Tables that compare systems: means with intervals, and differences to a baseline with corrected p-values."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from patbench_lib.evaluate.settings import Statistics
from patbench_lib.evaluate.statistics import holm, interval, randomisation_test, significant
from patbench_lib.types import Floats, Ints

CELL = ["landscape", "view", "stratum", "measure"]
"""What one comparison of systems holds fixed."""

COMPARED = ["system", "difference", "low", "high", "p", "p_holm", "significant", "n"]


def means(scores: pd.DataFrame, statistics: Statistics, *, seed: int) -> pd.DataFrame:
    """Return the mean of each system with its interval.

    Parameters
    ----------
    scores : per-query scores with landscape, system, view, query, family, stratum, measure, value.

    Returns
    -------
    pandas.DataFrame
        landscape, view, stratum, measure, system, value, low, high, n (queries).
    """
    tables = []
    for cell, wide, families in _blocks(scores):
        low, high = interval(
            wide.to_numpy(), families, level=statistics.level, resamples=statistics.resamples, seed=seed
        )
        measured = {"value": wide.to_numpy().mean(0), "low": low, "high": high, "n": len(wide)}
        tables.append(_long(cell, wide.columns.to_frame(index=False), measured))
    return pd.concat(tables, ignore_index=True)


def against(scores: pd.DataFrame, baseline: str, statistics: Statistics, *, seed: int) -> pd.DataFrame:
    """Compare every system with a baseline, query by query.

    p-values come from the paired randomisation test over families; `p_holm` corrects them for the number of systems
    compared in the same landscape, view, stratum and measure.

    Returns
    -------
    pandas.DataFrame
        landscape, view, stratum, measure, system, difference, low, high, p, p_holm, significant, n.
    """
    tables = []
    for cell, wide, families in _blocks(scores):
        others = wide.loc[:, wide.columns.get_level_values("system") != baseline]
        if others.empty:
            continue
        base = wide.xs(baseline, axis=1, level="system")
        differences = others.to_numpy() - base[[tuple(column[:2]) for column in others.columns]].to_numpy()
        measured = tested(differences, families, statistics, seed=seed)
        tables.append(_long(cell, others.columns.to_frame(index=False), measured))
    if not tables:
        return pd.DataFrame(columns=[*CELL, *COMPARED]).astype({"significant": bool})
    return corrected(pd.concat(tables, ignore_index=True), CELL, statistics.level)[[*CELL, *COMPARED]]


def corrected(table: pd.DataFrame, cell: list[str], level: float) -> pd.DataFrame:
    """Return a table with p-values corrected by Holm's procedure within each cell, and which are significant.

    Parameters
    ----------
    table : with a column p.
    cell : columns; rows that have the same in all of them are corrected for each other.
    level : of intervals; a corrected p-value is significant where it is at most 1 - level.
    """
    adjusted = np.ones(len(table))
    for rows in table.groupby(cell, sort=False).indices.values():
        adjusted[rows] = holm(table["p"].to_numpy(dtype=float)[rows])
    return table.assign(p_holm=adjusted, significant=significant(adjusted, level))


def tested(differences: Floats, families: Ints, statistics: Statistics, *, seed: int) -> dict[str, Any]:
    """Return of each column of differences [q, s] its mean as `difference`, low, high, p (uncorrected), and n."""
    low, high = interval(differences, families, level=statistics.level, resamples=statistics.resamples, seed=seed)
    p = randomisation_test(differences, families, permutations=statistics.permutations, seed=seed)
    return {"difference": differences.mean(0), "low": low, "high": high, "p": p, "n": len(differences)}


def _blocks(scores: pd.DataFrame) -> Iterator[tuple[tuple[str, str], pd.DataFrame, Ints]]:
    """Yield for each landscape and stratum the scores [queries, (view, measure, system)] and the queries' families.

    Within one, all systems, views and measures have the same queries, so one set of resamples serves them all.
    """
    keys = ["view", "measure", "system"]
    for (landscape, stratum), group in scores.groupby(["landscape", "stratum"], sort=False):
        yield (str(landscape), str(stratum)), *by_query(group, keys)


def _long(cell: tuple[str, str], columns: pd.DataFrame, values: dict[str, Any]) -> pd.DataFrame:
    """Return values of columns (view, measure, system) as rows."""
    frame = columns.assign(landscape=cell[0], stratum=cell[1], **values)
    return frame[[*CELL, "system", *values]]


def by_query(group: pd.DataFrame, columns: str | list[str] = "system") -> tuple[pd.DataFrame, Ints]:
    """Return scores with a row a query and a column a system, in order of appearance, and each query's family.

    Parameters
    ----------
    columns : what has a column each, where it is not the system alone.
    """
    order = group.set_index(columns).index.unique()
    wide = group.pivot(index="query", columns=columns, values="value")[order].sort_index()
    families = group.drop_duplicates("query").set_index("query")["family"].loc[wide.index].to_numpy()
    return wide, families
