"""What tuned models are tested on, and what a system reaches there in each task: computed once, or found."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from patbench_lib.bench.arena import Arena
from patbench_lib.bench.bench import Bench
from patbench_lib.bench.classification import usable_sets
from patbench_lib.bench.classified import Classifier, predictions
from patbench_lib.bench.cluster_cases import GOLDS, ways
from patbench_lib.bench.clustering import ELSEWHERE, LIBRARIES, Source
from patbench_lib.bench.keys import made_by
from patbench_lib.bench.partitions import label_sets, partition
from patbench_lib.classify.prediction import Prediction
from patbench_lib.classify.split import UnsplittableError
from patbench_lib.cluster.compare import FEWEST, Agreement, agree
from patbench_lib.cluster.gold import SMALLEST, gold
from patbench_lib.cluster.settings import Algorithm, Gold, Transform
from patbench_lib.evaluate.statistics import seed_of
from patbench_lib.kept import find_arrays, found_or_made, save_arrays
from patbench_lib.landscape.label_sets import LabelSet
from patbench_lib.landscape.views import View
from patbench_lib.study import digest
from patbench_lib.types import Ints


@dataclass(frozen=True)
class HeldOut:
    """What of a landscape tuned models are tested on: nothing of it was learnt from.

    Attributes
    ----------
    queries : rows of the landscape that are queries; candidates are those of the judgements.
    rows : publications whose labels are predicted and that are clustered, ascending.
    whole : whether it is all of the landscape, on which nothing was trained.
    """

    arena: Arena
    queries: Ints
    rows: Ints
    whole: bool


def held_out(bench: Bench, arena: Arena, *, whole: bool) -> HeldOut:
    """Return the test part of a landscape, or the whole of one that nothing was trained on.

    Models trained under the looser protocol are tested on the same publications; they have seen some of them.

    Raises
    ------
    PatbenchError
        Where the landscape cannot be parted.
    """
    if whole:
        return HeldOut(arena, arena.judgements.queries, np.arange(len(arena.landscape)), whole)
    parts = partition(bench, arena)
    return HeldOut(arena, parts.queries_of("test"), parts.rows("test"), whole)


def retrieval_scores(bench: Bench, held: HeldOut, system: str) -> pd.DataFrame:
    """Return a system's scores of the held-out queries on the leading view, in the columns of `Bench.scores`."""
    scores = bench.scores(system, held.arena, held.arena.views[0])
    numbers = np.array(held.arena.landscape.numbers, dtype=object)[held.queries]
    return scores[scores["query"].isin(set(numbers))].reset_index(drop=True)


def leading_labels(bench: Bench, arena: Arena) -> LabelSet | None:
    """Return the label set that a landscape is tested by, None where it has none.

    It is the one that label pairs of the study's own landscape come from, where it is usable here, else the first.
    """
    found = usable_sets(bench, arena)[0] or arena.label_sets[0]
    learnt = [labels.name for labels in label_sets(bench, bench.arena)]
    return min(found, key=lambda labels: labels.name not in learnt, default=None)


def predictions_by(bench: Bench, held: HeldOut, systems: Iterable[str]) -> dict[str, list[Prediction]]:
    """Return the predictions of systems by the leading labels; none where these are lacking or cannot be split."""
    labels = leading_labels(bench, held.arena)
    try:
        return {} if labels is None else {each: predictions_of(bench, held, labels, each) for each in systems}
    except UnsplittableError:
        return {}


def predictions_of(bench: Bench, held: HeldOut, labels: LabelSet, system: str) -> list[Prediction]:
    """Return what a probe on a system's vectors says of held-out publications, one prediction a split.

    On a whole landscape the splits are those of the study's classification. On a test part the probe learns from all
    other publications with a label, those between the parts included, and repeats differ in what it is chosen on.

    Raises
    ------
    UnsplittableError
        Where a part would be empty.
    """
    probe, test = Classifier(system, "probe"), None if held.whole else held.rows
    return predictions(bench, held.arena, labels, held.arena.views[0], probe, test=test).predictions


def agreements_by(bench: Bench, held: HeldOut, systems: Iterable[str]) -> dict[str, Agreement]:
    """Return how well clusters of systems agree with the leading labels; none where these give no classes."""
    labels = leading_labels(bench, held.arena)
    how = None if labels is None else leading_gold(bench, held, labels)
    if labels is None or how is None:
        return {}
    return {each: agreement_of(bench, held, labels, how, each) for each in systems}


def held_classes(held: HeldOut, labels: LabelSet, how: Gold) -> tuple[Ints, Ints]:
    """Return the held-out publications with a gold class of at least two of them, and the classes; both [m]."""
    rows, classes = gold(labels, how)
    inside = np.isin(rows, held.rows)
    rows, classes = rows[inside], classes[inside]
    kept = np.bincount(classes, minlength=len(labels.labels))[classes] >= SMALLEST
    return rows[kept], classes[kept]


def leading_gold(bench: Bench, held: HeldOut, labels: LabelSet) -> Gold | None:
    """Return the study's gold where it gives held-out classes to compare by, else the other; None where neither does.

    That takes two classes, `labels.min_support` publications and families enough to halve them; a test part, which is
    a share of the landscape, needs that share of the support.
    """
    share = len(held.rows) / len(held.arena.landscape)
    for how in sorted(GOLDS, key=lambda each: each != bench.study.clustering.gold):
        rows, classes = held_classes(held, labels, how)
        families = len(np.unique(held.arena.landscape.family[rows]))
        enough = len(rows) >= share * bench.study.labels.min_support and families >= FEWEST
        if enough and len(np.unique(classes)) > 1:
            return how
    return None


def agreement_of(
    bench: Bench, held: HeldOut, labels: LabelSet, how: Gold, system: str, *, view: View | None = None
) -> Agreement:
    """Return how well clusters of a system's vectors agree with the gold classes of held-out publications.

    The algorithm and the form of the vectors are the study's leading ones, under MTEB's protocol k-means on raw
    vectors. Computed or found.

    Parameters
    ----------
    view : that the system reads, where it is not the leading one.
    """
    rows, classes = held_classes(held, labels, how)
    source = Source(bench, system, view or held.arena.views[0], held.arena)
    path = _agreement_file(source, labels, how, rows, named=view is not None)
    family = held.arena.landscape.family[rows]

    def make(each: Path) -> None:
        study, way = bench.study, _way(bench)
        seed = seed_of(study.seed, "held out", labels.name, how)
        named = f"{system} {view}" if view else system  # the starts of two views differ as those of two systems do
        made = agree(source.vectors[rows], classes, family, way, study.clustering, seed=seed, system=named)
        save_arrays(each, {"values": made.values, "halves": made.halves})

    kept = found_or_made(path, find_arrays, make)
    return Agreement(kept["values"], kept["halves"], len(np.unique(family)), len(rows))


def _way(bench: Bench) -> tuple[Algorithm, Transform]:
    method, transform = ways(bench.study.clustering)[0]
    return ("k-means", "raw") if method == "MTEB" else (method, transform)


def _agreement_file(source: Source, labels: LabelSet, how: Gold, rows: Ints, *, named: bool) -> Path:
    """Return where an agreement is kept; the name holds the key of all that changes it, a named view's starts too."""
    study, arena = source.bench.study, source.arena
    asked = [labels.name, study.labels.min_support, study.labels.most, how, _way(source.bench), rows.tolist(), named]
    settings = study.clustering.model_dump(mode="json", exclude=ELSEWHERE)
    key = digest(source.key, asked, settings, study.seed, made_by("cluster", "bench", "evaluate", libraries=LIBRARIES))
    return source.bench.paths.results / "clusters" / f"{arena.name}.{source.view}.{source.system}.held.{key}.npz"
