from __future__ import annotations

import random
from math import sqrt
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from fixtures.labelled import label_set

from patbench_lib.bench import cluster_map, clustering
from patbench_lib.bench.bench import Bench
from patbench_lib.bench.cluster_cases import cases, usable, ways
from patbench_lib.bench.cluster_map import best_looked_into
from patbench_lib.bench.clustering import (
    Source,
    best_system,
    clustering_results,
    clustering_scores,
    over_seeds,
    select,
)
from patbench_lib.bench.results import query_results
from patbench_lib.bench.tasks import views_by_task
from patbench_lib.cluster.settings import Clustering
from patbench_lib.parameters import make_study

CLUSTERING: dict[str, Any] = {
    "starts": 2, "repeats": 2, "whitened_dims": 8, "min_cluster_size": 4, "ks": [2, 4], "map": {"method": "pca"}
}  # fmt: skip
SMALL: dict[str, Any] = {
    "name": "small",
    "landscape": {"source": "demo", "publications": 80},
    "external": None,
    "views": ["TA", "C1"],
    "systems": ["BM25", "LSA"],
    "depth": 20,
    "measures": ["nDCG@10"],
    "statistics": {"resamples": 100, "permutations": 100},
    "labels": {"min_support": 6},
    "classification": {"repeats": 1, "strengths": [1.0], "curve": [1.0]},
    "clustering": CLUSTERING,
}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One home for all, so that landscape and vectors are made once."""
    return tmp_path_factory.mktemp("home")


def bench(root: Path, **changes: Any) -> Bench:
    settings = {**CLUSTERING, **changes.pop("clustering", {})}
    return Bench(make_study({**SMALL, **changes, "clustering": settings}, where="test"), root, progress=False)


def test_the_leading_case_comes_first_and_no_case_twice(home: Path) -> None:
    made = bench(home)
    found = cases(made)
    lead = found[0]
    assert (lead.labels.name, lead.gold, lead.view) == ("at_domain", "single", "TA")
    assert (lead.method, lead.transform) == ("k-means", "normalised")
    named = [(case.labels.name, case.gold, case.view, case.method, case.transform) for case in found]
    assert len(set(named)) == len(named)
    # Both golds of the leading set by 3 algorithms on 3 forms of the vectors, on the leading view.
    assert sum(name == "at_domain" and view == "TA" for name, _, view, _, _ in named) == 2 * 3 * 3
    assert [rest for name, *rest in named if rest[1] == "C1"] == [["single", "C1", "k-means", "normalised"]]
    # cpc_group has several labels on every publication, so the single gold gives it no class.
    assert {gold for name, gold, *_ in named if name == "cpc_group"} == {"primary"}


def test_mtebs_protocol_takes_the_place_of_algorithms_and_transforms(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("patbench_lib.cluster.mteb_protocol.DOCUMENTS", 256)
    made = bench(home, clustering={"protocol": "mteb"}, labels={"sets": ["at_domain"], "min_support": 6})
    assert ways(made.study.clustering) == [("MTEB", "raw")]
    results = clustering_results(made)
    assert set(results["measure"]) == {"V-measure"}
    assert set(results["repeats"]) == {10}
    assert results["value"].between(0, 1).all()


def test_mtebs_share_says_what_was_clustered_and_leaves_out_by_name_what_it_makes_too_small(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("patbench_lib.cluster.mteb_protocol.DOCUMENTS", 64)
    labels = {"sets": ["at_domain"], "min_support": 6}
    classes = cases(bench(home, labels=labels))[0].classes[1]
    made = bench(home, clustering={"protocol": "mteb", "mteb_share": 0.5}, labels=labels)
    row = select(clustering_results(made), cases(made)[0]).iloc[0]
    # MTEB takes the floor of the share, in the order that Random(42) draws it in.
    drawn = random.Random(42).sample(range(len(classes)), k=len(classes) // 2)
    assert row["n"] == len(drawn)
    assert row["classes"] == row["clusters"] == len(np.unique(classes[drawn]))
    for share in (0.05, 0.001):
        few = bench(home, clustering={"protocol": "mteb", "mteb_share": share}, labels=labels)
        said = f"{int(share * len(classes))} publications in the share of {share:g} have a class"
        assert usable(few)[1]["at_domain, single"].startswith(said)
        assert cases(few) == []
        assert clustering_results(few).empty


def test_a_gold_of_too_few_publications_does_not_lead() -> None:
    # A has two publications with one label, which would be enough for two classes and not for min_support
    both = np.array([[1, 0], [1, 0], [0, 1], [0, 1], *[[1, 1]] * 4], dtype=bool)
    other = np.array([[0, 1]] * 4 + [[1, 0]] * 4, dtype=bool)
    one_class = np.array([[1, 0]] * 6 + [[1, 1]] * 2, dtype=bool)
    sets = [label_set(matrix, name) for name, matrix in (("A", both), ("B", other), ("C", one_class))]
    made = SimpleNamespace(
        arena=SimpleNamespace(label_sets=(sets, {}), views=["TA"]),
        study=SimpleNamespace(clustering=Clustering(), labels=SimpleNamespace(min_support=6)),
    )
    pairs, reasons = usable(made)  # type: ignore[arg-type]
    assert [(labels.name, how) for labels, how in pairs] == [("B", "single"), ("A", "primary"), ("B", "primary")]
    assert reasons == {
        "A, single": "4 publications have a class, and 6 are needed (labels.min_support)",
        "C, single": "all publications with a class have the same",
        "C, primary": "all publications with a class have the same",
    }


def test_scores_are_kept_and_found(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = clustering_scores(Source(made := bench(home), "LSA", "TA"), cases(made)[0])
    monkeypatch.setattr(clustering, "cluster", None)
    again = bench(home)
    pd.testing.assert_frame_equal(clustering_scores(Source(again, "LSA", "TA"), cases(again)[0]), first)


@pytest.mark.parametrize(
    "change",
    [{"seed": 1}, {"clustering": {"starts": 3}}, {"labels": {"min_support": 7}}, {"clustering": {"sample": 9}}],
)
def test_what_changes_scores_changes_where_they_are_kept(home: Path, change: dict[str, Any]) -> None:
    files = []
    for made in (bench(home), bench(home, **change)):
        files.append(clustering.scores_file(Source(made, "LSA", "TA"), cases(made)[0]).name)
    assert files[0] != files[1]


@pytest.mark.parametrize("change", [{"ks": [3]}, {"transforms": ["normalised"]}, {"map": {"method": "umap"}}])
def test_what_does_not_change_scores_finds_them(home: Path, change: dict[str, Any]) -> None:
    files = [
        clustering.scores_file(Source(made, "LSA", "TA"), cases(made)[0])
        for made in (bench(home), bench(home, clustering=change))
    ]
    assert files[0] == files[1]


def test_mean_and_spread_over_seeds() -> None:
    fixed = dict.fromkeys(clustering.WAY, "x") | {"measure": "ARI", "n": 10, "classes": 2, "noise": 0.0}
    scores = pd.DataFrame([{**fixed, "repeat": i, "value": v, "clusters": 2 + i} for i, v in enumerate((0.2, 0.6))])
    row = over_seeds(scores).iloc[0]
    assert row["value"] == pytest.approx((0.2 + 0.6) / 2)
    assert row["spread"] == pytest.approx(sqrt((0.2**2 + 0.2**2) / 1))  # both are 0.2 from their mean, n - 1 is 1
    assert (row["clusters"], row["repeats"], row["n"]) == (2.5, 2, 10)
    assert np.isnan(over_seeds(scores[:1])["spread"].item()), "of one run nothing is known of the spread"


def test_another_seed_is_another_draw_of_the_same(home: Path) -> None:
    lead, tables = cases(bench(home))[0], []
    for number, seed in enumerate((0, 0, 1)):
        # k-means takes no sample, but another one is another file: the second run is not the first found again.
        made = bench(home, seed=seed, clustering={"repeats": 6, "sample": 5000 + number})
        tables.append(over_seeds(clustering_scores(Source(made, "LSA", "TA"), lead)).set_index("measure"))
    first, again, other = tables
    pd.testing.assert_frame_equal(first, again, check_exact=True)
    for measure in ("V-measure", "ARI"):
        assert 0 < abs(first["value"][measure] - other["value"][measure]) < 3 * first["spread"][measure]


def test_results_say_where_they_come_from_and_can_be_asked(home: Path) -> None:
    made = bench(home)
    results = clustering_results(made)
    assert set(results["task"]) == {"clustering"}
    assert set(results["system"]) == {"LSA"}, "a lexical system has no vectors"
    assert results[["seed", "versions", "model_revision", "landscape_sha256", "synthetic"]].notna().all().all()
    asked = query_results(made.paths.results, "select method, max(value) v from results group by 1 order by 1")
    assert asked["method"].tolist() == ["hdbscan", "k-means", "ward"]
    assert best_system(made, results) == "LSA"


def test_the_best_systems_map_holds_every_publication_once(home: Path) -> None:
    made = bench(home)
    looked = best_looked_into(made, clustering_results(made))
    assert looked is not None
    assert looked.shown["row"].tolist() == list(range(80))
    assert looked.shown["number"].tolist() == made.arena.landscape.numbers
    assert looked.topics["publications"].sum() == 80
    case = cases(made)[0]
    rows, classes = case.classes
    assert looked.shown["gold"].to_numpy()[rows].tolist() == [case.labels.labels[one] for one in classes]
    assert looked.shown["gold"].isna().sum() == 80 - len(rows)
    assert looked.numbers["k"].tolist() == [2, 4]


def test_a_map_of_more_than_it_takes_is_of_a_sample(home: Path) -> None:
    made = bench(home, clustering={"map": {"method": "pca", "most": 20}})
    placed = cluster_map.cluster_map(made, "LSA")
    assert len(placed) == 20
    assert placed["row"].is_unique
    assert placed["row"].is_monotonic_increasing


def test_without_labels_silhouette_says_how_many_clusters_a_map_has(home: Path) -> None:
    made = bench(home, labels={"sets": ["nothing"]})
    assert cases(made) == []
    results = clustering_results(made)
    assert results.empty
    looked = best_looked_into(made, results)
    assert looked is not None
    assert looked.case is None
    assert len(np.unique(looked.shown["cluster"])) == looked.chosen["silhouette"]
    assert set(views_by_task(made, results)["task"]) == {"retrieval"}


def test_a_study_without_vectors_has_nothing_to_cluster(home: Path) -> None:
    made = bench(home, systems=["BM25"])
    results = clustering_results(made)
    assert results.empty
    assert best_system(made, results) is None
    assert best_looked_into(made, results) is None


def test_each_task_has_each_view_of_each_of_its_systems(home: Path) -> None:
    made = bench(home, labels={"sets": ["at_domain"], "min_support": 6})
    views = views_by_task(made, clustering_results(made))
    found = {(task, system): set(mine["view"]) for (task, system), mine in views.groupby(["task", "system"])}
    assert found == {
        (task, system): {"TA", "C1"}
        for task, system in (
            ("retrieval", "BM25"),
            ("retrieval", "LSA"),
            ("classification", "LSA"),
            ("clustering", "LSA"),
        )
    }
    assert views.loc[views["task"] == "clustering", "mark"].isna().all()
