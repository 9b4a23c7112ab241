"""Licensed sections: their text stands in nothing that is shown or kept as a result."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from fixtures import studies
from fixtures.landscapes import as_csv, patent
from pydantic import ValidationError

from patbench_lib.bench.bench import Bench
from patbench_lib.bench.classification import classification_results, leading
from patbench_lib.bench.cluster_map import best_looked_into
from patbench_lib.bench.clustering import clustering_results
from patbench_lib.bench.results import retrieval_results
from patbench_lib.landscape.schema import NOT_SHOWN, Landscape
from patbench_lib.landscape.sources import open_source
from patbench_lib.landscape.spec import TableSource
from patbench_lib.report.clustering_tables import topics_table
from patbench_lib.report.error_figures import hardest_table
from patbench_lib.report.map.pack import map_data
from patbench_lib.report.retrieval_figures import hardest_queries
from patbench_lib.report.tuning_tables import examples_table, pairs_of

MARKER = "zyxwexpert"
"""Planted in every text of the licensed sections, and nowhere else."""

SECTIONS = ("dwpi_title", "dwpi_abstract")
CLASSIFICATION = {"repeats": 1, "strengths": [1.0], "curve": [1.0]}
CLUSTERING = {"starts": 1, "repeats": 1, "ks": [2], "map": {"method": "pca"}, "algorithms": ["k-means"]}


def planted(landscape: Landscape, licensed: tuple[str, ...]) -> Landscape:
    texts = {name: MARKER + " " + landscape.patents[name] for name in SECTIONS}
    provenance = replace(landscape.provenance, licensed=licensed)
    return replace(landscape, patents=landscape.patents.assign(**texts), provenance=provenance)


def bench(root: Path, licensed: tuple[str, ...]) -> Bench:
    """Return a small study that reads the planted texts first, from a landscape that lies where it is looked for."""
    made = studies.bench(
        root,
        views=["DWPI", "TA"],
        labels={"min_support": 5},
        classification=CLASSIFICATION,
        clustering=CLUSTERING,
        finetuning=studies.TUNING,
        landscape={"source": "demo", "publications": 120},
    )
    vars(made.arena)["landscape"] = planted(made.arena.landscape, licensed)
    return made


def shown(made: Bench) -> str:
    """Return all that tables, map and hardest patents of the study show, as one text."""
    arena, view = made.arena, made.arena.views[0]
    scores = made.scores("BM25", arena, view)
    main = scores[(scores["stratum"] == "ALL") & (scores["measure"] == "nDCG@10")]
    retrieval_results(made)
    results = classification_results(made)[0]
    looked = best_looked_into(made, clustering_results(made))
    assert looked is not None
    tables = [
        hardest_table(leading(made, results), arena, view, synthetic=True),
        topics_table(looked, synthetic=True),
        examples_table(made, pairs_of(made), synthetic=True),
    ]
    texts = [table.as_raw_html() for table in tables]
    return "\n".join([*texts, hardest_queries(main, arena).to_csv(), json.dumps(map_data(looked))])


def test_a_licensed_text_is_shown_nowhere_and_an_open_one_is(tmp_path: Path) -> None:
    hidden = shown(bench(tmp_path / "licensed", SECTIONS))
    assert MARKER not in hidden
    assert hidden.count(NOT_SHOWN) >= 3
    shown_open = shown(bench(tmp_path / "open", ()))
    assert MARKER in shown_open, "the test looks where texts are shown"
    assert NOT_SHOWN not in shown_open


def test_results_and_stores_hold_no_licensed_text(tmp_path: Path) -> None:
    made = bench(tmp_path, SECTIONS)
    shown(made)
    landscapes = made.paths.landscapes  # the user's own copy: here without the marker
    kept = [file for file in tmp_path.rglob("*") if file.is_file() and landscapes not in file.parents]
    assert any(made.paths.results in file.parents for file in kept)
    assert any(made.paths.embeddings in file.parents for file in kept)
    for file in kept:
        text = pd.read_parquet(file).to_csv() if file.suffix == ".parquet" else file.read_bytes().decode("latin-1")
        assert MARKER not in text, file


def test_a_landscape_without_licensed_sections_is_shown_as_it_is(tmp_path: Path) -> None:
    landscape = bench(tmp_path, ()).arena.landscape
    assert landscape.shown is landscape


@pytest.mark.parametrize("section", SECTIONS)
def test_one_licensed_section_hides_its_view_and_no_other(tmp_path: Path, section: str) -> None:
    arena = bench(tmp_path, (section,)).arena
    assert set(arena.shown_texts("DWPI")) == {NOT_SHOWN}
    assert arena.shown_texts("TA") == arena.texts("TA")
    assert set(arena.landscape.shown.patents[section]) == {NOT_SHOWN}
    assert not arena.landscape.may_show("title", section)
    assert arena.landscape.patents[section].str.contains(MARKER).all(), "what systems read is not changed"


@pytest.mark.parametrize(
    ("told", "licensed"), [({}, SECTIONS), ({"licensed": ["title"]}, ("title",)), ({"licensed": []}, ())]
)
def test_a_tables_derwent_sections_are_licensed_unless_it_is_said_otherwise(
    tmp_path: Path, told: dict[str, Any], licensed: tuple[str, ...]
) -> None:
    rows = [patent("US-1-A1", dwpi_title="Cane", dwpi_abstract="NOVELTY"), patent("US-2-A1")]
    path = as_csv(rows, tmp_path / "export.csv")
    landscape = open_source(TableSource(name="export", path=str(path), **told), tmp_path)
    assert landscape.provenance.licensed == licensed
    assert landscape.shown.patents["dwpi_title"].tolist() == [NOT_SHOWN if "dwpi_title" in licensed else "Cane", ""]


def test_a_section_that_a_table_lacks_is_not_licensed(tmp_path: Path) -> None:
    path = as_csv([patent("US-1-A1", dwpi_title="Cane")], tmp_path / "export.csv")
    assert open_source(TableSource(name="export", path=str(path)), tmp_path).provenance.licensed == ("dwpi_title",)


def test_a_section_of_another_name_is_refused() -> None:
    with pytest.raises(ValidationError, match="licensed"):
        TableSource(name="export", path="export.csv", licensed=("dwpi",))  # type: ignore[arg-type]
