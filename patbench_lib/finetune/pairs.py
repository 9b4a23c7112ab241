"""Pairs to learn from: citations, shared labels, two sections of one patent, or all of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd
import scipy.sparse as sp

from patbench_lib.finetune.draw import even_quotas
from patbench_lib.finetune.expert import expert_texts, own_texts
from patbench_lib.finetune.masks import Relations, linked
from patbench_lib.finetune.sampler import fill_batches
from patbench_lib.finetune.settings import SIGNALS, Finetuning, Recipe, Section, Signal, UntrainableError
from patbench_lib.finetune.signals import Drawn, cited_pairs, expert_pairs, label_pairs, view_pairs
from patbench_lib.landscape.label_sets import LabelSet
from patbench_lib.landscape.schema import Landscape
from patbench_lib.landscape.views import first_claim
from patbench_lib.types import Ints

SHOWN = 5
_ORDERS = 4
_STREAMS: dict[Signal, int] = {"citation": 0, "label": 1, "view": 2, "expert": 4}
_SHUFFLE = 3
"""Streams of random numbers, of each signal and of the order: the paper's recipes stay as they were without R5."""

_WORDS = 12


@dataclass(frozen=True)
class Pairs:
    """Pairs of texts that a model shall bring together.

    Attributes
    ----------
    signals : what each pair was drawn by, shape [pairs].
    anchors, positives : rows of the landscape, shape [pairs]; the same row where two texts of one are brought together.
    labels : label that each pair was drawn for, "" for other signals, shape [pairs].
    relations : what relates publications to each other, so that no related one is taken for a negative.
    view_pair : sections that the two texts of a signal `view` are.
    lacking : signals of the recipe that the landscape does not give, and why.
    """

    recipe: Recipe
    signals: Any
    anchors: Ints
    positives: Ints
    labels: Any
    relations: Relations
    view_pair: tuple[Section, Section]
    lacking: Mapping[Signal, str] = field(default_factory=dict)

    def __len__(self) -> int:
        """Return the number of pairs."""
        return len(self.anchors)

    def texts(self, landscape: Landscape, texts: Sequence[str]) -> tuple[list[str], list[str]]:
        """Return the two texts of each pair.

        Parameters
        ----------
        texts : of all publications, for citations and labels. A signal `view` has the sections of `view_pair`, and
            `expert` the patent's own title and abstract and the expert's.
        """
        by_view, experts = self.signals == "view", self.signals == "expert"
        sides = []
        for rows, section in zip((self.anchors, self.positives), self.view_pair, strict=True):
            own = section_texts(landscape, section) if by_view.any() else texts
            sides.append([own[row] if two else texts[row] for row, two in zip(rows, by_view, strict=True)])
        if not experts.any():
            return sides[0], sides[1]
        anchors, positives = (
            [written[row] if by else text for row, by, text in zip(self.anchors, experts, side, strict=True)]
            for written, side in zip((own_texts(landscape), expert_texts(landscape)), sides, strict=True)
        )
        return anchors, positives

    def summary(self) -> pd.DataFrame:
        """Return recipe, signal, pairs, publications, families and labels, one row a signal."""
        rows = []
        for signal in SIGNALS[self.recipe]:
            own = self.signals == signal
            concerned = np.unique(np.concatenate([self.anchors[own], self.positives[own]]))
            rows.append(
                {
                    "recipe": self.recipe,
                    "signal": signal,
                    "pairs": int(own.sum()),
                    "publications": len(concerned),
                    "families": len(np.unique(self.relations.family[concerned])),
                    "labels": len(set(self.labels[own]) - {""}),
                }
            )
        return pd.DataFrame(rows)

    def examples(self, landscape: Landscape, texts: Sequence[str], count: int = SHOWN) -> pd.DataFrame:
        """Return a few pairs, evenly over the list: signal, label, both numbers, and how both texts begin."""
        places = np.unique(np.linspace(0, len(self) - 1, min(count, len(self))).astype(np.int64))
        some = self.taken(places)
        anchors, positives = ([_beginning(text) for text in side] for side in some.texts(landscape, texts))
        numbers = np.array(landscape.numbers, dtype=object)
        return pd.DataFrame(
            {
                "signal": some.signals,
                "label": some.labels,
                "anchor": numbers[some.anchors],
                "anchor text": anchors,
                "positive": numbers[some.positives],
                "positive text": positives,
            }
        )

    def taken(self, places: Ints) -> Pairs:
        """Return the pairs at these places."""
        kept = {name: getattr(self, name)[places] for name in ("signals", "anchors", "positives", "labels")}
        return replace(self, **kept)


def section_texts(landscape: Landscape, section: Section) -> list[str]:
    """Return each publication's text of a section."""
    if section == "first_claim":
        return [first_claim(text) for text in landscape.patents["claims"]]
    return [str(text) for text in landscape.patents[section]]


def make_relations(landscape: Landscape, cites: sp.csr_matrix, labels: Sequence[LabelSet]) -> Relations:
    """Return what relates the publications of a landscape; the labels are those of all sets given, side by side."""
    matrix = sp.csr_matrix(np.concatenate([each.matrix for each in labels], axis=1)) if labels else None
    return Relations(landscape.family, linked(landscape, cites), matrix)


def make_pairs(
    recipe: Recipe,
    landscape: Landscape,
    train: Ints,
    cites: sp.csr_matrix,
    labels: Sequence[LabelSet],
    settings: Finetuning,
    seed: int,
) -> Pairs:
    """Return the pairs of a recipe from the training publications alone, in an order that says nothing.

    Citations and shared labels pair publications of different families. A signal has `pairs_most` pairs at most, a
    sample where there are more. R4 takes the signals that the landscape gives, two of them at least.

    Parameters
    ----------
    train : rows of the landscape that may be learnt from.
    cites : who cites whom inside the landscape, shape [n, n].
    labels : label sets that pairs are drawn from.

    Raises
    ------
    UntrainableError
        Where the landscape lacks what the recipe is made of, or has fewer pairs than a batch.
    """
    whole, most = make_relations(landscape, cites, labels), settings.pairs_most
    draw: dict[Signal, Callable[[np.random.Generator], Drawn]] = {
        "citation": lambda rng: cited_pairs(landscape, train, cites, most, rng),
        "label": lambda rng: label_pairs(landscape, train, labels, most, rng),
        "view": lambda rng: view_pairs(landscape, train, _sections(landscape, settings), most, rng),
        "expert": lambda rng: expert_pairs(landscape, train, most, rng),
    }
    found: dict[Signal, Drawn] = {}
    lacking: dict[Signal, UntrainableError] = {}
    for signal in draw:
        if signal in SIGNALS[recipe]:
            try:
                made = draw[signal](np.random.default_rng([seed, _STREAMS[signal]]))  # the same pairs in R4 as alone
                _check_enough(signal, made[0], made[1], settings.batch, landscape)
                found[signal] = made
            except UntrainableError as error:
                lacking[signal] = error
    if len(found) < min(2, len(SIGNALS[recipe])):
        raise _no_recipe(recipe, landscape, list(lacking.values()))
    anchors, positives, names = (np.concatenate(side) for side in zip(*found.values(), strict=True))
    signals = np.repeat(np.array(list(found), dtype=object), [len(made[0]) for made in found.values()])
    reasons = {signal: error.what for signal, error in lacking.items()}
    pairs = Pairs(recipe, signals, anchors, positives, names, whole, settings.view_pair, reasons)
    return pairs.taken(np.random.default_rng([seed, _SHUFFLE]).permutation(len(pairs)))


def matched(every: Sequence[Pairs], texts: Sequence[Ints], batch: int, seed: int) -> list[Pairs]:
    """Return every recipe cut to as many pairs as the smallest has in whole batches.

    A recipe of several signals keeps whole batches of each, as evenly as it goes. Batches hold no text twice, so that a
    training can make as many of what is kept.

    Parameters
    ----------
    texts : for each recipe a number of each pair's two texts, equal for equal texts, shape [pairs, 2].

    Raises
    ------
    UntrainableError
        Where a recipe's pairs fill no batch.
    """
    rng = np.random.default_rng(seed)
    filled = [_batches(pairs, numbers, batch, rng) for pairs, numbers in zip(every, texts, strict=True)]
    counts = [np.array([len(own) for own in each], dtype=np.int64) for each in filled]
    least = min(range(len(every)), key=lambda place: int(counts[place].sum()))
    if not (most := int(counts[least].sum())):
        raise UntrainableError(
            f"{every[least].recipe} has no batch of {batch} pairs of one signal without a text twice: "
            f"{len(every[least]):,} pairs in all.",
            todo="Set a smaller `finetuning.batch`, or leave the recipe out of `finetuning.recipes`.",
        )
    kept = [
        [rows for own, quota in zip(each, even_quotas(count, most), strict=True) for rows in own[:quota]]
        for each, count in zip(filled, counts, strict=True)
    ]
    return [pairs.taken(np.concatenate(rows)) for pairs, rows in zip(every, kept, strict=True)]


def _batches(pairs: Pairs, texts: Ints, batch: int, rng: np.random.Generator) -> list[list[Ints]]:
    """Return the batches that the pairs of each signal of a recipe fill, in an order that says nothing."""
    signals = [rng.permutation(np.flatnonzero(pairs.signals == signal)) for signal in SIGNALS[pairs.recipe]]
    return [fill_batches(rows, texts, batch) for rows in signals]


def _sections(landscape: Landscape, settings: Finetuning) -> dict[Section, list[str]]:
    return {section: section_texts(landscape, section) for section in settings.view_pair}


def _check_enough(signal: Signal, anchors: Ints, positives: Ints, batch: int, landscape: Landscape) -> None:
    """Raise UntrainableError where pairs fill no batch; two sections of one publication are two texts."""
    texts = np.stack([2 * anchors, 2 * positives + (signal in ("view", "expert"))], axis=1)
    rng = np.random.default_rng(0)  # several orders: a training shuffles them anew in each epoch
    if not all(fill_batches(rng.permutation(len(anchors)), texts, batch) for _ in range(_ORDERS)):
        raise UntrainableError(
            f"The training publications of landscape '{landscape.name}' have {len(anchors):,} pairs by {signal}, "
            f"which fill no batch of {batch} without a text twice.",
            todo="Set a smaller `finetuning.batch`, or smaller shares of development and test.",
        )


def _no_recipe(recipe: Recipe, landscape: Landscape, errors: Sequence[UntrainableError]) -> UntrainableError:
    return UntrainableError(
        f"{recipe} cannot be trained on landscape '{landscape.name}': {errors[0].what}",
        why=" ".join(error.what for error in errors[1:]),
        todo=errors[0].todo,
    )


def _beginning(text: str) -> str:
    words = text.split()
    return " ".join(words[:_WORDS]) + (" …" if len(words) > _WORDS else "")
