"""Changes and orders, with models of the registry in the place of tuned ones: tables do not ask who trained them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from fixtures import studies

from patbench_lib.bench.bench import Bench
from patbench_lib.bench.changes import CHANGES, ORDERS, Subject, changes, orders, stacked, subjects_of
from patbench_lib.bench.contrasts import Contrast, contrasted
from patbench_lib.bench.held_out import agreements_by, held_out, predictions_by, retrieval_scores
from patbench_lib.bench.trainings import Training
from patbench_lib.classify.measures import MEASURES
from patbench_lib.classify.tally import tally
from patbench_lib.evaluate.statistics import holm

STUDY: dict[str, Any] = {
    "landscape": {"source": "demo", "publications": 160},
    "external": {"source": "demo", "name": "external", "kind": "external", "publications": 80},
    "labels": {"sets": ["at_domain"], "min_support": 6},
    "classification": {"repeats": 2, "strengths": [1.0], "curve": [1.0]},
    "clustering": {"starts": 1, "repeats": 2},
    "finetuning": {"models": []},
}
SUBJECTS = [
    Subject("LSA", "R1", "plain", ("MiniLM-static",)),
    Subject("LSA", "R2", "plain", ("LSA",)),
    Subject("LSA", "R1", "matched", ("MiniLM-static", "LSA")),
]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One home for all, so that landscapes and vectors are made once."""
    return tmp_path_factory.mktemp("home")


def bench(root: Path, **fields: Any) -> Bench:
    return studies.bench(root, **{**STUDY, **fields})


@pytest.fixture(scope="module")
def found(home: Path) -> pd.DataFrame:
    made = bench(home)
    return changes(made, held_out(made, made.arena, whole=False), SUBJECTS)


def pick(table: pd.DataFrame, **fields: Any) -> pd.Series:
    rows = table[np.logical_and.reduce([table[name] == value for name, value in fields.items()])]
    assert len(rows) == 1
    return rows.iloc[0]


def test_every_subject_is_in_every_task(found: pd.DataFrame) -> None:
    assert found.dtypes.astype(str).to_dict() == CHANGES
    cells = {
        ("retrieval", "ALL", "nDCG@10"), ("retrieval", "IN", "nDCG@10"), ("retrieval", "OUT", "nDCG@10"),
        ("classification", "ALL", "micro-F1"), ("classification", "ALL", "macro-F1"),
        ("clustering", "ALL", "V-measure"), ("clustering", "ALL", "ARI"),
    }  # fmt: skip
    for each in SUBJECTS:
        own = found[(found["recipe"] == each.recipe) & (found["kind"] == each.kind)]
        assert set(zip(own["task"], own["stratum"], own["measure"], strict=True)) == cells and len(own) == len(cells)
    assert set(found["landscape"]) == {"assistive"} and not found["whole"].any()
    np.testing.assert_allclose(found["difference"], found["tuned"] - found["zero_shot"])
    assert ((found["low"] <= found["difference"]) & (found["difference"] <= found["high"])).all()


def test_values_are_those_of_each_task_by_itself(home: Path, found: pd.DataFrame) -> None:
    made = bench(home)
    held = held_out(made, made.arena, whole=False)
    scores = retrieval_scores(made, held, "MiniLM-static").query("measure == 'nDCG@10'")
    for stratum, own in scores.groupby("stratum"):
        row = pick(found, recipe="R1", kind="plain", task="retrieval", stratum=stratum)
        assert row["tuned"] == pytest.approx(own["value"].mean()) and row["n"] == len(own)
    said = predictions_by(made, held, ["LSA"])["LSA"]
    values = tally(said, made.arena.landscape.family).by_repeat().mean(0)
    assert pick(found, recipe="R1", kind="plain", measure="micro-F1")["zero_shot"] == pytest.approx(values[0])
    assert pick(found, recipe="R1", kind="plain", measure="macro-F1")["zero_shot"] == pytest.approx(
        values[MEASURES.index("macro-F1")]
    )
    agreed = agreements_by(made, held, ["LSA", "MiniLM-static"])
    row = pick(found, recipe="R1", kind="plain", measure="V-measure")
    assert row["zero_shot"] == pytest.approx(agreed["LSA"].values[:, 0].mean())
    assert row["tuned"] == pytest.approx(agreed["MiniLM-static"].values[:, 0].mean())


def test_a_model_does_not_differ_from_itself(found: pd.DataFrame) -> None:
    itself = found[found["recipe"] == "R2"]
    assert (itself["difference"] == 0).all() and (itself["p"] == 1).all() and not itself["significant"].any()


def test_repeats_of_the_matched_control_are_averaged(found: pd.DataFrame) -> None:
    for _, row in found[found["kind"] == "matched"].iterrows():
        cell = {name: row[name] for name in ("task", "stratum", "measure")}
        plain = [pick(found, recipe=recipe, kind="plain", **cell) for recipe in ("R1", "R2")]
        assert row["tuned"] == pytest.approx((plain[0]["tuned"] + plain[1]["tuned"]) / 2)
        assert row["zero_shot"] == pytest.approx(plain[0]["zero_shot"]) and row["n"] == plain[0]["n"]


def test_p_values_are_corrected_for_models_and_recipes_of_a_kind(found: pd.DataFrame) -> None:
    for _, cell in found.groupby(["kind", "stratum", "measure"]):
        np.testing.assert_allclose(cell["p_holm"], holm(cell["p"].to_numpy()))
    assert (found["significant"] == (found["p_holm"] <= 0.05)).all()


def test_the_external_landscape_is_tested_whole(home: Path) -> None:
    made = bench(home, labels={"sets": ["enabling_technology", "at_domain"], "min_support": 6})
    table = changes(made, held_out(made, made.arenas[1], whole=True), SUBJECTS[:1])
    assert table["whole"].all() and set(table["landscape"]) == {"external"}
    assert set(table["task"]) == {"retrieval", "classification", "clustering"}
    row = pick(table, task="retrieval", stratum="ALL")
    assert row["n"] == len(made.arenas[1].judgements.queries)


def test_tasks_that_a_landscape_has_no_labels_for_are_left_out(home: Path) -> None:
    made = bench(home, labels={"sets": ["colour"], "min_support": 6})
    table = changes(made, held_out(made, made.arena, whole=False), SUBJECTS)
    assert set(table["task"]) == {"retrieval"} and table.dtypes.astype(str).to_dict() == CHANGES


def test_recipes_are_held_against_each_other(home: Path, found: pd.DataFrame) -> None:
    made = bench(home)
    held = held_out(made, made.arena, whole=False)
    table = orders(made, held, SUBJECTS)
    assert table.dtypes.astype(str).to_dict() == ORDERS
    assert set(zip(table["kind"], table["first"], table["second"], strict=True)) == {("plain", "R1", "R2")}
    assert len(table) == 5, "one of retrieval, two of each other task"
    for _, row in table.iterrows():
        gains = [
            pick(found, recipe=row[side], kind="plain", stratum="ALL", measure=row["measure"])["difference"]
            for side in ("first", "second")
        ]
        assert row["difference"] == pytest.approx(gains[0] - gains[1])
    turned = orders(made, held, SUBJECTS[1::-1])
    np.testing.assert_allclose(turned["difference"], -table["difference"])
    np.testing.assert_allclose(turned["p"], table["p"])


def test_all_pairs_and_models_of_a_kind_are_corrected_together(home: Path) -> None:
    made = bench(home)
    three = [*SUBJECTS[:2], Subject("LSA", "R3", "plain", ("BM25",)), Subject("BM25", "R1", "plain", ("LSA",))]
    made = bench(home, labels={"sets": ["colour"], "min_support": 6})
    table = orders(made, held_out(made, made.arena, whole=False), [*three, Subject("BM25", "R2", "plain", ("BM25",))])
    assert table["model"].tolist() == ["LSA"] * 3 + ["BM25"]
    np.testing.assert_allclose(table["p_holm"], holm(table["p"].to_numpy()))


def test_without_subjects_tables_have_their_columns_and_types(home: Path) -> None:
    made = bench(home)
    held = held_out(made, made.arena, whole=False)
    for table, columns in ((changes(made, held, []), CHANGES), (orders(made, held, SUBJECTS[:1]), ORDERS)):
        assert table.empty and table.dtypes.astype(str).to_dict() == columns
    assert stacked([], CHANGES).dtypes.astype(str).to_dict() == CHANGES


def test_sides_of_unlike_numbers_are_weighed_alike(home: Path) -> None:
    made = bench(home)
    held = held_out(made, made.arena, whole=False)
    two, one = ("LSA", "MiniLM-static"), ("MiniLM-static",)
    there, back = (contrasted(made, held, [each]) for each in (Contrast(two, one), Contrast(one, two)))
    np.testing.assert_allclose(there["difference"], -back["difference"])
    np.testing.assert_allclose(there["base"], back["other"])


def test_repeats_of_a_training_are_one_subject() -> None:
    asked = [Training("M", "R1"), Training("M", "R1", "matched", 0), Training("M", "R1", "matched", 1)]
    assert subjects_of(asked) == [
        Subject("M", "R1", "plain", ("M+R1",)),
        Subject("M", "R1", "matched", ("M+R1+matched-0", "M+R1+matched-1")),
    ]
