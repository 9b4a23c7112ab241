"""Training, validation and test parts, families kept whole."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from patbench_lib.classify.settings import Classification
from patbench_lib.classify.stratify import family_labels, repaired, stratified
from patbench_lib.errors import PatbenchError
from patbench_lib.landscape.label_sets import LabelSet
from patbench_lib.landscape.schema import Landscape
from patbench_lib.types import Ints

PARTS = ("train", "validation", "test")
STEPS = 10
"""Equal slices that the training families are laid out in for a learning curve."""

_NONE = np.array([], dtype=np.int64)


@dataclass(frozen=True)
class Split:
    """Publications to learn from, to choose on and to report on.

    Attributes
    ----------
    train, validation, test : rows of the landscape, ascending; together with the next two, all that have a label.
    straddling : rows left out of a date split because their family has publications on both sides of a boundary.
    undated : rows left out of a date split because they have no date.
    absent : for a label that a part lacks, the names of all parts that lack it, of `PARTS`.
    """

    train: Ints
    validation: Ints
    test: Ints
    straddling: Ints = field(default_factory=_NONE.copy)
    undated: Ints = field(default_factory=_NONE.copy)
    absent: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


class UnsplittableError(PatbenchError):
    """The publications of a label set are too few, too alike or without dates, so that a part would be empty."""


def make_split(labels: LabelSet, landscape: Landscape, settings: Classification, seed: int) -> Split:
    """Split the publications that have a label.

    A stratified split spreads every label over the parts by iterative stratification; a split by date tests on the
    latest families and ignores the seed. Shares are of families, near-copies of one invention that never part.

    Raises
    ------
    UnsplittableError
        Where a part would be empty: by date, or where no label is on three families.
    """
    if settings.split == "date":
        return _by_date(labels, landscape, settings)
    rows = labels.rows
    matrix, unit = family_labels(labels.matrix[rows], landscape.family[rows])
    shares = np.array([1 - settings.validation - settings.test, settings.validation, settings.test])
    part = repaired(matrix, stratified(matrix, shares, seed), shares)[unit]
    return _split(
        labels, [rows[part == each] for each in range(3)], f"Its {len(matrix)} families are too few or too unlike."
    )


def split_off(labels: LabelSet, landscape: Landscape, settings: Classification, test: Ints, seed: int) -> Split:
    """Split the publications that have a label, where those to test on are given.

    Training and validation share the families without a publication among these, stratified, in the proportion that
    the settings have.

    Parameters
    ----------
    test : rows of the landscape; those without a label say nothing and are left out.

    Raises
    ------
    UnsplittableError
        Where a part would be empty.
    """
    rows, family = labels.rows, landscape.family
    tested, rest = np.intersect1d(rows, test), rows[~np.isin(family[rows], family[test])]
    shares = np.array([1 - settings.validation - settings.test, settings.validation]) / (1 - settings.test)
    part: Ints = np.zeros(0, dtype=np.int64)
    if len(rest):
        matrix, unit = family_labels(labels.matrix[rest], family[rest])
        part = repaired(matrix, stratified(matrix, shares, seed), shares)[unit]
    why = f"{len(tested)} of those to test on have a label, and {len(rest)} of all others."
    return _split(labels, [rest[part == 0], rest[part == 1], tested], why)


def training_share(split: Split, labels: LabelSet, family: Ints, share: float, seed: int) -> Ints:
    """Return training rows of a share of the training families; a larger share holds every smaller one of its seed.

    Families are laid out in slices of even labels, so that a small share has the labels of the whole as far as it can.

    Parameters
    ----------
    family : family code of each publication of the landscape, shape [n].
    share : in (0, 1]; at least one family is taken.
    """
    if share == 1:
        return split.train
    matrix, unit = family_labels(labels.matrix[split.train], family[split.train])
    slices = stratified(matrix, np.full(STEPS, 1 / STEPS), seed)
    order = np.lexsort((np.random.default_rng(seed).permutation(len(matrix)), slices))
    taken = order[: max(1, int(share * len(matrix) + 0.5))]
    return split.train[np.isin(unit, taken)]


def _by_date(labels: LabelSet, landscape: Landscape, settings: Classification) -> Split:
    dates = landscape.patents["publication_date"].to_numpy().astype("datetime64[D]")[labels.rows]
    rows, undated = labels.rows[~np.isnat(dates)], labels.rows[np.isnat(dates)]
    if not len(rows):
        raise _no_split(labels, "No publication with a label has a date.")
    days = dates[~np.isnat(dates)].astype(np.int64)
    _, unit = np.unique(landscape.family[rows], return_inverse=True)
    first, last = (np.full(unit.max() + 1, edge) for edge in (days.max(), days.min()))
    np.minimum.at(first, unit, days)
    np.maximum.at(last, unit, days)
    boundaries = _boundaries(first, settings)
    begins, ends = (np.searchsorted(boundaries, each, side="right") for each in (first, last))
    part = np.where(begins == ends, begins, -1)[unit]
    why = f"Its {len(first)} families begin on {len(np.unique(first))} days, and some may lie on both sides."
    return _split(labels, [rows[part == each] for each in range(3)], why, straddling=rows[part < 0], undated=undated)


def _boundaries(first: Ints, settings: Classification) -> Ints:
    """Return the day that validation begins and the day that the test does, from the first day of each family.

    Families of one day stay together, so each part's number of families comes as near to its share as days allow.
    """
    days, counts = np.unique(first, return_counts=True)
    if len(days) < len(PARTS):
        return days[1:]
    before = np.cumsum(counts) - counts  # families that begin before each day
    test = 2 + np.abs(before[2:] - (1 - settings.test) * len(first)).argmin()
    aim = before[test] - settings.validation * len(first)
    validation = 1 + np.abs(before[1:test] - aim).argmin()
    return days[[validation, test]]


def _split(
    labels: LabelSet, rows: Sequence[Ints], why: str, *, straddling: Ints = _NONE, undated: Ints = _NONE
) -> Split:
    if empty := [name for name, part in zip(PARTS, rows, strict=True) if not len(part)]:
        raise _no_split(labels, f"Nothing is left for {' and '.join(empty)}. {why}")
    missing = ~np.array([labels.matrix[part].any(0) for part in rows])
    absent = {
        labels.labels[i]: tuple(name for name, lacks in zip(PARTS, missing[:, i], strict=True) if lacks)
        for i in np.flatnonzero(missing.any(0))
    }
    train, validation, test = rows
    return Split(train, validation, test, straddling, undated, absent)


def _no_split(labels: LabelSet, why: str) -> UnsplittableError:
    return UnsplittableError(
        f"The publications of label set {labels.name} cannot be split into {', '.join(PARTS)}.",
        why=why,
        todo="Change classification.split, .validation or .test, or leave the set out of labels.sets.",
    )
