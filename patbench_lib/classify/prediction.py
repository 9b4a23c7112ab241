"""What a classifier says of test publications."""

from __future__ import annotations

from dataclasses import dataclass

from patbench_lib.types import Bools, Floats, Ints


@dataclass(frozen=True)
class Prediction:
    """Scores and decisions of one classifier on the test part of one split.

    Attributes
    ----------
    rows : test publications, rows of the landscape, ascending, shape [m].
    gold : which labels they have, shape [m, labels].
    scores : how sure the classifier is of each label, 0 to 1, shape [m, labels].
    decided : the labels it gives them, shape [m, labels].
    """

    rows: Ints
    gold: Bools
    scores: Floats
    decided: Bools
