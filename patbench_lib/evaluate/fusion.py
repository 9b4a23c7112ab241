"""Fusions by their scores, and the choice among them on development queries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from patbench_lib.evaluate.split import split_queries
from patbench_lib.types import Floats, Ints

ANY = "any"
"""Stands for the choice among all methods together."""


@dataclass(frozen=True)
class Configuration:
    """One way to fuse: reciprocal ranks with k, or a normalisation with alpha, the weight of the dense run."""

    method: str
    value: float

    @property
    def label(self) -> str:
        """Name of the configuration, and of its column."""
        return f"{self.method} {self.value:.12g}"


@dataclass(frozen=True)
class Grid:
    """Scores of a lexical system, a dense one and all fusions of the two.

    Attributes
    ----------
    configurations : methods one after the other, values ascending within each: among equals, the first is chosen.
    scores : query, family, stratum, `sparse`, `dense` (the two alone) and a column for each configuration.
    """

    sparse: str
    dense: str
    configurations: tuple[Configuration, ...]
    scores: pd.DataFrame

    @property
    def methods(self) -> list[str]:
        """The methods in their order."""
        return list(dict.fromkeys(each.method for each in self.configurations))

    def of(self, method: str) -> list[Configuration]:
        """Return the configurations of a method, or all of them for `any`."""
        return [each for each in self.configurations if method in (each.method, ANY)]

    def stratum(self, name: str) -> pd.DataFrame:
        """Return the scores of a stratum's queries."""
        return self.scores[self.scores["stratum"] == name]


@dataclass(frozen=True)
class Split:
    """The families of the development queries; all others are test."""

    development: Ints

    @classmethod
    def of(cls, grid: Grid, share: float, *, seed: int) -> Split:
        """Split a grid's queries; one split serves all grids over the same queries, and every stratum."""
        families = grid.stratum("ALL")["family"].to_numpy()
        return cls(np.unique(families[split_queries(families, share, seed=seed)]))

    def parts(self, scores: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Return the rows of the development queries and those of the test queries."""
        chosen_on = scores["family"].isin(self.development)
        return scores[chosen_on], scores[~chosen_on]


def curves(grids: Sequence[Grid]) -> pd.DataFrame:
    """Return the mean of every configuration over all queries: a description, on which nothing is chosen.

    Returns
    -------
    pandas.DataFrame
        system (the dense one), method, value, mean, sparse, dense (means of the two alone).
    """
    rows = []
    for grid in grids:
        means = grid.stratum("ALL").mean(numeric_only=True)
        alone = means["sparse"], means["dense"]
        rows += [(grid.dense, c.method, c.value, means[c.label], *alone) for c in grid.configurations]
    return pd.DataFrame(rows, columns=["system", "method", "value", "mean", "sparse", "dense"])


def choose(grids: Sequence[Grid], split: Split) -> pd.DataFrame:
    """Choose each method's configuration, and the best of all, by the mean over the development queries.

    Among equal means the smaller alpha or k is taken, and the method named first. The better of the two systems alone
    is told on the same queries; among equals it is the dense one.

    Returns
    -------
    pandas.DataFrame
        system, method (`any` for the best of all), chosen (label), value, mean, better (`sparse` or `dense`), dense,
        n (development queries).
    """
    rows = []
    for grid in grids:
        development = split.parts(grid.stratum("ALL"))[0]
        means = development.mean(numeric_only=True)
        better = "sparse" if means["sparse"] > means["dense"] else "dense"
        for method in [*grid.methods, ANY]:
            options = grid.of(method)
            best = options[first_best(means[[each.label for each in options]].to_numpy(dtype=float))]
            chosen = (grid.dense, method, best.label, best.value, means[best.label])
            rows.append((*chosen, better, means["dense"], len(development)))
    columns = ["system", "method", "chosen", "value", "mean", "better", "dense", "n"]
    return pd.DataFrame(rows, columns=columns)


def first_best(means: Floats) -> int:
    """Return the position of the first mean that is the highest but for rounding."""
    return int(np.argmax(means >= means.max() - 1e-12))
