"""What fine-tuning changes: every tuned model against the model as it was, and recipes against each other."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import get_args

import pandas as pd

from patbench_lib.bench.bench import Bench
from patbench_lib.bench.classification import stacked as below_each_other
from patbench_lib.bench.contrasts import Contrast, contrasted
from patbench_lib.bench.held_out import HeldOut
from patbench_lib.bench.trainings import Training
from patbench_lib.evaluate.compare import corrected
from patbench_lib.evaluate.settings import Statistics
from patbench_lib.finetune.settings import Kind, Recipe, Remedy

_TESTED = {
    "difference": "float64",
    "low": "float64",
    "high": "float64",
    "p": "float64",
    "p_holm": "float64",
    "significant": "bool",
    "n": "int64",
}

CHANGES = {
    "landscape": "object",
    "whole": "bool",
    "model": "object",
    "recipe": "object",
    "kind": "object",
    "task": "object",
    "stratum": "object",
    "measure": "object",
    "zero_shot": "float64",
    "tuned": "float64",
    **_TESTED,
}
"""Columns of `changes`, with their types."""

ORDERS = {
    "landscape": "object",
    "model": "object",
    "kind": "object",
    "task": "object",
    "measure": "object",
    "first": "object",
    "second": "object",
    **_TESTED,
}
"""Columns of `orders`, with their types."""


@dataclass(frozen=True)
class Subject:
    """A model tuned by a recipe in one way.

    Attributes
    ----------
    systems : the tuned models; those of the matched control are the repeats of one subject.
    """

    model: str
    recipe: Recipe
    kind: Kind
    systems: tuple[str, ...]

    @property
    def remedy(self) -> bool:
        """Whether it was trained otherwise so that it loses less elsewhere."""
        return self.kind in get_args(Remedy)


def subjects_of(trainings: Iterable[Training]) -> list[Subject]:
    """Return what trainings are about, the repeats of a matched control as one."""
    found: dict[tuple[str, Recipe, Kind], list[str]] = {}
    for each in trainings:
        found.setdefault((each.model, each.recipe, each.kind), []).append(each.name)
    return [Subject(*about, tuple(systems)) for about, systems in found.items()]


def changes(bench: Bench, held: HeldOut, subjects: Sequence[Subject]) -> pd.DataFrame:
    """Return what tuning changes against zero-shot in each task; remedies are against loss in retrieval, and have that.

    Returns
    -------
    pandas.DataFrame
        landscape, whole, model, recipe, kind, task, stratum, measure, zero_shot, tuned, difference, low, high, p,
        p_holm (corrected for the models and recipes of a kind, by stratum and measure), significant, n.
    """
    tables = []
    for alone in (False, True):
        some = [each for each in subjects if ranked_alone(held, each) == alone]
        asked = [Contrast((each.model,), each.systems) for each in some]
        tables.append(told(bench, held, some, contrasted(bench, held, asked, retrieval_alone=alone)))
    return stacked(tables, CHANGES)


def told(bench: Bench, held: HeldOut, subjects: Sequence[Subject], table: pd.DataFrame) -> pd.DataFrame:
    """Return contrasts of models as they were with subjects, by position, in the columns of `changes`."""
    table = table.rename(columns={"base": "zero_shot", "other": "tuned"})
    about = [subjects[i] for i in table["contrast"]]
    table = table.assign(
        landscape=held.arena.name,
        whole=held.whole,
        model=[each.model for each in about],
        recipe=[each.recipe for each in about],
        kind=[each.kind for each in about],
    )
    return _judged(table, ["kind", "task", "stratum", "measure"], CHANGES, bench.study.statistics)


def ranked_alone(held: HeldOut, subject: Subject) -> bool:
    """Tell whether a subject is tested in retrieval alone: remedies are, and what they stand beside on a part."""
    return subject.remedy or not (held.whole or held.arena.main)


def orders(bench: Bench, held: HeldOut, subjects: Sequence[Subject]) -> pd.DataFrame:
    """Return how far every two recipes of a model and kind are apart in each task, over all queries; remedies left out.

    Returns
    -------
    pandas.DataFrame
        landscape, model, kind, task, measure, first, second, difference (first - second), low, high, p, p_holm
        (corrected for all pairs and models of a kind, by measure), significant, n.
    """
    pairs = [
        (one, other)
        for one, other in combinations([each for each in subjects if not each.remedy], 2)
        if (one.model, one.kind) == (other.model, other.kind) and one.recipe != other.recipe
    ]
    table = contrasted(bench, held, [Contrast(other.systems, one.systems) for one, other in pairs])
    table = table[table["stratum"] == "ALL"]
    about = [pairs[i] for i in table["contrast"]]
    table = table.assign(
        landscape=held.arena.name,
        model=[one.model for one, _ in about],
        kind=[one.kind for one, _ in about],
        first=[one.recipe for one, _ in about],
        second=[other.recipe for _, other in about],
    )
    return _judged(table, ["kind", "task", "measure"], ORDERS, bench.study.statistics)


def _judged(table: pd.DataFrame, cell: list[str], columns: Mapping[str, str], statistics: Statistics) -> pd.DataFrame:
    """Return a table with p-values corrected within each cell, in the columns and types asked for."""
    judged = corrected(table, cell, statistics.level)
    return judged[list(columns)].astype(dict(columns)).reset_index(drop=True)


def stacked(tables: Sequence[pd.DataFrame], columns: Mapping[str, str]) -> pd.DataFrame:
    """Return tables below each other in these columns and types; of no table, an empty one."""
    return below_each_other(tables, list(columns))[list(columns)].astype(dict(columns))
