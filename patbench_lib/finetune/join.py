"""Pairs of several landscapes as one, to learn from all of them at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import scipy.sparse as sp

from patbench_lib.finetune.masks import Relations
from patbench_lib.finetune.pairs import Pairs


def joined(every: Sequence[Pairs], names: Sequence[Sequence[str]]) -> Pairs:
    """Return the pairs of landscapes below each other; rows of a landscape count on from those of the one before.

    A batch may hold pairs of several landscapes. Labels of one name are one label, so that publications which share it
    are no negatives of each other wherever they come from; no family and no citation is known between landscapes.

    Parameters
    ----------
    names : of the label columns of each `relations.labels`, none where that has no labels.
    """
    first, offsets = every[0], np.cumsum([0, *(len(pairs.relations.family) for pairs in every)])
    placed = list(zip(every, offsets, strict=False))
    signals = np.concatenate([pairs.signals for pairs in every])
    return replace(
        first,
        signals=signals,
        anchors=np.concatenate([pairs.anchors + offset for pairs, offset in placed]),
        positives=np.concatenate([pairs.positives + offset for pairs, offset in placed]),
        labels=np.concatenate([pairs.labels for pairs in every]),
        relations=_joined([pairs.relations for pairs in every], names),
        lacking={signal: why for pairs in every for signal, why in pairs.lacking.items() if signal not in signals},
    )


def _joined(every: Sequence[Relations], names: Sequence[Sequence[str]]) -> Relations:
    families, above = [], 0
    for each in every:
        families.append(each.family + above)
        above = int(families[-1].max(initial=-1)) + 1
    known = list(dict.fromkeys(name for some in names for name in some))
    blocks = [_placed(each, some, known) for each, some in zip(every, names, strict=True)]
    cites = sp.block_diag([each.cites for each in every], format="csr")
    return Relations(np.concatenate(families), cites, sp.vstack(blocks, format="csr") if known else None)


def _placed(relations: Relations, names: Sequence[str], known: Sequence[str]) -> sp.csr_matrix:
    """Return a landscape's labels in the columns of all labels known, shape [publications, known]."""
    if not names:
        return sp.csr_matrix((len(relations.family), len(known)), dtype=bool)
    place = {name: column for column, name in enumerate(known)}
    found = sp.coo_matrix(relations.labels)
    columns = np.array([place[name] for name in names], dtype=np.int64)[found.col]
    return sp.csr_matrix((found.data, (found.row, columns)), shape=(len(relations.family), len(known)))
