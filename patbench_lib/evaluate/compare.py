"""Tables that compare systems: means with intervals, and differences to a baseline with corrected p-values."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from patbench_lib.evaluate.settings import Statistics
from patbench_lib.evaluate.statistics import bootstrap_means, holm, interval, randomisation_test
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
        low, high = interval(differences, families, level=statistics.level, resamples=statistics.resamples, seed=seed)
        p = randomisation_test(differences, families, permutations=statistics.permutations, seed=seed)
        measured = {"difference": differences.mean(0), "low": low, "high": high, "p": p, "n": len(wide)}
        tables.append(_long(cell, others.columns.to_frame(index=False), measured))
    if not tables:
        return pd.DataFrame(columns=[*CELL, *COMPARED]).astype({"significant": bool})
    joined = pd.concat(tables, ignore_index=True)
    for rows in joined.groupby(CELL, sort=False).indices.values():
        joined.loc[rows, "p_holm"] = holm(joined["p"].to_numpy()[rows])
    joined["significant"] = joined["p_holm"] <= 1 - statistics.level + 1e-12
    return joined[[*CELL, *COMPARED]]


def _blocks(scores: pd.DataFrame) -> Iterator[tuple[tuple[str, str], pd.DataFrame, Ints]]:
    """Yield for each landscape and stratum the scores [queries, (view, measure, system)] and the queries' families.

    Within one, all systems, views and measures have the same queries, so one set of resamples serves them all.
    """
    keys = ["view", "measure", "system"]
    for (landscape, stratum), group in scores.groupby(["landscape", "stratum"], sort=False):
        columns = pd.MultiIndex.from_frame(group[keys].drop_duplicates())
        wide = group.pivot(index="query", columns=keys, values="value")[columns].sort_index()
        families = group.drop_duplicates("query").set_index("query")["family"].loc[wide.index].to_numpy()
        yield (str(landscape), str(stratum)), wide, families


def _long(cell: tuple[str, str], columns: pd.DataFrame, values: dict[str, Any]) -> pd.DataFrame:
    """Return values of columns (view, measure, system) as rows."""
    frame = columns.assign(landscape=cell[0], stratum=cell[1], **values)
    return frame[[*CELL, "system", *values]]


def relative_gap(scores: pd.DataFrame, statistics: Statistics, *, seed: int) -> pd.DataFrame:
    """Return how much lower each system scores on OUT than on IN, as a share of IN.

    A query may have relevant documents in both strata, and a family queries in both, so families are resampled for the
    two strata together.

    Returns
    -------
    pandas.DataFrame
        landscape, view, measure, system, gap (1 - OUT/IN), low, high, n_in, n_out; no row where a stratum is empty.
    """
    rows = []
    for cell, group in scores.groupby(["landscape", "view", "measure"], sort=False):
        (inside, in_family), (outside, out_family) = (
            by_query(group[group["stratum"] == stratum]) for stratum in ("IN", "OUT")
        )
        if inside.empty or outside.empty:
            continue
        outside = outside[inside.columns]
        drawn = bootstrap_means(
            _side_by_side(inside.to_numpy(), outside.to_numpy()),
            np.concatenate([in_family, out_family]),
            resamples=statistics.resamples,
            seed=seed,
        )
        in_sums, out_sums = drawn[:, 2:].reshape(len(drawn), 2, -1).swapaxes(0, 1)
        with np.errstate(divide="ignore", invalid="ignore"):
            gap = 1 - outside.mean() / inside.mean()
            spread = 1 - (out_sums / drawn[:, [1]]) / (in_sums / drawn[:, [0]])
        tails = [(1 - statistics.level) / 2, (1 + statistics.level) / 2]
        low, high = np.nanquantile(spread, tails, axis=0)
        rows += [
            (*cell, system, gap[system], low[i], high[i], len(inside), len(outside))
            for i, system in enumerate(inside.columns)
        ]
    return pd.DataFrame(rows, columns=["landscape", "view", "measure", "system", "gap", "low", "high", "n_in", "n_out"])


def _side_by_side(inside: Floats, outside: Floats) -> Floats:
    """Return columns whose means over all rows give, divided, the means over the rows of each part.

    They are: whether a row is of `inside`, whether of `outside`, the values of `inside`, those of `outside`, each 0 in
    the rows of the other.
    """
    (a, systems), b = inside.shape, len(outside)
    columns = np.zeros((a + b, 2 + 2 * systems))
    columns[:a, 0], columns[a:, 1] = 1, 1
    columns[:a, 2 : 2 + systems], columns[a:, 2 + systems :] = inside, outside
    return columns


def by_query(group: pd.DataFrame) -> tuple[pd.DataFrame, Ints]:
    """Return scores with a row a query and a column a system, in order of appearance, and each query's family."""
    systems = list(dict.fromkeys(group["system"]))
    wide = group.pivot(index="query", columns="system", values="value")[systems].sort_index()
    families = group.drop_duplicates("query").set_index("query")["family"].loc[wide.index].to_numpy()
    return wide, families
