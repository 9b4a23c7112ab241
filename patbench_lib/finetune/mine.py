"""Hard negatives: what the untrained model takes for an answer and is none."""

from __future__ import annotations

import numpy as np

from patbench_lib.errors import PatbenchError
from patbench_lib.finetune.masks import false_negatives
from patbench_lib.finetune.pairs import Pairs
from patbench_lib.types import Floats, Ints

_BLOCK = 256


def mine_negatives(pairs: Pairs, anchors: Floats, positives: Floats, count: int) -> Ints:
    """Find for each pair the positives of other pairs that are most like its anchor and not related to it.

    They pass the same filter as the negatives of a batch, and come from pairs of the same signal.

    Parameters
    ----------
    anchors, positives : vectors of each pair's two texts by the model that training starts from, shape [pairs, dim].
    count : negatives of a pair, each of another publication.

    Returns
    -------
    numbers of the pairs whose positives they are, most alike first, shape [pairs, count].

    Raises
    ------
    PatbenchError
        Where a pair has fewer unrelated publications.
    """
    found = np.zeros((len(pairs), count), dtype=np.int64)
    for signal in dict.fromkeys(pairs.signals):
        own = np.flatnonzero(pairs.signals == signal)
        _, first = np.unique(pairs.positives[own], return_index=True)
        candidates = own[first]
        for start in range(0, len(own), _BLOCK):
            rows = own[start : start + _BLOCK]
            scores = np.asarray(anchors[rows] @ positives[candidates].T, dtype=np.float64)
            related = false_negatives(
                pairs.relations,
                pairs.signals[rows],
                pairs.anchors[rows],
                pairs.positives[rows],
                pairs.positives[candidates],
            )
            scores[related] = -np.inf
            if (np.isfinite(scores).sum(axis=1) < count).any():
                raise PatbenchError(
                    f"Some pairs of the signal '{signal}' have fewer than {count} publications to mine negatives from.",
                    why="Those of the same families, cited or citing, or with a shared label are none.",
                    todo="Lower `finetuning.hard_negatives`.",
                )
            found[rows] = candidates[np.argsort(-scores, axis=1, kind="stable")[:, :count]]
    return found
