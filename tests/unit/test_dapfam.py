from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from fixtures.commands import Patbench
from fixtures.dapfam import FILES, IPC, write_dapfam

from patbench_lib.errors import PatbenchError
from patbench_lib.landscape.folder import load_landscape
from patbench_lib.landscape.judgements import Relevance, judge
from patbench_lib.landscape.origins.dapfam import ORIGIN, counts
from patbench_lib.landscape.origins.origin import Options, counted
from patbench_lib.landscape.schema import Landscape

GIVEN = Relevance(relation="given")
QUIET = Options(say=lambda line: None)


def changed(folder: Path, name: str, change: Any) -> None:
    change(pd.read_parquet(folder / name)).to_parquet(folder / name, index=False)


def found(made: Landscape, column: str) -> dict[str, int]:
    return {each.problem: each.count for each in made.report.findings if each.column == column}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_dapfam(tmp_path / "published")


def test_a_landscape_is_built_by_the_command_and_judged_as_the_relations_say(
    folder: Path, tmp_path: Path, patbench: Patbench
) -> None:
    built = patbench("landscape", "build", "dapfam", str(folder), "-o", str(tmp_path / "kept"))
    assert built.code == 0, built.out
    made = load_landscape(tmp_path / "kept")
    assert made is not None and made.given is not None
    corpus, queries, relations = (pd.read_parquet(folder / name) for name in FILES)
    both = set(corpus["relevant_id"]) & set(queries["query_id"])
    assert len(both) == 6 and len(made) == len(corpus) + len(queries) - len(both)
    judged = judge(made, GIVEN)
    numbers = np.array(made.numbers, dtype=object)
    listed = zip(numbers[judged.pair_queries], numbers[judged.documents], judged.in_domain, strict=True)
    positive = relations[relations["relevance_score"] > 0]
    rows = zip(positive["query_id"], positive["relevant_id"], positive["domain_rel"], strict=True)
    assert set(listed) == {(query, document, int(domain == "IN")) for query, document, domain in rows}
    assert set(numbers[made.given.candidates]) == set(corpus["relevant_id"])
    assert set(numbers[made.given.is_query]) == set(queries["query_id"])
    for query in judged.queries:  # the query itself, document or not, and families of one: nothing else is out
        assert set(numbers[~judged.excluded(int(query))]) == set(corpus["relevant_id"]) - {numbers[query]}


def test_columns_become_sections_and_ids_are_kept_as_they_are(folder: Path) -> None:
    made = ORIGIN.read([folder], QUIET)
    first = pd.read_parquet(folder / FILES[0]).iloc[0]
    row = made.patents.set_index("publication_number").loc[first["relevant_id"]]
    assert row[["title", "abstract", "claims", "description"]].tolist() == [
        first[column].strip() for column in ("title_en", "abstract_en", "claims_text", "description_en")
    ]
    assert row["ipc"] == list(first[IPC]) and row["office"] == "" and pd.isna(row["publication_date"])
    assert (made.patents["family_id"] == made.patents["publication_number"]).all()
    assert made.name == "dapfam" and made.provenance.licence == "CC BY-NC-SA 4.0"
    assert not made.provenance.synthetic and "other counts than" in made.provenance.note


def test_files_are_found_one_by_one_too_and_the_order_of_rows_changes_nothing(folder: Path) -> None:
    made = ORIGIN.read([folder], QUIET)
    for name in FILES:
        changed(folder, name, lambda table: table.sample(frac=1, random_state=1))
    assert ORIGIN.read([folder / name for name in reversed(FILES)], QUIET).fingerprint == made.fingerprint


def test_counts_are_those_of_the_tables_and_differences_are_told(folder: Path) -> None:
    made = ORIGIN.read([folder], QUIET)
    told = [each.problem for each in made.report.findings if each.column == "counts"]
    assert told[0] == f"documents: 246 found, 45,336 expected of datalyes/DAPFAM_patent at {ORIGIN.revision}"
    # 60 queries with two answers IN each, every second one with another OUT; 240 relations in all.
    said = {line.split(":")[0]: line.split(": ")[1].split(" found")[0] for line in told}
    assert said == {
        "documents": "246",
        "queries": "60",
        "relations": "240",
        "relevant pairs": "150",
        "relevant pairs IN": "120",
        "relevant pairs OUT": "30",
        "queries with an answer": "60",
        "queries with an answer IN": "60",
        "queries with an answer OUT": "30",
    }
    assert counted(ORIGIN, dict(ORIGIN.expected)) == [] and counted(ORIGIN, {}) == []


def test_expected_counts_add_up() -> None:
    expected = ORIGIN.expected
    assert expected["relevant pairs"] == expected["relevant pairs IN"] + expected["relevant pairs OUT"]
    nothing = pd.DataFrame({"query": [], "score": [], "in_domain": []})
    assert set(counts(nothing, nothing, nothing)) == set(expected)


def test_sampled_negatives_and_pairs_without_a_score_are_no_answers(folder: Path) -> None:
    changed(folder, FILES[2], lambda table: table.assign(relevance_score=table["relevance_score"] * (table.index % 2)))
    made = ORIGIN.read([folder], QUIET)
    relations = pd.read_parquet(folder / FILES[2])
    assert judge(made, GIVEN).pairs == (relations["relevance_score"] > 0).sum()


@pytest.mark.parametrize("missing", FILES)
def test_a_missing_file_is_named(folder: Path, missing: str) -> None:
    (folder / missing).unlink()
    with pytest.raises(PatbenchError, match=f"needs {missing}"):
        ORIGIN.read([folder], QUIET)
    with pytest.raises(PatbenchError, match=f"needs {missing}"):
        ORIGIN.read([folder / name for name in FILES if name != missing], QUIET)


@pytest.mark.parametrize(
    ("name", "change", "said"),
    [
        (FILES[0], lambda table: table.drop(columns="claims_text"), "has no column claims_text"),
        (FILES[1], lambda table: table.rename(columns={"query_id": "id"}), "has no column query_id"),
        (FILES[2], lambda table: table.drop(columns="domain_rel"), "has no column domain_rel"),
        (FILES[0], lambda table: table.assign(title_en=1.5), "column title: '1.5' is not text"),
        (FILES[0], lambda table: table.assign(**{IPC: "A61"}), "'A61' is not a list of IPC classes"),
        (FILES[2], lambda table: table.assign(relevance_score="yes"), "'yes' is not a number"),
        (FILES[2], lambda table: table.assign(domain_rel="NEAR"), "'NEAR' is not one of IN, OUT and NC"),
        (FILES[2], lambda table: table.head(0), "would have no relevant pair"),
        (FILES[2], lambda table: table.assign(relevance_score=0.0), "none of these is relevant"),
        (FILES[2], lambda table: table.assign(query_id="unknown"), "0 are of known ids"),
    ],
)
def test_tables_of_another_layout_are_refused(folder: Path, name: str, change: Any, said: str) -> None:
    changed(folder, name, change)
    with pytest.raises(PatbenchError) as error:
        ORIGIN.read([folder], QUIET)
    assert said in str(error.value)


def test_a_file_that_is_no_parquet_is_refused(folder: Path) -> None:
    (folder / FILES[1]).write_text("no table")
    with pytest.raises(PatbenchError, match="not a readable Parquet file"):
        ORIGIN.read([folder], QUIET)


def test_unknown_ids_and_repeated_pairs_are_left_out_and_told(folder: Path) -> None:
    clean = judge(ORIGIN.read([folder], QUIET), GIVEN)

    def mix(table: pd.DataFrame) -> pd.DataFrame:
        known = table[table["relevance_score"] > 0].head(4)
        strange = [known.head(1).assign(query_id="nobody"), known.head(2).assign(relevant_id="nothing")]
        # A document asks that no table of queries has; and pairs are there twice, once with another domain.
        asking = known.head(1).assign(query_id=known["relevant_id"].iloc[1])
        return pd.concat([table, *strange, asking, known.head(3).assign(domain_rel="OUT")], ignore_index=True)

    changed(folder, FILES[2], mix)
    made = ORIGIN.read([folder], QUIET)
    judged = judge(made, GIVEN)
    np.testing.assert_array_equal(judged.documents, clean.documents)
    np.testing.assert_array_equal(judged.in_domain, clean.in_domain)
    assert found(made, "relations") == {
        "query not in the table of queries": 2,
        "document not in the corpus": 2,
        "pair listed twice": 3,
    }


def test_repeated_families_and_other_texts_of_a_query_are_told(folder: Path) -> None:
    def twice(table: pd.DataFrame) -> pd.DataFrame:
        other = table.head(2).assign(title_en="another title")
        return pd.concat([table, table.tail(1), other], ignore_index=True)

    changed(folder, FILES[0], twice)
    changed(folder, FILES[1], lambda table: table.assign(title_en="asked otherwise"))
    made = ORIGIN.read([folder], QUIET)
    assert len(made) == 300
    told = found(made, "publication_number")
    assert told["repeated with other content"] == 2 and told["rows repeated word for word"] == 1
    assert found(made, "queries")["another text in the corpus"] == 6
    corpus = set(pd.read_parquet(folder / FILES[0])["relevant_id"])
    titles = made.patents.set_index("publication_number")["title"]
    assert (titles[~titles.index.isin(corpus)] == "asked otherwise").all()
    assert not (titles[titles.index.isin(corpus)] == "asked otherwise").any()


def test_queries_without_an_answer_are_told_and_not_asked(folder: Path) -> None:
    gone = pd.read_parquet(folder / FILES[1])["query_id"].iloc[0]
    changed(folder, FILES[2], lambda table: table[table["query_id"] != gone])
    made = ORIGIN.read([folder], QUIET)
    assert found(made, "queries") == {"no relevant document": 1}
    assert gone not in np.array(made.numbers, dtype=object)[judge(made, GIVEN).queries]


def test_classes_choose_families_and_finer_codes_are_refused(folder: Path) -> None:
    made = ORIGIN.read([folder], Options("some", ("A61", "B25"), say=lambda line: None))
    assert made.name == "some" and 0 < len(made) < 306
    assert all({"A61", "B25"} & set(symbols) for symbols in made.patents["ipc"])
    assert judge(made, GIVEN).pairs > 0
    with pytest.raises(PatbenchError, match="end at the class"):
        ORIGIN.read([folder], Options(codes=("A61F",)))
