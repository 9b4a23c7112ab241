"""Tables, pictures and words of notebook 14."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from fixtures.claimed import judged_by_hand
from fixtures.studies import bench
from matplotlib.figure import Figure

from patbench_lib.bench.claims import judged_by
from patbench_lib.bench.claims_calibrated import calibration
from patbench_lib.bench.claims_evidence import lacking
from patbench_lib.evaluate.claims_calibration import COLUMNS
from patbench_lib.reference.claims import Statement, statements
from patbench_lib.report import claims_tables as tables
from patbench_lib.report.claims_figures import MARKS, NO_CALIBRATION, claims_figure, power_figure
from patbench_lib.report.prose_claims import close_claims, say_calibration, say_rule

FOUND = judged_by_hand()


def calibrated(**holds: int) -> pd.DataFrame:
    rows = [
        ("one comparison", "every", 1, "nothing", 0.0, 40, holds.get("nothing", 2), 1),
        ("one comparison", "every", 1, "effect", 0.02, 40, 20, 0),
        ("one comparison", "every", 1, "effect", 0.05, 40, 32, 0),
        ("every of 3 comparisons", "every", 3, "nothing", 0.0, 40, 0, 0),
        ("every of 3 comparisons", "every", 3, "edge", 0.0, 40, 1, 5),
        ("gap of 4 systems", "every", 4, "nothing", 0.0, 40, 1, 1),
        ("gap of 4 systems", "every", 4, "effect", 0.4, 40, 31, 0),
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype(COLUMNS)


def texts(figure: Figure) -> list[str]:
    shown = [text.get_text() for axes in figure.axes for text in axes.get_yticklabels()]
    return [*shown, *(text.get_text() for text in figure.findobj(lambda each: hasattr(each, "get_text")))]


def test_the_verdicts_of_the_fixture_are_as_planned() -> None:
    verdicts = FOUND.verdicts.set_index("claim")["verdict"].to_dict()
    assert verdicts == {
        "C5a": "holds",
        "C6": "not decided",
        "C7a": "holds",
        "C7b": "does not hold",
        "C11": "cannot be judged",
        "mine": "holds",
    }


def test_the_table_has_every_claim_with_its_reason() -> None:
    page = tables.claims_table(FOUND, synthetic=True).as_raw_html()
    assert all(name in page for name in FOUND.statements)
    assert "This study reranks with no cross-encoder." in page and "Synthetic landscape." in page
    assert "0.55" in page and "0.850" in page and "−0.013" in page
    assert "2 of 2 needed; 2 true, 0 false." in page
    assert not re.search(r"\bnan\b|&lt;NA&gt;|None", page)


def test_rules_in_words() -> None:
    page = tables.rules_table(FOUND).as_raw_html()
    assert "own: a claim of this study" in page and "every part lies above 0.01" in page
    known = statements()
    assert tables.rule_of(known["C7b"]) == "every part lies above 0.55 and below 0.65"
    assert tables.rule_of(known["C4a"]) == "more than half of the parts lie below 0"
    assert tables.rule_of(known["C5b"]) == "at least one part lies above 0"
    assert tables.rule_of(known["C8"]) == "every part lies above −0.10"


def test_numbers_have_a_true_minus_and_missing_ones_a_dash() -> None:
    assert [tables.number(x) for x in (-0.013, 0.0, math.nan, -math.inf, 1.0)] == ["−0.013", "0", "–", "–", "1.000"]


def test_the_null_table_marks_chance() -> None:
    assert tables.by_chance(40, 0.95) == 6
    page = tables.null_table(calibrated(), 0.95, synthetic=True).as_raw_html()
    assert page.count("nothing") == 3 and "edge" in page and "Synthetic landscape." in page


def test_the_picture_has_every_claim_once_and_says_that_it_is_synthetic() -> None:
    figure = claims_figure(FOUND, synthetic=True)
    shown = texts(figure)
    for name, each in FOUND.statements.items():
        assert shown.count(f"{name} {each.title}") >= 1, name
    assert "synthetic landscape" in shown and all(verdict in shown for verdict in MARKS)
    assert "synthetic landscape" not in texts(claims_figure(FOUND, synthetic=False))
    assert [axes.get_xlabel() for axes in figure.axes] == ["difference of scores", "share, or correlation"]


def test_a_picture_of_nothing_but_what_cannot_be_judged() -> None:
    none = judged_by({name: (each, lacking("Nothing here.")) for name, each in statements().items()}, 0.95)
    figure = claims_figure(none, synthetic=True)
    assert sum(len(axes.get_yticklabels()) for axes in figure.axes) == len(statements())
    assert none.parts.empty


def test_the_power_figure_and_its_words() -> None:
    figure = power_figure(calibrated(), "nDCG@10", 0.95, synthetic=True)
    assert [axes.get_xlabel() for axes in figure.axes] == ["planted in nDCG@10", "share by which OUT was made lower"]
    assert NO_CALIBRATION in texts(power_figure(calibrated().iloc[:0], "nDCG@10", 0.95, synthetic=True))


def test_words_on_calibration_count_what_erred(tmp_path: Path) -> None:
    made = bench(tmp_path)
    text = say_calibration(made, calibrated()).data
    assert "(one comparison) called it true in 2, no more than chance allows (6)" in text
    assert (
        "one comparison, from 0.05 on" in text and "gap of 4 systems, none of the strengths tried (up to 0.4)" in text
    )
    assert "in 9, more than chance allows (6)" in say_calibration(made, calibrated(nothing=9)).data
    assert NO_CALIBRATION in say_calibration(made, calibrated().iloc[:0]).data


def test_the_closing_words_count_verdicts_and_name_reasons(tmp_path: Path) -> None:
    made = bench(tmp_path)
    text = close_claims(made, FOUND).data
    assert "Of the published study's 5 statements:" in text and "Of this study's own 1 statement:" in text
    assert "- holds, 2: C5a (larger is better within a family), C7a (OUT is harder than IN)" in text
    assert "- does not hold, 1: C7b (by 55 to 65 %)" in text and "- cannot be judged, 1\n" in text
    assert "- C11: This study reranks with no cross-encoder." in text and "synthetic landscape" in text
    assert "5 statements of the published study are judged and 1 of this study's own" in say_rule(made, FOUND).data
    whole = replace(FOUND, verdicts=FOUND.verdicts[FOUND.verdicts["verdict"] != "cannot be judged"])
    assert "could not be judged" not in close_claims(made, whole).data


def test_a_statement_without_a_range_is_refused() -> None:
    fields = {"title": "x", "says": "x", "certainty": "S", "evidence": "x", "effect": "x", "unit": "score"}
    for ends in ({}, {"least": 0.5, "most": 0.5}):
        with pytest.raises(ValueError, match="above or below"):
            Statement.model_validate({**fields, "scope": "every", **ends})


def test_a_calibration_is_kept_and_made_anew_where_scores_are_others(tmp_path: Path) -> None:
    small = {"source": "demo", "publications": 120}
    first = calibration(bench(tmp_path, landscape=small))
    kept = tmp_path / "results" / "small" / "claims.calibration.parquet"
    made = kept.stat().st_mtime_ns
    pd.testing.assert_frame_equal(calibration(bench(tmp_path, landscape=small)), first)
    assert kept.stat().st_mtime_ns == made
    calibration(bench(tmp_path, landscape=small, seed=1))
    assert kept.stat().st_mtime_ns > made
    assert calibration(bench(tmp_path, systems=["BM25"], landscape=small))["rule"].unique().tolist() == [
        "gap of 1 system"
    ]
