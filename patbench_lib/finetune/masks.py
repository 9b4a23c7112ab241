"""Which documents of a batch are no negatives of an anchor: those that it is related to in any way it is trained on."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp

from patbench_lib.finetune.settings import Signal
from patbench_lib.landscape.schema import Landscape
from patbench_lib.types import Bools, Ints


@dataclass(frozen=True)
class Relations:
    """What relates the publications of a landscape to each other.

    Attributes
    ----------
    family : number of each publication's family, shape [publications].
    cites : scipy.sparse matrix [publications, publications], not 0 where the row's publication cites the column's, or
        has it as an answer in judgements that came with the landscape.
    labels : scipy.sparse matrix [publications, labels], not 0 where a publication has a label; None without labels.
    """

    family: Ints
    cites: Any
    labels: Any = None


def linked(landscape: Landscape, cites: sp.csr_matrix) -> sp.csr_matrix:
    """Return who cites whom, and beside it who answers whom in judgements that came with the landscape."""
    given = landscape.given
    if given is None:
        return cites
    ones = np.ones(len(given.documents), dtype=cites.dtype)
    return cites + sp.csr_matrix((ones, (given.pair_queries, given.documents)), shape=cites.shape)


def false_negatives(
    relations: Relations, signals: Iterable[Signal], anchors: Ints, positives: Ints, documents: Ints
) -> Bools:
    """Tell which documents must not count as a negative of which anchor.

    That is a document of the anchor's family or of its positive's, one that it cites or that cites it, or answers it
    where answers are given, and, for an anchor that was drawn by a shared label, one with a label of its own.

    Parameters
    ----------
    signals : what each pair was drawn by, one for each anchor.
    anchors, positives : rows of the publications of each pair, shape [a] each.
    documents : rows of the publications that the anchors are compared with, shape [d].

    Returns
    -------
    shape [a, d]. A pair's own positive is among them wherever it stands: it is no negative.
    """
    family = relations.family
    related = (family[anchors][:, None] == family[documents]) | (family[positives][:, None] == family[documents])
    related |= _looked_up(relations.cites, anchors, documents) | _looked_up(relations.cites, documents, anchors).T
    by_label = np.fromiter((signal == "label" for signal in signals), dtype=bool, count=len(anchors))
    if relations.labels is not None and by_label.any():
        shared = relations.labels[anchors[by_label]] @ relations.labels[documents].T
        related[by_label] |= shared.toarray() > 0
    return np.asarray(related, dtype=bool)


def _looked_up(matrix: Any, rows: Ints, columns: Ints) -> Bools:
    found: Bools = matrix[rows][:, columns].toarray() != 0
    return found
