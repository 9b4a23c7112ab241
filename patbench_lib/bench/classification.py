"""Classification of a study: every classifier on every label set."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from patbench_lib.bench.arena import Arena
from patbench_lib.bench.bench import Bench
from patbench_lib.bench.classified import (
    Classifier,
    classifiers,
    predictions,
    predictions_file,
    splits,
    told,
)
from patbench_lib.bench.keys import code_digest
from patbench_lib.bench.results import card_provenance, keep_tables, run_provenance
from patbench_lib.classify.compare import against, intervals
from patbench_lib.classify.prediction import Prediction
from patbench_lib.classify.split import UnsplittableError
from patbench_lib.classify.tally import Tally, tally
from patbench_lib.landscape.label_sets import LabelSet
from patbench_lib.landscape.views import View
from patbench_lib.study import digest

MAIN = "micro-F1"
"""The measure that decides where one has to; all of them are reported."""

MEASURED = ["measure", "value", "spread", "low", "high", "n", "repeats"]
TESTED = ["measure", "difference", "low", "high", "p", "p_holm", "significant", "n"]


def usable_sets(bench: Bench, arena: Arena) -> tuple[list[LabelSet], dict[str, str]]:
    """Return the label sets that can be split into parts to learn and to test on, and why each other one cannot."""
    found, reasons = arena.label_sets
    usable, reasons = [], dict(reasons)
    for labels in found:
        try:
            splits(bench, arena, labels)
            usable.append(labels)
        except UnsplittableError as error:
            reasons[labels.name] = " ".join(str(error).split())
    return usable, reasons


def classification_tallies(bench: Bench, arena: Arena, labels: LabelSet, view: View) -> dict[str, Tally]:
    """Return the outcomes of every classifier of the study, by its name: "MiniLM-L6 probe", "TF-IDF"."""
    return tallies_of(bench, arena, labels, {each.name: (each, view, 1.0) for each in classifiers(bench)})


def tallies_of(
    bench: Bench, arena: Arena, labels: LabelSet, asked: Mapping[str, tuple[Classifier, View, float]]
) -> dict[str, Tally]:
    """Return outcomes by any name: of a classifier, the view it reads and the share of families it learns from."""
    tallies = {}
    for name, (each, view, share) in asked.items():
        kept = predictions(bench, arena, labels, view, each, share=share)
        tallies[name] = tally(kept.predictions, arena.landscape.family)
    return tallies


def classification_results(bench: Bench) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Compute or find every classifier's values on every label set, on the leading view of the study's landscape.

    Returns
    -------
    (pandas.DataFrame, pandas.DataFrame)
        `results`: label_set, classifier, system, method, measure, value (mean over repeats), spread (their standard
        deviation), low, high, n (test publications), repeats, labels, train, seconds, and provenance. `comparisons`
        with the study's baseline: label_set, classifier, system, method, measure, difference, low, high, p, p_holm
        (corrected for the classifiers compared on a label set by a measure), significant, n. Both are empty where the
        landscape has no label set.
    """
    arena, (sets, _) = bench.arena, usable_sets(bench, bench.arena)
    view = arena.views[0]
    files = [predictions_file(bench, arena, labels, view, each).name for labels in sets for each in classifiers(bench)]
    tables = keep_tables(bench, "classification", tables_key(bench, files), lambda: _compute(bench, arena, sets, view))
    return tables["results"], tables["comparisons"]


def tables_key(bench: Bench, files: Sequence[str]) -> str:
    """Return the key of tables that are made of predictions, which are kept under these names."""
    study = bench.study
    rooms = [code_digest(room) for room in ("bench", "classify", "evaluate")]
    return digest(study.statistics, study.seed, study.classification.baseline, rooms, files)


def _compute(bench: Bench, arena: Arena, sets: Sequence[LabelSet], view: View) -> dict[str, pd.DataFrame]:
    study, baseline = bench.study, bench.study.classification.baseline
    named = {each.name: each for each in classifiers(bench)}
    results, comparisons = [], []
    for labels in sets:
        tallies = classification_tallies(bench, arena, labels, view)
        place = {"landscape": arena.name, "label_set": labels.name, "view": view}
        measured = classified(intervals(tallies, study.statistics, seed=study.seed), named).assign(**place)
        results.append(measured.merge(_provenance(bench, arena, labels, view), on="classifier"))
        tested = classified(against(tallies, baseline, study.statistics, seed=study.seed), named)
        comparisons.append(tested.assign(**place, baseline=baseline))
    return {"results": _joined(results, MEASURED), "comparisons": _joined(comparisons, TESTED)}


def classified(table: pd.DataFrame, named: Mapping[str, Classifier]) -> pd.DataFrame:
    """Return a table of tallies' names as one of classifiers, with the system and the method of each."""
    renamed = table.rename(columns={"system": "classifier"})
    parts = {part: [getattr(named[name], part) for name in renamed["classifier"]] for part in ("system", "method")}
    return renamed.assign(**parts)


def _joined(tables: Sequence[pd.DataFrame], measured: Sequence[str]) -> pd.DataFrame:
    """Return tables as one, what they are of before what was measured; an empty one has the columns all the same."""
    first = ["landscape", "label_set", "view", "classifier", "system", "method", *measured]
    joined = stacked(tables, first)
    return joined[[*first, *joined.columns.difference(first, sort=False)]]


def stacked(tables: Sequence[pd.DataFrame], columns: Sequence[str]) -> pd.DataFrame:
    """Return tables below each other, or an empty one with these columns; whether it is significant is a bool in both.

    An empty table has no types of its own, and what is read of it would not do as a mask.
    """
    filled = [table for table in tables if len(table)]
    joined = pd.concat(filled, ignore_index=True) if filled else pd.DataFrame(columns=list(columns))
    return joined.astype({name: bool for name in ("significant",) if name in columns})


def _provenance(bench: Bench, arena: Arena, labels: LabelSet, view: View) -> pd.DataFrame:
    settings, shared = bench.study.classification, run_provenance(bench, arena)
    rows = []
    for each in classifiers(bench):
        said = told(bench, arena, labels, view, each)
        card = {"kind": "baseline"} if each.method == "baseline" else card_provenance(bench, each.system)
        rows.append(
            {
                "classifier": each.name,
                **card,
                "labels": len(labels.labels),
                "train": sum(one["train"] for one in said) / len(said),
                "seconds": sum(one["seconds"] for one in said),
                "classification": settings.model_dump_json(),
                **shared,
            }
        )
    return pd.DataFrame(rows)


def chosen(bench: Bench) -> pd.DataFrame:
    """Return what was chosen on the validation parts of every split, on the leading view of the study's landscape.

    Returns
    -------
    pandas.DataFrame
        label_set, classifier, repeat, strength, at_edge; a row for each probe, TF-IDF included, and split.
    """
    arena, rows = bench.arena, []
    for labels in usable_sets(bench, arena)[0]:
        for each in classifiers(bench):
            for repeat, said in enumerate(told(bench, arena, labels, arena.views[0], each)):
                if "strength" in said:
                    picked = {name: said[name] for name in ("strength", "at_edge")}
                    rows.append({"label_set": labels.name, "classifier": each.name, "repeat": repeat, **picked})
    columns = ["label_set", "classifier", "repeat", "strength", "at_edge"]
    return pd.DataFrame(rows, columns=columns)


@dataclass(frozen=True)
class Leading:
    """The leading label set and what every classifier says of it.

    Attributes
    ----------
    best : the probe or kNN with the highest main measure; where there is none, the best baseline.
    baseline : the study's.
    predictions : by classifier, one a split; `best` comes first.
    """

    labels: LabelSet
    best: str
    baseline: str
    predictions: Mapping[str, list[Prediction]]


def leading(bench: Bench, results: pd.DataFrame) -> Leading | None:
    """Return what is to be looked at more closely, or None where the landscape has no label set.

    Parameters
    ----------
    results : as `classification_results` gives them.
    """
    arena, sets = bench.arena, usable_sets(bench, bench.arena)[0]
    if not sets:
        return None
    mine = results[(results["label_set"] == sets[0].name) & (results["measure"] == MAIN)]
    ordered = mine.assign(last=mine["method"] == "baseline").sort_values(["last", "value"], ascending=[True, False])
    view, best = arena.views[0], str(ordered["classifier"].iloc[0])
    said = {
        each.name: predictions(bench, arena, sets[0], view, each).predictions
        for each in sorted(classifiers(bench), key=lambda each: each.name != best)
    }
    return Leading(sets[0], best, bench.study.classification.baseline, said)


def classify_system(bench: Bench, system: str) -> dict[str, Any]:
    """Compute or find all that the study's tables of classification need of a system or a baseline.

    Returns
    -------
    dict
        system, fits (how many classifiers were fitted, each on its training part), seconds (of fitting, now or
        earlier); no fits for a system without one vector a text.
    """
    arena, view, settings = bench.arena, bench.arena.views[0], bench.study.classification
    mine = [each for each in classifiers(bench) if each.system == system]
    fits, seconds = 0, 0.0
    for position, labels in enumerate(usable_sets(bench, arena)[0]):
        asked = [(each, view, 1.0) for each in mine]
        if position == 0:
            learners = [each for each in mine if each.method != "kNN"]
            asked += [(each, view, share) for each in learners for share in settings.curve if share < 1]
            asked += [(each, other, 1.0) for each in learners if each.method == "probe" for other in arena.views[1:]]
        for each, other, share in asked:
            said = told(bench, arena, labels, other, each, share)
            fits, seconds = fits + len(said), seconds + sum(one["seconds"] for one in said)
    return {"system": system, "fits": fits, "seconds": seconds}
