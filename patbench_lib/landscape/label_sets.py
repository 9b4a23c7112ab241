"""Label sets: which labels each publication has, from label columns or from IPC and CPC symbols cut to a level."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np
import pandas as pd
from pydantic import BaseModel, ConfigDict, Field, StrictInt, model_validator

from patbench_lib.errors import nearest, refuse_twice
from patbench_lib.landscape.codes import LEVELS, cut_all
from patbench_lib.landscape.schema import CODES, Landscape
from patbench_lib.types import Bools, Ints

PARTS = 3
"""Training, validation and test: a label in fewer families than these cannot be learnt and judged."""


class Labels(BaseModel):
    """Which labels a study predicts and clusters by."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    sets: tuple[str, ...] = Field(
        default=("at_domain", "at_product", "enabling_technology", "ipc_subclass", "cpc_group"),
        min_length=1,
        description="label columns, or ipc_ or cpc_ with section, class, subclass, group or subgroup; the first leads",
    )
    min_support: StrictInt = Field(default=20, ge=1, description="publications that a label needs")
    most: StrictInt = Field(default=500, ge=2, description="labels of a set at most, the most frequent ones")

    @model_validator(mode="after")
    def _once_each(self) -> Self:
        refuse_twice("sets", self.sets)
        return self


@dataclass(frozen=True)
class LabelSet:
    """Labels of publications.

    Attributes
    ----------
    labels : names, the most frequent first, equals by name.
    matrix : which publication has which label, shape [n, labels]; n is the landscape's number of publications.
    primary : position in `labels` of each publication's first label in the source, -1 where that one was left out or
        there is none, shape [n].
    sizes : number of labels of each publication in the source, those left out included, shape [n].
    rare : labels left out, with the publications that have them: too few of these, or of families.
    crowded : labels left out because the set has more than `Labels.most`, with the publications that have them.
    """

    name: str
    labels: tuple[str, ...]
    matrix: Bools
    primary: Ints
    sizes: Ints
    rare: Mapping[str, int]
    crowded: Mapping[str, int]

    @cached_property
    def rows(self) -> Ints:
        """Publications with at least one label, ascending: the others say nothing of what they are."""
        return np.flatnonzero(self.matrix.any(axis=1))


def label_sets(landscape: Landscape, settings: Labels) -> tuple[list[LabelSet], dict[str, str]]:
    """Return the label sets that a landscape has, in the study's order, and why each other one is left out."""
    found, reasons = [], {}
    for name in settings.sets:
        entries = _entries(landscape, name)
        if entries is None:
            reasons[name] = _unknown(landscape, name)
            continue
        made = _label_set(name, entries, landscape.family, settings)
        if len(made.labels) < 2:
            reasons[name] = _too_few(made, settings)
        else:
            found.append(made)
    return found, reasons


def available(landscape: Landscape) -> list[str]:
    """Return the names of all label sets that a landscape could give, before support is counted."""
    coded = [f"{code}_{level}" for code in CODES if landscape.patents[code].map(len).any() for level in LEVELS]
    return [*landscape.label_sets, *coded]


def _entries(landscape: Landscape, name: str) -> Iterable[list[str]] | None:
    """Return each publication's labels, or None where the landscape has no such set."""
    if name in landscape.label_sets:
        return [[str(label) for label in labels] for labels in landscape.patents[name]]
    if name not in available(landscape):
        return None
    code, _, asked = name.partition("_")
    level = next(level for level in LEVELS if level == asked)
    return [cut_all(symbols, level) for symbols in landscape.patents[code]]


def _label_set(name: str, entries: Iterable[list[str]], family: Ints, settings: Labels) -> LabelSet:
    labels = [list(dict.fromkeys(row)) for row in entries]
    pairs = pd.DataFrame(
        {
            "row": np.repeat(np.arange(len(labels)), [len(row) for row in labels]),
            "label": pd.Series([label for row in labels for label in row], dtype=str),
        }
    )
    pairs["family"] = family[pairs["row"].to_numpy()]
    support = pairs.groupby("label").agg(patents=("row", "size"), families=("family", "nunique")).reset_index()
    support = support.sort_values(["patents", "label"], ascending=[False, True])
    enough = (support["patents"] >= settings.min_support) & (support["families"] >= PARTS)
    kept, over = support[enough].iloc[: settings.most], support[enough].iloc[settings.most :]
    position = {label: i for i, label in enumerate(kept["label"])}
    inside = pairs[pairs["label"].isin(kept["label"])]
    matrix = np.zeros((len(labels), len(kept)), dtype=bool)
    matrix[inside["row"], inside["label"].map(position).to_numpy(dtype=np.int64)] = True
    primary = np.array([position.get(row[0], -1) if row else -1 for row in labels], dtype=np.int64)
    sizes = np.array([len(row) for row in labels], dtype=np.int64)
    rare, crowded = (dict(zip(f["label"], map(int, f["patents"]), strict=True)) for f in (support[~enough], over))
    return LabelSet(name, tuple(position), matrix, primary, sizes, rare, crowded)


def _unknown(landscape: Landscape, name: str) -> str:
    known = available(landscape)
    close = nearest(name, known)
    hint = f"; did you mean {close}?" if close else f" (it has {', '.join(known)})" if known else ""
    return f"landscape {landscape.name} has no such labels{hint}"


def _too_few(made: LabelSet, settings: Labels) -> str:
    needed = f"{settings.min_support} publications and {PARTS} families"
    if made.labels:
        return f"only one label, {made.labels[0]}, is on at least {needed}"
    if not made.rare:
        return "no publication has a label"
    most = max(made.rare, key=lambda label: made.rare[label])
    return f"no label is on at least {needed}; the most frequent, {most}, is on {made.rare[most]}"
