from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from fixtures.rooms import rankings
from hypothesis import given, settings
from hypothesis import strategies as st

from patbench_lib.retrieve.run import Run, fill, order


def test_the_best_comes_first_and_a_tie_goes_to_the_lower_row() -> None:
    scores, documents = np.array([1.0, 3.0, 2.0, 3.0]), np.array([4, 9, 0, 5])
    assert documents[order(scores, documents, 10)].tolist() == [5, 9, 0, 4]
    assert documents[order(scores, documents, 2)].tolist() == [5, 9]


def test_rows_are_ordered_each_for_itself() -> None:
    scores, documents = np.array([[1.0, 2.0], [2.0, 2.0]]), np.array([[0, 1], [7, 3]])
    assert np.take_along_axis(documents, order(scores, documents, 2), 1).tolist() == [[1, 0], [3, 7]]


def test_scores_that_a_run_cannot_tell_apart_are_ties() -> None:
    close = 0.5 + 1e-10  # single precision has steps of 2**-24 = 6e-8 there
    assert order(np.array([0.5, close]), np.array([1, 2]), 2).tolist() == [0, 1]
    assert order(np.array([0.5, 0.5 + 1e-7]), np.array([1, 2]), 2).tolist() == [1, 0]


def test_filling_leaves_the_rest_of_the_row_empty() -> None:
    run = Run.empty(np.array([3, 8]), 4)
    fill(run, 1, np.array([5, 2]), np.array([0.5, 0.75], dtype=np.float32))
    assert run.documents.tolist() == [[-1] * 4, [2, 5, -1, -1]]
    assert run.scores[1].tolist() == [0.75, 0.5, -np.inf, -np.inf]
    assert rankings(run) == [[], [2, 5]]
    assert run.depth == 4


@st.composite
def runs(draw: st.DrawFn) -> Run:
    n = draw(st.integers(1, 12))
    queries = draw(st.sets(st.integers(0, n - 1), min_size=1).map(sorted))
    depth = draw(st.integers(1, n + 2))
    run = Run.empty(np.array(queries, dtype=np.int64), depth)
    for position in range(len(queries)):
        documents = draw(st.lists(st.integers(0, n - 1), unique=True))
        size = len(documents)
        scores = draw(st.lists(st.floats(-5, 5, width=32), min_size=size, max_size=size))
        fill(run, position, np.array(documents, dtype=np.int64), np.array(scores, dtype=np.float32))
    return run


@settings(deadline=None, max_examples=40)
@given(runs())
def test_a_run_is_loaded_as_it_was_saved(tmp_path_factory: object, run: Run) -> None:
    path: Path = tmp_path_factory.mktemp("run") / "run.parquet"  # type: ignore[attr-defined]
    run.save(path)
    loaded = Run.load(path, run.queries, run.depth)
    assert loaded.documents.tolist() == run.documents.tolist()
    assert loaded.scores.tolist() == run.scores.tolist()
    assert loaded.scores.dtype == np.float32


@settings(deadline=None, max_examples=40)
@given(runs())
def test_a_run_is_ordered_by_its_own_scores(run: Run) -> None:
    for position in range(len(run.queries)):
        documents = run.ranked(position)
        scores = run.scores[position, : len(documents)]
        assert order(scores, documents, run.depth).tolist() == list(range(len(documents)))


def test_equal_runs_are_equal_files_and_small(tmp_path: Path) -> None:
    run = Run.empty(np.arange(50), 100)
    run.documents[:] = np.arange(100)
    run.scores[:] = -np.arange(100)
    for name in ("a", "b"):
        run.save(tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    assert (tmp_path / "a").stat().st_size < 50 * 100 * 20 / 4  # 8 + 8 + 4 bytes an entry before compression
    assert list(pd.read_parquet(tmp_path / "a").columns) == ["query", "document", "score"]
