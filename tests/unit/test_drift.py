"""Where training moves vectors, told of models whose weights were moved by hand."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from fixtures import studies

from patbench_lib.bench import drift as module
from patbench_lib.bench.bench import Bench
from patbench_lib.bench.drift import COLUMNS, ZERO_SHOT, drift
from patbench_lib.bench.partitions import partition
from patbench_lib.bench.trainings import Training
from patbench_lib.finetune.folder import save_tuned
from patbench_lib.finetune.trainable import load_whole

LANDSCAPES = {
    "landscape": {"source": "demo", "publications": 120},
    "external": {"source": "demo", "name": "external", "kind": "external", "publications": 60},
}
MEASURED = ["alignment", "uniformity", "moved", "correlation", "kept"]


def bench(root: Path, **changes: Any) -> Bench:
    return studies.bench(root, **{**LANDSCAPES, **changes})


def turned(table: Any) -> Any:
    """Rotate a table of token embeddings."""
    return table @ np.linalg.qr(np.random.default_rng(0).normal(size=(table.shape[1],) * 2))[0]


def squeezed(table: Any) -> Any:
    """Move every embedding towards one point, but not equally."""
    return table + 0.05 * np.random.default_rng(1).normal(size=table.shape) + 0.1


@pytest.fixture
def moved_by(home: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[Any], Any]], None]:
    """Let a training do one thing to a static model's table, in place of learning."""

    def planted(change: Callable[[Any], Any]) -> None:
        def with_tuned(made: Bench, which: Sequence[Training]) -> Bench:
            import torch

            cards = []
            for each in which:
                base = made.study.card(each.model)
                whole = load_whole(base, device="cpu")
                weight = whole.model[0].embedding.weight
                with torch.no_grad():
                    weight.copy_(torch.from_numpy(change(weight.numpy().astype(np.float64))))
                cards.append(save_tuned(whole.finished(), base, home / "tuned" / each.name, name=each.name, about={}))
            return made.with_models(cards)

        monkeypatch.setattr(module, "with_tuned", with_tuned)

    return planted


def test_a_rotation_moves_vectors_and_no_neighbour(home: Path, moved_by: Callable[[Any], None]) -> None:
    moved_by(turned)
    made = bench(home)
    found = drift(made, [Training("MiniLM-static", "R1")])
    assert list(found) == list(COLUMNS)
    assert list(zip(found["landscape"], found["recipe"], found["whole"], strict=True)) == [
        ("assistive", ZERO_SHOT, False),
        ("assistive", "R1", False),
        ("external", ZERO_SHOT, True),
        ("external", "R1", True),
    ]
    before, after = (found[found["recipe"] == recipe].reset_index(drop=True) for recipe in (ZERO_SHOT, "R1"))
    assert (before[["moved", "correlation", "kept"]] == [0.0, 1.0, 1.0]).all(axis=None)
    pd.testing.assert_frame_equal(before[["alignment", "uniformity"]], after[["alignment", "uniformity"]], atol=1e-5)
    assert (after["moved"] > 0.5).all() and (after["correlation"] > 1 - 1e-5).all() and (after["kept"] > 0.99).all()
    own, other = made.arenas
    assert after["n"].tolist() == [len(partition(made, own).rows("test")), len(other.landscape)]
    asked = partition(made, own).queries_of("test")
    assert after["pairs"].tolist() == [np.isin(own.judgements.pair_queries, asked).sum(), other.judgements.pairs]


def test_what_brings_all_texts_together_shows_in_every_number(home: Path, moved_by: Callable[[Any], None]) -> None:
    moved_by(squeezed)
    found = drift(bench(home), [Training("MiniLM-static", "R3"), Training("MiniLM-static", "R3", "both")])
    assert found["kind"].tolist() == [ZERO_SHOT, "plain", "both", ZERO_SHOT, "plain", ZERO_SHOT, "both"]
    assert found["whole"].tolist() == [False, False, False, True, True, False, False], "both are trained on"
    for _, rows in found.groupby(["landscape", "whole"], sort=False):
        start, end = rows.iloc[0], rows.iloc[-1]
        assert end["uniformity"] > start["uniformity"] and end["alignment"] < start["alignment"]
        assert end["moved"] > 0.01 and 0 < end["correlation"] < 0.99 and 0 < end["kept"] < 1


def test_neighbours_are_of_other_families_and_by_hand(home: Path, moved_by: Callable[[Any], None]) -> None:
    moved_by(squeezed)
    made = bench(home, external=None)
    found = drift(made, [Training("MiniLM-static", "R1")])
    tuned = module.with_tuned(made, [Training("MiniLM-static", "R1")])
    sides = [
        np.asarray(tuned.encoded(name, made.arena, "TA").vectors, dtype=np.float64)
        for name in ("MiniLM-static", "MiniLM-static+R1")
    ]
    family, shares = made.arena.landscape.family, []
    for row in partition(made, made.arena).rows("test"):
        near = []
        for vectors in sides:
            scores = np.where(family == family[row], -np.inf, vectors @ vectors[row])
            near.append(set(np.argsort(-scores)[:10].tolist()))
        shares.append(len(near[0] & near[1]) / 10)
    assert found["kept"].iloc[1] == pytest.approx(np.mean(shares), abs=1e-9)


def test_without_trainings_the_table_is_empty_and_has_its_columns(home: Path) -> None:
    found = drift(bench(home, external=None), [])
    assert found.empty and list(found) == list(COLUMNS)
    assert found[MEASURED].dtypes.eq(float).all() and found["n"].dtype == int
