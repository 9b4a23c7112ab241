"""How vectors lie on the unit sphere, and how far training moves them.

A text without a single token has the vector zero, which lies nowhere on the sphere: it is left out.
"""

from __future__ import annotations

import numpy as np

from patbench_lib.types import Bools, Floats, Ints

LARGEST = 2000
"""Vectors of which all pairs are compared; of more, so many are drawn."""


def alignment(one: Floats, other: Floats) -> float:
    """Return the mean squared distance of pairs that belong together, from 0 (the same) to 4; nan without a pair.

    Source: Wang and Isola, Understanding Contrastive Representation Learning through Alignment and Uniformity on the
    Hypersphere (ICML 2020, arXiv:2005.10242), equation 1 with alpha = 2.

    Parameters
    ----------
    one, other : vectors of the two texts of each pair, shape [pairs, dim].
    """
    known = _somewhere(one) & _somewhere(other)
    if not known.any():
        return float("nan")
    return float(((_on_sphere(one[known]) - _on_sphere(other[known])) ** 2).sum(axis=1).mean())


def uniformity(vectors: Floats, *, seed: int, largest: int = LARGEST) -> float:
    """Return log mean exp(-2 |x - y|^2) over distinct pairs of vectors: 0 where all are one, lower where spread out.

    Source: Wang and Isola (ICML 2020, arXiv:2005.10242), equation 2 with t = 2.

    Parameters
    ----------
    vectors : shape [n, dim]; with fewer than two the result is nan.
    seed : of the draw where there are more than `largest`.
    """
    points = _on_sphere(vectors[_somewhere(vectors)])
    if len(points) > largest:
        points = points[np.random.default_rng(seed).choice(len(points), largest, replace=False)]
    if len(points) < 2:
        return float("nan")
    cosines = (points @ points.T)[np.triu_indices(len(points), 1)]
    return float(np.log(np.exp(4 * cosines - 4).mean()))  # |x - y|^2 = 2 - 2 cos


def moved(before: Floats, after: Floats) -> tuple[float, float]:
    """Return 1 - mean cosine of texts' vectors before and after, as they are and after the best rotation.

    A rotation of all vectors, mirrored or not, changes no ranking; what is left after the one that brings the old
    vectors nearest to the new (orthogonal Procrustes: Schönemann, A Generalized Solution of the Orthogonal Procrustes
    Problem, Psychometrika 1966) does. The sum of cosines is then the sum of the singular values of before^T after.

    Parameters
    ----------
    before, after : vectors of the same texts, shape [n, dim]; without texts both results are nan.
    """
    known = _somewhere(before) & _somewhere(after)
    if not known.any():
        return float("nan"), float("nan")
    old, new = _on_sphere(before[known]), _on_sphere(after[known])
    rotated = np.linalg.svd(old.T @ new, compute_uv=False).sum()
    as_they_are, best = 1 - (old * new).sum() / len(old), 1 - rotated / len(old)
    return float(as_they_are), float(best)


def kept(before: Ints, after: Ints) -> float:
    """Return the mean share of a text's nearest neighbours before that are among them after; nan without any.

    Parameters
    ----------
    before, after : rows of the neighbours of each text, shape [n, k], -1 where there are fewer.
    """
    shares = [
        len(np.intersect1d(one[one >= 0], other[other >= 0])) / (one >= 0).sum()
        for one, other in zip(before, after, strict=True)
        if (one >= 0).any()
    ]
    return float(np.mean(shares)) if shares else float("nan")


def _somewhere(vectors: Floats) -> Bools:
    return np.asarray(vectors.any(axis=1), dtype=bool)


def _on_sphere(vectors: Floats) -> Floats:
    """Return vectors of length 1 in double precision."""
    wide = vectors.astype(np.float64)
    scaled: Floats = wide / np.linalg.norm(wide, axis=1, keepdims=True)
    return scaled
