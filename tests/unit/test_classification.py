"""Classification of a small study: what is kept, compared, asked in SQL, and left out with words."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from patbench_lib.bench import classified as classified_module
from patbench_lib.bench.bench import Bench
from patbench_lib.bench.classification import (
    MAIN,
    chosen,
    classification_results,
    classify_system,
    leading,
    usable_sets,
)
from patbench_lib.bench.classification_by import by_view, curve
from patbench_lib.bench.classified import Classifier, classifiers, predictions, predictions_file, splits
from patbench_lib.bench.results import query_results, retrieval_results
from patbench_lib.classify.measures import measured
from patbench_lib.landscape.label_sets import LabelSet
from patbench_lib.parameters import make_study
from patbench_lib.report import classification_figures as figures
from patbench_lib.report import error_figures as errors
from patbench_lib.report.prose_classification import close_classification, say_protocol

SMALL: dict[str, Any] = {
    "name": "small",
    "landscape": {"source": "demo", "publications": 60},
    "external": None,
    "views": ["TA", "C1"],
    "systems": ["BM25", "MiniLM-static"],
    "depth": 20,
    "measures": ["nDCG@10", "MAP"],
    "statistics": {"resamples": 100, "permutations": 100},
    "labels": {"sets": ["at_domain", "enabling_technology", "nothing_such"], "min_support": 6},
    "classification": {"repeats": 2, "strengths": [0.1, 1.0], "curve": [0.5, 1.0]},
}
FITS = ("predict_probe", "predict_knn", "predict_prior", "predict_bm25_knn", "predict_tfidf", "make_split")


def bench(root: Path, **changes: Any) -> Bench:
    return Bench(make_study({**SMALL, **changes}, where="test"), root, progress=False)


def classifying(root: Path, **changes: Any) -> Bench:
    return bench(root, classification={**SMALL["classification"], **changes})


def closing(made: Bench) -> str:
    """Return the closing paragraph as the notebook makes it."""
    results, comparisons = classification_results(made)
    lead = leading(made, results)
    labels, view = lead.labels if lead else None, made.arena.views[0]
    curves, differences = curve(made, made.arena, labels, view), by_view(made, made.arena, labels)[1]
    return str(close_classification(made, results, comparisons, curves, differences, chosen(made)).data)


def forbid_fits(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise AssertionError("work was done again")

    for name in FITS:
        monkeypatch.setattr(classified_module, name, refuse)


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home in which the small study has run once; tests that change it take one of their own."""
    home = tmp_path_factory.mktemp("home")
    closing(bench(home))
    return home


def test_values_are_means_over_splits_of_the_predictions_measures(done: Path) -> None:
    made = bench(done)
    results, comparisons = classification_results(made)
    value = results.set_index(["label_set", "classifier", "measure"])["value"]
    for labels in usable_sets(made, made.arena)[0]:
        for each in classifiers(made):
            kept = predictions(made, made.arena, labels, "TA", each.system, each.method).predictions
            assert len(kept) == 2
            for measure in (MAIN, "LRAP"):
                expected = np.mean([measured(one)[measure] for one in kept])
                assert value[labels.name, each.name, measure] == pytest.approx(expected)
    for row in comparisons.itertuples():
        gap = value[row.label_set, row.classifier, row.measure] - value[row.label_set, "TF-IDF", row.measure]
        assert row.difference == pytest.approx(gap)


def test_a_row_says_what_made_it(done: Path) -> None:
    results, comparisons = classification_results(bench(done))
    assert set(results["task"]) == {"classification"}
    assert set(results["method"]) == {"probe", "kNN", "baseline"}
    assert {"kind", "model_id", "settings", "classification", "seed", "versions", "commit", "synthetic"} <= {*results}
    assert (results["low"] <= results["value"]).all()
    assert (results["value"] <= results["high"]).all()
    assert set(comparisons["baseline"]) == {"TF-IDF"}
    assert "TF-IDF" not in set(comparisons["classifier"])


def test_all_classifiers_are_tested_on_the_same_publications(done: Path) -> None:
    made = bench(done)
    labels = usable_sets(made, made.arena)[0][0]
    for split_number, split in enumerate(splits(made, made.arena, labels)):
        for each in classifiers(made):
            said = predictions(made, made.arena, labels, "TA", each.system, each.method).predictions[split_number]
            assert np.array_equal(said.rows, split.test)
            assert np.array_equal(said.gold, labels.matrix[split.test])


def test_a_second_call_does_no_work(done: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = classification_results(bench(done))
    forbid_fits(monkeypatch)
    for a, b in zip(first, classification_results(bench(done)), strict=True):
        pd.testing.assert_frame_equal(a, b)
    assert closing(bench(done))


def test_the_step_of_each_system_leaves_nothing_to_fit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = bench(tmp_path)
    steps = {
        name: classify_system(made, name) for name in ("BM25", "MiniLM-static", *made.study.classification.baselines)
    }
    assert steps["BM25"]["fits"] == 0
    # probe and kNN on two sets; on the leading one a smaller share and another view for the probe; each on two splits
    assert steps["MiniLM-static"]["fits"] == 2 * (2 * 2 + 2)
    assert steps["prior"]["fits"] == 2 * (2 + 1)
    forbid_fits(monkeypatch)
    assert closing(bench(tmp_path))


def test_equal_studies_have_equal_tables_and_another_seed_other_ones(done: Path, tmp_path: Path) -> None:
    tables = [classification_results(bench(root, **seed))[0] for root, seed in ((done, {}), (tmp_path, {}))]
    plain = [table.drop(columns=["seconds", "written"]) for table in tables]
    pd.testing.assert_frame_equal(*plain)
    other, _ = classification_results(bench(tmp_path, seed=1))
    assert not np.allclose(other["value"], tables[0]["value"])


def names(made: Bench, **changes: Any) -> set[str]:
    labels = usable_sets(made, made.arena)[0][0]
    asked = {"view": "TA", "classifier": Classifier("MiniLM-static", "probe"), "share": 1.0, **changes}
    return {predictions_file(made, made.arena, labels, asked["view"], asked["classifier"], asked["share"]).name}


def test_all_that_changes_predictions_changes_their_name(done: Path) -> None:
    made = bench(done)
    kept = names(made)
    assert kept == names(bench(done))
    assert kept == names(bench(done, systems=["BM25", "LSA", "MiniLM-static"], depth=10))
    assert kept == names(classifying(done, baselines=["prior"], baseline="prior", curve=[0.2]))
    others = [
        names(made, view="C1"),
        names(made, share=0.5),
        names(made, classifier=Classifier("MiniLM-static", "kNN")),
        names(made, classifier=Classifier("LSA", "probe")),
        names(bench(done, seed=1)),
        names(bench(done, encoding={"max_tokens": 16})),
        names(bench(done, landscape={"source": "demo", "publications": 60, "seed": 3})),
        names(bench(done, labels={**SMALL["labels"], "min_support": 7})),
        *(names(classifying(done, **change)) for change in ({"strengths": [1.0]}, {"test": 0.3}, {"repeats": 3})),
        *(names(classifying(done, **change)) for change in ({"standardise": False}, {"threshold": "fixed"})),
    ]
    assert len(set.union(kept, *others)) == 1 + len(others)


def test_bm25_settings_concern_its_neighbours_alone(done: Path) -> None:
    for system, differs in (("BM25-kNN", True), ("TF-IDF", False)):
        classifier = Classifier(system, "baseline")
        pair = [names(bench(done, bm25={"k1": k1}), classifier=classifier) for k1 in (0.5, 1.2)]
        assert (pair[0] != pair[1]) == differs, system


def test_a_label_set_may_be_called_anything(done: Path) -> None:
    made = bench(done)
    real = usable_sets(made, made.arena)[0][0]
    odd = LabelSet("a/b: c", real.labels, real.matrix, real.primary, real.sizes, {}, {})
    path = predictions_file(made, made.arena, odd, "TA", Classifier("prior", "baseline"))
    assert path.parent == made.paths.results / "classes"
    assert "a_b_c" in path.name


def test_the_curve_ends_where_the_results_are_and_learns_from_nested_shares(done: Path) -> None:
    made = bench(done)
    results, _ = classification_results(made)
    labels = usable_sets(made, made.arena)[0][0]
    table = curve(made, made.arena, labels, "TA")
    assert set(table["classifier"]) == {"MiniLM-static probe", "prior", "BM25-kNN", "TF-IDF"}
    whole = table[table["share"] == 1].set_index(["classifier", "measure"])["value"]
    expected = results[results["label_set"] == labels.name].set_index(["classifier", "measure"])["value"]
    assert whole.to_dict() == {key: expected[key] for key in whole.index}
    trained = table.groupby("share")["train"].first()
    assert trained[0.5] < trained[1.0]


def test_views_are_compared_with_the_leading_one(done: Path) -> None:
    made = bench(done)
    results, _ = classification_results(made)
    labels = usable_sets(made, made.arena)[0][0]
    values, differences = by_view(made, made.arena, labels)
    value = values.set_index(["view", "measure"])["value"]
    probe = results[(results["label_set"] == labels.name) & (results["classifier"] == "MiniLM-static probe")]
    assert value["TA"].to_dict() == probe.set_index("measure")["value"].to_dict()
    assert set(differences["view"]) == {"C1"}
    for row in differences.itertuples():
        assert row.difference == pytest.approx(value["C1", row.measure] - value["TA", row.measure])


def test_where_labels_are_drawn_at_random_no_view_and_no_vector_helps(tmp_path: Path) -> None:
    made = bench(
        tmp_path,
        landscape={"source": "demo", "publications": 240, "effects": "none"},
        views=["TAC", "TA", "C1", "DWPI"],
        labels={"sets": ["at_domain", "enabling_technology"], "min_support": 10},
        classification={**SMALL["classification"], "baselines": ["prior", "TF-IDF"], "baseline": "prior"},
        statistics={"resamples": 200, "permutations": 2000},
    )
    for labels in usable_sets(made, made.arena)[0]:
        _, differences = by_view(made, made.arena, labels)
        assert len(differences)
        assert not differences["significant"].any(), labels.name
    comparisons = classification_results(made)[1]
    macro = comparisons[comparisons["measure"] == "macro-F1"]
    assert not (macro["significant"] & (macro["difference"] > 0)).any()


def test_a_date_split_is_made_once(tmp_path: Path) -> None:
    made = classifying(tmp_path, split="date")
    results, _ = classification_results(made)
    assert set(results["repeats"]) == {1}
    assert (results["spread"] == 0).all()
    assert "the latest families to test" in say_protocol(made).data
    dates = made.arena.landscape.patents["publication_date"]
    split = splits(made, made.arena, usable_sets(made, made.arena)[0][0])[0]
    assert dates[split.train].max() < dates[split.test].min()


def test_both_tasks_are_asked_together_in_sql(tmp_path: Path) -> None:
    made = bench(tmp_path)
    retrieved, _ = retrieval_results(made)
    classified, compared = classification_results(made)
    counts = query_results(made.paths.results, "select task, count(*) as n from results group by task order by task")
    assert counts.to_numpy().tolist() == [["classification", len(classified)], ["retrieval", len(retrieved)]]
    tested = query_results(made.paths.results, "select count(*) as n from comparisons where task = 'classification'")
    assert tested["n"][0] == len(compared)
    assert query_results(made.paths.results, "select count(*) as n from scores")["n"][0] == len(made.all_scores())


def test_a_landscape_without_label_sets_is_told_of_and_breaks_nothing(tmp_path: Path) -> None:
    made = bench(tmp_path, labels={"sets": ["at_domian"]})
    results, comparisons = classification_results(made)
    assert results.empty
    assert comparisons.empty
    assert leading(made, results) is None
    text = closing(made)
    assert "at_domian" in text
    assert "did you mean at_domain?" in text
    retrieval_results(made)
    assert query_results(made.paths.results, "select count(*) as n from results where task = 'retrieval'")["n"][0] > 0
    shown = [
        figures.label_sets_table(made, synthetic=True),
        figures.scores_table(results, comparisons, MAIN, "TF-IDF", synthetic=True),
        figures.chosen_table(chosen(made), synthetic=True),
        figures.views_table(*by_view(made, made.arena, None), synthetic=True),
        errors.hardest_table(None, made.arena, "TA", synthetic=True),
    ]
    assert all("<table" in table.as_raw_html() for table in shown)
    drawn = [
        figures.scores_figure(results, {}, synthetic=True),
        figures.methods_figure(results, synthetic=True),
        figures.curve_figure(curve(made, made.arena, None, "TA"), synthetic=True),
        errors.labels_figure(None, synthetic=True),
        errors.confusion_figure(None, synthetic=True),
    ]
    assert {figure.texts[0].get_text() for figure in drawn} == {figures.NO_LABELS}


def test_a_label_set_that_cannot_be_split_is_left_out_with_the_reason(tmp_path: Path) -> None:
    made = classifying(tmp_path, split="date")
    made.arena.landscape.patents["publication_date"] = pd.NaT
    usable, reasons = usable_sets(made, made.arena)
    assert not usable
    assert "has a date" in reasons["at_domain"]


def test_a_study_of_words_alone_has_its_baselines(tmp_path: Path) -> None:
    made = bench(
        tmp_path, systems=["BM25"], classification={"baselines": ["prior"], "baseline": "prior", "curve": [1.0]}
    )
    results, comparisons = classification_results(made)
    lead = leading(made, results)
    assert comparisons.empty
    assert lead is not None
    assert lead.best == "prior"
    assert "BM25: without one vector a text" in say_protocol(made).data
    text = closing(made)
    assert "there is no probe" in text
    assert "nan" not in text
    figures.methods_figure(results, synthetic=True)
    errors.labels_figure(lead, synthetic=True)
    assert (
        figures.NO_VECTORS in figures.views_table(*by_view(made, made.arena, lead.labels), synthetic=True).as_raw_html()
    )
