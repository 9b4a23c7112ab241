"""Names and numbers in figures and text are shown as they are written."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from io import BytesIO

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pypandoc
import pytest
from bs4 import BeautifulSoup
from matplotlib.figure import Figure

from patbench_lib.models.registry import find_card
from patbench_lib.report.classification_figures import curve_figure
from patbench_lib.report.cost_figures import indexes_figure, retention_figure
from patbench_lib.report.labels import plain, shortened
from patbench_lib.report.landscape_figures import text_lengths
from patbench_lib.report.model_figures import rates
from patbench_lib.report.retrieval_figures import scale_figure
from patbench_lib.report.style import finish, use_style

ODD = [
    "at_domain",
    "_x_ and __y__",
    "cost $x_{ and $y$ here",
    "<script>alert(1)</script> & co",
    "*a* **b** `c` ~d~ ~~e~~ ^f^",
    "[a](http://b) ![c](d) [@holm1979] @holm1979",
    r"a\*b \(x\) \alpha",
    "a | b",
    "{{< include x >}}",
]


def drawn(figure: Figure) -> Figure:
    figure.savefig(BytesIO())  # the canvas of a closed figure draws nothing by itself
    return figure


@pytest.fixture(autouse=True)
def style() -> Iterator[None]:
    with mpl.rc_context():
        use_style()
        yield


@pytest.mark.parametrize("name", ODD)
def test_pandoc_shows_a_plain_name_as_it_is_written(name: str) -> None:
    options = ["--wrap=none", "--mathml"]
    made = pypandoc.convert_text(f"So **{plain(name)}** is.", "html", format="markdown-smart", extra_args=options)
    page = BeautifulSoup(made, "html.parser")
    assert page.get_text().strip() == f"So {name} is."
    assert {tag.name for tag in page.find_all()} == {"p", "strong"}


def test_a_name_of_several_lines_is_one() -> None:
    assert plain("a\n\n# b") == "a # b"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a cane", "a cane"),
        ("a cane that vibrates", "a cane …"),
        ("  a cane\nthat vibrates", "a cane …"),
        ("Elektrorollstuhlantrieb für alle", "Elektrorol …"),
        ("Elektrorollstuhlantrieb", "Elektrorol …"),
        ("", ""),
    ],
)
def test_a_long_text_is_cut_between_words_or_within_a_long_one(text: str, expected: str) -> None:
    assert shortened(text, 12) == expected


def test_two_dollar_signs_make_no_formula() -> None:
    figure, axes = plt.subplots()
    axes.set_title("cost $x_{ and $y")
    axes.plot([0, 1], label="$a$")
    axes.legend()
    drawn(finish(figure, synthetic=False))  # a broken formula cannot be drawn
    assert not axes.title.get_parse_math() and not axes.get_legend().get_texts()[0].get_parse_math()


def of_rates(low: float, high: float) -> Figure:
    frame = pd.DataFrame({"system": ["a", "b"], "kind": ["dense", "lsa"], "texts_per_second": [low, high]})
    return rates(frame, synthetic=False)


def of_curve(low: float, high: float) -> Figure:
    row = {"measure": "micro-F1", "classifier": "a", "method": "probe"}
    ends = [{**row, "share": s, "train": x, "value": 0.5, "low": 0.4, "high": 0.6} for s, x in ((0.1, low), (1, high))]
    return curve_figure(pd.DataFrame(ends), synthetic=False)


def of_scale(low: float, high: float) -> Figure:
    card = find_card("MiniLM-L6", {})
    cards = {name: card.model_copy(update={"params_m": size}) for name, size in (("a", low), ("b", high))}
    row = {"measure": "MAP", "value": 0.5, "low": 0.4, "high": 0.6}
    return scale_figure(pd.DataFrame([{"system": name, **row} for name in cards]), cards, synthetic=False)


def of_lengths(low: float, high: float) -> Figure:
    return text_lengths({"TA": np.array([low, high], dtype=int)}, {"a": 512}, synthetic=False)


def of_retention(low: float, high: float) -> Figure:
    row = {"system": "a", "kind": "dimensions", "retention": 0.9, "low": 0.8, "high": 1.0}
    cut = [{**row, "dims": dims, "share": dims / high} for dims in (low, high)]
    return retention_figure(pd.DataFrame(cut), "MAP", synthetic=False)


def of_indexes(low: float, high: float) -> Figure:
    row = {"index": "flat", "described": "all", "bytes": 10, "recall": 1.0, "effort": 1}
    return indexes_figure(pd.DataFrame([{**row, "milliseconds": x} for x in (low, high)]), "a", synthetic=False)


@pytest.mark.parametrize(("low", "high"), [(4, 14), (20, 45), (8, 900), (2, 90_000)])
@pytest.mark.parametrize("draw", [of_rates, of_curve, of_scale, of_lengths, of_retention, of_indexes])
def test_logarithmic_axes_show_plain_numbers(draw: Callable[[float, float], Figure], low: float, high: float) -> None:
    figure = drawn(draw(low, high))
    for axes in figure.axes:
        first, last = sorted(axes.get_xlim())
        ticks = [*axes.xaxis.get_major_ticks(), *axes.xaxis.get_minor_ticks()]
        shown = [tick.label1.get_text() for tick in ticks if first <= tick.get_loc() <= last]
        assert any(shown), draw.__name__
        assert not any("$" in text for text in shown), shown
