"""What is trained on, stopped on and tested on: parts of a landscape that nothing may leak between."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import scipy.sparse as sp

from patbench_lib.finetune.region import grow
from patbench_lib.finetune.settings import Finetuning, Protocol, UntrainableError
from patbench_lib.landscape.judgements import Judgements
from patbench_lib.landscape.schema import Landscape
from patbench_lib.types import Bools, Floats, Ints

PARTS = ("train", "development", "test", "dropped")
TRAIN, DEVELOPMENT, TEST, DROPPED = range(4)

SLACK = 0.1
"""Part of its share that development or test may lack before the largest component is cut for it."""


@dataclass(frozen=True)
class Partition:
    """The part of each publication.

    Attributes
    ----------
    part : position in `PARTS` of each publication, shape [n]. Those dropped are in no pair, and remain candidates.
    queries : rows that are queries, ascending.
    family : family code of each publication, shape [n].
    components : number of parts of the landscape that no family, citation or near-duplicate links to another; under
        the transductive protocol the number of families.
    largest : queries of the largest of them.
    copied : publications of whose family one is, or has a text, in another landscape that models are tested on, shape
        [n]; they are never trained on.
    """

    protocol: Protocol
    part: Ints
    queries: Ints
    family: Ints
    components: int
    largest: int
    copied: Bools

    @property
    def elsewhere(self) -> int:
        """Publications dropped because they are copied."""
        return int((self.copied & (self.part == DROPPED)).sum())

    def rows(self, name: str) -> Ints:
        """Return the publications of a part, ascending."""
        return np.flatnonzero(self.part == PARTS.index(name))

    def queries_of(self, name: str) -> Ints:
        """Return the queries of a part, ascending."""
        asked: Ints = self.queries[self.part[self.queries] == PARTS.index(name)]
        return asked

    def summary(self) -> pd.DataFrame:
        """Return part, publications, families, queries and share (of queries), one row a part."""
        return pd.DataFrame(
            [
                {
                    "part": name,
                    "publications": len(rows := self.rows(name)),
                    "families": len(np.unique(self.family[rows])),
                    "queries": len(asked := self.queries_of(name)),
                    "share": len(asked) / max(len(self.queries), 1),
                }
                for name in PARTS
            ]
        )

    def without(self, rows: Ints) -> Partition:
        """Return the partition with the families of some publications, copied elsewhere, out of training for good."""
        copied = self.copied | np.isin(self.family, self.family[rows])
        return replace(self, part=np.where(copied & (self.part == TRAIN), DROPPED, self.part), copied=copied)

    def loosened(self) -> Partition:
        """Return the transductive partition with the same development and test queries.

        The families of these queries stay held out, and what is copied elsewhere stays dropped; all else is training,
        the documents that test queries cite and the publications next to a cut included.
        """
        held_out = np.concatenate([self.queries_of("development"), self.queries_of("test")])
        rest = np.where(self.copied, DROPPED, TRAIN)
        part = np.where(np.isin(self.family, self.family[held_out]), self.part, rest)
        _, family = np.unique(self.family, return_inverse=True)
        sizes = np.bincount(family[self.queries], minlength=family.max() + 1)
        return replace(self, protocol="transductive", part=part, components=len(sizes), largest=int(sizes.max()))

    def told(self) -> str:
        """Say in words how the parts came about and what was given up for it."""
        dropped = len(self.rows("dropped")) - self.elsewhere
        copied = ""
        if self.elsewhere:
            copied = f" Not trained on because another landscape has them or their texts: {self.elsewhere:,}."
        if self.protocol == "transductive":
            return (
                f"Transductive: the queries' families are parted, {len(self.queries):,} queries in all; documents that "
                f"test queries cite may be trained on, their own pairs are not.{copied}"
            )
        found = (
            f"Inductive: {self.components:,} components of family, citation and near-duplicate; the largest has "
            f"{self.largest:,} of {len(self.queries):,} queries.{copied}"
        )
        if not dropped:
            return f"{found} No component was cut."
        return (
            f"{found} It was cut: development and test were grown in it where they have fewest neighbours, and the "
            f"{dropped:,} publications next to them ({dropped / len(self.part):.0%}) are not trained on."
        )


def make_partition(
    landscape: Landscape,
    judgements: Judgements,
    cites: sp.csr_matrix,
    settings: Finetuning,
    seed: int,
    *,
    alike: Ints | None = None,
) -> Partition:
    """Part a landscape into training, development and test.

    Inductive: what shares a family, a citation inside the landscape, a relevant pair or a near-duplicate text stays
    together, so that nothing of a test query's family or of its relevant documents is trained on. Components go whole
    to the part that lacks most of its share of queries, and those without a query by their publications. Where one is
    too large for that, test and then development are grown inside it and their neighbours are dropped. Transductive:
    families of queries are parted at random, and all other publications are training.

    Parameters
    ----------
    cites : who cites whom inside the landscape, shape [n, n].
    alike : pairs of rows whose texts are near-duplicates, shape [pairs, 2]; none under the transductive protocol.

    Raises
    ------
    UntrainableError
        Where training, development or test would have no query.
    """
    _, unit = np.unique(landscape.family, return_inverse=True)
    asked = np.bincount(unit[judgements.queries], minlength=unit.max() + 1)
    rng = np.random.default_rng(seed)
    if settings.protocol == "transductive":
        part = np.full(len(asked), TRAIN)
        part[asked > 0] = _assign(asked[asked > 0], settings, rng)
        components = np.arange(len(asked))
    else:
        graph = _graph(judgements, cites, unit, alike)
        _, components = sp.csgraph.connected_components(graph, directed=False)
        part = _whole(components, asked, np.bincount(unit), settings, rng)
        part = _cut(part, graph, asked, np.bincount(unit), settings, rng)
    sizes = np.bincount(components, weights=asked).astype(np.int64)
    made = Partition(
        settings.protocol,
        part[unit],
        judgements.queries,
        landscape.family,
        len(sizes),
        int(sizes.max(initial=0)),
        np.zeros(len(landscape), dtype=bool),
    )
    _check(made, landscape)
    return made


def _graph(judgements: Judgements, cites: sp.csr_matrix, unit: Ints, alike: Ints | None) -> sp.csr_matrix:
    """Return which families are linked, by a citation, a relevant pair or near-duplicates: symmetric, [f, f]."""
    cited = cites.tocoo()
    pairs = [(cited.row, cited.col), (judgements.pair_queries, judgements.documents)]
    if alike is not None:
        pairs.append((alike[:, 0], alike[:, 1]))
    one, other = (unit[np.concatenate(side)] for side in zip(*pairs, strict=True))
    apart = one != other
    one, other = one[apart], other[apart]
    rows, columns = np.concatenate([one, other]), np.concatenate([other, one])
    graph = sp.csr_matrix((np.ones(len(rows), dtype=bool), (rows, columns)), shape=(unit.max() + 1,) * 2)
    graph.sort_indices()
    return graph


def _shares(settings: Finetuning) -> Floats:
    return np.array([1 - settings.development - settings.test, settings.development, settings.test])


def _assign(sizes: Ints, settings: Finetuning, rng: np.random.Generator) -> Ints:
    """Return a part for each size, the largest first, equals at random: the part that lacks most of its share.

    What is larger than development or test lack goes to training.
    """
    wanted = _shares(settings) * sizes.sum()
    lacking, part = wanted.copy(), np.full(len(sizes), TRAIN)
    for i in np.lexsort((rng.permutation(len(sizes)), -sizes)):
        fits = (lacking + 0.5 >= sizes[i]) | (np.arange(3) == TRAIN)
        part[i] = np.where(fits, lacking / wanted, -np.inf).argmax()
        lacking[part[i]] -= sizes[i]
    return part


def _whole(components: Ints, asked: Ints, publications: Ints, settings: Finetuning, rng: np.random.Generator) -> Ints:
    """Return a part for each family, components kept whole: by queries, and without any by publications."""
    queries, size = (np.bincount(components, weights=each).astype(np.int64) for each in (asked, publications))
    part = np.full(len(queries), TRAIN)
    for some, sizes in ((queries > 0, queries), (queries == 0, size)):
        if some.any():
            part[some] = _assign(sizes[some], settings, rng)
    return part[components]


def _cut(
    part: Ints, graph: sp.csr_matrix, asked: Ints, publications: Ints, settings: Finetuning, rng: np.random.Generator
) -> Ints:
    """Bring test and development near their shares from the families of training, and drop what lies between."""
    part = part.copy()
    wanted = _shares(settings) * asked.sum()
    for each in (TEST, DEVELOPMENT):
        lacking = wanted[each] - asked[part == each].sum()
        if lacking > max(SLACK * wanted[each], 0.5):
            inside, around = grow(graph, part == TRAIN, asked, publications, lacking, rng)
            part[inside], part[around] = each, DROPPED
    return part


def _check(made: Partition, landscape: Landscape) -> None:
    if empty := [name for name in PARTS[:3] if not len(made.queries_of(name))]:
        raise UntrainableError(
            f"Landscape '{landscape.name}' cannot be parted for fine-tuning: no query is left for "
            f"{' and '.join(empty)}.",
            why=f"{made.told()} Parts have {', '.join(f'{len(made.queries_of(name)):,}' for name in PARTS)} queries "
            f"({', '.join(PARTS)}).",
            todo="Change finetuning.development or finetuning.test, set `protocol: transductive`, or bring more "
            "patents that cite each other.",
        )
