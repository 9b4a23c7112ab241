"""Intervals and tests for means over queries, with families as the units that are drawn.

Queries of one family are near-copies and their scores move together; drawing queries one by one would make intervals
too narrow. So whole families are resampled and families change sign.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence

import numpy as np

from patbench_lib.types import Bools, Floats, Ints

BLOCK = 4 << 20
"""Draws times families that are held at once."""


def seed_of(seed: int, *names: object) -> int:
    """Return a seed of 32 bits for one draw of a study; other names give draws that have nothing to do with it."""
    text = json.dumps([seed, *map(str, names)], ensure_ascii=False)
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big")


def family_sums(values: Floats, families: Ints) -> tuple[Floats, Ints]:
    """Return the sum of values [f, s] and the number of queries [f] of each family; values have shape [q, s]."""
    _, codes = np.unique(families, return_inverse=True)
    sums = np.zeros((codes.max() + 1, values.shape[1]))
    np.add.at(sums, codes, values)
    return sums, np.bincount(codes)


def bootstrap_means(values: Floats, families: Ints, *, resamples: int, seed: int) -> Floats:
    """Return means over queries of bootstrap resamples of families, shape [resamples, s].

    All columns share the same resamples, so that differences between them are resampled in pairs.

    Parameters
    ----------
    values : score of each query and system, shape [q, s].
    families : family code of each query, shape [q].

    Source: Efron and Tibshirani, An Introduction to the Bootstrap (1993), with clusters as units; for retrieval, Sakai,
    Evaluating Evaluation Metrics Based on the Bootstrap (SIGIR 2006).
    """
    sums, sizes = family_sums(values, families)
    generator, even = np.random.default_rng(seed), np.full(len(sizes), 1 / len(sizes))
    means = np.empty((resamples, values.shape[1]))
    for part in blocks(resamples, len(sizes)):
        draws = generator.multinomial(len(sizes), even, size=part.stop - part.start).astype(np.float64)
        means[part] = (draws @ sums) / (draws @ sizes)[:, None]
    return means


def blocks(total: int, width: int) -> Iterator[slice]:
    """Yield slices of draws of a width, so that one of them takes a few tens of megabytes."""
    step = max(1, BLOCK // max(width, 1))
    yield from (slice(start, min(start + step, total)) for start in range(0, total, step))


def interval(values: Floats, families: Ints, *, level: float, resamples: int, seed: int) -> tuple[Floats, Floats]:
    """Return the ends of percentile bootstrap intervals of the mean of each column, each of shape [s]."""
    means = bootstrap_means(values, families, resamples=resamples, seed=seed)
    low, high = np.quantile(means, tails(level), axis=0)
    return low, high


def tails(level: float) -> tuple[float, float]:
    """Return which quantiles of resamples are the ends of an interval."""
    return (1 - level) / 2, (1 + level) / 2


def randomisation_test(differences: Floats, families: Ints, *, permutations: int, seed: int) -> Floats:
    """Return two-sided p-values of the paired randomisation test of each column, shape [s].

    Under the null hypothesis two systems are interchangeable, so the difference of a family's scores may as well have
    the other sign. p = (1 + number of sign flips with a sum at least as far from 0) / (1 + permutations).

    Parameters
    ----------
    differences : score of one system less that of the other per query, shape [q, s].

    Source: Smucker, Allan and Carterette, A Comparison of Statistical Significance Tests for Information Retrieval
    Evaluation (CIKM 2007), with families as units; the added 1 from Phipson and Smyth (2010).
    """
    sums, _ = family_sums(differences, families)
    tolerance = 1e-9 * np.maximum(1.0, np.abs(sums).sum(0))  # equal sums must count as equal despite rounding
    observed = np.abs(sums.sum(0)) - tolerance
    generator, as_far = np.random.default_rng(seed), np.zeros(sums.shape[1], dtype=np.int64)
    for part in blocks(permutations, len(sums)):
        signs = generator.integers(0, 2, size=(part.stop - part.start, len(sums)), dtype=np.int8) * 2.0 - 1.0
        as_far += (np.abs(signs @ sums) >= observed).sum(0)
    p: Floats = (1 + as_far) / (1 + permutations)
    return p


def holm(p_values: Sequence[float] | Floats) -> Floats:
    """Return p-values adjusted for their number by Holm's step-down procedure, in the given order.

    The i-th smallest of m becomes max over j <= i of min(1, (m - j + 1) p_j).

    Source: Holm, A Simple Sequentially Rejective Multiple Test Procedure (1979).
    """
    p = np.asarray(p_values, dtype=float)
    rank = np.argsort(p, kind="stable")
    stepped = np.minimum(1.0, (len(p) - np.arange(len(p))) * p[rank])
    adjusted = np.empty_like(p)
    adjusted[rank] = np.maximum.accumulate(stepped)
    return adjusted


def significant(p_values: Floats, level: float) -> Bools:
    """Tell which corrected p-values are at most 1 - level, of which rounding may take the last bit."""
    below: Bools = p_values <= 1 - level + 1e-12
    return below
