from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest
from fixtures.rooms import judged, rankings, run_of
from hypothesis import given, settings
from hypothesis import strategies as st
from unit.test_run import runs

from patbench_lib.errors import PatbenchError
from patbench_lib.retrieve.run import Run, fill
from patbench_lib.retrieve.trec import read_trec, write_trec

NUMBERS = [f"US-{100 + i}-A1" for i in range(12)]
JUDGED = judged(12, {0: [1], 2: [3]})


def written(path: Path, *lines: str) -> Path:
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return path


def test_lines_are_those_of_trec(tmp_path: Path) -> None:
    write_trec(run_of({0: [4, 1], 2: [3]}, 3), NUMBERS, tmp_path / "run.txt", tag="BM25.TA")
    assert (tmp_path / "run.txt").read_text().splitlines() == [
        "US-100-A1 Q0 US-104-A1 1 3 BM25.TA",
        "US-100-A1 Q0 US-101-A1 2 2 BM25.TA",
        "US-102-A1 Q0 US-103-A1 1 3 BM25.TA",
    ]


@settings(deadline=None, max_examples=40)
@given(runs(), st.sampled_from(["run.txt", "run.txt.gz"]))
def test_what_is_written_is_read_back(tmp_path_factory: object, run: Run, name: str) -> None:
    path: Path = tmp_path_factory.mktemp("trec") / name  # type: ignore[attr-defined]
    for position, query in enumerate(run.queries):  # a query's own document is no candidate
        kept = run.ranked(position)
        scores = run.scores[position, : len(kept)][kept != query]
        run.documents[position], run.scores[position] = -1, -np.inf
        fill(run, position, kept[kept != query], scores)
    write_trec(run, NUMBERS, path)
    judgements = judged(12, {int(query): [(int(query) + 1) % 12] for query in run.queries})
    imported = read_trec(path, NUMBERS, judgements)
    assert rankings(imported.run) == rankings(run)
    width = imported.run.depth
    assert imported.run.scores.tolist() == run.scores[:, :width].tolist()
    assert (imported.unjudged_queries, imported.excluded_documents) == (0, 0)


def test_gz_is_compressed(tmp_path: Path) -> None:
    write_trec(run_of({0: [4]}, 1), NUMBERS, tmp_path / "run.gz")
    assert gzip.decompress((tmp_path / "run.gz").read_bytes()).decode() == "US-100-A1 Q0 US-104-A1 1 1 patbench\n"


def test_scores_order_a_run_and_ranks_do_not(tmp_path: Path) -> None:
    path = written(
        tmp_path / "run",
        "US-100-A1 Q0 US-105-A1 1 0.5 x",
        "US-100-A1 Q0 US-104-A1 2 0.5 x",
        "US-100-A1 Q0 US-106-A1 3 9e-1 x",
    )
    assert rankings(read_trec(path, NUMBERS, JUDGED).run) == [[6, 4, 5], []]


def test_what_the_protocol_does_not_count_is_left_out_and_told(tmp_path: Path) -> None:
    judgements = judged(12, {0: [1]}, family=[0, 1, 0, 3, 4, 5, 6, 7, 8, 9, 10, 11])
    path = written(
        tmp_path / "run",
        "US-100-A1 Q0 US-100-A1 1 9 x",
        "US-100-A1 Q0 US-102-A1 2 8 x",
        "US-100-A1 Q0 US-103-A1 3 7 x",
        "US-105-A1 Q0 US-103-A1 1 7 x",
        "US-105-A1 Q0 US-104-A1 1 7 x",
    )
    imported = read_trec(path, NUMBERS, judgements)
    assert rankings(imported.run) == [[3]]
    assert (imported.unjudged_queries, imported.excluded_documents) == (1, 2)


def test_an_empty_file_is_a_run_that_found_nothing(tmp_path: Path) -> None:
    assert rankings(read_trec(written(tmp_path / "run"), NUMBERS, JUDGED).run) == [[], []]


BAD = {
    "US-100-A1 Q0 US-104-A1 1 0.5": r"line 2: 5 fields instead of six",
    "US-100-A1 Q0 US-104-A1 1 high x": r"line 2: the score 'high' is not a finite number",
    "US-100-A1 Q0 US-104-A1 1 nan x": r"line 2: the score 'nan' is not a finite number",
    "US-100-A1 Q0 US-104-A1 1 inf x": r"line 2: the score 'inf' is not a finite number",
    "US-100-A1 Q0 EP-1 1 0.5 x": r"line 2: 'EP-1' is not a publication number of this landscape",
    "EP-2 Q0 US-104-A1 1 0.5 x": r"line 2: 'EP-2' is not a publication number",
    "US-100-A1 Q0 US-101-A1 1 0.5 x": r"line 2: US-101-A1 is ranked twice for US-100-A1",
    "": r"line 2: 0 fields instead of six",
}


@pytest.mark.parametrize("line", BAD)
def test_a_bad_line_is_named(tmp_path: Path, line: str) -> None:
    path = written(tmp_path / "run", "US-100-A1 Q0 US-101-A1 1 0.5 x", line)
    with pytest.raises(PatbenchError, match=BAD[line]):
        read_trec(path, NUMBERS, JUDGED)


def test_a_file_that_is_no_text_or_none_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "run").write_bytes(b"\xff\xfe\x00")
    (tmp_path / "run.gz").write_bytes(b"plain")
    whole = gzip.compress(b"US-100-A1 Q0 US-101-A1 1 0.5 x\n", mtime=0)
    (tmp_path / "cut.gz").write_bytes(whole[:-9])
    (tmp_path / "spoilt.gz").write_bytes(whole[:12] + b"\xff\xff\xff" + whole[15:])
    (tmp_path / "folder").mkdir()
    for name in ("run", "run.gz", "cut.gz", "spoilt.gz", "folder"):
        with pytest.raises(PatbenchError, match="not a readable text file"):
            read_trec(tmp_path / name, NUMBERS, JUDGED)
    with pytest.raises(PatbenchError, match="No run file"):
        read_trec(tmp_path / "none", NUMBERS, JUDGED)
