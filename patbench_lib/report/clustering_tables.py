"""Tables of notebook 09: what clusters are held against, what they are worth, and which view suits which task."""

from __future__ import annotations

import numpy as np
import pandas as pd
from great_tables import GT, loc, style

from patbench_lib.bench.bench import Bench
from patbench_lib.bench.cluster_cases import GOLDS, Case, usable
from patbench_lib.bench.cluster_map import Looked
from patbench_lib.bench.clustering import select
from patbench_lib.cluster.gold import gold
from patbench_lib.report.tables import table

NO_GOLD = "No label set of this landscape gives enough publications one of two classes or more."
NO_VECTORS = "No system of this study makes one vector a text."
_CHANCE = {
    "k-means": ("seeds", "chance in the algorithm alone"),
    "MTEB": ("experiments", "chance in the documents that each draws with replacement, under one seed of k-means"),
}
_SAMPLED = "seeds", "chance in the sample that is clustered"


def why_nothing(case: Case | None) -> str:
    """Return why a study has no clusters to judge."""
    return NO_GOLD if case is None else NO_VECTORS


def chance(method: str) -> tuple[str, str]:
    """Return what the repeats of a method are called, and what chance makes them differ."""
    return _CHANCE.get(method, _SAMPLED)


def spread_notes(mine: pd.DataFrame) -> list[str]:
    """Return what the spreads of results are over, by method; those of one run alone have none."""
    notes: dict[str, list[str]] = {}
    for method, repeats in mine.groupby("method", sort=False)["repeats"].max().items():
        over, what = chance(str(method))
        said = f"mean ± standard deviation over {repeats} {over}, which is {what}"
        notes.setdefault(said if repeats > 1 else "one run, which has no spread", []).append(str(method))
    return [f"{', '.join(methods)}: {said}." for said, methods in notes.items()]


def gold_table(bench: Bench, *, synthetic: bool) -> GT:
    """Return for each label set how many publications have a class by one label, and by their first label."""
    rows, (sets, reasons) = [], bench.arena.label_sets
    for labels in sets:
        row: dict[str, object] = {"label set": bench.arena.landscape.marked(labels.name), "labels": len(labels.labels)}
        for how in GOLDS:
            found, counts = np.unique(gold(labels, how)[1], return_counts=True)
            largest = f"{counts.max() / counts.sum():.0%}" if len(found) else "–"
            values = (int(counts.sum()), len(found), largest)
            row |= {f"{how}: {what}": value for what, value in zip(_SIZES, values, strict=True)}
        rows.append(row)
    columns = ["label set", "labels", *(f"{how}: {what}" for how in GOLDS for what in _SIZES)]
    notes = ["largest: share of the publications in the largest class.", *_left_out({**reasons, **usable(bench)[1]})]
    whole = [column for column in columns[1:] if not column.endswith("largest")]
    shown = table(
        pd.DataFrame(rows, columns=columns), whole=whole if rows else [], unbroken=["label set"], notes=notes,
        synthetic=synthetic,
    )  # fmt: skip
    for how in GOLDS:
        mine = [f"{how}: {what}" for what in _SIZES]
        shown = shown.tab_spanner(_HOW[how], columns=mine).cols_label({c: c.partition(": ")[2] for c in mine})
    return shown.cols_align("right", columns=columns[1:])


_SIZES = ("publications", "classes", "largest")
_HOW = {"single": "single: one label alone", "primary": "primary: by the first label"}


def _left_out(reasons: dict[str, str]) -> list[str]:
    return [f"Left out: {name}: {reason}{'' if reason.endswith('?') else '.'}" for name, reason in reasons.items()]


def systems_table(results: pd.DataFrame, case: Case | None, measure: str, *, synthetic: bool) -> GT:
    """Return systems by label sets for both golds: mean ± spread of a measure, the best of a label set in bold.

    Parameters
    ----------
    results : of `bench.clustering.clustering_results`.
    case : the leading one; its view, algorithm and transform are shown.
    """
    if case is None or results.empty:
        return table(pd.DataFrame(columns=["system"]), notes=[why_nothing(case)], synthetic=synthetic)
    mine = select(results, case, but="label_set gold")
    mine = mine[mine["measure"] == measure]
    golds, sets = list(dict.fromkeys(mine["gold"])), list(dict.fromkeys(mine["label_set"]))
    wide = mine.pivot(index=["gold", "system"], columns="label_set", values="value")[sets]
    wide = wide.reindex(pd.MultiIndex.from_product([golds, _order(mine, case)], names=["gold", "system"]))
    spread = mine.set_index(["gold", "system", "label_set"])["spread"]
    cells = wide.apply(lambda column: [_cell(v, spread.get((*at, column.name))) for at, v in column.items()])
    shown = table(cells.reset_index(), unbroken=["system", *sets], notes=spread_notes(mine), synthetic=synthetic)
    shown = shown.cols_align("right", columns=sets)
    flat = wide.reset_index()
    for name in sets:
        for best in flat.dropna(subset=[name]).groupby("gold")[name].idxmax():
            shown = shown.tab_style(style.text(weight="bold"), loc.body(columns=name, rows=[int(best)]))
    return shown


def _order(mine: pd.DataFrame, case: Case) -> list[str]:
    """Return the systems, the best of the leading case first."""
    lead = mine[(mine["label_set"] == case.labels.name) & (mine["gold"] == case.gold)]
    return lead.sort_values("value", ascending=False, kind="stable")["system"].tolist()


def _cell(value: float, spread: float | None) -> str:
    """Return a value and its spread, a dash where there is no value, and the value alone where there is no spread."""
    if pd.isna(value):
        return "–"
    return f"{value:.3f}{'' if pd.isna(spread) else f' ± {spread:.3f}'}".replace("-", "−")


def ways_table(results: pd.DataFrame, case: Case | None, system: str | None, *, synthetic: bool) -> GT:
    """Return what every algorithm makes of every form of a system's vectors, on the leading label set and gold."""
    if case is None or system is None or results.empty:
        return table(pd.DataFrame(columns=["algorithm"]), notes=[why_nothing(case)], synthetic=synthetic)
    mine = select(results, case, but="method transform")
    mine = mine[mine["system"] == system]
    measures = [name for name in ("V-measure", "ARI", "AMI", "silhouette") if name in set(mine["measure"])]
    rows = []
    for (method, transform), way in mine.groupby(["method", "transform"], sort=False):
        values = way.set_index("measure")
        first = values.iloc[0]
        row = {"algorithm": method, "vectors": transform}
        row |= {name: _cell(values["value"][name], values["spread"][name]) for name in measures}
        rows.append({**row, "clusters": f"{first['clusters']:g}", "noise": first["noise"], "runs": first["repeats"]})
    frame = pd.DataFrame(rows)
    shown = table(
        frame, percent=["noise"], whole=["runs"], unbroken=[*map(str, frame)], notes=spread_notes(mine),
        synthetic=synthetic,
    )  # fmt: skip
    return shown.cols_align("right", columns=[*measures, "clusters"])


def tasks_table(views: pd.DataFrame, lead: str, *, synthetic: bool) -> GT:
    """Return tasks and systems by views: the value, the best view in bold, and a mark where a test tells it apart.

    Parameters
    ----------
    views : of `bench.tasks.views_by_task`.
    lead : the leading view.
    """
    order = list(dict.fromkeys(views["view"]))
    index = ["task", "system"]
    wide = views.pivot(index=index, columns="view", values="value")[order]
    wide = wide.reindex(pd.MultiIndex.from_frame(views[index].drop_duplicates()))
    marks = views.set_index([*index, "view"])["mark"]
    cells = wide.apply(lambda column: [_tested(v, marks.get((*at, column.name), 0)) for at, v in column.items()])
    measures = dict(zip(views["task"], views["measure"], strict=True))
    notes = [
        f"{'; '.join(f'{task}: {measure}' for task, measure in measures.items())}. Bold: best view of the row.",
        f"▲ above, ▼ below {lead}: paired randomisation test over families, Holm-corrected for the views of a system.",
    ]
    if "clustering" in measures:
        spreads = views["spread"].dropna()
        most = f"; its standard deviations over repeats are {spreads.max():.3f} at most" if len(spreads) else ""
        notes.append(f"Clustering is not tested{most}.")
    shown = table(cells.reset_index(), unbroken=["task", "system", *order], notes=notes, synthetic=synthetic)
    shown = shown.cols_align("right", columns=order)
    for number, best in enumerate(wide.to_numpy().argmax(axis=1)):
        shown = shown.tab_style(style.text(weight="bold"), loc.body(columns=order[best], rows=[number]))
    return shown


def _tested(value: float, mark: float) -> str:
    return f"{value:.3f} " + ("▲" if mark > 0 else "▼" if mark < 0 else "\u2007")


def topics_table(looked: Looked | None, *, synthetic: bool) -> GT:
    """Return what each cluster is about, beside the gold class that most of its publications have."""
    if looked is None:
        empty = pd.DataFrame(columns=["cluster", "words"])
        return table(empty, notes=[NO_VECTORS], synthetic=synthetic)
    notes = ["class: the most frequent among publications that have one; share: of these."]
    return table(looked.topics, whole=["publications"], percent=["share"], notes=notes, synthetic=synthetic)
