"""Groups of queries compared with their mix held constant: direct standardisation, and exact matching in strata."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from patbench_lib.evaluate.statistics import bootstrap_means
from patbench_lib.types import Bools, Floats, Ints


@dataclass(frozen=True)
class Standardised:
    """Means of groups, and the same in bootstrap resamples of families.

    Attributes
    ----------
    groups : in the order of the arrays.
    value : shape [g, s], nan where no stratum is in every group.
    drawn : shape [resamples, g, s].
    strata, kept : how many strata there are, and how many of them every group has.
    counted : how many queries of each group are in a stratum that is kept, shape [g].
    """

    groups: list[Hashable]
    value: Floats
    drawn: Floats
    strata: int
    kept: int
    counted: Ints


def standardise(
    values: Floats, groups: Sequence[Hashable], strata: Sequence[Hashable], families: Ints, *, resamples: int, seed: int
) -> Standardised:
    """Return what each group's mean would be, had it the same mix of strata as all queries together.

    The mean of group g is the sum over strata h of w_h m_gh, where m_gh is its mean in h, and w_h the share of h among
    the queries of all groups. A stratum that a group lacks is dropped for all. In a resample that leaves a group
    without queries in a stratum, that stratum's weight goes to the group's others. One stratum gives plain means.

    Parameters
    ----------
    values : scores of queries, shape [q, s].
    groups, strata, families : of each query, shape [q].

    Source: direct standardisation, as in Fleiss, Levin and Paik, Statistical Methods for Rates and Proportions (2003),
    chapter 19.
    """
    who, names = pd.factorize(pd.Series(list(groups)), sort=True)
    where, known = pd.factorize(pd.Series(list(strata)), sort=True)
    counts = np.zeros((len(names), len(known)))
    np.add.at(counts, (who, where), 1)
    kept = np.flatnonzero((counts > 0).all(axis=0))
    empty = np.full((len(names), values.shape[1]), np.nan)
    if not len(kept):
        return Standardised(
            list(names), empty, np.full((resamples, *empty.shape), np.nan), len(known), 0, np.zeros(len(names), int)
        )
    weights = counts[:, kept].sum(0) / counts[:, kept].sum()
    cells = (who[:, None, None] == np.arange(len(names))[:, None]) & (where[:, None, None] == kept)
    counted = np.concatenate([np.ones((len(values), 1)), values], axis=1)  # divided by the first, sums become means
    columns = (cells[..., None] * counted[:, None, None, :]).reshape(len(values), -1)
    shape = (len(names), len(kept), counted.shape[1])
    drawn = bootstrap_means(columns, families, resamples=resamples, seed=seed).reshape(resamples, *shape)
    value = _weighted(columns.mean(0).reshape(1, *shape), weights)[0]
    inside = counts[:, kept].sum(1).astype(int)
    return Standardised(list(names), value, _weighted(drawn, weights), len(known), len(kept), inside)


def _weighted(cells: Floats, weights: Floats) -> Floats:
    """Return weighted means [r, g, s] of cells [r, g, h, 1 + s], whose first column counts."""
    counts, sums = cells[..., 0], cells[..., 1:]
    there = counts > 0
    means = np.where(there[..., None], sums / np.where(there, counts, 1)[..., None], 0)
    shares = there * weights
    with np.errstate(invalid="ignore"):  # a resample may leave a group with no query at all
        result: Floats = (means * shares[..., None]).sum(2) / shares.sum(2)[..., None]
    return result


def bootstrap_p(drawn: Floats) -> Floats:
    """Return two-sided p-values that differences are 0 from their resamples [r, ...]: 2 min(share <= 0, share >= 0).

    Both shares count one resample more, so that no p-value is 0; nan resamples count for neither.

    Source: the percentile interval turned around, Efron and Tibshirani, An Introduction to the Bootstrap (1993),
    section 15.4.
    """
    known = np.isfinite(drawn).sum(0)
    tails = [(1 + (side >= 0).sum(0)) / (1 + known) for side in (drawn, -drawn)]
    p: Floats = np.minimum(1.0, 2 * np.minimum(*tails))
    return p


def matched_pairs(one: Bools, other: Bools, strata: Sequence[Hashable], *, seed: int) -> tuple[Ints, Ints]:
    """Return positions of queries of two groups in pairs of the same stratum, as many as there can be.

    Of the group that has more queries in a stratum they are drawn without replacement.

    Parameters
    ----------
    one, other : which queries are of each group, shape [q].

    Source: exact matching on coarsened covariates, Iacus, King and Porro, Causal Inference without Balance Checking
    (Political Analysis, 2012).
    """
    generator = np.random.default_rng(seed)
    codes, known = pd.factorize(pd.Series(list(strata)), sort=True)
    pairs: list[tuple[int, int]] = []
    for code in range(len(known)):
        left, right = (generator.permutation(np.flatnonzero(mask & (codes == code))) for mask in (one, other))
        pairs += zip(left.tolist(), right.tolist(), strict=False)  # the longer one's rest stays without a partner
    found = np.array(pairs, dtype=np.int64).reshape(-1, 2)
    return found[:, 0], found[:, 1]
