"""What a fusion chosen on development queries is worth on the others."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from patbench_lib.evaluate.fusion import ANY, Grid, Split, choose, curves
from patbench_lib.evaluate.gains import gain_table, rank_correlation
from patbench_lib.evaluate.gap import gap_change
from patbench_lib.evaluate.retrieval import STRATA
from patbench_lib.evaluate.settings import Statistics

FEWEST = 4
"""Systems below which a rank correlation says nothing."""


@dataclass(frozen=True)
class Assessment:
    """All tables on fusion; without a row where there is nothing to fuse or to test on.

    Attributes
    ----------
    curves, choices, gains, gaps, oracle : as the functions of these names return them.
    """

    curves: pd.DataFrame
    choices: pd.DataFrame
    gains: pd.DataFrame
    gaps: pd.DataFrame
    oracle: pd.DataFrame

    def gained(self, *, stratum: str = "ALL", method: str = ANY, reference: str = "dense") -> pd.DataFrame:
        """Return the gains of one stratum, method and reference, a row a system."""
        mine = (self.gains["stratum"] == stratum) & (self.gains["method"] == method)
        return self.gains[mine & (self.gains["reference"] == reference)]


def assess(grids: Sequence[Grid], share: float, statistics: Statistics, *, seed: int) -> Assessment:
    """Split the queries by family, choose on the one part, test on the other.

    Parameters
    ----------
    share : of queries that are for development.
    """
    split = Split.of(grids[0], share, seed=seed) if grids else Split(np.array([], dtype=np.int64))
    choices = choose(grids, split)
    return Assessment(
        curves(grids),
        choices,
        gains(grids, choices, split, statistics, seed=seed),
        gaps(grids, choices, split, statistics, seed=seed),
        oracle(grids, choices, split),
    )


def gain_by_strength(assessment: Assessment, statistics: Statistics, *, seed: int) -> tuple[float, float, int]:
    """Return how the gain over the dense system goes with its own strength: Spearman's correlation, p, systems.

    Strength is measured on the development queries and the gain on the others: on the same queries a system that was
    lucky would by that alone seem stronger and gain less. NaN for fewer than four systems.
    """
    gained = assessment.gained().set_index("system")["difference"]
    chosen = assessment.choices[assessment.choices["method"] == ANY].set_index("system")
    if len(gained) < FEWEST:
        return float("nan"), float("nan"), len(gained)
    strength = chosen["dense"].loc[gained.index].to_numpy()
    found = rank_correlation(strength, gained.to_numpy(), permutations=statistics.permutations, seed=seed)
    return *found, len(gained)


def gains(
    grids: Sequence[Grid], choices: pd.DataFrame, split: Split, statistics: Statistics, *, seed: int
) -> pd.DataFrame:
    """Return what each choice gains on the test queries, over the dense system alone and over the better of the two.

    Which of the two is better was told on the development queries. p-values are corrected for the number of systems
    within one stratum, method and reference.

    Returns
    -------
    pandas.DataFrame
        stratum, method, reference (`dense` or `better`), system, chosen, fused, alone (means of the fusion and of the
        reference), difference, low, high, p, p_holm, significant, n. No row where a stratum has no test query.
    """
    parts = []
    for stratum in STRATA:
        tests = {grid.dense: split.parts(grid.stratum(stratum))[1].sort_values("query") for grid in grids}
        for method, chosen in choices.groupby("method", sort=False):
            mine = chosen.set_index("system")
            for reference in ("dense", "better"):
                columns = {s: (str(mine.at[s, "chosen"]), _reference(mine, s, reference)) for s in tests}
                cell = {"stratum": stratum, "method": method, "reference": reference}
                parts += [table.assign(**cell) for table in _gained(tests, columns, statistics, seed)]
    named = ["stratum", "method", "reference", "system", "chosen", "fused", "alone"]
    measured = ["difference", "low", "high", "p", "p_holm", "significant", "n"]
    if not parts:
        return pd.DataFrame(columns=[*named, *measured]).astype({"significant": bool})
    return pd.concat(parts, ignore_index=True)[[*named, *measured]]


def _reference(choices: pd.DataFrame, system: str, reference: str) -> str:
    return str(choices.at[system, "better"]) if reference == "better" else reference


def _gained(
    tests: dict[str, pd.DataFrame], columns: dict[str, tuple[str, str]], statistics: Statistics, seed: int
) -> Iterator[pd.DataFrame]:
    """Yield one table of gains, none where there is no query; `columns` has the fusion and the reference of each."""
    rows = next(iter(tests.values()))
    if rows.empty:
        return
    fused, alone = (
        pd.DataFrame({system: tests[system][pair[side]].to_numpy() for system, pair in columns.items()})
        for side in (0, 1)
    )
    table = gain_table(fused - alone, rows["family"].to_numpy(), statistics, seed=seed)
    table["chosen"] = [chosen for chosen, _ in columns.values()]
    yield table.assign(fused=fused.mean().to_numpy(), alone=alone.mean().to_numpy())


def gaps(
    grids: Sequence[Grid], choices: pd.DataFrame, split: Split, statistics: Statistics, *, seed: int
) -> pd.DataFrame:
    """Return the gap between IN and OUT of each dense system and of its best fusion, on the test queries.

    Returns
    -------
    pandas.DataFrame
        system, chosen, dense, fused (gaps 1 - OUT/IN), change (fused - dense), low, high, n_in, n_out; no row where a
        stratum has no test query or nothing is found in IN.
    """
    rows = []
    for grid in grids:
        chosen = choices[(choices["system"] == grid.dense) & (choices["method"] == ANY)]["chosen"].iloc[0]
        inside, outside = (split.parts(grid.stratum(name))[1] for name in ("IN", "OUT"))
        if inside.empty or outside.empty:
            continue
        found = gap_change(
            inside[["dense", chosen]].to_numpy(dtype=float),
            outside[["dense", chosen]].to_numpy(dtype=float),
            inside["family"].to_numpy(),
            outside["family"].to_numpy(),
            statistics,
            seed=seed,
        )
        named = (grid.dense, chosen, found["first"], found["second"], found["change"], found["low"], found["high"])
        rows.append((*named, len(inside), len(outside)))
    columns = ["system", "chosen", "dense", "fused", "change", "low", "high", "n_in", "n_out"]
    return pd.DataFrame(rows, columns=columns).dropna(ignore_index=True)


def oracle(grids: Sequence[Grid], choices: pd.DataFrame, split: Split) -> pd.DataFrame:
    """Return what would be reached on the test queries by someone who knew the answers.

    Each column may choose with hindsight what the one before it may not, so all are upper bounds: of many noisy
    scores of a query the highest is high by chance too.

    Returns
    -------
    pandas.DataFrame
        system, sparse, dense (alone), chosen (the best fusion by development), hindsight (the best single configuration
        of the test queries), run (the better of the two systems for each query), each (the best configuration for each
        query).
    """
    rows = []
    for grid in grids:
        chosen = choices[(choices["system"] == grid.dense) & (choices["method"] == ANY)]["chosen"].iloc[0]
        test = split.parts(grid.stratum("ALL"))[1]
        if test.empty:
            continue
        every = test[[each.label for each in grid.configurations]]
        pair = test[["sparse", "dense"]]
        reached = (test[chosen].mean(), every.mean().max(), pair.max(axis=1).mean(), every.max(axis=1).mean())
        rows.append((grid.dense, *pair.mean(), *reached))
    columns = ["system", "sparse", "dense", "chosen", "hindsight", "run", "each"]
    return pd.DataFrame(rows, columns=columns)
