from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fixtures import studies
from fixtures.labelled import bare_landscape, label_set
from hypothesis import given, settings
from hypothesis import strategies as st

from patbench_lib.bench import classified
from patbench_lib.bench import held_out as module
from patbench_lib.bench.bench import Bench
from patbench_lib.bench.held_out import (
    HeldOut,
    agreement_of,
    agreements_by,
    held_classes,
    held_out,
    leading_gold,
    leading_labels,
    predictions_by,
    predictions_of,
    retrieval_scores,
)
from patbench_lib.bench.partitions import partition
from patbench_lib.classify.settings import Classification
from patbench_lib.classify.split import UnsplittableError, split_off

LANDSCAPES: dict[str, Any] = {
    "landscape": {"source": "demo", "publications": 160},
    "external": {"source": "demo", "name": "external", "kind": "external", "publications": 80},
    "labels": {"sets": ["at_domain", "at_product", "enabling_technology"], "min_support": 6},
    "classification": {"repeats": 2, "strengths": [1.0], "curve": [1.0]},
    "clustering": {"starts": 1, "repeats": 2},
    "finetuning": {"models": []},
}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One home for all, so that landscapes and vectors are made once."""
    return tmp_path_factory.mktemp("home")


def bench(root: Path, **changes: Any) -> Bench:
    return studies.bench(root, **{**LANDSCAPES, **changes})


def labels_of(made: Bench, held: HeldOut) -> Any:
    labels = leading_labels(made, held.arena)
    assert labels is not None
    return labels


def test_a_test_part_or_all_of_a_landscape_is_held_out(home: Path) -> None:
    made = bench(home)
    parts, part = partition(made, made.arena), held_out(made, made.arena, whole=False)
    assert part.queries.tolist() == parts.queries_of("test").tolist()
    assert part.rows.tolist() == parts.rows("test").tolist()
    whole = held_out(made, made.arenas[1], whole=True)
    assert whole.queries.tolist() == made.arenas[1].judgements.queries.tolist()
    assert whole.rows.tolist() == list(range(80))


def test_scores_are_those_of_the_held_out_queries_alone(home: Path) -> None:
    made = bench(home)
    held, every = held_out(made, made.arena, whole=False), made.scores("LSA", made.arena, "TA")
    scores = retrieval_scores(made, held, "LSA")
    numbers = {made.arena.landscape.numbers[row] for row in held.queries}
    assert set(scores["query"]) == numbers < set(every["query"])
    assert len(scores) == every["query"].isin(numbers).sum()
    assert len(retrieval_scores(made, held_out(made, made.arena, whole=True), "LSA")) == len(every)


def test_a_probe_is_tested_on_what_was_held_out_and_learns_from_none_of_its_families(home: Path) -> None:
    made = bench(home)
    held, family = held_out(made, made.arena, whole=False), made.arena.landscape.family
    labels = labels_of(made, held)
    said = predictions_of(made, held, labels, "LSA")
    assert len(said) == 2
    for each in said:
        assert each.rows.tolist() == np.intersect1d(held.rows, labels.rows).tolist()
        np.testing.assert_array_equal(each.gold, labels.matrix[each.rows])
    assert (said[0].scores != said[1].scores).any(), "repeats differ in what they are fitted and chosen on"
    for split in classified.splits(made, made.arena, labels, test=held.rows):
        assert not np.isin(family[np.concatenate([split.train, split.validation])], family[held.rows]).any()


def test_on_a_whole_landscape_splits_are_those_of_the_study(home: Path) -> None:
    made = bench(home)
    held = held_out(made, made.arenas[1], whole=True)
    labels = labels_of(made, held)
    tested = [each.rows.tolist() for each in predictions_of(made, held, labels, "LSA")]
    assert tested == [split.test.tolist() for split in classified.splits(made, held.arena, labels)]


def test_predictions_and_clusters_are_found_again(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = bench(home)
    held = held_out(first, first.arena, whole=False)
    said, agreed = predictions_by(first, held, ["LSA"])["LSA"], agreements_by(first, held, ["LSA"])["LSA"]

    def refuse(*_: Any, **__: Any) -> None:
        raise AssertionError("work was done again")

    monkeypatch.setattr(classified, "_fit", refuse)
    monkeypatch.setattr(module, "agree", refuse)
    again = bench(home)
    held = held_out(again, again.arena, whole=False)
    for one, other in zip(said, predictions_by(again, held, ["LSA"])["LSA"], strict=True):
        np.testing.assert_array_equal(one.scores, other.scores)
    found = agreements_by(again, held, ["LSA"])["LSA"]
    np.testing.assert_array_equal(found.halves, agreed.halves)
    assert (found.families, found.n) == (agreed.families, agreed.n)
    with pytest.raises(AssertionError, match="again"):
        agreements_by(again, held_out(again, again.arena, whole=True), ["LSA"])
    with pytest.raises(AssertionError, match="again"):
        agreements_by(bench(home, seed=1), held, ["LSA"])


def test_the_labels_that_pairs_are_drawn_from_lead_where_there_are_such(home: Path) -> None:
    tuned = {"models": [], "label_sets": ["enabling_technology"]}
    made = bench(home, finetuning=tuned)
    assert labels_of(made, held_out(made, made.arena, whole=False)).name == "enabling_technology"
    assert labels_of(made, held_out(made, made.arenas[1], whole=True)).name == "enabling_technology"
    plain = bench(home)
    assert labels_of(plain, held_out(plain, plain.arena, whole=False)).name == "at_domain"
    own = bench(home, labels={"sets": ["at_domain"], "min_support": 6})
    assert leading_labels(own, own.arenas[1]) is None, "the external landscape has no such labels"


def test_without_labels_nothing_is_predicted_or_clustered(home: Path) -> None:
    made = bench(home, labels={"sets": ["colour"], "min_support": 6})
    held = held_out(made, made.arena, whole=False)
    assert leading_labels(made, made.arena) is None
    assert predictions_by(made, held, ["LSA"]) == {} and agreements_by(made, held, ["LSA"]) == {}


def test_too_few_to_test_on_are_left_out(home: Path) -> None:
    made = bench(home)
    full = held_out(made, made.arena, whole=False)
    few = HeldOut(made.arena, full.queries, full.rows[:1], whole=False)
    assert agreements_by(made, few, ["LSA"]) == {}
    bare = np.setdiff1d(np.arange(len(made.arena.landscape)), labels_of(made, full).rows)
    assert predictions_by(made, HeldOut(made.arena, full.queries, bare, whole=False), ["LSA"]) == {}


def test_held_classes_have_two_publications_each() -> None:
    labels = label_set(np.eye(3)[[0, 0, 1, 1, 2, 2, 0]])
    held = HeldOut(None, np.array([0]), np.array([0, 1, 2, 4, 5]), whole=False)  # type: ignore[arg-type]
    rows, classes = held_classes(held, labels, "single")
    assert rows.tolist() == [0, 1, 4, 5] and classes.tolist() == [0, 0, 2, 2]


def test_the_other_gold_leads_where_the_studys_gives_no_classes(home: Path) -> None:
    made = bench(home, labels={"sets": ["cpc_group"], "min_support": 6})
    held = held_out(made, made.arena, whole=False)
    # every publication has several groups, and none is single
    assert leading_gold(made, held, labels_of(made, held)) == "primary"


def test_clusters_under_mteb_are_k_means_of_raw_vectors(home: Path) -> None:
    mteb = bench(home, clustering={"starts": 1, "repeats": 2, "protocol": "mteb"})
    raw = bench(home, clustering={"starts": 1, "repeats": 2, "transforms": ["raw"]})
    found = []
    for made in (mteb, raw):
        held = held_out(made, made.arena, whole=False)
        found.append(agreement_of(made, held, labels_of(made, held), "single", "LSA"))
    np.testing.assert_array_equal(found[0].values, found[1].values)


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 10_000), st.integers(12, 40))
def test_what_is_not_tested_is_split_by_families_in_the_studys_proportion(seed: int, families: int) -> None:
    rng = np.random.default_rng(seed)
    family = np.repeat(np.arange(families), rng.integers(1, 4, families))
    labels = label_set(np.eye(3, dtype=bool)[rng.integers(0, 3, families)][family])
    test = np.flatnonzero(np.isin(family, rng.permutation(families)[: families // 3]))
    made = split_off(labels, bare_landscape(family), Classification(validation=0.25, test=0.25), test, seed)
    assert made.test.tolist() == test.tolist()
    parts = np.concatenate([made.train, made.validation, made.test])
    assert sorted(parts) == list(range(len(family)))
    sides = [set(family[rows]) for rows in (made.train, made.validation, made.test)]
    assert not (sides[0] & sides[1] or sides[0] & sides[2] or sides[1] & sides[2])
    rest = families - families // 3
    assert abs(len(sides[1]) - rest / 3) <= 3, "a quarter of all to a half: a third of the rest"


def test_families_of_tested_publications_are_not_learnt_from_and_empty_parts_are_said() -> None:
    family = np.array([0, 0, 1, 1, 2, 2, 3, 3, 4, 4])
    labels = label_set(np.eye(2)[[0, 0, 1, 1, 0, 0, 1, 1, 0, 0]])
    made = split_off(labels, bare_landscape(family), Classification(), np.array([8]), 0)
    assert 9 not in np.concatenate([made.train, made.validation, made.test])
    with pytest.raises(UnsplittableError, match="test"):
        split_off(labels, bare_landscape(family), Classification(), np.array([], dtype=int), 0)
    with pytest.raises(UnsplittableError, match="train"):
        split_off(labels, bare_landscape(family), Classification(), np.arange(10), 0)
