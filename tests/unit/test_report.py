"""What figures, tables and closing paragraphs say, from frames made by hand."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from pathlib import Path

import matplotlib.pyplot as plt
import pandas as pd
import pytest
from PIL import Image

from patbench_lib.errors import PatbenchError
from patbench_lib.models.card import Card
from patbench_lib.report.figures import Drawn, print_figures, save_figure, write_figures
from patbench_lib.report.prose import close_models, close_retrieval
from patbench_lib.report.retrieval_figures import failures_figure, scale_figure, strata_figure, views_figure
from patbench_lib.report.style import SYNTHETIC, arms, finish, panels, words_figure
from patbench_lib.report.tables import leaderboard, table

CARDS = {
    "BM25": Card(name="BM25", kind="lexical"),
    "small": Card(name="small", kind="dense", path=Path("x"), dim=4, params_m=10, family="F"),
    "large": Card(name="large", kind="dense", path=Path("x"), dim=4, params_m=90, family="F"),
}


def means(**values: float) -> pd.DataFrame:
    rows = [(s, "TA", "nDCG@10", v, v - 0.01, v + 0.02, 40) for s, v in values.items()]
    return pd.DataFrame(rows, columns=["system", "view", "measure", "value", "low", "high", "n"])


def comparisons(**differences: tuple[float, bool]) -> pd.DataFrame:
    rows = [(system, "TA", d, verdict) for system, (d, verdict) in differences.items()]
    return pd.DataFrame(rows, columns=["system", "view", "difference", "significant"])


NO_GAPS = pd.DataFrame({"gap": []})


def test_the_closing_paragraph_names_leader_and_significant_systems() -> None:
    said = close_retrieval(
        means(BM25=0.3, small=0.2, large=0.4),
        comparisons(small=(-0.1, False), large=(0.1, True)),
        NO_GAPS,
        CARDS,
        "BM25",
    ).data
    assert "large leads with nDCG@10 0.400 [0.390, 0.420]" in said
    assert "Significantly above BM25: large; below: none." in said


@pytest.mark.parametrize(
    ("small", "large", "verdict"),
    [(0.2, 0.4, "each larger model has a higher mean"), (0.4, 0.2, "means do not follow size")],
)
def test_scale_within_a_family_is_told_as_it_is(small: float, large: float, verdict: str) -> None:
    said = close_retrieval(
        means(BM25=0.3, small=small, large=large), comparisons(small=(0.0, False)), NO_GAPS, CARDS, "BM25"
    ).data
    assert f"In the family F {verdict} (small {small:.3f} → large {large:.3f})." in said


def test_no_word_of_out_where_there_is_no_such_query() -> None:
    said = close_retrieval(means(BM25=0.3), comparisons(), NO_GAPS, CARDS, "BM25").data
    assert "Outside" not in said


def test_the_gap_is_told_as_a_range_over_systems() -> None:
    gaps = pd.DataFrame({"gap": [0.4, 0.55]})
    said = close_retrieval(means(BM25=0.3), comparisons(), gaps, CARDS, "BM25").data
    assert "Outside their domain systems score 40 % to 55 % lower than inside it." in said


def test_what_was_cut_and_how_fast_is_told() -> None:
    readings = pd.DataFrame(
        [("BM25", "TA", None, 0.0, 1.0), ("small", "TA", 64, 0.9, 0.4), ("large", "TA", 512, 0.0, 1.0)],
        columns=["system", "view", "limit", "truncated", "read"],
    )
    rates = pd.DataFrame({"system": ["small", "large"], "texts_per_second": [1000.0, 10.0]})
    said = close_models(readings, rates, "TA").data
    assert (
        "read between 40% and 100% of the tokens, and had to cut 90% of the texts where they cut most (small)" in said
    )
    assert "small encodes 1,000 texts a second, 100 times as many as large (10)" in said


def test_a_leaderboard_marks_what_is_significant_and_the_best() -> None:
    html = leaderboard(
        means(BM25=0.3, small=0.2, large=0.4),
        comparisons(small=(-0.1, True), large=(0.1, False)),
        "BM25",
        synthetic=True,
    ).as_raw_html()
    assert "0.200 ▼" in html
    assert "0.400 ▲" not in html, "not significant"
    assert "Synthetic landscape." in html


def test_a_table_shows_what_is_missing_as_a_dash() -> None:
    assert "–" in table(pd.DataFrame({"a": [1.0, None]}), decimals={"a": 1}).as_raw_html()


def test_tables_of_a_page_have_ids_of_their_own_also_where_all_are_empty() -> None:
    def shown(columns: list[str], note: str) -> str:
        html = table(pd.DataFrame(columns=columns), notes=[note]).as_raw_html()
        return html.partition('id="')[2].partition('"')[0]

    ids = [shown(["a"], "none"), shown(["b"], "none"), shown(["a"], "nothing")]
    assert len(set(ids)) == 3
    assert shown(["a"], "none") == ids[0], "and the same in another run"


def test_a_synthetic_figure_says_so_and_another_does_not() -> None:
    for synthetic in (True, False):
        figure = finish(plt.figure(), synthetic=synthetic)
        texts = [text.get_text() for text in figure.texts]
        assert ("synthetic landscape" in texts) is synthetic
        assert not plt.fignum_exists(figure.number), "it would be shown twice"


def test_a_single_view_a_single_system_and_an_empty_stratum_can_be_drawn() -> None:
    one = means(small=0.2).assign(stratum="IN")
    scores = pd.DataFrame({"system": ["small"] * 3, "measure": ["nDCG@10"] * 3, "value": [0.0, 0.5, 1.0]})
    for figure in (
        views_figure(one, synthetic=False),
        strata_figure(one, ["nDCG@10"], synthetic=False),
        scale_figure(one, CARDS, synthetic=False),
        failures_figure(scores, synthetic=False),
    ):
        figure.canvas.draw()
        assert figure.axes


def notebook(path: Path, source: str, svg: str) -> Path:
    output = {"output_type": "display_data", "data": {"image/svg+xml": svg}, "metadata": {}}
    cell = {"cell_type": "code", "source": source, "outputs": [output], "metadata": {}}
    path.write_text(json.dumps({"cells": [cell], "nbformat": 4, "nbformat_minor": 5, "metadata": {}}))
    return path


def test_figures_become_files_with_a_map_and_older_ones_go(tmp_path: Path) -> None:
    source = '#| label: fig-one\n#| fig-cap: "What it shows."\ndraw()'
    made = notebook(tmp_path / "07_x.ipynb", source, "<svg/>")
    folder = tmp_path / "figures"
    folder.mkdir()
    (folder / "01-old.svg").write_text("<svg/>")
    assert write_figures([made], folder, study="demo", notice="All synthetic.") == [folder / "07-one.svg"]
    assert sorted(path.name for path in folder.iterdir()) == ["07-one.svg", "README.md"]
    readme = (folder / "README.md").read_text()
    assert "All synthetic." in readme
    assert "| [07-one.svg](07-one.svg) | [07_x](../notebooks/07_x.ipynb), `fig-one` | What it shows. |" in readme


def test_a_figure_for_print_has_its_size_at_300_dots_an_inch(tmp_path: Path) -> None:
    drawing = io.StringIO()
    figure, axes = plt.subplots(figsize=(4, 2))
    axes.set_facecolor("#ff0000")
    figure.savefig(drawing, format="svg")
    plt.close(figure)
    made = notebook(tmp_path / "07_x.ipynb", '#| label: fig-one\n#| fig-cap: "What."\ndraw()', drawing.getvalue())
    (file,) = print_figures([made], tmp_path / "print")
    assert file == tmp_path / "print" / "07-one.png"
    with Image.open(file) as picture:
        assert picture.size == (1200, 600) and picture.info["dpi"] == pytest.approx((300, 300), abs=0.01)
        assert picture.getpixel((600, 300)) == (255, 0, 0) and picture.getpixel((2, 2)) == (255, 255, 255)


def test_a_figure_is_written_as_its_file_is_called(tmp_path: Path) -> None:
    drawn = Drawn("07_x", "fig-one", "What.", "<svg/>")
    save_figure(drawn, tmp_path / "x.svg")
    assert (tmp_path / "x.svg").read_text() == "<svg/>\n"
    with pytest.raises(PatbenchError, match=r"neither \.svg nor \.png"):
        save_figure(drawn, tmp_path / "x.pdf")
    with pytest.raises(PatbenchError, match="could not be drawn for print"):
        save_figure(replace(drawn, svg="no drawing"), tmp_path / "x.png")


def test_no_figures_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(PatbenchError, match="No figures in 0 notebooks"):
        write_figures([], tmp_path, study="demo", notice=None)


def test_the_lowest_panel_of_each_column_carries_the_labels() -> None:
    figure, axes = panels(4, 2.0, margin=0.5, xlabel="x")
    assert figure.get_size_inches().tolist() == [7.6, 2 * 2.0 + 0.5]
    assert len(figure.axes) == 6 and [each.get_visible() for each in figure.axes] == [True] * 4 + [False] * 2
    # The fourth panel stands under the first one.
    assert [each.get_xlabel() for each in axes] == ["", "x", "x", "x"]
    assert [each.xaxis.get_tick_params()["labelbottom"] for each in axes] == [False, True, True, True]
    plt.close(figure)


def test_a_figure_of_words_says_them_and_what_it_is() -> None:
    figure = words_figure("Nothing to draw.", synthetic=True)
    assert [text.get_text() for text in figure.texts] == ["Nothing to draw.", SYNTHETIC]
    assert len(words_figure("Nothing to draw.", synthetic=False).texts) == 1


def test_the_mark_leaves_the_label_of_all_axes_where_it_is() -> None:
    figure, _ = plt.subplots()
    figure.supxlabel("the weight")
    finish(figure, synthetic=True)
    assert figure.get_supxlabel() == "the weight"
    assert [text.get_text() for text in figure.texts] == ["the weight", SYNTHETIC]


def test_arms_never_point_inwards() -> None:
    frame = pd.DataFrame({"value": [0.5, 0.5], "low": [0.4, 0.5 + 1e-17], "high": [0.7, 0.5]})
    assert arms(frame).tolist() == [pytest.approx([0.1, 0]), pytest.approx([0.2, 0])]
    assert arms(frame.assign(low=0.6)).min() == 0
