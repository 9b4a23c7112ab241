"""Fusion against ranx, where it is installed: pip install -e '.[parity]'.

ranx gives a document that a run does not rank the score 0 after every normalisation. That is ours for reciprocal ranks,
min-max and rank, so these are compared on runs with other documents. After z-scores 0 is the mean of the ranking, so
there a missing document would beat half of what is ranked; ours is -2, as the method's paper has it, and the two are
compared where both runs rank the same documents. ranx's Borda normalisation counts the union instead of the ranking
and is another method.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from patbench_lib.retrieve import fuse
from patbench_lib.retrieve.run import Run, fill

ranx = pytest.importorskip("ranx", reason="ranx is not installed: pip install -e '.[parity]'")

QUERIES, DEPTH, ALL = 12, 30, 200
Totals = dict[str, dict[str, float]]


def drawn(seed: int, documents: int) -> Run:
    """Draw a run without ties that ranks 30 of the first documents, fewer for some queries."""
    rng = np.random.default_rng(seed)
    run = Run.empty(np.arange(QUERIES), DEPTH)
    for position in range(QUERIES):
        size = DEPTH - 2 * position if documents > DEPTH else DEPTH
        chosen = rng.choice(documents, size=size, replace=False)
        fill(run, position, chosen, rng.permutation(ALL)[:size] * rng.uniform(0.1, 3) + rng.normal())
    return run


def theirs(run: Run) -> Any:
    """Return a run as ranx's."""
    return ranx.Run(
        {
            f"q{query}": {
                f"d{document}": float(score)
                for document, score in zip(run.ranked(position), run.scores[position], strict=False)
            }
            for position, query in enumerate(run.queries)
        }
    )


@pytest.fixture
def totals(monkeypatch: pytest.MonkeyPatch) -> Totals:
    """Return what fusion sums up, in double precision: a run keeps it in single."""
    seen: Totals = {}

    def keep(run: Run, position: int, documents: Any, scores: Any) -> None:
        names = [f"d{document}" for document in documents]
        seen[f"q{run.queries[position]}"] = dict(zip(names, scores.tolist(), strict=True))
        fill(run, position, documents, scores)

    monkeypatch.setattr(fuse, "fill", keep)
    return seen


def check(ours: Run, totals: Totals, fused: Any) -> None:
    expected = fused.to_dict()
    assert set(totals) == set(expected) and len(expected) == QUERIES
    for position, query in enumerate(totals):
        assert set(totals[query]) == set(expected[query])
        assert max(abs(totals[query][name] - expected[query][name]) for name in expected[query]) < 1e-9
        ranked = [expected[query][f"d{document}"] for document in ours.ranked(position)]
        assert np.diff(ranked).max() < 1e-6, "their scores fall along our ranking, but for equal single precision"


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("k", [10, 60, 100])
def test_reciprocal_ranks(totals: Totals, seed: int, k: int) -> None:
    a, b = drawn(seed, 90), drawn(seed + 50, 90)
    check(fuse.fuse_rrf([a, b], 60, k=k), totals, ranx.fuse([theirs(a), theirs(b)], method="rrf", params={"k": k}))


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("alpha", [0.1, 0.5, 0.7])
@pytest.mark.parametrize(
    ("ours", "name", "documents"),
    [("min-max", "min-max", 90), ("rank", "rank", 90), ("z-score", "zmuv", DEPTH)],
)
def test_weighted_sums(totals: Totals, seed: int, alpha: float, ours: Any, name: str, documents: int) -> None:
    a, b = drawn(seed, documents), drawn(seed + 50, documents)
    weights = (1 - alpha, alpha)
    fused = ranx.fuse([theirs(a), theirs(b)], norm=name, method="wsum", params={"weights": weights})
    check(fuse.fuse_linear([a, b], 60, weights, ours), totals, fused)
