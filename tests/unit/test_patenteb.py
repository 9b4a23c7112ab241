from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from patbench_lib.errors import PatbenchError
from patbench_lib.landscape.judgements import Relevance, judge
from patbench_lib.landscape.origins.origin import Options
from patbench_lib.landscape.origins.patenteb import ORIGIN
from patbench_lib.landscape.origins.patenteb_layouts import sections
from patbench_lib.landscape.schema import Landscape

GIVEN = Relevance(relation="given")


def read(*paths: Path, **options: Any) -> Landscape:
    return ORIGIN.read(list(paths), Options(**options))


def pairs_of(made: Landscape) -> set[tuple[str, str]]:
    judged = judge(made, GIVEN)
    return {(made.numbers[q], made.numbers[d]) for q, d in zip(judged.pair_queries, judged.documents, strict=True)}


def triplets(path: Path) -> Path:
    rows = [
        ("a-1", "b-1", "c-1"),
        ("a-1", "b-1", "c-2"),  # the same answer beside another document
        ("a-1", "b-2", "c-1"),
        ("b-1", "a-1", "c-3"),  # what answers here asks there
    ]
    table = pd.DataFrame(rows, columns=["q", "pos", "neg"])
    for side in ("q", "pos", "neg"):
        table[f"{side}_text"] = [f"title {number} [SEP] a device {number} [SEP] claim" for number in table[side]]
    table = table.assign(pos_link_type="X", neg_computed_domain="OUT", objective="test")
    table.to_parquet(path, index=False)
    return path


@pytest.mark.parametrize(("part", "domain"), [("", -1), ("retrieval_IN", 1), ("retrieval_OUT", 0)])
def test_triplets_give_pairs_and_candidates(tmp_path: Path, part: str, domain: int) -> None:
    made = read(triplets(tmp_path / "test.parquet"), part=part)
    assert pairs_of(made) == {("a-1", "b-1"), ("a-1", "b-2"), ("b-1", "a-1")}
    judged = judge(made, GIVEN)
    assert set(judged.in_domain.tolist()) == {domain}
    assert made.given is not None and {made.numbers[row] for row in np.flatnonzero(made.given.candidates)} == {
        "a-1",
        "b-1",
        "b-2",
        "c-1",
        "c-2",
        "c-3",
    }
    row = made.patents.set_index("publication_number").loc["c-3"]
    assert (row["title"], row["abstract"]) == ("title c-3", "a device c-3\nclaim")
    assert made.name == (part or "patenteb")


def test_a_fragment_asks_for_the_text_it_was_taken_from(tmp_path: Path) -> None:
    table = pd.DataFrame(
        {
            "first_ipcr3": ["A61", "B25"],
            "q": ["x-1", "x-2"],
            "problem": ["canes slip. On ice", "grippers drop things"],
            "full_text": ["cane [SEP] a cane", "gripper [SEP] a gripper"],
        }
    )
    table.to_csv(tmp_path / "problem2full.csv", index=False)
    made = read(tmp_path)
    assert pairs_of(made) == {("x-1:problem", "x-1"), ("x-2:problem", "x-2")}
    judged = judge(made, GIVEN)
    for query in judged.queries:
        assert {made.numbers[row] for row in np.flatnonzero(~judged.excluded(int(query)))} == {"x-1", "x-2"}


@pytest.mark.parametrize("suffix", ["jsonl", "parquet"])
def test_corpus_queries_and_qrels_as_mteb_keeps_them(tmp_path: Path, suffix: str) -> None:
    tables = {
        "corpus": [
            {"_id": "d1", "title": "Cane", "text": "a cane. It folds"},
            {"_id": "d2", "title": "", "text": "Gripper\na gripper"},
            {"_id": "q2", "title": "Both", "text": "asks and answers"},
        ],
        "queries": [{"_id": "q1", "text": "what folds"}, {"_id": "q2", "text": "asks and answers"}],
        "qrels": [
            {"query-id": "q1", "corpus-id": "d1", "score": 1},
            {"query-id": "q1", "corpus-id": "d2", "score": 0},
            {"query-id": "q2", "corpus-id": "d2", "score": 2},
            {"query-id": "q3", "corpus-id": "d2", "score": 1},
        ],
    }
    for name, rows in tables.items():
        path = tmp_path / f"{name}.{suffix}"
        if suffix == "parquet":
            pd.DataFrame(rows).to_parquet(path, index=False)
        else:
            path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    made = read(tmp_path)
    assert pairs_of(made) == {("q1", "d1"), ("q2", "d2")}
    assert made.given is not None and made.given.candidates.tolist() == [True, True, False, True]  # d1 d2 q1 q2
    texts = made.patents.set_index("publication_number")[["title", "abstract"]].agg("|".join, axis=1)
    assert texts["d1"] == "Cane|a cane. It folds" and texts["d2"] == "Gripper|a gripper"
    assert [each.problem for each in made.report.findings if each.column == "relations"] == [
        "query not in the table of queries"
    ]
    (tmp_path / f"queries.{suffix}").unlink()
    with pytest.raises(PatbenchError, match="no or no one queries"):
        read(tmp_path)


@pytest.mark.parametrize(("column", "values"), [("label", ["A61", "B25"]), ("cluster_id", [7, 12])])
def test_texts_with_labels_become_a_label_set(tmp_path: Path, column: str, values: list[Any]) -> None:
    table = pd.DataFrame({"q": ["x-1", "x-2"], "text": ["cane [SEP] a cane", "gripper"], column: values})
    table.to_parquet(tmp_path / "test.parquet", index=False)
    made = read(tmp_path / "test.parquet")
    assert made.label_sets == ("label",) and made.given is None
    assert made.patents["label"].tolist() == [[str(value)] for value in values]
    with pytest.raises(PatbenchError, match="brings no judgements"):
        judge(made, GIVEN)


def test_several_labels_of_a_text_and_classes_that_choose(tmp_path: Path) -> None:
    lines = [
        {"text": "cane", "labels": ["mobility", "aid"], "first_ipcr3": "A61"},
        {"text": "arm", "labels": ["robot"], "first_ipcr3": "B25"},
    ]
    (tmp_path / "test.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    made = read(tmp_path)
    assert made.numbers == ["text-000001", "text-000002"]
    assert made.patents["label"].tolist() == [["mobility", "aid"], ["robot"]]
    assert read(tmp_path, codes=("B25",)).patents["title"].tolist() == ["arm"]
    with pytest.raises(PatbenchError, match="tells no IPC class"):
        read(triplets(tmp_path.parent / "test.parquet"), codes=("A61",))


def test_titles_are_told_by_separator_line_or_sentence() -> None:
    assert sections("a cane [SEP] it folds [SEP] 1. A cane") == ("a cane", "it folds\n1. A cane")
    assert sections("a cane\nit folds") == ("a cane", "it folds")
    assert sections("A cane folds. It is light.") == ("A cane folds.", "It is light.")
    assert sections("a cane") == ("a cane", "") and sections(None) == ("", "")


def test_other_layouts_and_parts_are_refused(tmp_path: Path) -> None:
    pd.DataFrame({"text1": ["a"], "text2": ["b"], "label": [1]}).to_parquet(tmp_path / "para.parquet", index=False)
    with pytest.raises(PatbenchError, match="no layout"):
        read(tmp_path / "para.parquet")
    triplets(tmp_path / "test.parquet")
    with pytest.raises(PatbenchError, match="one test set at a time"):
        read(tmp_path)
    with pytest.raises(PatbenchError, match="retrieval_OUT"):
        read(tmp_path / "test.parquet", part="retrieval_OUTT")
    with pytest.raises(PatbenchError, match="There is no"):
        read(tmp_path / "nowhere")
