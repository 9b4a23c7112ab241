"""How vectors lie on the unit sphere, and how far training moves them.

A text without a single token has the vector zero, which lies nowhere on the sphere: it is left out.
"""

from __future__ import annotations

import numpy as np

from patbench_lib.types import Bools, Floats, Ints

LARGEST = 2000
"""Vectors of which all pairs are compared; of more, so many are drawn."""

ROUNDING = 1e-9
"""Cosines closer than this are equal."""


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
    points = points[_some(len(points), largest, seed)]
    if len(points) < 2:
        return float("nan")
    return float(np.log(np.exp(4 * _cosines(points) - 4).mean()))  # |x - y|^2 = 2 - 2 cos


def moved(before: Floats, after: Floats) -> float:
    """Return 1 - mean cosine of texts' vectors before and after.

    Parameters
    ----------
    before, after : vectors of the same texts, shape [n, dim]; without texts the result is nan.
    """
    known = _somewhere(before) & _somewhere(after)
    if not known.any():
        return float("nan")
    return float(1 - (_on_sphere(before[known]) * _on_sphere(after[known])).sum(axis=1).mean())


def correlation(before: Floats, after: Floats, *, seed: int, largest: int = LARGEST) -> float:
    """Return Pearson's correlation, over distinct pairs of texts, of their cosine before and their cosine after.

    A rotation of all vectors, mirrored or not, changes no ranking, and leaves it at 1. To look for the rotation that
    brings the old vectors nearest to the new would not do: with fewer texts than dimensions there is one that brings
    any vectors near any others.

    Source: Kriegeskorte, Mur and Bandettini, Representational Similarity Analysis (Frontiers in Systems Neuroscience
    2008).

    Parameters
    ----------
    before, after : vectors of the same texts, shape [n, dim]; the result is nan where cosines do not vary.
    seed : of the draw where there are more than `largest`.
    """
    known = np.flatnonzero(_somewhere(before) & _somewhere(after))
    known = known[_some(len(known), largest, seed)]
    old, new = (_cosines(_on_sphere(each[known])) for each in (before, after))
    if len(old) < 2 or min(np.ptp(old), np.ptp(new)) < ROUNDING:
        return float("nan")
    return float(np.corrcoef(old, new)[0, 1])


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


def _some(n: int, largest: int, seed: int) -> Ints:
    """Return the places of all of n things, or of so many drawn from more."""
    return np.random.default_rng(seed).choice(n, largest, replace=False) if n > largest else np.arange(n)


def _cosines(points: Floats) -> Floats:
    """Return the cosine of each distinct pair of unit vectors."""
    cosines: Floats = (points @ points.T)[np.triu_indices(len(points), 1)]
    return cosines


def _somewhere(vectors: Floats) -> Bools:
    return np.asarray(vectors.any(axis=1), dtype=bool)


def _on_sphere(vectors: Floats) -> Floats:
    """Return vectors of length 1 in double precision."""
    wide = vectors.astype(np.float64)
    scaled: Floats = wide / np.linalg.norm(wide, axis=1, keepdims=True)
    return scaled
