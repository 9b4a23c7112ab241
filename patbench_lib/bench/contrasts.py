"""Two models, or two groups of them, on what was held out: their difference in every task, measured and tested."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from math import lcm
from typing import Any

import pandas as pd

from patbench_lib.bench.bench import Bench
from patbench_lib.bench.held_out import HeldOut, agreements_by, predictions_by, retrieval_scores
from patbench_lib.classify import compare as classes
from patbench_lib.classify import measures as class_measures
from patbench_lib.classify.prediction import Prediction
from patbench_lib.classify.tally import Tally, over_repeats, tally
from patbench_lib.cluster import compare as clusters
from patbench_lib.evaluate.compare import by_query, tested
from patbench_lib.evaluate.retrieval import STRATA

CLASSIFIED = ("micro-F1", "macro-F1")
"""The measures of classification that changes are told in."""

MEASURED = ["task", "stratum", "measure", "contrast", "base", "other", "difference", "low", "high", "p", "n"]

_BASE = "base"


@dataclass(frozen=True)
class Contrast:
    """Systems that stand for one, and others that are held against them: repeats of one training, or a model as it is.

    Scores of queries are averaged over the systems of a side; predictions and clusterings are repeats of it.
    """

    base: tuple[str, ...]
    other: tuple[str, ...]


def contrasted(
    bench: Bench, held: HeldOut, asked: Sequence[Contrast], *, retrieval_alone: bool = False
) -> pd.DataFrame:
    """Return how far the two sides of contrasts are apart in each task that the landscape can be used for.

    Parameters
    ----------
    retrieval_alone : whether the other tasks are left out.

    Returns
    -------
    pandas.DataFrame
        task (retrieval, classification, clustering), stratum (ALL but for retrieval), measure, contrast (position in
        `asked`), base and other (what the two sides reach), difference (other - base), low, high, p (uncorrected), n
        (queries or publications). Tests are those of `evaluate.compare`, `classify.compare` and `cluster.compare`.
    """
    if not asked:
        return pd.DataFrame(columns=MEASURED)
    tables = [_retrieval(bench, held, asked)]
    if not retrieval_alone:
        tables += [_classification(bench, held, asked), _clustering(bench, held, asked)]
    return pd.concat([table for table in tables if len(table)], ignore_index=True)[MEASURED]


def systems_of(asked: Sequence[Contrast]) -> list[str]:
    """Return all systems of contrasts, each once."""
    return list(dict.fromkeys(chain.from_iterable((*each.base, *each.other) for each in asked)))


def compared(bench: Bench, scores: pd.DataFrame, asked: Sequence[Contrast]) -> pd.DataFrame:
    """Return how far the sides of contrasts are apart by scores of queries in one measure and stratum.

    Returns
    -------
    pandas.DataFrame
        contrast, base, other, difference, low, high, p, n as `contrasted` has them; no row where there is no score.
    """
    wide, families = by_query(scores)
    if wide.empty:
        return pd.DataFrame()
    bases, others = (
        pd.DataFrame({i: wide[list(side)].mean(axis=1) for i, side in enumerate(sides)})
        for sides in ([each.base for each in asked], [each.other for each in asked])
    )
    measured = tested((others - bases).to_numpy(), families, bench.study.statistics, seed=bench.study.seed)
    reached = {"contrast": range(len(asked)), "base": bases.mean().to_numpy(), "other": others.mean().to_numpy()}
    return pd.DataFrame({**reached, **measured})


def _retrieval(bench: Bench, held: HeldOut, asked: Sequence[Contrast]) -> pd.DataFrame:
    measure = bench.study.main_measure
    scores = pd.concat([retrieval_scores(bench, held, system) for system in systems_of(asked)], ignore_index=True)
    scores = scores[scores["measure"] == measure]
    tables = [compared(bench, scores[scores["stratum"] == s], asked).assign(stratum=s) for s in STRATA]
    filled = [table for table in tables if len(table)]
    return pd.concat(filled, ignore_index=True).assign(task="retrieval", measure=measure) if filled else pd.DataFrame()


def _classification(bench: Bench, held: HeldOut, asked: Sequence[Contrast]) -> pd.DataFrame:
    said, family = predictions_by(bench, held, systems_of(asked)), held.arena.landscape.family
    tables = []
    for (base, size), positions in _alike(asked).items() if said else ():
        repeats = lcm(len(base), size)
        made = {str(i): _tally(said, asked[i].other, repeats, family) for i in positions}
        made[_BASE] = _tally(said, base, repeats, family)
        values = {
            name: dict(zip(class_measures.MEASURES, over_repeats(list(each.by_repeat())), strict=True))
            for name, each in made.items()
        }
        tables.append(_named(classes.against(made, _BASE, bench.study.statistics, seed=bench.study.seed), values))
    if not tables:
        return pd.DataFrame()
    joined = pd.concat(tables, ignore_index=True).assign(task="classification", stratum="ALL")
    return joined[joined["measure"].isin(CLASSIFIED)]


def _tally(said: dict[str, list[Prediction]], side: tuple[str, ...], repeats: int, family: Any) -> Tally:
    """Return the outcomes of all predictions of a side, each as often as the other side's number asks for."""
    return tally([each for system in side for each in said[system]] * (repeats // len(side)), family)


def _clustering(bench: Bench, held: HeldOut, asked: Sequence[Contrast]) -> pd.DataFrame:
    agreed = agreements_by(bench, held, systems_of(asked))
    tables = []
    for (base, _), positions in _alike(asked).items() if agreed else ():
        made = {str(i): clusters.pooled([agreed[system] for system in asked[i].other]) for i in positions}
        made[_BASE] = clusters.pooled([agreed[system] for system in base])
        values = {name: dict(zip(clusters.MEASURES, each.values.mean(0), strict=True)) for name, each in made.items()}
        tables.append(_named(clusters.against(made, _BASE, bench.study.statistics), values))
    if not tables:
        return pd.DataFrame()
    return pd.concat(tables, ignore_index=True).assign(task="clustering", stratum="ALL")


def _alike(asked: Sequence[Contrast]) -> dict[tuple[tuple[str, ...], int], list[int]]:
    """Return the positions of contrasts by their base and the size of their other side: these share resamples."""
    found: dict[tuple[tuple[str, ...], int], list[int]] = {}
    for position, each in enumerate(asked):
        found.setdefault((each.base, len(each.other)), []).append(position)
    return found


def _named(table: pd.DataFrame, values: dict[str, dict[str, float]]) -> pd.DataFrame:
    """Return a table of differences by the position of each contrast, with what its two sides reach."""
    pairs = list(zip(table["system"], table["measure"], strict=True))
    return table.assign(
        contrast=table["system"].astype(int),
        base=[values[_BASE][measure] for _, measure in pairs],
        other=[values[system][measure] for system, measure in pairs],
    )
