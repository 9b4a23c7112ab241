"""Fusion by the formulas of its papers, and between files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from fixtures.commands import Patbench
from hypothesis import given, settings
from hypothesis import strategies as st

from patbench_lib.errors import PatbenchError
from patbench_lib.retrieve.fuse import NORMALISATIONS, fuse_linear, fuse_rrf
from patbench_lib.retrieve.run import Run, fill
from patbench_lib.retrieve.trec import align_runs, read_rankings


def run(*rankings: dict[int, float], depth: int = 5) -> Run:
    """Build a run of queries 0, 1, … from scores by document."""
    made = Run.empty(np.arange(len(rankings)), depth)
    for position, scores in enumerate(rankings):
        fill(made, position, np.array(list(scores), dtype=np.int64), np.array(list(scores.values())))
    return made


def scores(fused: Run, position: int = 0) -> dict[int, float]:
    documents = fused.ranked(position)
    return dict(zip(documents.tolist(), fused.scores[position, : len(documents)].tolist(), strict=True))


A = run({1: 9.0, 2: 5.0, 3: 1.0})
B = run({3: 30.0, 4: 10.0})


def test_reciprocal_rank_fusion_by_hand() -> None:
    wanted = {3: 1 / (60 + 3) + 1 / (60 + 1), 1: 1 / (60 + 1), 2: 1 / (60 + 2), 4: 1 / (60 + 2)}
    fused = fuse_rrf([A, B], 5, k=60)
    assert scores(fused) == pytest.approx(wanted, rel=1e-6)
    assert fused.ranked(0).tolist() == [3, 1, 2, 4], "2 and 4 tie, the lower row first"


def test_min_max_by_hand() -> None:
    # A: (9-1)/8 = 1, (5-1)/8 = 0.5, (1-1)/8 = 0; B: 1, 0; what a run does not rank is 0 in it
    wanted = {1: 0.7 * 1, 2: 0.7 * 0.5, 3: 0.7 * 0 + 0.3 * 1, 4: 0.3 * 0}
    assert scores(fuse_linear([A, B], 5, [0.7, 0.3], "min-max")) == pytest.approx(wanted, rel=1e-6)


def test_z_score_by_hand() -> None:
    # A: mean 5, deviation sqrt((16 + 0 + 16) / 3); B: mean 20, deviation 10; what a run does not rank is -2 in it
    unit = 4 / (32 / 3) ** 0.5
    wanted = {1: 0.5 * unit - 1, 2: 0.0 - 1, 3: -0.5 * unit + 0.5, 4: -1 - 0.5}
    assert scores(fuse_linear([A, B], 5, [0.5, 0.5], "z-score")) == pytest.approx(wanted, rel=1e-6)


def test_rank_by_hand() -> None:
    wanted = {1: 0.5 * 1, 2: 0.5 * 2 / 3, 3: 0.5 * 1 / 3 + 0.5 * 1, 4: 0.5 * 1 / 2}
    assert scores(fuse_linear([A, B], 5, [0.5, 0.5], "rank")) == pytest.approx(wanted, rel=1e-6)


def test_the_best_of_the_union_are_kept() -> None:
    assert fuse_rrf([A, B], 2).ranked(0).tolist() == [3, 1]


def test_a_query_that_one_run_does_not_answer_has_the_other_runs_order() -> None:
    other = run({7: 2.0, 5: 4.0})
    for name in NORMALISATIONS:
        assert fuse_linear([other, run({})], 5, [0.5, 0.5], name).ranked(0).tolist() == [5, 7]
    assert fuse_rrf([run({}), run({})], 5).ranked(0).tolist() == []


def test_equal_scores_tie_after_every_normalisation() -> None:
    even = run({4: 1.0, 2: 1.0})
    for name in NORMALISATIONS[:2]:
        assert fuse_linear([even, even], 5, [0.5, 0.5], name).ranked(0).tolist() == [2, 4]


def test_one_weight_for_each_run() -> None:
    with pytest.raises(PatbenchError, match="2 runs and 1 weights"):
        fuse_linear([A, B], 5, [1.0])


def test_runs_over_other_queries_are_refused() -> None:
    with pytest.raises(PatbenchError, match="different queries"):
        fuse_rrf([A, run({1: 1.0}, {1: 1.0})], 5)


RANKING = st.dictionaries(st.integers(0, 30), st.integers(-50, 50).map(float), min_size=1, max_size=12)


@settings(deadline=None, max_examples=60)
@given(RANKING, RANKING, st.sampled_from(NORMALISATIONS))
def test_all_weight_on_one_run_gives_its_order(first: dict[int, float], second: dict[int, float], name: str) -> None:
    alone = run(first, depth=40)
    fused = fuse_linear([alone, run(second, depth=40)], 40, [1.0, 0.0], name)  # type: ignore[arg-type]
    ranked = [document for document in fused.ranked(0).tolist() if document in first]
    by_score = {document: first[document] for document in ranked}
    assert list(by_score.values()) == sorted(by_score.values(), reverse=True)
    assert set(fused.ranked(0).tolist()) == set(first) | set(second)


@settings(deadline=None, max_examples=60)
@given(RANKING, RANKING, st.floats(0.5, 20), st.floats(-9, 9))
def test_min_max_does_not_see_the_scale_of_a_system(
    first: dict[int, float], second: dict[int, float], factor: float, shift: float
) -> None:
    scaled = {document: factor * score + shift for document, score in second.items()}
    one = fuse_linear([run(first, depth=40), run(second, depth=40)], 40, [0.5, 0.5], "min-max")
    two = fuse_linear([run(first, depth=40), run(scaled, depth=40)], 40, [0.5, 0.5], "min-max")
    assert scores(one) == pytest.approx(scores(two), abs=1e-4)


def write(path: Path, *lines: str) -> Path:
    path.write_text("".join(f"{line}\n" for line in lines))
    return path


def test_files_of_any_tool_are_fused_by_the_command(patbench: Patbench, tmp_path: Path) -> None:
    first = write(tmp_path / "a.trec", "q1 Q0 a 1 9 x", "q1 Q0 b 2 5 x", "q2 Q0 a 1 1 x")
    second = write(tmp_path / "b.trec", "q1 Q0 b 1 3 y", "q1 Q0 c 2 2 y")
    out = tmp_path / "c.trec.gz"
    done = patbench("fuse", str(first), str(second), "--method", "rrf", "--k", "60", "-o", str(out))
    assert done.code == 0, done.err
    fused = read_rankings(out)
    assert fused["q1"] == pytest.approx({"b": 1 / 62 + 1 / 61, "a": 1 / 61, "c": 1 / 62}, rel=1e-6)
    assert list(fused["q1"]) == ["b", "a", "c"]
    assert fused["q2"] == pytest.approx({"a": 1 / 61}, rel=1e-6)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--method", "min-max", "--weights", "0.7"], "2 runs and 1 weights"),
        (["--method", "min-max", "--weights", "a,b"], "--weights a,b are not numbers"),
    ],
)
def test_what_cannot_be_fused_is_told(patbench: Patbench, tmp_path: Path, arguments: list[str], said: str) -> None:
    file = write(tmp_path / "a.trec", "q1 Q0 a 1 9 x")
    done = patbench("fuse", str(file), str(file), *arguments, "-o", str(tmp_path / "c.trec"))
    assert done.code == 1
    assert said in done.err
    assert not (tmp_path / "c.trec").exists()


def test_one_run_cannot_be_fused(patbench: Patbench, tmp_path: Path) -> None:
    done = patbench("fuse", str(write(tmp_path / "a.trec", "q1 Q0 a 1 9 x")), "-o", str(tmp_path / "c.trec"))
    assert (done.code, "One run cannot be fused" in done.err) == (1, True)


def test_aligned_files_share_queries_and_ids(tmp_path: Path) -> None:
    first, second = write(tmp_path / "a", "q2 Q0 z 1 1 x"), write(tmp_path / "b", "q1 Q0 y 1 1 x")
    runs, ids = align_runs([first, second])
    assert ids == ["q1", "q2", "y", "z"]
    assert [[ids[d] for d in made.ranked(i)] for made in runs for i in (0, 1)] == [[], ["z"], ["y"], []]
