"""What a study clusters: label sets and golds that can be held against, views, algorithms and forms of the vectors."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import product
from typing import Literal

import numpy as np

from patbench_lib.bench.bench import Bench
from patbench_lib.cluster.gold import gold
from patbench_lib.cluster.mteb_protocol import taken
from patbench_lib.cluster.settings import Algorithm, Clustering, Gold, Transform
from patbench_lib.landscape.label_sets import LabelSet
from patbench_lib.landscape.views import View
from patbench_lib.types import Ints

Method = Algorithm | Literal["MTEB"]
"""What clusters: an algorithm, or MTEB's protocol, which has one of its own."""

GOLDS: tuple[Gold, ...] = ("single", "primary")


@dataclass(frozen=True)
class Case:
    """One way of clustering, held against one gold: publications by their labels, a view, an algorithm, a transform.

    Attributes
    ----------
    share : of the publications with a class that MTEB's experiments draw from; 1 of any other method.
    """

    labels: LabelSet
    gold: Gold
    view: View
    method: Method
    transform: Transform
    share: float = 1.0

    @cached_property
    def classes(self) -> tuple[Ints, Ints]:
        """The publications that have a gold class, and it; as `cluster.gold.gold` gives them."""
        return gold(self.labels, self.gold)

    @cached_property
    def held(self) -> Ints:
        """The classes that clusters are held against: all, or those of MTEB's share."""
        classes = self.classes[1]
        return classes[taken(len(classes), self.share)]


def ways(settings: Clustering) -> list[tuple[Method, Transform]]:
    """Return the algorithms and transforms of a study, the leading pair first; MTEB's protocol has one of its own."""
    if settings.protocol == "mteb":
        return [("MTEB", "raw")]
    return list(product(settings.algorithms, settings.transforms))


def usable(bench: Bench) -> tuple[list[tuple[LabelSet, Gold]], dict[str, str]]:
    """Return label sets with each way of reading gold classes off them, and why others are left out, by name.

    A pair is usable where the publications that clusters are held against, all with a class or MTEB's share of them,
    are at least `labels.min_support` and of two classes. The leading pair comes first: the first label set that the
    study's gold fits; where none has such publications, the first that the other gold fits.
    """
    golds = sorted(GOLDS, key=lambda each: each != bench.study.clustering.gold)
    pairs, reasons = [], {}
    for how, labels in product(golds, bench.arena.label_sets[0]):
        if lacking := _lacking(bench, labels, how):
            reasons[f"{labels.name}, {how}"] = lacking
        else:
            pairs.append((labels, how))
    return pairs, reasons


def _lacking(bench: Bench, labels: LabelSet, how: Gold) -> str:
    """Return what a label set and gold lack, nothing where they can be used."""
    settings, needed = bench.study.clustering, bench.study.labels.min_support
    held = Case(labels, how, bench.arena.views[0], *ways(settings)[0], share=_share(settings)).held
    of = f"in the share of {_share(settings):g} " if _share(settings) < 1 else ""
    if len(held) < needed:
        return f"{len(held)} publications {of}have a class, and {needed} are needed (labels.min_support)"
    return "" if len(np.unique(held)) > 1 else f"all publications {of}with a class have the same"


def cases(bench: Bench) -> list[Case]:
    """Return what is clustered for every system, the leading case first.

    On the leading view every label set and gold by the leading algorithm and transform; the leading label set by all of
    them; and on every other view the leading label set, gold, algorithm and transform.
    """
    settings = bench.study.clustering
    (pairs, _), (first, *others) = usable(bench), ways(settings)
    if not pairs:
        return []
    lead, views = pairs[0], bench.arena.views
    same = [(labels, how) for labels, how in pairs if labels is lead[0]]
    asked = [(*pair, views[0], *first) for pair in pairs]
    asked += [(*pair, views[0], *way) for pair in same for way in others]
    asked += [(*lead, view, *first) for view in views[1:]]
    return [Case(*one, share=_share(settings)) for one in asked]


def _share(settings: Clustering) -> float:
    return settings.mteb_share if settings.protocol == "mteb" else 1.0
