"""Scores on real patents against those of an independent implementation."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from patbench_lib.bench.bench import Bench
from patbench_lib.bench.results import retrieval_results
from patbench_lib.parameters import make_study

SETS: dict[str, dict[str, Any]] = {
    "patsnap": {"relation": "cites"},
    "us-week-2007": {"relation": "coupling", "min_shared": 2},
}
QUERIES = {"patsnap": 225, "us-week-2007": 328}
EXPECTED = {
    ("patsnap", "BM25"): (0.328, 0.010),
    ("us-week-2007", "BM25"): (0.341, 0.010),
    ("patsnap", "MiniLM-L6"): (0.340, 0.003),
    ("us-week-2007", "MiniLM-L6"): (0.370, 0.003),
}


@pytest.fixture(scope="module")
def lasting(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home for all tests of this file, so that each landscape is read once."""
    return tmp_path_factory.mktemp("home")


def bench(name: str, home: Path, shared: Path, *systems: str) -> Bench:
    content = {
        "name": name,
        "landscape": {"source": "table", "name": name, "path": str((shared / f"{name}.parquet").resolve())},
        "external": None,
        "relevance": SETS[name],
        "views": ["TA"],
        "systems": list(systems),
        "baseline": systems[0],
        "statistics": {"resamples": 200, "permutations": 200},
    }
    return Bench(make_study(content, where=name), home, progress=False)


def check(name: str, system: str, home: Path, shared: Path) -> None:
    made = bench(name, home, shared, system)
    results, _ = retrieval_results(made)
    row = results[(results["stratum"] == "ALL") & (results["measure"] == "nDCG@10")].iloc[0]
    expected, tolerance = EXPECTED[name, system]
    assert row["n"] == QUERIES[name]
    assert row["value"] == pytest.approx(expected, abs=tolerance)
    assert not row["synthetic"]


@pytest.mark.parametrize("name", SETS)
def test_bm25_scores_what_an_independent_implementation_scores(name: str, lasting: Path, shared: Path) -> None:
    check(name, "BM25", lasting, shared)


@pytest.mark.slow
@pytest.mark.parametrize("name", SETS)
def test_minilm_scores_what_an_independent_implementation_scores(name: str, lasting: Path, shared: Path) -> None:
    check(name, "MiniLM-L6", lasting, shared)


@pytest.mark.parametrize("name", SETS)
def test_no_document_of_the_querys_family_is_ranked(name: str, lasting: Path, shared: Path) -> None:
    made = bench(name, lasting, shared, "BM25")
    run = made.run("BM25", made.arena, "TA")
    family = made.arena.landscape.family
    found = run.documents >= 0
    assert (family[run.documents] != family[run.queries][:, None])[found].all()
