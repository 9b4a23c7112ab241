"""Clustering on the bench: every system's clusters held against the labels of publications, by seeds and measures."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from patbench_lib.bench.arena import Arena
from patbench_lib.bench.bench import Bench
from patbench_lib.bench.cluster_cases import Case, cases
from patbench_lib.bench.keys import code_digest, made_by, model_key
from patbench_lib.bench.results import card_provenance, keep_tables, run_provenance
from patbench_lib.bench.variants import single_vector
from patbench_lib.cluster.algorithms import NOISE, cluster, differs_by_seed
from patbench_lib.cluster.measures import agreement, noise_share, silhouette
from patbench_lib.cluster.mteb_protocol import v_measures
from patbench_lib.cluster.settings import Transform
from patbench_lib.cluster.transform import transformed
from patbench_lib.evaluate.statistics import seed_of
from patbench_lib.kept import keep_frame
from patbench_lib.landscape.views import View, words_read
from patbench_lib.study import digest
from patbench_lib.types import Floats, Ints

LIBRARIES = ("scikit-learn", "faiss-cpu", "umap-learn")
"""Whose versions may change clusters, or a map of them."""

MEASURES = ("V-measure", "ARI", "AMI", "homogeneity", "completeness", "silhouette")
WAY = ["landscape", "view", "system", "label_set", "gold", "method", "transform"]
"""What the mean over seeds holds fixed."""

MEASURED = ["value", "spread", "n", "classes", "clusters", "noise", "repeats"]
SCORED = ["repeat", "measure", "value", "n", "classes", "clusters", "noise"]


class Source:
    """A system's vectors on a view, loaded when something has to be made of them."""

    def __init__(self, bench: Bench, system: str, view: View, arena: Arena | None = None) -> None:
        self.bench, self.system, self.view, self.arena = bench, system, view, arena or bench.arena
        self._whitened: dict[tuple[bytes, int], Floats] = {}

    @cached_property
    def vectors(self) -> Floats:
        """Vectors of all publications of the landscape, the study's own where none is named, shape [n, d].

        They are made with the prompt that the model's card has for clustering, else with that for documents.
        """
        return self.bench.encoded(self.system, self.arena, self.view, task="clustering").vectors

    @cached_property
    def key(self) -> str:
        """Digest of all that changes the vectors."""
        study = self.bench.study
        words = words_read(self.view, study.description_words)
        model = model_key(study, study.card(self.system))
        return digest(self.arena.key, self.view, words, model, code_digest("encode"))

    def transformed(self, rows: Ints, how: Transform, *, seed: int) -> Floats:
        """Return the vectors of some publications, transformed by what these alone say, shape [rows, d].

        Whitened ones are kept: they take seconds and have few dimensions.
        """
        dims, key = self.bench.study.clustering.whitened_dims, (rows.tobytes(), seed)
        if how != "whitened":
            return transformed(self.vectors[rows], how, dims=dims, seed=seed)
        if key not in self._whitened:
            self._whitened[key] = transformed(self.vectors[rows], how, dims=dims, seed=seed)
        return self._whitened[key]


def cluster_system(bench: Bench, system: str) -> pd.DataFrame:
    """Return what a system's clusters are worth in every case of the study, as `clustering_scores` gives it."""
    asked = cases(bench)
    sources = {view: Source(bench, system, view) for view in dict.fromkeys(case.view for case in asked)}
    scores = [clustering_scores(sources[case.view], case) for case in asked]
    return pd.concat(scores, ignore_index=True) if scores else pd.DataFrame(columns=[*WAY, *SCORED])


def clustering_scores(source: Source, case: Case) -> pd.DataFrame:
    """Return what a system's clusters are worth, one row a repeat and measure, computed or found.

    Returns
    -------
    pandas.DataFrame
        landscape, view, system, label_set, gold, method, transform, then repeat, measure, value, n (publications that
        were clustered, or that MTEB's experiments draw from), classes (of the gold, under MTEB's protocol of those n),
        clusters (found, noise not counted; asked for under MTEB's protocol), noise (share of publications).
    """
    kept = keep_frame(scores_file(source, case), lambda: pd.DataFrame(list(_measured(source, case))))
    fixed = source.arena.name, case.view, source.system, case.labels.name, case.gold, case.method, case.transform
    scores = kept.assign(**dict(zip(WAY, fixed, strict=True)))
    return scores[[*WAY, *SCORED]]


def scores_file(source: Source, case: Case) -> Path:
    """Return where the scores of a case are kept; the name holds the key of all that changes them."""
    study, arena = source.bench.study, source.arena
    settings = study.clustering.model_dump(mode="json", exclude=ELSEWHERE)
    asked = [case.labels.name, study.labels.min_support, study.labels.most, case.gold, case.method, case.transform]
    key = digest(source.key, asked, settings, study.seed, made_by("cluster", "bench", "evaluate", libraries=LIBRARIES))
    name = f"{arena.name}.{case.view}.{source.system}.{case.method}.{case.transform}.{case.gold}.{key}.parquet"
    return source.bench.paths.results / "clusters" / name


ELSEWHERE = {"algorithms", "transforms", "gold", "ks", "map"}
"""Settings that say which cases there are, or nothing of clusters: a case does not depend on them."""


def _measured(source: Source, case: Case) -> Iterator[dict[str, Any]]:
    study = source.bench.study
    settings, (rows, classes) = study.clustering, case.classes
    number = len(np.unique(case.held))
    vectors = source.transformed(rows, case.transform, seed=study.seed)
    if case.method == "MTEB":
        values = v_measures(vectors, classes, share=case.share)
        shape = {"n": len(case.held), "classes": number, "clusters": number, "noise": 0.0}
        yield from ({"repeat": i, "measure": "V-measure", "value": v, **shape} for i, v in enumerate(values))
        return
    repeats = settings.repeats if differs_by_seed(case.method, len(rows), settings) else 1
    for repeat in range(repeats):
        seed = seed_of(study.seed, "clusters", case.labels.name, case.gold, repeat)
        found = cluster(vectors, case.method, number, settings, seed=seed)
        shape = {"n": len(found.rows), "classes": number, **described(found.clusters)}
        measured = agreement(classes[found.rows], found.clusters)
        measured["silhouette"] = silhouette(vectors[found.rows], found.clusters, seed=seed)
        yield from ({"repeat": repeat, "measure": m, "value": measured[m], **shape} for m in MEASURES)


def described(clusters: Ints) -> dict[str, float]:
    """Return how many clusters there are, noise not counted, and the share of noise."""
    return {"clusters": len(np.unique(clusters[clusters != NOISE])), "noise": noise_share(clusters)}


def over_seeds(scores: pd.DataFrame) -> pd.DataFrame:
    """Return mean and spread over repeats: seeds, or MTEB's experiments.

    Parameters
    ----------
    scores : as `cluster_system` gives them.

    Returns
    -------
    pandas.DataFrame
        landscape, view, system, label_set, gold, method, transform, measure, value (mean), spread (standard deviation
        over repeats with n - 1, missing of one), n, classes, clusters and noise (means), repeats.
    """
    groups = scores.groupby([*WAY, "measure"], sort=False)
    table = groups[["value", "n", "classes", "clusters", "noise"]].mean()
    table.insert(1, "spread", groups["value"].std(ddof=1))
    table["repeats"] = groups.size()
    return table.astype({"n": int, "classes": int}).reset_index()


def clustering_results(bench: Bench) -> pd.DataFrame:
    """Compute or find what the clusters of every system with one vector a text are worth, and write and return it.

    Returns
    -------
    pandas.DataFrame
        As `over_seeds` gives it, with study, task and provenance; empty where no label set gives gold classes.
    """
    systems = single_vector(bench)
    sources = {(system, case.view): Source(bench, system, case.view) for system in systems for case in cases(bench)}
    files = [scores_file(sources[system, case.view], case).name for system in systems for case in cases(bench)]
    key = digest(files, code_digest("bench"))
    return keep_tables(bench, "clustering", key, lambda: {"results": _results(bench, systems)})["results"]


def _results(bench: Bench, systems: list[str]) -> pd.DataFrame:
    tables = [over_seeds(cluster_system(bench, system)) for system in systems]
    if not any(map(len, tables)):
        return pd.DataFrame(columns=[*WAY, "measure", *MEASURED])
    shared = {**run_provenance(bench, bench.arena), "clustering": bench.study.clustering.model_dump_json()}
    described = [table.assign(**card_provenance(bench, s), **shared) for s, table in zip(systems, tables, strict=True)]
    return pd.concat(described, ignore_index=True)


def select(results: pd.DataFrame, case: Case, *, but: str = "") -> pd.DataFrame:
    """Return the results of a case; `but` names the columns that it leaves open, divided by spaces."""
    fixed = {"view": case.view, "label_set": case.labels.name, "gold": case.gold, "method": case.method}
    fixed["transform"] = case.transform
    wanted = [results[column] == value for column, value in fixed.items() if column not in but.split()]
    return results[np.logical_and.reduce(wanted)]


def best_system(bench: Bench, results: pd.DataFrame) -> str | None:
    """Return the system whose clusters have the highest V-measure in the leading case.

    Without gold classes it is the first system with one vector a text, and None where the study has none.
    """
    asked, systems = cases(bench), single_vector(bench)
    if not asked or not systems:
        return systems[0] if systems else None
    lead = select(results, asked[0])
    lead = lead[lead["measure"] == "V-measure"]
    return str(lead["system"].iloc[int(lead["value"].to_numpy().argmax())])
