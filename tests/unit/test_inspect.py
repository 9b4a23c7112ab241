from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml
from fixtures.landscapes import as_csv, cited_in_a_row, patent

from patbench_lib.bench.bench import Bench
from patbench_lib.bench.columns import find_columns, find_labels
from patbench_lib.bench.inspect import Inspection, inspect_table, write_study
from patbench_lib.bench.plan import make_plan
from patbench_lib.errors import PatbenchError
from patbench_lib.landscape.judgements import Relevance
from patbench_lib.parameters import read_study

EXPORT = {
    "publication_number": "Publication Number",
    "title": "Title (EN)",
    "abstract": "Abstract Text",
    "claims": "Claims",
    "ipc": "IPC Codes",
    "family_id": "Family ID",
    "publication_date": "Date Published",
    "cited": "Backward Citations",
}


def counts(found: Inspection) -> dict[str, tuple[int, int]]:
    return {f"{s.relevance.relation} {s.relevance.min_shared}": (s.queries, s.pairs) for s in found.signals}


def test_an_exports_own_column_names_are_mapped(home: Path) -> None:
    found = inspect_table(as_csv(cited_in_a_row(30), home / "t.csv", **EXPORT), "mine")
    assert found.columns == EXPORT
    assert len(found.landscape) == 30 and found.views == ("TA", "TAC", "TAC1", "C1")
    assert found.landscape.patents["ipc"][1] == ["G09B 21/00"]


@pytest.mark.parametrize(
    ("names", "columns"),
    [
        (["publication_number", "Titel", "Abstract"], {"abstract": "Abstract"}),
        (["PN", "TI", "AB"], {"publication_number": "PN", "title": "TI", "abstract": "AB"}),
        (["publication_number", "Publication Number", "title"], {}),
        (["Family", "family_id"], {}),
        (["References"], {"cited": "References"}),
        (["Patent Number", "Doc ID"], {"publication_number": "Patent Number"}),
    ],
)
def test_columns_are_found_by_spelling_and_synonym_and_the_schemas_own_name_goes_first(
    names: list[str], columns: dict[str, str]
) -> None:
    assert find_columns(pd.DataFrame(columns=names)) == columns


def test_label_sets_are_found_and_texts_numbers_and_names_are_not() -> None:
    n = 40
    table = pd.DataFrame(
        {
            "publication_number": [f"US-{i}-A" for i in range(n)],
            "topic": ["mobility; hearing" if i % 3 else "vision" for i in range(n)],
            "products": [["cane", "lamp"] if i % 2 else ["aid"] for i in range(n)],
            "applicant": [f"Company {i}" for i in range(n)],
            "summary": [f"A cane of the kind number {i % 4} with a wheel and a lamp" for i in range(n)],
            "pages": [str(i % 5) for i in range(n)],
            "country": [["US", "EP", "WO"][i % 3] for i in range(n)],
            "kind": [["A1", "B2"][i % 2] for i in range(n)],
            "same": ["yes"] * n,
            "empty": [""] * n,
        }
    )
    assert find_labels(table, {}) == ("topic", "products")
    assert find_labels(table, {"ipc": "topic"}) == ("products",)


def test_the_summary_tells_what_is_in_the_table(home: Path) -> None:
    rows = [{**row, "topic": ["a", "b"][i % 2]} for i, row in enumerate(cited_in_a_row(60))]
    rows[0]["ipc"] = ["nonsense"]
    path = as_csv(rows, home / "t.csv", title="Title")
    told = inspect_table(path, "mine").summary()
    for line in (
        f"{path}: 60 publications in 60 families",
        "  columns mapped: Title -> title",
        "  offices: US 60",
        "  views: TA, TAC, TAC1, C1",
        "  label sets: topic, ipc_subclass (labels on at least 20 publications)",
        # patents 1 to 59 cite the one or two before them: 1 + 58 * 2 pairs
        "  relevance: cites: 59 queries, 117 pairs",
        "  repaired: ipc: symbols that are no IPC or CPC: 1 (rows 1); these symbols left out",
    ):
        assert line in told.splitlines()


@pytest.mark.parametrize("n", [5, 9, 30, 150])
def test_a_written_study_runs_and_gives_the_counts_that_were_told(home: Path, n: int) -> None:
    found = inspect_table(as_csv(cited_in_a_row(n), home / "t.csv", cited="Citations"), "mine")
    write_study(found, home / "studies" / "mine.yaml")
    study = read_study(home / "studies" / "mine.yaml")
    assert study.landscape.name == "mine" and study.external is None and study.depth <= n - 1
    bench = Bench(study, progress=False)
    assert (len(bench.arena.judgements.queries), bench.arena.judgements.pairs) == (
        found.signals[0].queries,
        found.signals[0].pairs,
    )
    assert study.relevance == found.signals[0].relevance
    scores = bench.scores("BM25", bench.arena, "TA")
    assert set(scores["measure"]) == set(study.measured()) >= {study.main_measure}


def test_a_written_study_tells_the_other_signals_and_views(home: Path) -> None:
    found = inspect_table(as_csv(cited_in_a_row(30), home / "t.csv"), "mine")
    write_study(found, home / "mine.yaml")
    text = (home / "mine.yaml").read_text()
    assert "# Views this table has the sections for: TA, TAC, TAC1, C1." in text
    assert f"#   {found.signals[1]}" in text.splitlines()


@pytest.mark.parametrize(
    ("n", "proposed"),
    [
        (60, {"sets": ["topic", "ipc_subclass"], "min_support": 20}),
        (24, {"sets": ["topic"], "min_support": 10}),
        (16, {"sets": ["topic", "ipc_subclass"], "min_support": 5}),
    ],
)
def test_a_written_study_names_the_label_sets_that_can_be_learnt(home: Path, n: int, proposed: dict[str, Any]) -> None:
    # two topics take turns, and three IPC subclasses: 24 patents have 12 of each topic and 8 of each subclass
    rows = [{**row, "topic": ["a", "b"][i % 2]} for i, row in enumerate(cited_in_a_row(n))]
    found = inspect_table(as_csv(rows, home / "t.csv"), "mine")
    write_study(found, home / "mine.yaml")
    assert yaml.safe_load((home / "mine.yaml").read_text())["labels"] == proposed


def test_labels_too_rare_to_be_learnt_are_not_proposed(home: Path) -> None:
    found = inspect_table(as_csv(cited_in_a_row(9), home / "t.csv"), "mine")
    write_study(found, home / "mine.yaml")
    assert found.proposed is None and "label sets: none with two labels on at least 5 publications" in found.summary()
    assert "labels" not in yaml.safe_load((home / "mine.yaml").read_text())


def test_coupling_leads_where_direct_citations_give_too_few_queries(home: Path) -> None:
    rows = [patent(f"US-{i}-A", abstract="A cane.", cited="EP-1; EP-2; EP-3") for i in range(1, 61)]
    rows[0]["cited"] = ["US-2"]
    found = inspect_table(as_csv(rows, home / "t.csv"), "mine")
    assert found.signals[0].relevance == Relevance(relation="coupling", min_shared=2)
    # US-2 to US-60 share three documents each with each: 59 queries, 59 * 58 pairs
    three = (59, 59 * 58)
    assert counts(found) == {
        "cites 1": (1, 1),
        "coupling 1": three,
        "coupling 2": three,
        "coupling 3": three,
        "both 1": (2, 2),
    }


def test_a_table_without_texts_or_without_relevance_is_refused(home: Path) -> None:
    with pytest.raises(PatbenchError, match="no text that a view could show"):
        inspect_table(as_csv([patent("US-1-A", title=""), patent("US-2-A", title="")], home / "t.csv"), "mine")
    loose = [patent("US-1-A", abstract="A cane.", cited="EP-1"), patent("US-2-A", abstract="A lamp.", cited="EP-2")]
    for rows in (loose, [{**row, "cited": ""} for row in loose]):
        with pytest.raises(PatbenchError, match="gives no relevance"):
            inspect_table(as_csv(rows, home / "t.csv"), "mine")


def test_a_table_in_which_nobody_is_cited_gives_a_study_of_its_labels(home: Path) -> None:
    rows = [{**row, "cited": "", "topic": ["a", "b"][i % 2]} for i, row in enumerate(cited_in_a_row(60))]
    found = inspect_table(as_csv(rows, home / "t.csv"), "mine")
    assert found.signals == () and found.summary().endswith("retrieval and fine-tuning are left out")
    write_study(found, home / "mine.yaml")
    assert "# Nobody is cited in it: retrieval and fine-tuning are left out." in (home / "mine.yaml").read_text()
    study = read_study(home / "mine.yaml")
    assert study.labels.sets == ("topic", "ipc_subclass")
    plan = make_plan(study, home, cores=2, shards=1)
    assert plan.retrieve == {} and plan.assess.keys() >= {"LSA", "MiniLM-static"}
    others = [{**row, "cited": "EP-1" if not i else ""} for i, row in enumerate(rows)]
    with pytest.raises(PatbenchError, match="one with no citations and with labels"):
        inspect_table(as_csv(others, home / "t.csv"), "mine")


def test_a_name_that_cannot_name_a_folder_is_refused_and_nothing_written(home: Path) -> None:
    found = inspect_table(as_csv(cited_in_a_row(30), home / "t.csv"), "My Patents")
    with pytest.raises(PatbenchError, match="`name`: String should match pattern"):
        write_study(found, home / "mine.yaml")
    assert not (home / "mine.yaml").exists()


@pytest.mark.parametrize("kind", ["csv", "jsonl", "parquet"])
def test_one_table_in_any_file_type_gives_one_study(home: Path, kind: str) -> None:
    rows = cited_in_a_row(30)
    path = home / f"t.{kind}"
    if kind == "csv":
        as_csv(rows, path)
    elif kind == "jsonl":
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    else:
        content = io.BytesIO()
        pd.DataFrame(rows).to_parquet(content)
        path.write_bytes(content.getvalue())
    found = inspect_table(path, "mine")
    assert counts(found)["cites 1"] == (29, 57)
    assert found.landscape.patents.drop(columns="source_row").to_dict("records")[3]["cited"] == ["US-1001", "US-1002"]


def test_patsnap_has_the_queries_and_citations_counted_by_others(home: Path, shared: Path) -> None:
    found = inspect_table(shared / "patsnap.parquet", "patsnap")
    assert len(found.landscape) == 2235 and found.views == ("TA",)
    assert found.signals[0].relevance == Relevance() and found.signals[0].queries == 225
    assert found.unmatched_zeros == 6
    write_study(found, home / "patsnap.yaml")
    arena = Bench(read_study(home / "patsnap.yaml"), progress=False).arena
    assert len(arena.judgements.queries) == 225


def test_the_week_has_the_queries_of_coupling_counted_by_others(home: Path, shared: Path) -> None:
    found = inspect_table(shared / "us-week-2007.parquet", "week")
    assert len(found.landscape) == 3096
    assert found.signals[0].relevance == Relevance(relation="coupling", min_shared=2)
    assert counts(found)["coupling 2"][0] == 328 and counts(found)["coupling 1"][0] == 1013
    assert not any(signal.relevance.relation == "cites" for signal in found.signals)
