"""Retrieval by the expert's text and by the patent's own, and with one asked for the other."""

from __future__ import annotations

from itertools import product

import pandas as pd

from patbench_lib.bench.expert_views import ExpertViews
from patbench_lib.bench.variants import cutoff
from patbench_lib.bench.views import crossed
from patbench_lib.evaluate.compare import against, means
from patbench_lib.evaluate.retrieval import ranks, score_ranks
from patbench_lib.evaluate.subset import condensed_run
from patbench_lib.landscape.views import EXPERT, View
from patbench_lib.models.card import SINGLE_VECTOR
from patbench_lib.retrieve.run import Run

VALUES = ["task", "system", "view", "measure", "value", "low", "high", "n"]
DIFFERENCES = ["task", "system", "view", "measure", "difference", "low", "high", "p", "n"]
PAIRS = ["system", "asked", "held", "value", "low", "high", "n"]
MIXED = ["system", "asked", "held", "difference", "low", "high", "p", "n"]


def retrieval(views: ExpertViews) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return what every system reaches by the expert's view and by own ones, and how far the expert's is ahead.

    Rankings are those of the study, without documents that lack one of the texts.

    Returns
    -------
    (pandas.DataFrame, pandas.DataFrame)
        Values: `VALUES`. Differences, expert's less own: `DIFFERENCES`, p not yet corrected.
    """
    bench, arena = views.bench, views.bench.arena
    scores = pd.concat(
        [
            _scored(views, bench.run(system, arena, view), system, view)
            for system in bench.study.systems
            for view in (EXPERT, *views.own)
        ],
        ignore_index=True,
    )
    values = means(scores, bench.study.statistics, seed=bench.study.seed).assign(task="retrieval")
    swapped = {"system": "view", "view": "system"}
    found = against(scores.rename(columns=swapped), EXPERT, bench.study.statistics, seed=bench.study.seed)
    return values[VALUES], expert_less_own(found.rename(columns=swapped)).assign(task="retrieval")[DIFFERENCES]


def expert_less_own(differences: pd.DataFrame) -> pd.DataFrame:
    """Turn round differences of own views to the expert's: positive where the expert's is better."""
    ends = {"difference": -differences["difference"], "low": -differences["high"], "high": -differences["low"]}
    return differences.assign(**ends)


def mixed_pairs(views: ExpertViews) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return what systems reach where queries and documents are in the own or the expert's view, each in each.

    Late-interaction systems are left out: their queries cannot be asked of another view's documents here.

    Returns
    -------
    (pandas.DataFrame, pandas.DataFrame)
        `PAIRS`; and `MIXED`, each mixed pair less asking with the own view for the own view, p not yet corrected.
    """
    bench, own = views.bench, views.own[0]
    systems = [each for each in bench.study.systems if bench.study.card(each).kind in ("lexical", *SINGLE_VECTOR)]
    values, differences = [pd.DataFrame(columns=PAIRS)], [pd.DataFrame(columns=MIXED)]
    for system in systems:
        asked = product((own, EXPERT), repeat=2)
        scores = pd.concat([_asked(views, system, *pair) for pair in asked], ignore_index=True)
        statistics, seed = bench.study.statistics, bench.study.seed
        values.append(_named(means(scores, statistics, seed=seed), system)[PAIRS])
        mixed = scores[scores["system"] != _pair(EXPERT, EXPERT)]  # it is told beside the other own views
        found = against(mixed, _pair(own, own), statistics, seed=seed)
        differences.append(_named(found, system)[MIXED])
    return _joined(values), _joined(differences)


def _asked(views: ExpertViews, system: str, asked: View, held: View) -> pd.DataFrame:
    """Return scores by query of one pair of views, the pair's name in place of the system's."""
    bench = views.bench
    same = asked == held
    run = bench.run(system, bench.arena, held) if same else crossed(bench, system, asked, held).run
    return _scored(views, run, _pair(asked, held), "both")


def _pair(asked: View, held: View) -> str:
    return f"{asked}→{held}"


def _named(table: pd.DataFrame, system: str) -> pd.DataFrame:
    parts = table["system"].str.split("→", expand=True)
    return table.assign(asked=parts[0], held=parts[1], system=system)


def _joined(tables: list[pd.DataFrame]) -> pd.DataFrame:
    filled = [table for table in tables if len(table)]
    return pd.concat(filled, ignore_index=True) if filled else tables[0]


def _scored(views: ExpertViews, run: Run, system: str, view: str) -> pd.DataFrame:
    """Return a run's scores by query among the publications that have both texts, by the main measure."""
    bench, arena = views.bench, views.bench.arena
    alone, depth = condensed_run(run, views.both), cutoff(bench)
    head = Run(alone.queries, alone.documents[:, :depth], alone.scores[:, :depth])
    scores = score_ranks(ranks(head), views.judgements, [bench.study.main_measure]).assign(stratum="ALL")
    return arena.named(scores, scores["query"].to_numpy(), system=system, view=view)
