from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from fixtures.maps import small_map
from IPython.core.pylabtools import print_figure

from patbench_lib.bench.bench import Bench
from patbench_lib.bench.cluster_cases import Case, Method
from patbench_lib.bench.clustering import WAY
from patbench_lib.landscape.label_sets import LabelSet
from patbench_lib.models.registry import find_card
from patbench_lib.parameters import make_study
from patbench_lib.report import clustering_figures as figures
from patbench_lib.report import clustering_tables as tables
from patbench_lib.report.prose_clustering import close_clustering, say_map, say_numbers, say_protocol

SYSTEMS = ("MiniLM-2L", "MiniLM-L6", "LSA")
CARDS = {name: find_card(name, {}) for name in SYSTEMS}


def case(method: Method = "k-means", name: str = "domain") -> Case:
    matrix = np.eye(2, dtype=bool)[[0, 0, 1, 1]]
    labels = LabelSet(name, ("a", "b"), matrix, matrix.argmax(1), np.ones(4, dtype=np.int64), {}, {})
    return Case(labels, "single", "TA", method, "normalised")


def row(system: str, measure: str, value: float, **other: Any) -> dict[str, Any]:
    fixed = dict(zip(WAY, ("home", "TA", system, "domain", "single", "k-means", "normalised"), strict=True))
    shape = {"spread": 0.01, "n": 400, "classes": 2, "clusters": 2.0, "noise": 0.0, "repeats": 5}
    return {**fixed, "measure": measure, "value": value, **shape, **other}


def results() -> pd.DataFrame:
    values = {"V-measure": (0.5, 0.4, 0.3), "ARI": (0.2, 0.215, -0.05)}
    rows = [row(s, m, v) for m, each in values.items() for s, v in zip(SYSTEMS, each, strict=True)]
    rows += [row(s, "V-measure", v, gold="primary", n=600) for s, v in zip(SYSTEMS, (0.2, 0.3, 0.1), strict=True)]
    rows += [
        row(s, "ARI", 0.1, method="hdbscan", transform="raw", noise=0.25, repeats=1, spread=np.nan) for s in SYSTEMS
    ]
    return pd.DataFrame(rows)


def views() -> pd.DataFrame:
    values = [("retrieval", "TA", 0.3, 0), ("retrieval", "C1", 0.4, 1), ("clustering", "TA", 0.5, np.nan),
              ("clustering", "C1", 0.2, np.nan)]  # fmt: skip
    made = pd.DataFrame(values, columns=["task", "view", "value", "mark"])
    return made.assign(
        measure=made["task"].map({"retrieval": "nDCG@10", "clustering": "V-measure"}),
        system="LSA",
        spread=made["task"].map({"clustering": 0.04}),
    )


def test_the_closing_says_who_leads_by_which_measure_and_gold() -> None:
    text = close_clustering(results(), case(), views(), None, CARDS).data
    assert "Held against 2 classes of domain on 400 publications" in text
    assert "MiniLM-2L clusters best by V-measure, 0.500 ± 0.010 over 5 seeds; by ARI it is MiniLM-L6, 0.215" in text
    assert "By the primary gold, on 600 publications, it does not lead, MiniLM-L6 does, at 0.300" in text
    assert "HDBSCAN leaves 25% to 25%" in text


def test_the_closing_tells_a_lead_from_one_within_the_spreads() -> None:
    text = close_clustering(results(), case(), views(), None, CARDS).data
    # 0.5 - 0.4 is more than 0.01 + 0.01; 0.215 - 0.2 is not.
    best = "the smallest member has the best V-measure (MiniLM-2L 0.500 → MiniLM-L6 0.400)"
    chance = "their two spreads together, which are chance in the algorithm alone."
    assert f"{best}, ahead of the next by 0.100, more than {chance}" in text
    assert "the largest member has the best ARI (MiniLM-2L 0.200 → MiniLM-L6 0.215)" in text
    assert f", ahead of the next by 0.015, no more than {chance}" in text


def test_of_one_run_no_spread_is_told() -> None:
    once = results().assign(method="ward", repeats=1, spread=np.nan)
    text = close_clustering(once, case("ward"), views(), None, CARDS).data
    assert "MiniLM-2L clusters best by V-measure, 0.500; by ARI" in text
    assert "ahead of the next by 0.100." in text
    assert not re.search(r"±|seeds|spread|nan", text)
    html = tables.systems_table(once, case("ward"), "V-measure", synthetic=False).as_raw_html()
    assert "ward: one run, which has no spread." in html
    assert "±" not in html
    assert print_figure(figures.systems_figure(once, case("ward"), CARDS, synthetic=False), "svg")


@pytest.mark.parametrize(
    ("method", "over", "why"),
    [
        ("k-means", "seeds", "chance in the algorithm alone"),
        ("ward", "seeds", "chance in the sample that is clustered"),
        ("MTEB", "experiments", "chance in the documents that each draws with replacement, under one seed of k-means"),
    ],
)
def test_a_spread_is_told_by_what_is_drawn_anew(method: Method, over: str, why: str) -> None:
    made = results().assign(method=method, repeats=5, spread=0.01)
    html = tables.systems_table(made, case(method), "V-measure", synthetic=False).as_raw_html()
    assert f"{method}: mean ± standard deviation over 5 {over}, which is {why}." in html
    text = close_clustering(made, case(method), views(), None, CARDS).data
    assert f"0.500 ± 0.010 over 5 {over};" in text
    assert f"than their two spreads together, which are {why}." in text
    assert method == "MTEB" or "experiments" not in text


def test_a_label_set_is_called_as_its_column_is() -> None:
    name = "*my* <i>labels</i>"
    text = close_clustering(results().assign(label_set=name), case(name=name), views(), None, CARDS).data
    assert r"2 classes of \*my\* &lt;i&gt;labels&lt;/i&gt; on" in text


STUDY: dict[str, Any] = {"name": "small", "landscape": {"source": "demo", "publications": 60}, "external": None}


def say(root: Path, **clustering: Any) -> str:
    made = Bench(make_study({**STUDY, "clustering": clustering}, where="test"), root, progress=False)
    text = say_protocol(made).data + say_numbers(made, small_map()).data + say_map(made, small_map()).data
    assert say_map(made, None).data.startswith(tables.NO_VECTORS)
    assert say_numbers(made, None).data == tables.NO_VECTORS
    return text


def test_the_words_of_the_notebook_follow_the_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("patbench_lib.report.prose_clustering.SHARE", 0.75)
    text = say(tmp_path)
    assert "k-means is told the number of classes, starts 10 times" in text
    assert "k-means on normalised vectors leads." in text
    assert "repeated with 5 seeds" in text
    assert "leave nothing to chance where they take all publications" in text
    assert "leave nothing to chance" not in say(tmp_path, algorithms=["k-means"])
    assert "on 5 subsamples of 75% of the publications" in text
    assert "by k-means into as many clusters as silhouette chooses" in text
    assert "A sample of 4 of 60 publications" in text
    assert "UMAP" in text

    text = say(tmp_path, algorithms=["hdbscan"], repeats=1, min_cluster_size=7, map={"method": "pca"})
    assert "k-means is told" not in text
    assert "of 7 publications at least" in text
    assert "run with one seed, so nothing is known of its spread" in text
    assert "on 3 subsamples" in text
    assert "into as many clusters as HDBSCAN finds" in text
    assert "UMAP" not in text

    text = say(tmp_path, protocol="mteb", mteb_share=0.25)
    assert "10 experiments, each on 16,384 documents drawn with replacement from a share of 0.25" in text
    assert "seeds" not in text


def test_the_closing_counts_best_views_by_task() -> None:
    text = close_clustering(results(), case(), views(), None, CARDS).data
    assert "retrieval: C1 for 1 of 1; clustering: TA for 1 of 1" in text


@pytest.mark.parametrize("lacking", ["gold", "vectors"])
def test_what_cannot_be_shown_is_said(lacking: str) -> None:
    nothing = pd.DataFrame(columns=results().columns)
    asked = None if lacking == "gold" else case()
    shown = [
        figures.systems_figure(nothing, asked, CARDS, synthetic=False),
        figures.ways_figure(nothing, asked, synthetic=False),
        figures.size_figure(nothing, asked, CARDS, synthetic=False),
    ]
    assert all(print_figure(figure, "svg") for figure in shown), "a notebook shows nothing of a figure without axes"
    why = {"gold": tables.NO_GOLD, "vectors": tables.NO_VECTORS}[lacking]
    assert [figure.texts[0].get_text() for figure in shown] == [why] * 3
    assert why in tables.systems_table(nothing, asked, "ARI", synthetic=False).as_raw_html()
    assert why in tables.ways_table(nothing, asked, None, synthetic=False).as_raw_html()
    empty = views().iloc[:0]
    assert not re.search(r"nan|None", close_clustering(nothing, asked, empty, None, CARDS).data)


def test_the_best_of_each_label_set_and_gold_is_bold() -> None:
    html = tables.systems_table(results(), case(), "V-measure", synthetic=True).as_raw_html()
    bold = re.findall(r"<td[^>]*font-weight: bold[^>]*>([^<]+)</td>", html)
    assert bold == ["0.500 ± 0.010", "0.300 ± 0.010"]


def test_the_best_view_is_bold_and_only_tests_mark() -> None:
    html = tables.tasks_table(views(), "TA", synthetic=True).as_raw_html()
    bold = [cell.strip() for cell in re.findall(r"<td[^>]*font-weight: bold[^>]*>([^<]+)</td>", html)]
    assert bold == ["0.400 ▲", "0.500"]
    assert "Clustering is not tested; its standard deviations over repeats are 0.040 at most." in html
    once = tables.tasks_table(views().assign(spread=np.nan), "TA", synthetic=True).as_raw_html()
    assert "Clustering is not tested." in once


def test_a_negative_index_has_a_minus_and_not_a_hyphen() -> None:
    assert "−0.050 ± 0.010" in tables.systems_table(results(), case(), "ARI", synthetic=True).as_raw_html()


def test_a_negative_index_has_a_minus_in_the_closing_too() -> None:
    low = results()
    low.loc[low["method"] == "hdbscan", "value"] = -0.1
    assert "that of hdbscan on raw ones (−0.100)" in close_clustering(low, case(), views(), None, CARDS).data


def test_every_measure_has_a_panel_and_every_algorithm_a_column() -> None:
    assert [axes.get_title() for axes in figures.systems_figure(results(), case(), CARDS, synthetic=True).axes] == [
        "V-measure",
        "ARI",
    ]
    ways = figures.ways_figure(results(), case(), synthetic=True)
    assert [axes.get_title() for axes in ways.axes] == ["k-means", "hdbscan", "", ""]
    assert [axes.get_xlabel() for axes in ways.axes] == ["V-measure", "V-measure", "ARI", "ARI"]


def test_models_of_a_family_are_joined_and_those_without_parameters_left_out() -> None:
    figure = figures.size_figure(results(), case(), CARDS, synthetic=True)
    names = {text.get_text() for axes in figure.axes for text in axes.texts}
    assert names == {"MiniLM-2L", "MiniLM-L6"}
    family = str(CARDS["MiniLM-L6"].family)
    assert [text.get_text() for text in figure.legends[0].get_texts()] == [family]
    hidden = {name: card.model_copy(update={"family": "_mine"}) for name, card in CARDS.items()}
    figure = figures.size_figure(results(), case(), hidden, synthetic=True)
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["_mine"]
    assert all(len(axes.containers) == 1 for axes in figure.axes)
