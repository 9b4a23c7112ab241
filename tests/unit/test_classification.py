"""Classification of a small study: what is kept, compared, asked in SQL, and left out with words."""

from __future__ import annotations

import re
from dataclasses import replace
from html import escape
from io import BytesIO
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from fixtures.labelled import measured

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
from patbench_lib.classify.prediction import Prediction
from patbench_lib.errors import PatbenchError
from patbench_lib.landscape.label_sets import LabelSet
from patbench_lib.models.card import Card
from patbench_lib.parameters import make_study
from patbench_lib.report import classification_figures as figures
from patbench_lib.report import error_figures as errors
from patbench_lib.report.prose_classification import close_classification, say_protocol
from patbench_lib.report.style import use_style

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
            kept = predictions(made, made.arena, labels, "TA", each).predictions
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
            said = predictions(made, made.arena, labels, "TA", each).predictions[split_number]
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


def test_equal_studies_have_equal_tables_to_the_last_bit(done: Path, tmp_path: Path) -> None:
    for first, second in zip(*(classification_results(bench(root)) for root in (done, tmp_path)), strict=True):
        first, second = (table.drop(columns=["seconds", "written"], errors="ignore") for table in (first, second))
        pd.testing.assert_frame_equal(first, second, check_exact=True)


def test_another_seed_changes_values_by_a_few_of_the_printed_spreads(tmp_path: Path) -> None:
    """Means over 5 splits of one deviation s differ by s √(2/5) between seeds: 4 printed ones are 6 times that."""
    cell = ["label_set", "classifier"]
    tables = []
    for seed in (0, 1, 2):
        made = bench(tmp_path, seed=seed, classification={**SMALL["classification"], "repeats": 5})
        results, _ = classification_results(made)
        tables.append(results[results["measure"] == MAIN].set_index(cell)[["value", "spread"]])
    assert len(tables[0]) == 2 * 5
    for other in tables[1:]:
        apart = (other["value"] - tables[0]["value"]).abs()
        assert (apart > 0).any()
        assert (apart <= 4 * tables[0]["spread"]).all(), pd.concat([tables[0], other], axis=1)


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
        *(names(classifying(done, **change)) for change in ({"standardise": True}, {"threshold": "fixed"})),
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


def test_a_label_set_of_a_very_long_name_is_kept_and_told_from_its_like(done: Path) -> None:
    made = bench(done)
    real = usable_sets(made, made.arena)[0][0]
    like = [replace(real, name="what the committee decided " * 20 + end) for end in "ab"]
    for labels in like:
        predictions(made, made.arena, labels, "TA", Classifier("prior", "baseline"))
    paths = {predictions_file(made, made.arena, labels, "TA", Classifier("prior", "baseline")) for labels in like}
    assert len(paths) == 2
    assert all(path.is_file() and len(path.name) < 160 for path in paths)


def test_scores_near_one_are_kept_apart(done: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = classifying(done, neighbours=4)
    labels = usable_sets(made, made.arena)[0][0]

    def sure(labels: LabelSet, train: Any, validation: Any, test: Any, settings: Any) -> Any:
        scores = 1 - np.arange(1, len(labels.labels) + 1) * 1e-12 * np.ones((len(test), 1))
        return Prediction(test, labels.matrix[test], scores, labels.matrix[test]), {}

    monkeypatch.setattr(classified_module, "predict_prior", sure)
    for kept in predictions(made, made.arena, labels, "TA", Classifier("prior", "baseline")).predictions:
        assert all(len(set(row)) == len(row) for row in kept.scores)


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
        main = differences[differences["measure"] == MAIN]  # of 4 measures one may well be significant by chance
        assert len(main) == 3
        assert not main["significant"].any(), labels.name
    comparisons = classification_results(made)[1]
    micro = comparisons[comparisons["measure"] == MAIN]
    assert not (micro["significant"] & (micro["difference"] > 0)).any()


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
        figures.views_table(None, *by_view(made, made.arena, None), synthetic=True),
        errors.hardest_table(None, made.arena, "TA", synthetic=True),
    ]
    assert all("<table" in table.as_raw_html() for table in shown)
    assert escape(figures.NO_LABELS) in shown[3].as_raw_html()
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


def test_another_failure_is_no_reason_to_leave_a_label_set_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any) -> None:
        raise PatbenchError("The disk is full.")

    monkeypatch.setattr(classified_module, "make_split", full)
    made = bench(tmp_path)
    with pytest.raises(PatbenchError, match="disk is full"):
        usable_sets(made, made.arena)


def test_the_hardest_patents_are_told_without_the_prior(done: Path) -> None:
    made = bench(done)
    lead = leading(made, classification_results(made)[0])
    assert lead is not None and "prior" in lead.predictions
    shown = errors.hardest_table(lead, made.arena, "TA", synthetic=True).as_raw_html()
    assert "over 4 classifiers, all but the prior, and" in shown
    others = {name: said for name, said in lead.predictions.items() if name != "prior"}
    without = errors.hardest_table(replace(lead, predictions=others), made.arena, "TA", synthetic=True).as_raw_html()
    assert "over 4 classifiers and" in without
    bodies = [html[html.index("<tbody") : html.index("</tbody>")] for html in (shown, without)]
    body = [re.sub('headers="t[0-9a-f]+-', 'headers="', html) for html in bodies]  # ids are of the notes too
    assert body[0] == body[1]


def odd_bench(root: Path) -> Bench:
    """Return a study whose label column and labels are full of what Markdown, HTML and TeX read as markup."""
    made = bench(root)
    patents = made.arena.landscape.patents
    names = sorted({label for row in patents["at_domain"] for label in row})
    renamed = {name: f"cost $x_{{ and $y <b>{i}</b>" for i, name in enumerate(names)}
    patents["at_domain"] = [[renamed[label] for label in row] for row in patents["at_domain"]]
    return made


def test_labels_with_dollar_signs_are_drawn_as_they_are_written(tmp_path: Path) -> None:
    made = odd_bench(tmp_path)
    lead = leading(made, classification_results(made)[0])
    assert lead is not None
    with mpl.rc_context():
        use_style()
        for figure in (
            errors.labels_figure(lead, synthetic=True),
            errors.confusion_figure(lead, synthetic=True),
        ):
            figure.savefig(BytesIO())  # a broken formula cannot be drawn
            ticks = figure.axes[0].get_yticklabels()
            assert any("$x_{ and $y" in tick.get_text() for tick in ticks)
            assert not any(tick.get_parse_math() for tick in ticks)


def test_names_of_labels_and_columns_are_no_markup(tmp_path: Path) -> None:
    made = bench(tmp_path, labels={"sets": ["<b>at_*domain*"]})
    assert "&lt;b&gt;at\\_\\*domain\\*: landscape" in closing(made)
    made = bench(tmp_path / "other", labels={"sets": ["at_domain"], "min_support": 60})
    patents = made.arena.landscape.patents
    patents["at_domain"] = [["<i>*all*"] for _ in range(len(patents))]
    assert "only one label, &lt;i&gt;\\*all\\*, is on" in closing(made)


def test_a_family_of_sizes_is_listed_by_size_without_a_verdict(done: Path) -> None:
    made = bench(done)
    results, comparisons = classification_results(made)
    sizes = {"Large": 99, "Small": 9}
    twins = tuple(
        Card(name=name, kind="static", family="Twin", path=Path("x"), dim=8, params_m=size)
        for name, size in sizes.items()
    )
    wider = Bench(made.study.model_copy(update={"models": twins, "systems": tuple(sizes)}), done, progress=False)
    mine = results[results["system"] == "MiniLM-static"]
    same = pd.concat([mine.assign(system=name, classifier=f"{name} " + mine["method"]) for name in sizes])
    empty = curve(made, made.arena, None, "TA")
    text = close_classification(wider, same, comparisons, empty, by_view(made, made.arena, None)[1], chosen(made)).data
    value = mine[(mine["measure"] == MAIN) & (mine["method"] == "probe")]["value"].iloc[0]
    assert f"on at_domain in the order of size: Small {value:.3f} → Large {value:.3f}." in text
    assert "grows" not in text


def test_whose_vectors_are_made_for_classification_is_told(done: Path) -> None:
    made = bench(done)
    assert "has one (here none)" in say_protocol(made).data
    card = made.study.card("MiniLM-static").model_copy(update={"task_prompts": {"classification": "Classify: "}})
    study = made.study.model_copy(update={"models": (card,)})
    assert "has one (here MiniLM-static)" in say_protocol(Bench(study, done, progress=False)).data


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
    views = by_view(made, made.arena, lead.labels)
    assert figures.NO_VECTORS in figures.views_table(lead.labels, *views, synthetic=True).as_raw_html()
