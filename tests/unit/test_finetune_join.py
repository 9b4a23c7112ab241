from __future__ import annotations

import numpy as np
import scipy.sparse as sp

from patbench_lib.finetune.join import joined
from patbench_lib.finetune.masks import Relations, false_negatives
from patbench_lib.finetune.pairs import Pairs


def pairs(family: list[int], labels: list[list[bool]] | None, signal: str = "label") -> Pairs:
    n = len(family)
    cites = sp.csr_matrix((np.ones(1), ([0], [n - 1])), shape=(n, n))
    matrix = None if labels is None else sp.csr_matrix(np.array(labels))
    told = {"signals": np.array([signal], dtype=object), "labels": np.array(["x"], dtype=object)}
    rows = {"anchors": np.array([0]), "positives": np.array([1])}
    return Pairs(
        "R2", **told, **rows, relations=Relations(np.array(family), cites, matrix), view_pair=("title", "claims")
    )


def test_rows_families_and_citations_of_the_second_landscape_count_on() -> None:
    both = joined([pairs([0, 1, 1], None), pairs([0, 1], None)], [(), ()])
    assert both.anchors.tolist() == [0, 3]
    assert both.positives.tolist() == [1, 4]
    assert both.relations.family.tolist() == [0, 1, 1, 2, 3]
    assert np.argwhere(both.relations.cites.toarray()).tolist() == [[0, 2], [3, 4]]
    assert both.relations.labels is None


def test_a_label_of_both_landscapes_masks_across_them() -> None:
    one = pairs([0, 1, 2], [[1, 0], [1, 0], [0, 1]])
    other = pairs([0, 1], [[1], [0]])
    both = joined([one, other], [("A61F", "G01S"), ("G01S",)])
    assert both.relations.labels.toarray().tolist() == [[1, 0], [1, 0], [0, 1], [0, 1], [0, 0]]
    rows = np.arange(5)
    masked = false_negatives(both.relations, ["label"] * 5, rows, rows, rows)
    assert masked[2, 3]  # G01S in one landscape and in the other
    assert masked[3, 2]
    assert not masked[0, 3]


def test_a_landscape_without_labels_joins_one_that_has_some() -> None:
    both = joined([pairs([0, 1], [[1], [1]]), pairs([0, 1], None)], [("A61F",), ()])
    assert both.relations.labels.toarray().tolist() == [[1], [1], [0], [0]]
