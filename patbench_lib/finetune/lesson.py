"""What a model is taught: pairs with their texts, in the shapes that batches, trainer and loss ask for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from patbench_lib.finetune.develop import beginning
from patbench_lib.finetune.loss import Blocked
from patbench_lib.finetune.masks import false_negatives
from patbench_lib.finetune.pairs import Pairs
from patbench_lib.types import Bools, Ints


@dataclass(frozen=True)
class Lesson:
    """What a model is taught.

    Attributes
    ----------
    pairs : publications and signal of each pair.
    anchors, positives : the two texts of each pair; see `Pairs.texts`.
    landscape : its name, for the model's card.
    """

    pairs: Pairs
    anchors: Sequence[str]
    positives: Sequence[str]
    landscape: str

    def beginnings(self, words: int | None) -> Lesson:
        """Return the lesson with its texts cut to their first words; None leaves them whole."""
        anchors, positives = ([beginning(text, words) for text in side] for side in (self.anchors, self.positives))
        return replace(self, anchors=anchors, positives=positives)

    def numbers(self) -> Ints:
        """Return a number for each text, equal for equal texts, shape [pairs, 2]."""
        known: dict[str, int] = {}
        sides = [[known.setdefault(text, len(known)) for text in texts] for texts in (self.anchors, self.positives)]
        return np.array(sides, dtype=np.int64).T.reshape(-1, 2)

    def columns(self, negatives: Ints) -> dict[str, list[Any]]:
        """Return the texts by column, anchors first, and last the pairs' numbers as "label".

        Parameters
        ----------
        negatives : pairs whose positives are each pair's mined negatives, shape [pairs, count].
        """
        mined = {
            f"negative_{place}": [self.positives[pair] for pair in pairs] for place, pairs in enumerate(negatives.T, 1)
        }
        numbers = list(range(len(self.pairs)))
        return {"anchor": list(self.anchors), "positive": list(self.positives), **mined, "label": numbers}

    def blocked(self, negatives: Ints) -> Blocked:
        """Return what tells which documents of a batch are no negatives."""
        pairs = self.pairs

        def blocked(batch: Ints) -> Bools:
            documents = pairs.positives[np.concatenate([batch, *negatives[batch].T])]
            return false_negatives(
                pairs.relations, pairs.signals[batch], pairs.anchors[batch], pairs.positives[batch], documents
            )

        return blocked
