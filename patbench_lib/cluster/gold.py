"""One class for each publication, where its labels allow: what clusters are held against."""

from __future__ import annotations

import numpy as np

from patbench_lib.cluster.settings import Gold
from patbench_lib.landscape.label_sets import LabelSet
from patbench_lib.types import Ints

SMALLEST = 2
"""Publications of a class: a class of one cannot be told from an outlier."""


def gold(labels: LabelSet, how: Gold) -> tuple[Ints, Ints]:
    """Return the publications with a class, ascending, and their classes as positions in `labels.labels`; both [m].

    A partition cannot hold a publication twice, so of several labels either none is taken (`single`: publications with
    one label in the source, and that one kept) or the first in the source (`primary`, where that one is kept). Labels
    that were left out of the set count in the source: a publication with one rare and one kept label is not single.
    Both arrays are empty where no class is left.
    """
    single = labels.sizes == 1
    classes = np.where(single, labels.primary, -1) if how == "single" else labels.primary
    counts = np.bincount(classes[classes >= 0], minlength=len(labels.labels))
    rows = np.flatnonzero((classes >= 0) & (counts[classes] >= SMALLEST))
    return rows, classes[rows]
