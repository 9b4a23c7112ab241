"""Classification and clustering by the expert's text and by the patent's own, on publications that have both."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from patbench_lib.bench.classification import usable_sets
from patbench_lib.bench.classified import Classifier, predictions
from patbench_lib.bench.cluster_cases import cases
from patbench_lib.bench.contrasts import CLASSIFIED
from patbench_lib.bench.expert_retrieval import DIFFERENCES, VALUES, expert_less_own
from patbench_lib.bench.expert_views import ExpertViews
from patbench_lib.bench.held_out import HeldOut, agreement_of, held_classes
from patbench_lib.bench.variants import single_vector
from patbench_lib.classify import compare as classes
from patbench_lib.classify.prediction import Prediction
from patbench_lib.classify.tally import Tally, tally
from patbench_lib.cluster import compare as clusters
from patbench_lib.cluster.settings import Gold
from patbench_lib.landscape.label_sets import LabelSet
from patbench_lib.landscape.views import EXPERT, View
from patbench_lib.types import Bools

Tables = tuple[list[pd.DataFrame], list[pd.DataFrame]]
"""Values of systems and differences, in the columns of `expert_retrieval`."""


def classification(views: ExpertViews) -> Tables:
    """Return what a probe on each system's vectors reaches by each view, and how far the expert's view is ahead.

    Probes and splits are those of the study, on its leading label set; they are tested on publications that have both
    texts. Probes learn from all: in the expert's view those without its text are there as empty texts. Nothing is
    returned where there is no label set, or no publication of a test part has both texts.
    """
    sets, _ = usable_sets(views.bench, views.bench.arena)
    values: list[pd.DataFrame] = []
    differences: list[pd.DataFrame] = []
    statistics, seed = views.bench.study.statistics, views.bench.study.seed
    for system in single_vector(views.bench) if sets else ():
        tallies = {str(view): _tally(views, sets[0], system, view) for view in (EXPERT, *views.own)}
        known = {view: made for view, made in tallies.items() if made is not None}
        if not known:  # views have the same splits, and so the same test publications
            break
        found = (classes.intervals(known, statistics, seed=seed), classes.against(known, EXPERT, statistics, seed=seed))
        measured, tested = (
            table[table["measure"].isin(CLASSIFIED)]
            .rename(columns={"system": "view"})
            .assign(system=system, task="classification")
            for table in found
        )
        values.append(measured[VALUES])
        differences.append(expert_less_own(tested)[DIFFERENCES])
    return values, differences


def _tally(views: ExpertViews, labels: LabelSet, system: str, view: View) -> Tally | None:
    """Return the outcomes of a probe on test publications with both texts; None where some split has none."""
    arena = views.bench.arena
    kept = predictions(views.bench, arena, labels, view, Classifier(system, "probe")).predictions
    some = [narrowed(each, views.both) for each in kept]
    return tally(some, arena.landscape.family) if all(len(each.rows) for each in some) else None


def narrowed(prediction: Prediction, kept: Bools) -> Prediction:
    """Return what a classifier says of some test publications, told by a mask of the landscape's rows, shape [n]."""
    mask = kept[prediction.rows]
    parts = {name: getattr(prediction, name)[mask] for name in ("rows", "gold", "scores", "decided")}
    return replace(prediction, **parts)


def clustering(views: ExpertViews) -> Tables:
    """Return how well clusters of each system agree with labels by each view, and how far the expert's view is ahead.

    Labels, gold, algorithm and form of the vectors are those of the study's leading case; publications with both texts
    alone are clustered. Nothing is returned where these have fewer than two classes, or families too few to halve.
    """
    bench, arena, asked = views.bench, views.bench.arena, cases(views.bench)
    held = HeldOut(arena, views.judgements.queries, views.rows, whole=False)
    if not asked or not _comparable(held, asked[0].labels, asked[0].gold):
        return [], []
    values, differences = [], []
    for system in single_vector(bench):
        made = {
            str(view): agreement_of(bench, held, asked[0].labels, asked[0].gold, system, view=view)
            for view in (EXPERT, *views.own)
        }
        for view, agreed in made.items():
            columns = {"measure": clusters.MEASURES, "value": agreed.values.mean(0), "n": agreed.n, "view": view}
            values.append(pd.DataFrame(columns).assign(low=np.nan, high=np.nan, system=system, task="clustering"))
        tested = clusters.against(made, EXPERT, bench.study.statistics).rename(columns={"system": "view"})
        differences.append(expert_less_own(tested).assign(system=system, task="clustering")[DIFFERENCES])
    return [table[VALUES] for table in values], differences


def _comparable(held: HeldOut, labels: LabelSet, how: Gold) -> bool:
    rows, found = held_classes(held, labels, how)
    families = len(np.unique(held.arena.landscape.family[rows]))
    return len(np.unique(found)) > 1 and families >= clusters.FEWEST
