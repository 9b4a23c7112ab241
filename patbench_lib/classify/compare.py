"""Tables that compare classifiers: values with intervals, and differences to a baseline with corrected p-values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd

from patbench_lib.classify.measures import MEASURES, measures_of
from patbench_lib.classify.tally import Tally, over_repeats
from patbench_lib.evaluate.compare import corrected
from patbench_lib.evaluate.settings import Statistics
from patbench_lib.evaluate.statistics import blocks, tails
from patbench_lib.types import Floats

VALUES = ["system", "measure", "value", "spread", "low", "high", "n", "repeats"]
COMPARED = ["system", "measure", "difference", "low", "high", "p", "p_holm", "significant", "n"]


def intervals(tallies: Mapping[str, Tally], statistics: Statistics, *, seed: int) -> pd.DataFrame:
    """Return the measures of each system with bootstrap intervals over test families.

    A family is drawn for all repeats and systems together. What is resampled is the test: an interval says nothing of
    other training data, of which `spread` gives an idea.

    Returns
    -------
    pandas.DataFrame
        system, measure, value (mean over repeats), spread (standard deviation over repeats with one degree of freedom
        less, 0 for one repeat), low, high, n (distinct test publications), repeats.
    """
    _check_same_tests(tallies)
    drawn = _bootstrap(tallies, statistics, seed)
    tables = []
    for system, made in tallies.items():
        values = made.by_repeat()
        value = over_repeats(list(values))
        low, high = np.clip(_ends(drawn[system], value, statistics.level), 0, 1)
        spread = values.std(axis=0, ddof=1) if len(values) > 1 else np.zeros(len(MEASURES))
        columns = {"value": value, "spread": spread, "low": low, "high": high}
        tables.append(pd.DataFrame({"system": system, "measure": MEASURES, **columns}))
        tables[-1][["n", "repeats"]] = made.n, len(values)
    return pd.concat(tables, ignore_index=True)[VALUES]


def against(tallies: Mapping[str, Tally], baseline: str, statistics: Statistics, *, seed: int) -> pd.DataFrame:
    """Compare every system with a baseline on the same test families.

    p-values come from the paired randomisation test with families as units; `p_holm` corrects them for the number of
    systems compared by the same measure.

    Returns
    -------
    pandas.DataFrame
        system, measure, difference (mean over repeats), low, high, p, p_holm, significant, n (distinct publications).
    """
    _check_same_tests(tallies)
    others = [system for system in tallies if system != baseline]
    if not others:
        return pd.DataFrame(columns=COMPARED).astype({"significant": bool})
    drawn, base = _bootstrap(tallies, statistics, seed), tallies[baseline]
    p_values = randomisation_tests({system: tallies[system] for system in others}, base, statistics, seed=seed)
    tables = []
    for system in others:
        gap = _difference(tallies[system], base)
        low, high = _ends(drawn[system] - drawn[baseline], gap, statistics.level)
        columns = {"difference": gap, "low": low, "high": high, "p": p_values[system], "n": base.n}
        tables.append(pd.DataFrame({"system": system, "measure": MEASURES, **columns}))
    return corrected(pd.concat(tables, ignore_index=True), ["measure"], statistics.level)[COMPARED]


def randomisation_tests(
    others: Mapping[str, Tally], base: Tally, statistics: Statistics, *, seed: int
) -> dict[str, Floats]:
    """Return two-sided p-values of the difference between each system and one other, each of shape [4].

    Under the null hypothesis the two are interchangeable: what they did with a family may as well be swapped, in all
    repeats at once. p = (1 + number of swaps with a difference at least as far from 0) / (1 + permutations). Measures
    are computed anew from what each system holds after the swaps, since an F1 is no mean over families.

    Source: Yeh, More Accurate Tests for the Statistical Significance of Result Differences (COLING 2000), with families
    as units; the added 1 from Phipson and Smyth (2010).
    """
    observed = {name: np.abs(_difference(other, base)) for name, other in others.items()}
    as_far = {name: np.zeros(len(MEASURES), dtype=np.int64) for name in others}
    generator, families = np.random.default_rng(seed), len(base.family)
    for part in blocks(statistics.permutations, base.width):
        drawn = generator.integers(0, 2, size=(part.stop - part.start, families), dtype=np.int8)
        swaps = drawn.T.astype(np.float64, order="C")
        for name, other in others.items():
            # equal differences must count as equal despite rounding
            as_far[name] += (np.abs(_swapped(other, base, swaps)) >= observed[name] - 1e-9).sum(0)
    return {name: (1 + count) / (1 + statistics.permutations) for name, count in as_far.items()}


def _difference(other: Tally, base: Tally) -> Floats:
    """Return the mean over repeats of how much higher the measures of the first are, shape [4]."""
    return over_repeats(list(other.by_repeat() - base.by_repeat()))


def _swapped(other: Tally, base: Tally, swaps: Floats) -> Floats:
    """Return the difference of the measures after each swap of families, shape [draws, 4]; swaps have [f, draws]."""
    differences = []
    for mine, theirs, total, base_total in zip(other.sums, base.sums, other.totals(), base.totals(), strict=True):
        given = ((mine - theirs).T @ swaps).T
        differences.append(measures_of(total - given) - measures_of(base_total + given))
    return over_repeats(differences)


def _bootstrap(tallies: Mapping[str, Tally], statistics: Statistics, seed: int) -> dict[str, Floats]:
    """Return the measures of each system over bootstrap resamples of families, shape [resamples, 4], paired by draw."""
    first = next(iter(tallies.values()))
    shape = (statistics.resamples, len(MEASURES))
    drawn: dict[str, Floats] = {system: np.empty(shape) for system in tallies}
    for part, weights in _draws(first, statistics.resamples, seed):
        for system, made in tallies.items():
            drawn[system][part] = made.weighted(weights)
    return drawn


def _draws(made: Tally, resamples: int, seed: int) -> Iterator[tuple[slice, Floats]]:
    generator, families = np.random.default_rng(seed), len(made.family)
    even = np.full(families, 1 / families)
    for part in blocks(resamples, made.width):
        yield part, generator.multinomial(families, even, size=part.stop - part.start).astype(np.float64)


def _ends(drawn: Floats, values: Floats, level: float) -> tuple[Floats, Floats]:
    """Return the ends of intervals from resamples that are moved so that their mean is the value.

    A resample lacks some rare labels and has others twice, which lowers macro-F1: unmoved, an interval of many rare
    labels lies below its value, and holds what another test of this size would give too seldom.
    """
    low, high = np.nanquantile(drawn - np.nanmean(drawn, axis=0) + values, tails(level), axis=0)
    return low, high


def _check_same_tests(tallies: Mapping[str, Tally]) -> None:
    """Raise ValueError unless all systems were tested on the same publications in each repeat: nothing else pairs."""
    (first, made), *others = tallies.items()
    for system, other in others:
        same = len(made.rows) == len(other.rows) and all(map(np.array_equal, made.rows, other.rows))
        if not same or made.sums[0].shape != other.sums[0].shape:
            raise ValueError(f"{first} and {system} were not tested on the same publications and labels")
