from __future__ import annotations

import time
import tracemalloc
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from fixtures.landscapes import landscape, patent
from hypothesis import given
from hypothesis import strategies as st

from patbench_lib.landscape.label_sets import Labels, LabelSet, available, label_sets
from patbench_lib.landscape.schema import Landscape, Provenance
from patbench_lib.landscape.sources import TableSource, open_source


def topics(*rows: Any, families: Sequence[str] | None = None, **fields: Any) -> Landscape:
    """Make a landscape whose publications have the given topics, each of a family of its own unless told."""
    return landscape(
        *(
            patent(f"US-{100 + i}-A1", topic=row, family_id=families[i] if families else f"F{i}", **fields)
            for i, row in enumerate(rows)
        ),
        labels=("topic",),
    )


def only(made: Landscape, **settings: Any) -> LabelSet:
    found, reasons = label_sets(made, Labels(**{"sets": ("topic",), "min_support": 1, **settings}))
    assert not reasons
    return found[0]


def reason(made: Landscape, name: str = "topic", **settings: Any) -> str:
    found, reasons = label_sets(made, Labels(sets=(name,), **{"min_support": 1, **settings}))
    assert not found
    return reasons[name]


def test_a_set_has_its_labels_by_frequency_and_each_publications_own() -> None:
    made = only(topics(["b", "a"], ["a"], ["c", "a", "c"], ["c"], ["b", "c"], ["b"], ["rare", "a"], []))
    assert made.labels == ("a", "b", "c")  # four, three and three publications
    assert made.matrix.astype(int).tolist() == [
        [1, 1, 0], [1, 0, 0], [1, 0, 1], [0, 0, 1], [0, 1, 1], [0, 1, 0], [1, 0, 0], [0, 0, 0],
    ]  # fmt: skip
    assert made.primary.tolist() == [1, 0, 2, 2, 1, 1, -1, -1]  # the first of row 6 is too rare
    assert made.sizes.tolist() == [2, 1, 2, 1, 2, 1, 2, 0]  # twice the same is one label; a rare one is one too
    assert made.rows.tolist() == [0, 1, 2, 3, 4, 5, 6]
    assert (made.rare, made.crowded) == ({"rare": 1}, {})


def test_publications_and_families_both_have_to_be_enough() -> None:
    rows = [["a", "b", "c"]] * 4 + [["a", "b"]] * 2 + [["a"]] * 2
    families = ["F0", "F0", "F1", "F1", "F2", "F3", "F4", "F5"]
    made = only(topics(*rows, families=families), min_support=4)
    assert made.labels == ("a", "b")  # c has the four publications, of two families only
    assert made.rare == {"c": 4}
    assert only(topics(*rows, families=families), min_support=6).labels == ("a", "b")
    assert "only one label, a, is on at least 7 publications and 3 families" in reason(
        topics(*rows, families=families), min_support=7
    )


def test_a_column_with_one_value_is_left_out() -> None:
    assert reason(topics(*[["same"]] * 9)) == "only one label, same, is on at least 1 publications and 3 families"


WRITTEN = ["a; b", "a", None, "b", "", "a;", " b ", "a ;b", float("nan")]
LISTED = [["a", "b"], ["a"], None, ["b"], [], ["a", None], ["b", ""], ["a", "b"], [None]]


@pytest.mark.parametrize(("topic", "suffix"), [(WRITTEN, "csv"), (LISTED, "parquet")])
def test_missing_values_of_a_table_are_no_label(topic: list[Any], suffix: str, tmp_path: Path) -> None:
    n = len(topic)
    frame = pd.DataFrame(
        {
            "publication_number": [f"US-{100 + i}-A1" for i in range(n)],
            "title": [f"Cane {i}" for i in range(n)],
            "family_id": [f"F{i}" for i in range(n)],
            "topic": topic,
        }
    )
    path = tmp_path / f"own.{suffix}"
    frame.to_csv(path, index=False) if suffix == "csv" else frame.to_parquet(path)
    made = only(open_source(TableSource(name="own", path=str(path), labels=("topic",)), tmp_path))
    assert made.labels == ("a", "b")
    assert made.sizes.tolist() == [2, 1, 0, 1, 0, 1, 1, 2, 0]
    assert made.primary.tolist() == [0, 0, -1, 1, -1, 0, 1, 0, -1]
    assert made.rows.tolist() == [0, 1, 3, 5, 6, 7]


def test_an_empty_column_says_so() -> None:
    assert reason(topics(*[[]] * 5)) == "no publication has a label"


def test_labels_in_fewer_families_than_parts_are_left_out_by_name() -> None:
    rows = [["a"], ["a"], ["b"], ["b"], ["c"]]
    assert (
        reason(topics(*rows)) == "no label is on at least 1 publications and 3 families; the most frequent, a, is on 2"
    )


def test_the_most_frequent_are_kept_of_too_many() -> None:
    rows = [["a", "b", "c"]] * 3 + [["a", "b"]] + [["a"]]
    made = only(topics(*rows), most=2)
    assert (made.labels, made.crowded, made.rare) == (("a", "b"), {"c": 3}, {})
    assert made.sizes.tolist() == [3, 3, 3, 2, 1]  # a publication with a label left out is no single-label one


def bare(rows: list[list[str]]) -> Landscape:
    """Make a landscape of topics alone, each publication of a family of its own."""
    nothing: list[list[str]] = [[]] * len(rows)
    families = [f"F{i}" for i in range(len(rows))]
    patents = pd.DataFrame({"family_id": families, "topic": rows, "ipc": nothing, "cpc": nothing})
    return Landscape("bare", patents, ("topic",), Provenance("table"))


def test_ten_thousand_labels() -> None:
    # 12,000 publications, each with 5 of 10,000 labels and with its number, which no other has
    n, labels = 12_000, 10_000
    rng = np.random.default_rng(0)
    drawn = rng.integers(0, labels, (n, 5))
    made = bare([[*(f"L{label}" for label in row), f"own {i}"] for i, row in enumerate(drawn)])
    tracemalloc.start()
    began = time.process_time()
    found = only(made, min_support=3, most=labels)
    seconds, (_, peak) = time.process_time() - began, tracemalloc.get_traced_memory()
    tracemalloc.stop()
    counts = np.bincount(np.unique(drawn + np.arange(n)[:, None] * labels) % labels, minlength=labels)
    assert len(found.labels) == (counts >= 3).sum() > 9_000
    assert found.matrix.sum() == counts[counts >= 3].sum()
    assert len(found.rare) == n + (counts < 3).sum() - (counts == 0).sum()
    assert seconds < 30  # a second or two where nothing else runs; tracing doubles it
    assert peak < 2 * found.matrix.nbytes  # a byte a publication and label, and little beside
    capped = only(made, min_support=3)
    assert capped.matrix.shape == (n, 500) and len(capped.crowded) == len(found.labels) - 500
    assert min(counts[[int(label[1:]) for label in capped.labels]]) >= max(capped.crowded.values())


def coded() -> Landscape:
    """Make a landscape with IPC alone, cut short in one publication."""
    symbols = ["A61H 3/00; A61H 3/06; G09B 21/00", "A61H 1/02", "A61H 3/00; A61G 5/04", "G09B 21/00", "G09B 1/00; A61"]
    return landscape(*(patent(f"US-{100 + i}-A1", ipc=row, family_id=f"F{i}") for i, row in enumerate(symbols)))


@pytest.mark.parametrize(
    ("name", "labels", "sizes"),
    [
        ("ipc_section", ("A", "G"), [2, 1, 1, 1, 2]),
        ("ipc_class", ("A61", "G09"), [2, 1, 1, 1, 2]),
        ("ipc_subclass", ("A61H", "G09B"), [2, 1, 2, 1, 1]),  # A61 alone has no subclass
    ],
)
def test_symbols_are_cut_to_a_level(name: str, labels: tuple[str, ...], sizes: list[int]) -> None:
    made = only(coded(), sets=(name,))
    assert (made.name, made.labels, made.sizes.tolist()) == (name, labels, sizes)


def test_deep_levels_have_too_few_publications() -> None:
    assert "the most frequent, A61H 3, is on 2" in reason(coded(), "ipc_group")
    assert "the most frequent, A61H 3/00, is on 2" in reason(coded(), "ipc_subgroup")


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("ipc_subclas", "; did you mean ipc_subclass?"),
        ("cpc_group", "; did you mean ipc_group?"),  # it has no CPC
        ("tpic", " (it has ipc_section, ipc_class, ipc_subclass, ipc_group, ipc_subgroup)"),
    ],
)
def test_a_set_that_the_landscape_lacks(name: str, why: str) -> None:
    assert reason(coded(), name) == f"landscape hand has no such labels{why}"


def test_a_landscape_without_any_labels() -> None:
    made = landscape(patent("US-1-A1"), patent("US-2-A1"))
    assert available(made) == []
    assert reason(made, "ipc_class") == "landscape hand has no such labels"


def test_sets_keep_the_studys_order_and_one_that_lacks_does_not_stop_the_others() -> None:
    rows = [
        patent(f"US-{100 + i}-A1", ipc="A61H 3/00" if i % 2 else "G09B 1/00", topic=["ab"[i % 2]]) for i in range(8)
    ]
    settings = Labels(sets=("ipc_class", "colour", "topic"), min_support=4)
    found, reasons = label_sets(landscape(*rows, labels=("topic",)), settings)
    assert [made.name for made in found] == ["ipc_class", "topic"] and list(reasons) == ["colour"]


@given(st.lists(st.lists(st.sampled_from("abcdef"), max_size=4), min_size=1, max_size=30), st.integers(1, 6))
def test_every_kept_label_has_its_support_and_every_other_is_named(rows: list[list[str]], support: int) -> None:
    found, reasons = label_sets(bare(rows), Labels(sets=("topic",), min_support=support))
    if reasons:
        return
    made = found[0]
    assert list(made.matrix.sum(0)) == sorted(made.matrix.sum(0), reverse=True)
    assert made.matrix.sum(0).min() >= max(support, 3)
    assert set(made.labels) | set(made.rare) == {label for row in rows for label in row}
    for row, has, size, first in zip(rows, made.matrix, made.sizes, made.primary, strict=True):
        assert {made.labels[i] for i in np.flatnonzero(has)} == set(row) & set(made.labels)
        assert size == len(set(row))
        assert first == (made.labels.index(row[0]) if row and row[0] in made.labels else -1)
