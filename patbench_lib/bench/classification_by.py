"""Classification by what is learnt from: how many examples, and which view."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from patbench_lib.bench.arena import Arena
from patbench_lib.bench.bench import Bench
from patbench_lib.bench.classification import MEASURED, TESTED, classified, stacked, tables_key, tallies_of
from patbench_lib.bench.classified import Classifier, classifiers, predictions_file, told
from patbench_lib.bench.results import keep_tables
from patbench_lib.bench.variants import single_vector
from patbench_lib.classify.compare import against, intervals
from patbench_lib.landscape.label_sets import LabelSet
from patbench_lib.landscape.views import View
from patbench_lib.study import digest


def curve(bench: Bench, arena: Arena, labels: LabelSet | None, view: View) -> pd.DataFrame:
    """Return values of the probes and the baselines by the share of training families that they learn from.

    Returns
    -------
    pandas.DataFrame
        share, classifier, system, method, measure, value, spread, low, high, n, repeats, train (publications, mean over
        repeats); no row without a label set.
    """
    if labels is None:
        return pd.DataFrame(columns=["share", "classifier", "system", "method", *MEASURED, "train"])
    tried = [each for each in classifiers(bench) if each.method != "kNN"]
    asked = [(each, share) for share in sorted(bench.study.classification.curve) for each in tried]
    key = tables_key(bench, [predictions_file(bench, arena, labels, view, each, share).name for each, share in asked])
    task = f"classification-curve-{digest(arena.name, labels.name, view)}"
    return keep_tables(bench, task, key, lambda: {"values": _curve(bench, arena, labels, view, asked)})["values"]


def _curve(
    bench: Bench, arena: Arena, labels: LabelSet, view: View, asked: Sequence[tuple[Classifier, float]]
) -> pd.DataFrame:
    study, tables = bench.study, []
    for share in dict.fromkeys(share for _, share in asked):
        tried = {each.name: each for each, other in asked if other == share}
        tallies = tallies_of(bench, arena, labels, {name: (each, view, share) for name, each in tried.items()})
        measured = classified(intervals(tallies, study.statistics, seed=study.seed), tried)
        said = told(bench, arena, labels, view, next(iter(tried.values())), share)
        tables.append(measured.assign(share=share, train=sum(one["train"] for one in said) / len(said)))
    return pd.concat(tables, ignore_index=True)


def by_view(bench: Bench, arena: Arena, labels: LabelSet | None) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Compare each view with the leading one, as the probe of each system with one vector a text reads it.

    Returns
    -------
    (pandas.DataFrame, pandas.DataFrame)
        Values: system, view, measure, value, spread, low, high, n, repeats. Differences to the leading view: system,
        view, measure, difference, low, high, p, p_holm (corrected for the views compared in a system by a measure),
        significant, n; none where there is one view. Both are empty without a label set.
    """
    if labels is None:
        return _view_tables([], [])
    probes = [Classifier(system, "probe") for system in single_vector(bench)]
    files = [predictions_file(bench, arena, labels, view, each).name for each in probes for view in arena.views]
    task = f"classification-views-{digest(arena.name, labels.name)}"
    tables = keep_tables(bench, task, tables_key(bench, files), lambda: _by_view(bench, arena, labels, probes))
    return tables["values"], tables["differences"]


def _by_view(bench: Bench, arena: Arena, labels: LabelSet, probes: Sequence[Classifier]) -> dict[str, pd.DataFrame]:
    study = bench.study
    values: list[pd.DataFrame] = []
    differences: list[pd.DataFrame] = []
    for each in probes:
        tallies = tallies_of(bench, arena, labels, {str(view): (each, view, 1.0) for view in arena.views})
        measured = intervals(tallies, study.statistics, seed=study.seed)
        tested = against(tallies, arena.views[0], study.statistics, seed=study.seed)
        for tables, table in ((values, measured), (differences, tested)):
            tables.append(table.rename(columns={"system": "view"}).assign(system=each.system))
    return dict(zip(("values", "differences"), _view_tables(values, differences), strict=True))


def _view_tables(
    values: Sequence[pd.DataFrame], differences: Sequence[pd.DataFrame]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    columns = [["system", "view", *measured] for measured in (MEASURED, TESTED)]
    return stacked(values, columns[0])[columns[0]], stacked(differences, columns[1])[columns[1]]
