"""What notebooks 10 and 11 show of tuned models: figures, tables and words, from tables made by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from fixtures import tuned
from fixtures.tuned import AWAY, HOME, MODELS, RECIPES, change
from IPython.core.pylabtools import print_figure
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, PathCollection
from matplotlib.figure import Figure
from matplotlib.text import Annotation

from patbench_lib.report import change_tables
from patbench_lib.report import transfer_figures as transfer
from patbench_lib.report import transfer_tables as away
from patbench_lib.report import tuning_figures as figures
from patbench_lib.report import tuning_tables as tables
from patbench_lib.report.tuning_marks import NO_TUNING, changes_figure, heights

CHANGES = tuned.changes()
OWN = CHANGES[CHANGES["landscape"] == HOME]
PLAIN = CHANGES[CHANGES["kind"] == "plain"]
MAIN = CHANGES[(CHANGES["measure"] == "nDCG@10") & (CHANGES["stratum"] == "ALL")]
NONE = CHANGES.iloc[:0]


def words(figure: Figure) -> str:
    assert print_figure(figure, "svg"), "a notebook shows nothing of a figure without axes"
    return figure.texts[0].get_text()


def points(figure: Figure) -> list[list[tuple[float, float]]]:
    """Return the points of each panel, those lines that have one place alone."""
    panels = [[np.asarray(line.get_xydata()) for line in axes.lines] for axes in figure.axes if axes.get_visible()]
    return [[(float(xy[0, 0]), float(xy[0, 1])) for xy in panel if len(xy) == 1] for panel in panels]


def rings(axes: Axes) -> list[tuple[float, float]]:
    """Return the places of all dots that were scattered."""
    dots = [np.asarray(each.get_offsets()) for each in axes.collections if isinstance(each, PathCollection)]
    return [(float(x), float(y)) for x, y in np.concatenate(dots)]


def test_rows_stand_from_the_top_with_a_gap_between_models() -> None:
    rows = pd.DataFrame({"model": ["b", "b", "a"], "recipe": ["R2", "R1", "R2"]})
    assert heights(rows) == {("b", "R2"): 0.0, ("b", "R1"): -1.0, ("a", "R2"): -2.5}


def test_a_change_is_filled_where_it_is_significant() -> None:
    rows = pd.DataFrame([change("MiniLM-2L", "R1", 0.05), change("MiniLM-2L", "R2", 0.01)])
    (axes,) = changes_figure(rows, synthetic=False).axes
    (dots,) = [each for each in axes.collections if isinstance(each, PathCollection)]
    white = [tuple(colour[:3]) == (1, 1, 1) for colour in np.asarray(dots.get_facecolor())]
    assert white == [False, True]
    (arms,) = [each for each in axes.collections if isinstance(each, LineCollection)]
    assert [[x for x, _ in arm] for arm in arms.get_segments()] == [
        pytest.approx([0.03, 0.07]),
        pytest.approx([-0.01, 0.03]),
    ]


def test_changes_have_a_panel_for_each_measure_and_stratum() -> None:
    ranked = PLAIN[(PLAIN["landscape"] == AWAY) & (PLAIN["task"] == "retrieval")]
    figure = changes_figure(ranked, alike=True, synthetic=False)
    assert [axes.get_title() for axes in figure.axes] == ["nDCG@10", "nDCG@10, IN", "nDCG@10, OUT"]
    assert len({axes.get_xlim() for axes in figure.axes}) == 1
    every = changes_figure(PLAIN[PLAIN["landscape"] == HOME], synthetic=False)
    assert [axes.get_title() for axes in every.axes if axes.get_visible()] == list(tuned.MEASURED)
    names = [text.get_text() for text in every.axes[0].get_yticklabels()]
    assert names == [f"{model}  {recipe}" for model in MODELS for recipe in RECIPES]


def test_the_control_sets_equally_many_pairs_against_all() -> None:
    rows = [change("MiniLM-2L", "R1", 0.05), change("MiniLM-2L", "R1", 0.03, kind="matched")]
    rows += [change("MiniLM-2L", "R2", 0.02)]  # was not matched, so there is nothing to set it against
    figure = figures.control_figure(pd.DataFrame(rows), synthetic=False)
    assert points(figure) == [[(0.05, 0.03)]]
    assert words(figures.control_figure(PLAIN[PLAIN["landscape"] == HOME], synthetic=False)) == change_tables.NO_CONTROL


def test_the_course_rings_the_weights_that_were_kept() -> None:
    figure = figures.course_figure(tuned.course(), synthetic=False)
    titles = [axes.get_title() for axes in figure.axes]
    assert titles == [f"{model}: {what}" for model in MODELS for what in (tables.LOSS, tables.WATCHED)]
    kept = tuned.course().query("kept and model == @MODELS[0]")
    assert rings(figure.axes[1]) == list(zip(kept["step"], kept["value"], strict=True))
    assert rings(figure.axes[0]) == []
    assert [text.get_text() for text in figure.legends[0].get_texts()] == list(RECIPES)


def test_a_training_that_was_not_watched_has_a_loss_alone() -> None:
    course = tuned.course()
    figure = figures.course_figure(course[course["what"] == tables.LOSS], synthetic=False)
    assert len(figure.axes) == len(MODELS)


def test_gain_here_is_set_against_loss_there() -> None:
    rows = [change("MiniLM-2L", "R1", 0.05), change("MiniLM-2L", "R1", -0.04, landscape="abroad", whole=True)]
    assert points(transfer.tradeoff_figure(pd.DataFrame(rows), HOME, synthetic=False)) == [[(0.05, -0.04)]]


def test_strength_is_the_zero_shot_score() -> None:
    rows = [change("MiniLM-2L", "R1", -0.04, landscape=AWAY, stratum=stratum) for stratum in ("ALL", "IN")]
    figure = transfer.strength_figure(pd.DataFrame(rows), "nDCG@10", synthetic=False)
    assert points(figure) == [[(0.3, -0.04)]] * 2
    assert [axes.get_title() for axes in figure.axes] == ["ALL", "IN"]


def test_remedies_stand_on_the_own_landscape_first_whatever_its_name() -> None:
    renamed = MAIN.replace({"landscape": {HOME: "zoo"}})
    figure = transfer.remedies_figure(renamed, "zoo", synthetic=False)
    assert [axes.get_title() for axes in figure.axes] == [
        "own landscape, zoo",
        f"all of {AWAY}",
        f"held-out part of\n{AWAY}",
    ]
    assert len(figure.axes[0].get_yticklabels()) == len(MODELS) * len(RECIPES)


def test_models_without_a_remedy_are_left_out_of_the_remedies() -> None:
    closely = MAIN[(MAIN["kind"] == "plain") | (MAIN["model"] == MODELS[0])]
    figure = transfer.remedies_figure(closely, HOME, synthetic=False)
    names = [text.get_text() for text in figure.axes[0].get_yticklabels()]
    assert names == [f"{MODELS[0]}  {recipe}" for recipe in RECIPES]
    page = away.remedies_table(closely, HOME, synthetic=False).as_raw_html()
    assert MODELS[0] in page and MODELS[1] not in page


def test_arrows_lead_from_each_model_to_each_of_its_recipes() -> None:
    figure = transfer.drift_figure(tuned.drift(), synthetic=False)
    assert [axes.get_title() for axes in figure.axes] == [HOME, AWAY]
    for axes in figure.axes:
        arrows = [text for text in axes.texts if isinstance(text, Annotation) and text.arrow_patch]
        ends = [value for text in arrows for value in (text.xyann[0], text.xy[0])]
        expected = [x for place in (-2, -3) for step in (1, 2, 3, 4) for x in (place, place - 0.1 * step)]
        assert ends == pytest.approx(expected)


def test_without_changes_every_figure_says_so() -> None:
    assert words(changes_figure(NONE, synthetic=False)) == NO_TUNING
    assert words(changes_figure(NONE, why="because", synthetic=False)) == "because"
    assert words(figures.control_figure(NONE, synthetic=False)) == change_tables.NO_CONTROL
    assert words(figures.course_figure(tables.course_of({}), synthetic=False)) == NO_TUNING
    assert words(transfer.strength_figure(NONE, "nDCG@10", synthetic=False)) == away.NO_TRANSFER
    assert words(transfer.tradeoff_figure(OWN[OWN["kind"] == "plain"], HOME, synthetic=False)) == away.NO_TRANSFER
    assert words(transfer.remedies_figure(MAIN[MAIN["kind"] == "plain"], HOME, synthetic=False)) == away.NO_REMEDY
    assert words(transfer.drift_figure(tuned.drift().iloc[:0], synthetic=False)) == away.NO_DRIFT


def test_scores_stand_under_those_of_the_zero_shot_model() -> None:
    rows = [change("MiniLM-2L", "R1", 0.05), change("MiniLM-2L", "R2", 0.01), change("MiniLM-2L", "R3", -0.03)]
    page = change_tables.changes_table(pd.DataFrame(rows), 0.95, synthetic=True).as_raw_html()
    cells = [
        "zero-shot",
        "0.300",
        "0.350 ▲\n[+0.030, +0.070]",
        "0.310 \u2007\n[−0.010, +0.030]",
        "0.270 ▼\n[−0.050, −0.010]",
    ]
    places = [page.index(cell) for cell in cells]
    assert places == sorted(places)
    assert "Tested on: nDCG@10 60." in page and "Synthetic landscape." in page


def test_the_best_recipe_is_marked_where_it_is_above_zero_shot_and_the_second() -> None:
    row = {"kind": "plain", "task": "retrieval", "measure": "nDCG@10", "difference": 0.05}
    best = pd.DataFrame(
        [
            {**row, "model": "a", "best": "R3", "significant": True, "apart": True},
            {**row, "model": "b", "best": "R1", "significant": False, "apart": False},
        ]
    )
    page = change_tables.best_table(best, synthetic=False).as_raw_html()
    assert "R3 +0.050 ▲‡<" in page
    assert "R1 +0.050<" in page


def test_protocols_are_compared_by_the_first_measure_of_each_task() -> None:
    page = change_tables.protocols_table(OWN[OWN["stratum"] == "ALL"], synthetic=False).as_raw_html()
    assert "inductive" in page and "transductive" in page
    assert "micro-F1" in page and "macro-F1" not in page
    assert change_tables.NO_LOOSER in change_tables.protocols_table(PLAIN, synthetic=False).as_raw_html()


def test_how_far_vectors_moved_is_told_of_tuned_models_alone() -> None:
    page = away.drift_table(tuned.drift(), synthetic=False).as_raw_html()
    assert "zero-shot" not in page
    assert "60.0%" in page


def test_only_recipes_as_they_are_on_all_of_the_other_landscape_are_a_transfer() -> None:
    shown = away.away_of(CHANGES, HOME)
    assert set(shown["landscape"]) == {AWAY} and set(shown["kind"]) == {"plain"} and shown["whole"].all()
