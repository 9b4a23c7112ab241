"""One system's clusters looked into: how many there might be, where publications lie, and what clusters are about."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from patbench_lib.bench.bench import Bench
from patbench_lib.bench.cluster_cases import Case, cases, ways
from patbench_lib.bench.clustering import LIBRARIES, Source, best_system
from patbench_lib.bench.keys import made_by
from patbench_lib.cluster.algorithms import cluster
from patbench_lib.cluster.choose_k import candidates, chosen_k
from patbench_lib.cluster.project import project
from patbench_lib.cluster.settings import Algorithm, Transform
from patbench_lib.cluster.topics import topic_words
from patbench_lib.evaluate.statistics import seed_of
from patbench_lib.kept import keep_frame
from patbench_lib.landscape.schema import NOT_SHOWN
from patbench_lib.landscape.views import NEEDS
from patbench_lib.study import digest
from patbench_lib.types import Ints


def numbers_of_clusters(bench: Bench, system: str) -> pd.DataFrame:
    """Return silhouette and stability for each number of clusters of the study, computed or found.

    The publications are those of the leading case, so that its number of gold classes can stand beside; without gold
    classes all of them.

    Returns
    -------
    pandas.DataFrame
        As `cluster.choose_k.candidates` gives it.
    """
    settings, source = bench.study.clustering, Source(bench, system, bench.arena.views[0])
    rows, how = _gold_rows(bench), _way(bench)[1]
    shape = settings.ks, settings.starts, settings.repeats, settings.backend, settings.whitened_dims
    path = _path(source, "numbers", digest(rows.tolist(), how, shape))
    seed = seed_of(bench.study.seed, "numbers of clusters")
    return keep_frame(path, lambda: candidates(source.transformed(rows, how, seed=seed), settings.ks, settings, seed))


def cluster_map(bench: Bench, system: str) -> pd.DataFrame:
    """Return a system's clusters of all publications on the leading view, and where they lie in two dimensions.

    The leading algorithm and transform make as many clusters as the leading case has gold classes; without gold
    classes, as many as silhouette chooses. Where there are more publications than a map takes, it is of a sample.

    Returns
    -------
    pandas.DataFrame
        row (of the landscape), x, y, cluster (-1: in none), ascending by row.
    """
    settings, source = bench.study.clustering, Source(bench, system, bench.arena.views[0])
    algorithm, transform = _way(bench)
    k, most = _number(bench, system), settings.map.most
    path = _path(source, "map", digest(k, algorithm, transform, settings))

    def place() -> pd.DataFrame:
        seed = seed_of(bench.study.seed, "map")
        rows = np.arange(len(bench.arena.landscape))
        if len(rows) > most:
            rows = np.sort(np.random.default_rng(seed).choice(rows, size=most, replace=False))
        vectors = source.transformed(rows, transform, seed=seed)
        found = cluster(vectors, algorithm, k, settings, seed=seed)
        x, y = project(vectors[found.rows], settings.map, seed=seed).T
        return pd.DataFrame({"row": rows[found.rows], "x": x, "y": y, "cluster": found.clusters})

    return keep_frame(path, place)


def described_map(bench: Bench, placed: pd.DataFrame) -> pd.DataFrame:
    """Return a map with what is known of each publication.

    Parameters
    ----------
    placed : of `cluster_map`.

    Returns
    -------
    pandas.DataFrame
        row, x, y, cluster, then number (of publication), title, office, year (missing where it is unknown), gold (its
        class in the leading case, missing where it has none), labels (all of the leading label set, joined by commas).
    """
    patents = bench.arena.landscape.shown.patents.iloc[placed["row"]].reset_index(drop=True)
    named = placed.assign(
        number=patents["publication_number"].astype(str),
        title=patents["title"],
        office=patents["office"],
        year=patents["publication_date"].dt.year,
    )
    asked = cases(bench)
    if not asked:
        return named.assign(gold=None, labels="")
    labels, (rows, classes) = asked[0].labels, asked[0].classes
    gold = pd.Series(np.array(labels.labels, dtype=object)[classes], index=rows)
    kept = labels.matrix[placed["row"].to_numpy()]
    joined = [", ".join(name for name, has in zip(labels.labels, row, strict=True) if has) for row in kept]
    return named.assign(gold=gold.reindex(placed["row"]).to_numpy(), labels=joined)


def topics(bench: Bench, shown: pd.DataFrame) -> pd.DataFrame:
    """Return what the clusters of a map are about, the largest cluster first.

    Parameters
    ----------
    shown : of `described_map`.

    Returns
    -------
    pandas.DataFrame
        cluster, publications, class (the most frequent gold class among those that have one), share (of these), words;
        of a view with a licensed section `NOT_SHOWN`, for words of such texts are such texts.
    """
    view = bench.arena.views[0]
    texts, licensed = bench.arena.texts(view), not bench.arena.landscape.may_show(*NEEDS[view])
    said = topic_words([texts[row] for row in shown["row"]], shown["cluster"].to_numpy())
    rows = []
    for number, best in said.items():
        mine = shown[shown["cluster"] == number]
        classes = mine["gold"].dropna().value_counts()
        top, share = (str(classes.index[0]), classes.iloc[0] / classes.sum()) if len(classes) else (None, None)
        rows.append((number, len(mine), top, share, NOT_SHOWN if licensed else ", ".join(best)))
    table = pd.DataFrame(rows, columns=["cluster", "publications", "class", "share", "words"])
    return table.sort_values(["publications", "cluster"], ascending=[False, True], ignore_index=True)


@dataclass(frozen=True)
class Looked:
    """One system's clusters as a notebook shows them.

    Attributes
    ----------
    numbers : of `numbers_of_clusters`.
    chosen : what each criterion chooses, of `cluster.choose_k.chosen_k`.
    shown : of `described_map`.
    topics : of `topics`.
    """

    system: str
    case: Case | None
    numbers: pd.DataFrame
    chosen: dict[str, int]
    shown: pd.DataFrame
    topics: pd.DataFrame


def best_looked_into(bench: Bench, results: pd.DataFrame) -> Looked | None:
    """Return all that is shown of the clusters of the best system, None where no system makes one vector a text.

    Parameters
    ----------
    results : of `bench.clustering.clustering_results`.
    """
    if (system := best_system(bench, results)) is None:
        return None
    numbers = numbers_of_clusters(bench, system)
    shown = described_map(bench, cluster_map(bench, system))
    case = next(iter(cases(bench)), None)
    return Looked(system, case, numbers, chosen_k(numbers), shown, topics(bench, shown))


def _way(bench: Bench) -> tuple[Algorithm, Transform]:
    """Return what clusters all publications: the leading algorithm and transform, those of MTEB's protocol too."""
    settings = bench.study.clustering
    return settings.algorithms[0], ways(settings)[0][1]


def _gold_rows(bench: Bench) -> Ints:
    asked = cases(bench)
    return asked[0].classes[0] if asked else np.arange(len(bench.arena.landscape))


def _number(bench: Bench, system: str) -> int:
    if asked := cases(bench):
        return len(np.unique(asked[0].classes[1]))
    return chosen_k(numbers_of_clusters(bench, system)).get("silhouette", 2)


def _path(source: Source, what: str, key: str) -> Path:
    bench = source.bench
    full = digest(source.key, key, bench.study.seed, made_by("cluster", "bench", "evaluate", libraries=LIBRARIES))
    return bench.paths.results / "clusters" / f"{bench.arena.name}.{source.view}.{source.system}.{what}.{full}.parquet"
