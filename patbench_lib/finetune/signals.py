"""Drawing the pairs of one signal from the publications that may be learnt from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import scipy.sparse as sp

from patbench_lib.finetune.draw import shared_label_pairs
from patbench_lib.finetune.expert import expert_texts, own_texts
from patbench_lib.finetune.settings import Section, UntrainableError
from patbench_lib.landscape.label_sets import LabelSet
from patbench_lib.landscape.schema import Landscape
from patbench_lib.types import Ints

Drawn = tuple[Ints, Ints, Any]
"""Rows of anchors, rows of positives, and the label that each pair was drawn for, "" where by none."""


def cited_pairs(landscape: Landscape, train: Ints, cites: sp.csr_matrix, most: int, rng: np.random.Generator) -> Drawn:
    """Return citing and cited publications of different families, a sample where there are more than `most`.

    Raises
    ------
    UntrainableError
        Where no publication of the landscape cites another.
    """
    if not cites.nnz:
        raise UntrainableError(
            f"Landscape '{landscape.name}' has no citation from one of its publications to another.",
            todo="Leave R1 out of `finetuning.recipes`, or map the table's column of citations to `cited`.",
        )
    inside = cites[train][:, train].tocoo()
    citing, cited = train[inside.row], train[inside.col]
    apart = landscape.family[citing] != landscape.family[cited]
    kept = rng.permutation(np.flatnonzero(apart))[:most]
    return citing[kept], cited[kept], _unlabelled(len(kept))


def label_pairs(
    landscape: Landscape, train: Ints, labels: Sequence[LabelSet], most: int, rng: np.random.Generator
) -> Drawn:
    """Return publications of different families that share a label, drawn evenly over labels.

    Raises
    ------
    UntrainableError
        Where there are no label sets.
    """
    if not labels:
        raise UntrainableError(
            f"Landscape '{landscape.name}' has none of the label sets that pairs are drawn from.",
            todo="Name one that it has in `finetuning.label_sets` and `labels.sets`, or leave R2 out of the recipes.",
        )
    matrix = np.concatenate([each.matrix for each in labels], axis=1)
    names = np.array(label_names(labels), dtype=object)
    pairs, drawn_for = shared_label_pairs(matrix[train], landscape.family[train], most, rng)
    return train[pairs[:, 0]], train[pairs[:, 1]], names[drawn_for]


def label_names(labels: Sequence[LabelSet]) -> list[str]:
    """Return the names of the labels of sets side by side, each with its set's."""
    return [f"{each.name}: {label}" for each in labels for label in each.labels]


def view_pairs(
    landscape: Landscape, train: Ints, sections: Mapping[Section, Sequence[str]], most: int, rng: np.random.Generator
) -> Drawn:
    """Return publications, each with itself, that have both of two sections with different texts.

    Parameters
    ----------
    sections : the two sections and their texts, one for each publication.

    Raises
    ------
    UntrainableError
        Where no publication has one of the sections.
    """
    if missing := [name.replace("_", " ") for name, texts in sections.items() if not any(map(str.strip, texts))]:
        raise UntrainableError(
            f"Landscape '{landscape.name}' has no {' and no '.join(missing)}.",
            todo="Choose another `finetuning.view_pair`, or leave R3 out of `finetuning.recipes`.",
        )
    one, other = ([text.strip() for text in texts] for texts in sections.values())
    told = [row for row in train if one[row] and other[row] and one[row] != other[row]]
    kept = rng.permutation(np.array(told, dtype=np.int64))[:most]
    return kept, kept.copy(), _unlabelled(len(kept))


def expert_pairs(landscape: Landscape, train: Ints, most: int, rng: np.random.Generator) -> Drawn:
    """Return publications, each with itself, whose own text and expert's text are both there and differ.

    A publication whose expert's text is its own, word for word, teaches nothing and is left out.

    Parameters
    ----------
    train : rows of the landscape that may be learnt from.

    Raises
    ------
    UntrainableError
        Where no publication has an expert's text.
    """
    own, experts = own_texts(landscape), expert_texts(landscape)
    if not any(map(str.strip, experts)):
        raise UntrainableError(
            f"Landscape '{landscape.name}' has no expert-written title and abstract.",
            todo="Map the export's columns to `dwpi_title` and `dwpi_abstract`, or leave R5 out.",
        )
    told = [row for row in train if own[row] and experts[row] and own[row] != experts[row]]
    kept = rng.permutation(np.array(told, dtype=np.int64))[:most]
    return kept, kept.copy(), _unlabelled(len(kept))


def _unlabelled(count: int) -> Any:
    return np.full(count, "", dtype=object)
