"""What publications on a map are coloured by, and the colours of the groups."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from patbench_lib.bench.cluster_map import Looked
from patbench_lib.cluster.algorithms import NOISE
from patbench_lib.landscape.schema import NOT_SHOWN
from patbench_lib.report.map.periods import period_colours, period_of
from patbench_lib.report.style import GREY, GROUP_COLOURS
from patbench_lib.types import Ints

OTHER, IN_NONE, NO_CLASS, NO_OFFICE, NO_YEAR = "others", "in no cluster", "no single class", "no office", "no date"


@dataclass(frozen=True)
class Grouping:
    """What publications on a map are coloured by.

    Attributes
    ----------
    keys : group of each publication, missing where it is in none.
    names : what a group is called; a name is no key, for a user's label may be called as anything here is.
    none : what those in no group are called.
    ordered : whether the groups follow each other as the names do, and take the colours of a scale.
    """

    keys: pd.Series
    names: Mapping[Any, str]
    none: str
    ordered: bool = False

    def ranked(self, most: int) -> Ranked:
        """Return the groups that are named, then the grey ones: others, and in none.

        The most frequent group comes first, or that of the first name where groups are ordered.
        """
        counts = self.keys.value_counts()
        order = sorted(counts.index, key=lambda key: (0 if self.ordered else -counts[key], self.names[key]))
        kept = order if len(order) <= most else order[: most - 1]
        codes = self.keys.map({key: place for place, key in enumerate(kept)}).fillna(len(kept)).to_numpy(dtype="int64")
        names, none = [self.names[key] for key in kept], self.keys.isna().to_numpy()
        if len(order) > len(kept):
            names.append(OTHER)
        if none.any():
            codes[none] = len(names)
            names.append(self.none)
        return Ranked(codes, names, len(kept), self.ordered)


@dataclass(frozen=True)
class Ranked:
    """Groups as they are drawn: the code of each publication [n], a name for each code, and how many are not grey."""

    codes: Ints
    names: list[str]
    named: int
    ordered: bool = False

    @property
    def colours(self) -> list[str]:
        """Return the colour of each code."""
        scale = period_colours(self.named) if self.ordered else GROUP_COLOURS
        named = [scale[code % len(scale)] for code in range(self.named)]
        return named + [GREY] * (len(self.names) - self.named)

    @property
    def turns(self) -> list[int]:
        """Return how often the colours were used up before each code, so that another shape can tell groups apart."""
        return [0 if self.ordered else code // len(GROUP_COLOURS) for code in range(len(self.names))]


def groupings(looked: Looked) -> dict[str, Grouping]:
    """Return how publications on the map are grouped: by gold class, by cluster and by office."""
    shown = looked.shown
    said = {
        number: " ".join([str(number), *(words.split(", ")[:2] if words != NOT_SHOWN else ())])
        for number, words in zip(looked.topics["cluster"], looked.topics["words"], strict=True)
    }
    found = {
        "cluster": Grouping(shown["cluster"].where(shown["cluster"] != NOISE), said, IN_NONE),
        "office": _as_called(shown["office"].replace("", None), NO_OFFICE),
    }
    gold = {f"gold: {looked.case.labels.name}": _as_called(shown["gold"], NO_CLASS)} if looked.case else {}
    return {**gold, **found}


def by_year(looked: Looked) -> dict[str, Grouping]:
    """Return publications grouped by the year, or by periods of as many years, of their publication."""
    return {"year": _as_called(period_of(looked.shown["year"]), NO_YEAR, ordered=True)}


def _as_called(keys: pd.Series, none: str, *, ordered: bool = False) -> Grouping:
    return Grouping(keys, {key: str(key) for key in keys.dropna().unique()}, none, ordered)
