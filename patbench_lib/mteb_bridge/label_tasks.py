"""Label sets of a landscape as classification and clustering tasks of MTEB, in memory."""

from __future__ import annotations

import numpy as np
from datasets import Dataset, DatasetDict
from mteb.abstasks.clustering import AbsTaskClustering
from mteb.abstasks.multilabel_classification import AbsTaskMultilabelClassification
from mteb.abstasks.task_metadata import TaskMetadata

from patbench_lib.bench.arena import Arena
from patbench_lib.bench.bench import Bench
from patbench_lib.bench.classified import splits
from patbench_lib.cluster.gold import gold
from patbench_lib.landscape.label_sets import LabelSet
from patbench_lib.landscape.views import View
from patbench_lib.mteb_bridge.names import revision_of
from patbench_lib.types import Ints


class LandscapeClassification(AbsTaskMultilabelClassification):  # type: ignore[misc]
    """Labels to be told from few examples, by MTEB's nearest neighbours.

    The split is the first of the study's, families whole; MTEB chooses nothing on validation data, so ours are learnt
    from as well.
    """

    def __init__(self, bench: Bench, arena: Arena, labels: LabelSet, view: View) -> None:
        self.metadata = _metadata(arena, labels, view, "MultilabelClassification", "f1")
        super().__init__()
        split = splits(bench, arena, labels)[0]
        train = np.sort(np.concatenate([split.train, split.validation]))
        parts = {"train": _labelled(arena, labels, view, train), "test": _labelled(arena, labels, view, split.test)}
        self.dataset, self.data_loaded = DatasetDict(parts), True


class LandscapeClustering(AbsTaskClustering):  # type: ignore[misc]
    """Publications with one label each, to be parted by MTEB's mini-batch k-means.

    The share of documents that is embedded is the study's `clustering.mteb_share`.
    """

    def __init__(self, bench: Bench, arena: Arena, labels: LabelSet, view: View) -> None:
        self.metadata = _metadata(arena, labels, view, "Clustering", "v_measure")
        super().__init__()
        settings, texts = bench.study.clustering, arena.texts(view)
        rows, classes = gold(labels, settings.gold)
        self.max_fraction_of_documents_to_embed = None if settings.mteb_share == 1 else settings.mteb_share
        content = {"sentences": [texts[row] for row in rows], "labels": [labels.labels[each] for each in classes]}
        self.dataset, self.data_loaded = {"default": {"test": Dataset.from_dict(content)}}, True


def _labelled(arena: Arena, labels: LabelSet, view: View, rows: Ints) -> Dataset:
    texts, having = arena.texts(view), [np.flatnonzero(labels.matrix[row]).tolist() for row in rows]
    return Dataset.from_dict({"text": [texts[row] for row in rows], "label": having})


def _metadata(arena: Arena, labels: LabelSet, view: View, kind: str, score: str) -> TaskMetadata:
    return TaskMetadata(
        name=f"{arena.name}-{view}-{labels.name}-{kind}",
        description=f"Labels {labels.name} of the patents of '{arena.name}'.",
        type=kind,
        category="t2c",
        dataset={"path": f"patbench/{arena.name}", "revision": revision_of(arena, arena.study)},
        eval_splits=["test"],
        eval_langs=["eng-Latn"],
        main_score=score,
    )
