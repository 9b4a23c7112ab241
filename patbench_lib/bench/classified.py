"""Splits and predictions as they are kept: each computed once for all that changes it, or found."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from patbench_lib.bench.arena import Arena
from patbench_lib.bench.bench import Bench
from patbench_lib.bench.keys import made_by, model_key
from patbench_lib.bench.parts import find_parts, find_said, save_parts
from patbench_lib.bench.variants import single_vector
from patbench_lib.classify.fit import predict_bm25_knn, predict_knn, predict_prior, predict_probe, predict_tfidf
from patbench_lib.classify.prediction import Prediction
from patbench_lib.classify.split import Split, make_split, split_off, training_share
from patbench_lib.evaluate.statistics import seed_of
from patbench_lib.kept import found_or_made
from patbench_lib.landscape.label_sets import LabelSet
from patbench_lib.landscape.views import View, words_read
from patbench_lib.models.permission import pick_device
from patbench_lib.study import Study, digest
from patbench_lib.types import Ints

LIBRARIES = ("scikit-learn", "torch", "bm25s")
"""What predictions are made by, beside this package."""

Method = Literal["probe", "kNN", "baseline"]
"""How a classifier decides: by logistic regression on vectors, by neighbours among them, or without vectors."""


@dataclass(frozen=True)
class Classifier:
    """A system and what decides on its vectors, or a baseline, which is a system of its own."""

    system: str
    method: Method

    @property
    def name(self) -> str:
        """Return what tables and figures call it."""
        return self.system if self.method == "baseline" else f"{self.system} {self.method}"


@dataclass(frozen=True)
class Kept:
    """Predictions of a classifier, one for each split, and what its fits had to say."""

    predictions: list[Prediction]
    made: list[dict[str, Any]]


def classifiers(bench: Bench) -> list[Classifier]:
    """Return all classifiers of a study: two for each system that has one vector a text, then the baselines."""
    methods: tuple[Method, ...] = ("probe", "kNN")
    with_vectors = [Classifier(system, method) for method in methods for system in single_vector(bench)]
    return [*with_vectors, *(Classifier(name, "baseline") for name in bench.study.classification.baselines)]


def splits(bench: Bench, arena: Arena, labels: LabelSet, *, test: Ints | None = None) -> list[Split]:
    """Return the splits of a label set, one for each repeat: alike for all classifiers, so that they compare in pairs.

    A date split has no repeats: time passes once.

    Parameters
    ----------
    test : publications to test on, where something else than the study's classification says which.

    Raises
    ------
    UnsplittableError
        Where a part would be empty.
    """
    key = digest(*_split_parts(bench, arena, labels, test))
    path = _folder(bench) / f"{arena.name}.{_plain(labels.name)}.split.{key}.npz"

    def make(each: Path) -> None:
        landscape, settings, seeds = arena.landscape, bench.study.classification, _seeds(bench, labels, test)
        if test is None:
            made = [make_split(labels, landscape, settings, seed) for seed in seeds]
        else:
            made = [split_off(labels, landscape, settings, test, seed) for seed in seeds]
        arrays = [{name: getattr(split, name) for name in _ROWS} for split in made]
        save_parts(each, arrays, [{"absent": dict(split.absent)} for split in made])

    parts, said = found_or_made(path, find_parts, make)
    absent = [{label: tuple(parts) for label, parts in each["absent"].items()} for each in said]
    return [Split(**part, absent=lacking) for part, lacking in zip(parts, absent, strict=True)]


_ROWS = ("train", "validation", "test", "straddling", "undated")


def predictions(
    bench: Bench,
    arena: Arena,
    labels: LabelSet,
    view: View,
    classifier: Classifier,
    *,
    share: float = 1.0,
    test: Ints | None = None,
) -> Kept:
    """Return what a classifier says of the test publications of every split, computed or found.

    Parameters
    ----------
    share : of the training families, nested: a smaller share is a part of a larger one. Validation and test stay.
    test : as `splits` has it.
    """
    asked = bench, arena, labels, view, classifier, share, test
    arrays, said = found_or_made(predictions_file(*asked), find_parts, lambda path: _predict(path, *asked))
    return Kept([Prediction(gold=labels.matrix[part["rows"]], **part) for part in arrays], said)


def told(
    bench: Bench,
    arena: Arena,
    labels: LabelSet,
    view: View,
    classifier: Classifier,
    share: float = 1.0,
    test: Ints | None = None,
) -> list[dict[str, Any]]:
    """Return what the fits behind `predictions` had to say, without loading what they predicted."""
    asked = bench, arena, labels, view, classifier, share, test
    return found_or_made(predictions_file(*asked), find_said, lambda path: _predict(path, *asked))


def _predict(
    path: Path,
    bench: Bench,
    arena: Arena,
    labels: LabelSet,
    view: View,
    classifier: Classifier,
    share: float,
    test: Ints | None,
) -> None:
    """Fit and predict on every split, and keep what comes of it under a path."""
    arrays, said = [], []
    made_splits = splits(bench, arena, labels, test=test)
    features = _features(bench, arena, view, classifier)
    for seed, split in zip(_seeds(bench, labels, test), made_splits, strict=True):
        train = training_share(split, labels, arena.landscape.family, share, seed) if share < 1 else split.train
        began = time.perf_counter()
        made, words = _fit(bench.study, features, labels, classifier, split, train)
        seconds = time.perf_counter() - began
        arrays.append({"rows": made.rows, "scores": made.scores, "decided": made.decided})
        said.append({**words, "train": len(train), "seconds": seconds})
    save_parts(path, arrays, said)


def predictions_file(
    bench: Bench,
    arena: Arena,
    labels: LabelSet,
    view: View,
    classifier: Classifier,
    share: float = 1.0,
    test: Ints | None = None,
) -> Path:
    """Return where predictions are kept; the name holds the key of all that changes them."""
    key = digest(
        _split_parts(bench, arena, labels, test),
        bench.study.classification.model_dump(mode="json", exclude={"baselines", "baseline", "curve"}),
        [view, words_read(view, bench.study.description_words)],
        [classifier.system, classifier.method, share],
        _reads(bench, classifier),
        made_by("bench", "encode", "retrieve", libraries=LIBRARIES),
    )
    part = "" if share == 1 else f".{share:g}"
    name = f"{arena.name}.{_plain(labels.name)}.{view}.{classifier.system}.{classifier.method}{part}.{key}.npz"
    return _folder(bench) / name


def _features(bench: Bench, arena: Arena, view: View, classifier: Classifier) -> Any:
    """Return what a classifier learns from: vectors [n, d], or with a baseline texts, of all publications."""
    if classifier.method == "baseline":
        return arena.texts(view)
    return bench.encoded(classifier.system, arena, view, task="classification").vectors


def _fit(
    study: Study, features: Any, labels: LabelSet, classifier: Classifier, split: Split, train: Ints
) -> tuple[Prediction, dict[str, Any]]:
    settings, validation, test = study.classification, split.validation, split.test
    device = pick_device(study.encoding.device)
    if classifier.method == "probe":
        return predict_probe(features, labels, train, validation, test, settings, device=device)
    if classifier.method == "kNN":
        return predict_knn(features, labels, train, test, settings)
    if classifier.system == "prior":
        return predict_prior(labels, train, validation, test, settings)
    if classifier.system == "BM25-kNN":
        return predict_bm25_knn(features, labels, train, test, settings, study.bm25)
    return predict_tfidf(features, labels, train, validation, test, settings, device=device)


def _reads(bench: Bench, classifier: Classifier) -> str:
    """Return the key of how a classifier reads texts."""
    if classifier.method == "baseline":
        return digest(bench.study.bm25) if classifier.system == "BM25-kNN" else ""
    return model_key(bench.study, bench.study.card(classifier.system))


def _seeds(bench: Bench, labels: LabelSet, test: Ints | None) -> list[int]:
    settings = bench.study.classification
    repeats = 1 if settings.split == "date" and test is None else settings.repeats
    return [seed_of(bench.study.seed, "split", labels.name, repeat) for repeat in range(repeats)]


def _split_parts(bench: Bench, arena: Arena, labels: LabelSet, test: Ints | None) -> list[Any]:
    """Return all that changes the splits of a label set, the labels themselves included."""
    settings, asked = bench.study.classification, bench.study.labels
    shape = settings.split, settings.validation, settings.test, settings.repeats
    code = made_by("classify", "evaluate", libraries=("iterative-stratification",))
    tested = None if test is None else test.tolist()
    return [arena.key, labels.name, asked.min_support, asked.most, shape, bench.study.seed, code, tested]


def _folder(bench: Bench) -> Path:
    return bench.paths.results / "classes"


def _plain(name: str) -> str:
    """Return a label set's name fit for a file, whose key tells names of one beginning apart.

    A user's column may be called anything, by as many bytes as a file system takes for a whole name.
    """
    return re.sub(r"[^\w.+-]+", "_", name)[:40]
