"""The expert's text against a patent's own: who is compared, by which numbers, and what is shown and said of it."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from fixtures import studies

from patbench_lib.bench import expert_text
from patbench_lib.bench.bench import Bench
from patbench_lib.bench.expert_retrieval import expert_less_own
from patbench_lib.bench.expert_tasks import narrowed
from patbench_lib.bench.expert_text import expert_tables
from patbench_lib.bench.expert_views import ExpertViews, expert_share
from patbench_lib.bench.views import crossed
from patbench_lib.classify.prediction import Prediction
from patbench_lib.landscape.schema import Landscape
from patbench_lib.report import expert_figures as figures
from patbench_lib.report import expert_tables as shown
from patbench_lib.report.prose_expert import LICENSED, REWRITTEN, close_expert, say_subtitle, say_texts, source_of

Made = tuple[Bench, dict[str, pd.DataFrame]]
TASKS = ("retrieval", "classification", "clustering")
SECTIONS = ("dwpi_title", "dwpi_abstract")


def bench(root: Path, **fields: Any) -> Bench:
    study: dict[str, Any] = {
        "landscape": {"source": "demo", "publications": 120},
        "views": ["C1", "TA", "DWPI"],
        "labels": {"sets": ["enabling_technology"], "min_support": 6},
        "classification": {"repeats": 2, "strengths": [1.0]},
        "clustering": {"starts": 1, "repeats": 1},
        "expert_text": {"models": []},
    }
    return studies.bench(root, **{**study, **fields})


def without_some(landscape: Landscape, missing: np.ndarray) -> Landscape:
    """Return a landscape in which some publications have no expert's text."""
    texts = {name: landscape.patents[name].mask(missing, "") for name in SECTIONS}
    return replace(landscape, patents=landscape.patents.assign(**texts))


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """Return a study in which every publication has an expert's text."""
    made = bench(tmp_path_factory.mktemp("whole"))
    return made, expert_tables(made)


@pytest.fixture(scope="module")
def partly(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """Return a study in which every third publication has none."""
    made = bench(tmp_path_factory.mktemp("partly"))
    vars(made.arena)["landscape"] = without_some(made.arena.landscape, np.arange(120) % 3 == 0)
    return made, expert_tables(made)


def gain(made: Bench, run: Any, kept: np.ndarray) -> dict[int, float]:
    """Return nDCG@10 by query among publications that are kept, reckoned by the definition."""
    judged, found = made.arena.judgements, {}
    for position, query in enumerate(judged.queries):
        relevant = judged.documents[judged.indptr[position] : judged.indptr[position + 1]]
        wanted = {int(document) for document in relevant if kept[document]}
        if kept[query] and wanted:
            ranked = [int(document) for document in run.ranked(position) if kept[document]][:10]
            got = sum(1 / np.log2(rank + 2) for rank, document in enumerate(ranked) if document in wanted)
            best = sum(1 / np.log2(rank + 2) for rank in range(min(10, len(wanted))))
            found[int(query)] = got / best
    return found


def test_where_all_have_an_experts_text_values_are_those_of_the_study(whole: Made) -> None:
    made, tables = whole
    values = tables["values"].query("task == 'retrieval'").set_index(["system", "view"])["value"]
    assert set(values.index) == {(s, v) for s in ("BM25", "MiniLM-static") for v in ("DWPI", "TA", "C1")}
    for system, view in values.index:
        scores = made.scores(system, made.arena, view)
        main = scores[(scores["measure"] == "nDCG@10") & (scores["stratum"] == "ALL")]["value"]
        assert values[system, view] == pytest.approx(main.mean())


def test_queries_and_documents_without_a_text_take_no_part(partly: Made) -> None:
    made, tables = partly
    kept = np.arange(120) % 3 != 0
    views = ExpertViews(made)
    assert views.rows.tolist() == np.flatnonzero(kept).tolist()
    values = tables["values"].query("task == 'retrieval'").set_index(["system", "view"])
    differences = tables["differences"].query("task == 'retrieval'").set_index(["system", "view"])
    by_hand = {view: gain(made, made.run("BM25", made.arena, view), kept) for view in ("DWPI", "TA", "C1")}
    for view, scores in by_hand.items():
        assert values.loc[("BM25", view), "value"] == pytest.approx(np.mean(list(scores.values())))
        assert values.loc[("BM25", view), "n"] == len(scores) < len(made.arena.judgements.queries)
    for view in ("TA", "C1"):
        ahead = [by_hand["DWPI"][query] - value for query, value in by_hand[view].items()]
        row = differences.loc[("BM25", view)]
        assert row["difference"] == pytest.approx(np.mean(ahead))
        assert row["low"] <= row["difference"] <= row["high"] and row["p"] <= row["p_holm"]


def test_mixed_pairs_are_the_crossed_rankings_among_those_with_both_texts(partly: Made) -> None:
    made, tables = partly
    kept = np.arange(120) % 3 != 0
    values = tables["pairs"].set_index(["system", "asked", "held"])["value"]
    mixed = tables["mixed"].set_index(["system", "asked", "held"])["difference"]
    assert len(values) == 8 and len(mixed) == 4
    for system in ("BM25", "MiniLM-static"):
        alike = np.mean(list(gain(made, made.run(system, made.arena, "TA"), kept).values()))
        assert values[system, "TA", "TA"] == pytest.approx(alike)
        for asked, held in (("TA", "DWPI"), ("DWPI", "TA")):
            crosswise = np.mean(list(gain(made, crossed(made, system, asked, held).run, kept).values()))  # type: ignore[arg-type]
            assert values[system, asked, held] == pytest.approx(crosswise)
            assert mixed[system, asked, held] == pytest.approx(crosswise - alike)
    assert values["BM25", "TA", "DWPI"] != values["BM25", "DWPI", "TA"]


def test_labels_are_tested_and_clustered_on_those_with_both_texts(whole: Made, partly: Made) -> None:
    sizes = [
        tables["values"].query("task != 'retrieval'").groupby("measure")["n"].agg(["min", "max"])
        for _, tables in (whole, partly)
    ]
    for each in sizes:
        assert set(each.index) == {"micro-F1", "macro-F1", "V-measure", "ARI"}
        assert (each["min"] == each["max"]).all(), "all systems and views on the same publications"
    assert (sizes[1]["max"] < sizes[0]["max"]).all()
    rows = partly[1]["differences"].query("task != 'retrieval'")
    assert set(rows["system"]) == {"MiniLM-static"} and set(rows["view"]) == {"TA", "C1"}
    values = partly[1]["values"].set_index(["system", "view", "measure"])["value"]
    for row in rows.itertuples():
        own, expert = (values[row.system, view, row.measure] for view in (row.view, "DWPI"))
        assert row.difference == pytest.approx(expert - own)


def test_an_expert_who_copies_the_patent_changes_nothing(tmp_path: Path) -> None:
    plain = {"source": "demo", "publications": 120, "effects": {"expert_rewriting": 0.0}}
    tables = expert_tables(bench(tmp_path, landscape=plain, views=["TA", "DWPI"]))
    assert tables["wording"]["same"].all() and (tables["wording"]["new"] == 0).all()
    assert set(tables["differences"]["task"]) == {"retrieval", "classification", "clustering"}
    for name in ("differences", "mixed"):
        assert (tables[name]["difference"] == 0).all() and not tables[name]["significant"].any()


def test_predictions_are_cut_to_publications_that_are_kept() -> None:
    rows = np.array([1, 4, 6])
    table = np.arange(6).reshape(3, 2)
    some = narrowed(Prediction(rows, table > 2, table / 6, table > 3), np.arange(8) > 3)
    assert some.rows.tolist() == [4, 6]
    assert some.scores.tolist() == [[2 / 6, 3 / 6], [4 / 6, 5 / 6]]
    assert some.gold.tolist() == [[False, True], [True, True]] and some.decided.tolist() == [[False, False], [True] * 2]


def test_a_difference_turned_round_has_its_ends_turned_too() -> None:
    table = pd.DataFrame({"difference": [0.1], "low": [-0.2], "high": [0.5], "p": [0.3]})
    assert expert_less_own(table).iloc[0].tolist() == [-0.1, -0.5, 0.2, 0.3]


def test_p_values_are_corrected_over_systems_and_views_of_a_measure(whole: Made) -> None:
    for _, rows in whole[1]["differences"].groupby(["task", "measure"]):
        least = rows["p"].idxmin()
        assert rows.loc[least, "p_holm"] == pytest.approx(min(1, len(rows) * rows.loc[least, "p"]))
    mixed = whole[1]["mixed"]
    least = mixed["p"].idxmin()
    assert mixed.loc[least, "p_holm"] == pytest.approx(min(1, 4 * mixed.loc[least, "p"]))


def test_tables_are_found_again_and_hold_no_text(whole: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    made, tables = whole
    monkeypatch.setattr(expert_text, "_compute", lambda _: pytest.fail("computed again"))
    again = expert_tables(made)
    assert set(again) == set(tables) and all(len(again[name]) == len(tables[name]) for name in tables)
    words = set(made.arena.texts("DWPI")) | set(made.arena.texts("TA"))
    for table in again.values():
        assert not words & set(table.astype(str).to_numpy().ravel())
    other = Bench(made.study.model_copy(update={"main_measure": "MAP"}), made.paths.root, progress=False)
    with pytest.raises(pytest.fail.Exception, match="computed again"):
        expert_tables(other)


def test_lengths_and_overlap_are_told_of_the_first_own_view(partly: Made) -> None:
    made, tables = partly
    wording = tables["wording"]
    assert len(wording) == 80 and ExpertViews(made).own == ["TA", "C1"]
    assert wording["other_characters"].tolist() == [len(made.arena.texts("DWPI")[row]) for row in range(120) if row % 3]
    html = shown.texts_table(wording, "TA", why="", synthetic=True).as_raw_html()
    assert "80 publications have both" in html and f"{wording['new'].mean():.0%}" in html
    assert shown.ALL_READ in shown.reading_table(tables["reading"], why="", synthetic=True).as_raw_html()


def test_a_model_with_a_limit_says_how_many_texts_it_cut() -> None:
    reading = pd.DataFrame(
        [("A", "DWPI", 1100.4, 1024, 0.75), ("A", "TA", 50.0, 1024, 0.0)],
        columns=["system", "view", "tokens", "limit", "truncated"],
    )
    html = shown.reading_table(reading, why="", synthetic=False).as_raw_html()
    assert "1,100 (75%)" in html and "50 (0%)" in html and "1,024" in html


def test_everything_is_drawn_and_told_from_the_tables(partly: Made) -> None:
    made, tables = partly
    retrieved = tables["differences"].query("task == 'retrieval'")
    drawn = figures.advantage_figure(retrieved, "view", "difference", why="", synthetic=True)
    assert [axes.get_title() for axes in drawn.axes if axes.get_visible()] == ["DWPI − TA", "DWPI − C1"]
    texts = [text.get_text() for axes in figures.pairs_figure(tables["pairs"], "nDCG@10", why="", synthetic=True).axes
             for text in axes.texts]  # fmt: skip
    assert texts == [f"{value:.3f}" for value in tables["pairs"]["value"]]
    assert len(figures.texts_figure(tables["wording"], "TA", why="", synthetic=True).axes) == 2
    html = shown.advantage_table(tables["values"], tables["differences"], TASKS, why="", synthetic=True).as_raw_html()
    assert "− TA" in html and "macro-F1" in html and "nan" not in html
    assert "TA asks DWPI" in shown.pairs_table(tables["mixed"], "TA", why="", synthetic=True).as_raw_html()
    said = say_texts(made).data
    assert said.startswith(f"80 of 120 publications (67%) have expert-written text: {REWRITTEN}.")
    assert "The other 40 are left out" in said
    words = close_expert(made, tables).data
    assert "DWPI less TA" in words and "queries in TA for documents in DWPI" in words and "nan" not in words


def test_significance_is_filled_and_counted() -> None:
    row = {"view": "TA", "low": 0.1, "high": 0.3, "p": 0.001, "p_holm": 0.002, "n": 9, "task": "retrieval"}
    table = pd.DataFrame(
        [
            {**row, "system": "A", "measure": "MRR", "difference": 0.2, "significant": True},
            {**row, "system": "B", "measure": "MRR", "difference": -0.2, "significant": True},
            {**row, "system": "C", "measure": "MRR", "difference": 0.01, "significant": False},
        ]
    )
    [axes] = figures.advantage_figure(table, "view", "difference", why="", synthetic=False).axes
    faces = [line.get_markerfacecolor() for line in axes.lines if line.get_marker() == "o"]
    assert faces == ["white", figures.WORSE, figures.BETTER]


@pytest.mark.parametrize(
    ("views", "missing", "why"),
    [
        (["TA"], False, "View DWPI is not one of the study's views."),
        (["TA", "DWPI"], True, "has no expert-written text (no dwpi_title and no dwpi_abstract)."),
        (["DWPI"], False, "is the study's only one"),
    ],
)
def test_without_two_texts_everything_says_why(tmp_path: Path, views: list[str], missing: bool, why: str) -> None:
    made = bench(tmp_path, views=views, systems=["BM25"])
    if missing:
        vars(made.arena)["landscape"] = without_some(made.arena.landscape, np.ones(120, dtype=bool))
    tables, lacking = expert_tables(made), ExpertViews(made).lacking
    assert why in lacking and all(table.empty for table in tables.values())
    fixed: dict[str, Any] = {"why": lacking, "synthetic": True}
    drawn = [
        figures.texts_figure(tables["wording"], "", **fixed),
        figures.advantage_figure(tables["differences"], "view", "", **fixed),
        figures.pairs_figure(tables["pairs"], "nDCG@10", **fixed),
    ]
    assert [figure.texts[0].get_text() for figure in drawn] == [lacking] * 3
    pages = [
        table.as_raw_html().replace("&#x27;", "'")
        for table in (
            shown.texts_table(tables["wording"], "", **fixed),
            shown.reading_table(tables["reading"], **fixed),
            shown.advantage_table(tables["values"], tables["differences"], TASKS[:1], **fixed),
            shown.advantage_table(tables["values"], tables["differences"], TASKS[1:], **fixed),
            shown.pairs_table(tables["mixed"], "", **fixed),
        )
    ]
    assert all(why in page for page in pages)
    assert len(set(re.findall(r'<div id="(\w+)"', "".join(pages)))) == len(pages), "a page has each id once"
    of = "0 of 120" if missing else "120 of 120"
    assert f"{of} publications have expert-written text." in close_expert(made, tables).data
    assert "nothing to compare" in say_texts(made).data


def test_without_labels_retrieval_is_compared_alone(tmp_path: Path) -> None:
    tables = expert_tables(bench(tmp_path, labels={"sets": ["enabling_technology"], "min_support": 1000}))
    assert set(tables["differences"]["task"]) == {"retrieval"} and len(tables["mixed"]) == 4


def test_the_title_says_whose_text_it_is(tmp_path: Path) -> None:
    made = bench(tmp_path, views=["TA", "DWPI"])
    assert source_of(made) == REWRITTEN and "synthetic" in say_subtitle(made).data
    real = replace(made.arena.landscape, provenance=replace(made.arena.landscape.provenance, synthetic=False))
    vars(made.arena)["landscape"] = real
    assert source_of(made) == "as landscape assistive brings it"
    licensed = replace(real.provenance, licensed=("dwpi_abstract",))
    vars(made.arena)["landscape"] = replace(real, provenance=licensed)
    assert say_subtitle(made).data == f"## {LICENSED.capitalize()}"
    vars(made.arena)["landscape"] = without_some(real, np.ones(120, dtype=bool))
    assert source_of(made) == "none in this landscape" and expert_share(made) == (0, 120)
