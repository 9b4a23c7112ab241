"""A search cut into parts of the documents: merged into the same run as one search, and nothing left of the parts."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from fixtures.studies import bench

from patbench_lib.bench import made, searching
from patbench_lib.bench.bench import Bench
from patbench_lib.bench.plan import make_plan, retrieve_step
from patbench_lib.bench.searching import search_part
from patbench_lib.encode.cells import Shard
from patbench_lib.errors import PatbenchError
from patbench_lib.retrieve.run import Run

SYSTEM = "MiniLM-static"


def run_of(each: Bench) -> Run:
    return each.run(SYSTEM, each.arena, each.arena.views[0])


def files(each: Bench) -> set[str]:
    return {path.name for path in each.paths.results.rglob("*.parquet")}


@pytest.mark.parametrize("of", [2, 7])
def test_parts_that_were_searched_alone_make_the_run_of_one_search(tmp_path: Path, of: int) -> None:
    whole, parted = bench(tmp_path / "whole"), bench(tmp_path / "parted")
    retrieve_step(whole, SYSTEM)
    for number in range(of, 0, -1):
        assert retrieve_step(parted, SYSTEM, Shard(number, of)) == {"system": SYSTEM, "shard": f"{number}/{of}"}
    assert len(files(parted)) == of and not files(parted) & files(whole)
    retrieve_step(parted, SYSTEM)
    assert files(parted) == files(whole), "the parts are gone"
    retrieve_step(parted, SYSTEM, Shard(1, of))
    assert files(parted) == files(whole), "what is kept as a whole is not searched by parts again"
    one, other = run_of(whole), run_of(parted)
    np.testing.assert_array_equal(one.documents, other.documents)
    np.testing.assert_array_equal(one.scores, other.scores)


def test_a_part_that_is_missing_is_searched_where_the_parts_are_merged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    parted = bench(tmp_path)
    retrieve_step(parted, SYSTEM, Shard(2, 3))
    searched = []
    exact = searching.search_exact
    monkeypatch.setattr(searching, "search_exact", lambda *a, **k: searched.append(k["part"]) or exact(*a, **k))
    retrieve_step(parted, SYSTEM)
    assert [(part.start, part.stop) for part in searched] == [(0, 20), (40, 60)]


def test_the_seconds_of_a_merged_run_are_those_of_its_parts_and_of_the_merging(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    parted = bench(tmp_path)
    keep = made.save_json
    monkeypatch.setattr(made, "save_json", lambda path, said: keep(path, {**said, "seconds": said["seconds"] + 100}))
    for number in (1, 2):
        retrieve_step(parted, SYSTEM, Shard(number, 2))
    retrieve_step(parted, SYSTEM)
    # Each of the three files says 100 s more than it took, and the last one's are those of the two others beside.
    assert 300 < parted.reading(SYSTEM, parted.arena, parted.arena.views[0])["seconds"] < 400


@pytest.mark.parametrize(("system", "backend"), [("BM25", "exact"), (SYSTEM, "faiss")])
def test_only_an_exact_search_of_vectors_is_cut(tmp_path: Path, system: str, backend: str) -> None:
    study = bench(tmp_path, search={"backend": backend})
    with pytest.raises(PatbenchError, match="is not searched by parts"):
        search_part(study, system, study.arena, "TA", 20, Shard(1, 2))


def test_a_plan_cuts_the_search_of_transformers_into_as_many_parts_as_their_encoding(tmp_path: Path) -> None:
    study = bench(tmp_path, systems=["BM25", SYSTEM, "MiniLM-1L"]).study
    assert make_plan(study, tmp_path, 2, 4).parts == {"BM25": 1, SYSTEM: 1, "MiniLM-1L": 4}
    assert set(make_plan(study, tmp_path, 2).parts.values()) == {1}
