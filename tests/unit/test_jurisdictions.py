"""The tables, figures and words of the notebook of offices, on landscapes with offices and without."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from fixtures.landscapes import as_csv, cited_in_a_row
from fixtures.studies import bench

from patbench_lib.bench import jurisdictions
from patbench_lib.bench.bench import Bench
from patbench_lib.bench.jurisdictions import jurisdiction_tables
from patbench_lib.bench.office_mix import traits
from patbench_lib.errors import PatbenchError
from patbench_lib.report import jurisdiction_figures as figures
from patbench_lib.report import jurisdiction_tables as shown
from patbench_lib.report.prose_jurisdictions import close_jurisdictions, say_offices

OFFICES = ("US", "EP", "WO", "CN", "JP", "KR", "DE")


def demo(root: Path, publications: int, noise: float, **fields: Any) -> Bench:
    landscape = {
        "source": "demo",
        "publications": publications,
        "effects": {"translation_noise": noise},
    }
    asked: dict[str, Any] = {"landscape": landscape, "systems": ["BM25"], **fields}
    return bench(root, statistics={"resamples": 300, "permutations": 1000}, **asked)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Bench, dict[str, pd.DataFrame]]:
    """Return a bench whose landscape has enough queries of some offices and too few of others."""
    mine = demo(tmp_path_factory.mktemp("offices"), 240, 0.6, systems=["BM25", "LSA"])
    return mine, jurisdiction_tables(mine)


def test_cells_with_too_few_queries_have_a_count_and_no_number(made: tuple[Bench, dict[str, pd.DataFrame]]) -> None:
    cells = made[1]["cells"]
    few = cells["n"] < 20
    assert few.any() and not few.all()
    assert cells.loc[few, ["value", "low", "high"]].isna().all(axis=None)
    rest = cells[~few]
    assert ((rest["low"] <= rest["value"]) & (rest["value"] <= rest["high"])).all()


def test_the_cell_of_all_offices_is_the_mean_over_all_queries(made: tuple[Bench, dict[str, pd.DataFrame]]) -> None:
    mine, tables = made
    scores = mine.scores("BM25", mine.arena, "TA")
    mean = scores[(scores["measure"] == "nDCG@10") & (scores["stratum"] == "ALL")]["value"].mean()
    cells = tables["cells"].set_index(["protocol", "query_office", "document_office", "system"])
    for protocol in ("condensed", "whole"):
        assert cells.loc[(protocol, "all", "all", "BM25"), "value"] == pytest.approx(mean)
    # An answer taken out moves what stands below up: a condensed ranking is never worse than the whole one.
    value = tables["cells"].pivot(
        index=["query_office", "document_office", "system"], columns="protocol", values="value"
    )
    assert (value["condensed"] >= value["whole"] - 1e-12)[value["whole"].notna()].all()


def test_raw_means_of_offices_are_those_of_the_cells(made: tuple[Bench, dict[str, pd.DataFrame]]) -> None:
    tables = made[1]
    raw = tables["standardised"].query("kind == 'raw'").set_index(["office", "system"])["value"]
    cells = tables["cells"].query("protocol == 'condensed' and document_office == 'all'")
    means = cells.set_index(["query_office", "system"])["value"]
    assert len(raw) >= 4
    pd.testing.assert_series_equal(raw, means.loc[raw.index], check_names=False)


def test_a_standardised_mean_over_too_few_queries_is_not_shown(tmp_path: Path) -> None:
    mine = demo(tmp_path, 240, 0.6, jurisdictions={"period": 1})
    tables = jurisdiction_tables(mine)
    table = tables["standardised"].set_index("kind")
    narrow = table.loc["standardised"]
    assert (narrow["n"] < 20).all(), "hardly a field has queries of every office in one year"
    assert narrow[["value", "low", "high", "difference", "p"]].isna().all(axis=None)
    assert table.loc["raw", ["value", "low", "high", "difference"]].notna().all(axis=None)
    assert "nan" not in close_jurisdictions(mine, tables).data
    assert "–" in shown.mix_table(tables["standardised"], synthetic=True).as_raw_html()
    figures.mix_figure(tables["standardised"], OFFICES, "nDCG@10", synthetic=True)


def test_tables_are_found_again_and_made_anew_for_other_settings(
    made: tuple[Bench, dict[str, pd.DataFrame]], monkeypatch: pytest.MonkeyPatch
) -> None:
    mine, tables = made
    monkeypatch.setattr(jurisdictions, "_compute", lambda _: pytest.fail("computed again"))
    again = jurisdiction_tables(mine)
    assert list(again) == sorted(tables) and len(again["cells"]) == len(tables["cells"])
    settings = mine.study.jurisdictions.model_copy(update={"min_queries": 30})
    other = Bench(mine.study.model_copy(update={"jurisdictions": settings}), mine.paths.root, progress=False)
    with pytest.raises(pytest.fail.Exception, match="computed again"):
        jurisdiction_tables(other)


def test_the_reference_is_the_office_with_most_queries(made: tuple[Bench, dict[str, pd.DataFrame]]) -> None:
    mine, _ = made
    found = traits(mine, jurisdictions.offices_of(mine))
    counts = found.frame["office"].value_counts()
    assert found.compared[0] == counts.idxmax()
    assert all(counts[name] >= 20 for name in found.compared)
    assert set(found.frame["answers"]) <= {0, 1, 2, 3} and set(found.frame["period"]) <= {
        "1990",
        "2000",
        "2010",
        "2020",
    }


def test_everything_is_drawn_and_told_from_the_tables(made: tuple[Bench, dict[str, pd.DataFrame]]) -> None:
    mine, tables = made
    leader = figures.leading_system(tables["cells"])
    drawn = figures.matrix_figure(tables["cells"], OFFICES, "nDCG@10", synthetic=True)
    texts = [text.get_text() for text in drawn.axes[0].texts]
    cells = tables["cells"].query("protocol == 'condensed' and system == @leader")
    assert sum("\n" in text for text in texts) == cells["value"].notna().sum(), "a number where there is a mean alone"
    assert "KR" in say_offices(mine).data
    words = close_jurisdictions(mine, tables).data
    assert f"The means of {leader} go by office of the query" in words and "nan" not in words
    assert tables["standardised"]["reference"].iloc[0] in words
    html = shown.mix_table(tables["standardised"], synthetic=True).as_raw_html()
    assert "Strata of field and period" in html and "Synthetic landscape" in html


@pytest.mark.parametrize("prefix", ["US", "XX"])
def test_a_landscape_of_one_office_or_of_none_that_is_asked_for_says_what_there_is_not(
    tmp_path: Path, prefix: str
) -> None:
    rows = cited_in_a_row(40)
    for row in rows:
        row["office"] = prefix
    source = {"source": "table", "name": "own", "path": str(as_csv(rows, tmp_path / "own.csv", ipc="ipc"))}
    mine = bench(tmp_path, landscape=source, systems=["BM25"])
    tables = jurisdiction_tables(mine)
    assert all(tables[name].empty for name in ("standardised", "matched", "families"))
    said = [
        figures.mix_figure(tables["standardised"], OFFICES, "nDCG@10", synthetic=False),
        figures.translation_figure(tables["families"], "nDCG@10", synthetic=False),
    ]
    assert [figure.texts[0].get_text() for figure in said] == [figures.ONE_OFFICE, figures.NO_FAMILIES]
    assert shown.NO_MATCHES in shown.matched_table(tables["matched"], synthetic=False).as_raw_html()
    assert figures.ONE_OFFICE in shown.mix_table(tables["standardised"], synthetic=False).as_raw_html()
    assert figures.NO_FAMILIES in shown.families_table(tables["families"], synthetic=False).as_raw_html()
    assert (
        "US" in shown.offices_table(tables["cells"], OFFICES, "query", synthetic=False).as_raw_html() or prefix == "XX"
    )
    words = close_jurisdictions(mine, tables).data
    assert "Fewer than two offices have 20 queries" in words and "nan" not in words
    assert ("other 39" if prefix == "XX" else "US 39") in say_offices(mine).data


def test_where_no_cell_has_enough_queries_nothing_is_shown(tmp_path: Path) -> None:
    mine = bench(tmp_path, jurisdictions={"min_queries": 1000})
    tables = jurisdiction_tables(mine)
    drawn = figures.matrix_figure(tables["cells"], OFFICES, "nDCG@10", synthetic=True)
    assert drawn.texts[0].get_text() == figures.NO_CELLS
    for made in (
        shown.offices_table(tables["cells"], OFFICES, "document", synthetic=True),
        shown.protocol_table(tables["cells"], OFFICES, synthetic=True),
    ):
        assert figures.NO_CELLS in made.as_raw_html()
    assert "Fewer than two offices have 1000 queries" in close_jurisdictions(mine, tables).data


def effects(root: Path, noise: float) -> pd.DataFrame:
    return jurisdiction_tables(demo(root, 400, noise))["families"].set_index("side")


def test_noise_of_translation_is_found_within_families_where_it_is_planted(tmp_path: Path) -> None:
    none, much = effects(tmp_path / "none", 0.0), effects(tmp_path / "much", 1.0)
    for side in ("query", "document"):
        assert none.loc[side, "low"] <= 0 <= none.loc[side, "high"], f"nothing was planted on the {side} side"
    assert much.loc["document", "high"] < 0
    # On queries the effect is small for words in any order: it shows against the same inventions without noise.
    assert much.loc["query", "difference"] < none.loc["query", "difference"]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"offices": ["US", "US"]}, "offices names one twice"),
        ({"translated": ["FR"]}, "translated names FR, not one of offices"),
        ({"systems": ["LSA"]}, "jurisdictions.systems names LSA, not one of systems"),
        ({"min_querys": 5}, "min_queries"),
    ],
)
def test_settings_that_cannot_be_are_refused(tmp_path: Path, settings: dict[str, Any], message: str) -> None:
    with pytest.raises(PatbenchError, match=message):
        bench(tmp_path, jurisdictions=settings)


def test_real_patents_of_few_offices_are_greyed(shared: Path, tmp_path: Path) -> None:
    source = {"source": "table", "name": "patsnap", "path": str(shared / "patsnap.parquet")}
    mine = bench(tmp_path, landscape=source, systems=["BM25"])
    cells = jurisdiction_tables(mine)["cells"].set_index(["protocol", "query_office", "document_office"])
    assert cells.loc[("condensed", "US", "all"), "value"] > 0.1
    assert np.isnan(cells.loc[("condensed", "EP", "all"), "value"])
