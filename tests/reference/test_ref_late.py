"""Late interaction over real patents: both ways to search agree, and so does sentence-transformers' own MaxSim."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fixtures.rooms import rankings
from fixtures.tiny_late import late_card, tiny_colbert

from patbench_lib.bench.bench import Bench
from patbench_lib.bench.late import encoded_tokens
from patbench_lib.parameters import make_study

LATE, FIRST = "tiny-colbert", "MiniLM-static"


def week(mode: str, home: Path, shared: Path, model: Path) -> Bench:
    """Return the week set with a tiny model; the first stage is a dense system, which ranks every document."""
    content: dict[str, Any] = {
        "name": "week",
        "landscape": {"source": "table", "name": "week", "path": str((shared / "us-week-2007.parquet").resolve())},
        "external": None,
        "relevance": {"relation": "coupling", "min_shared": 2},
        "views": ["TA"],
        "systems": [FIRST, LATE],
        "baseline": FIRST,
        "models": [late_card(model, max_tokens=24).model_dump(mode="json", exclude_defaults=True)],
        "late_interaction": {"systems": [LATE], "mode": mode, "candidates": 4000},
        "reranking": {"systems": []},
    }
    return Bench(make_study(content, where="week"), home, progress=False)


@pytest.mark.slow
def test_exact_search_and_all_documents_as_candidates_agree(tmp_path: Path, shared: Path) -> None:
    model = tiny_colbert(tmp_path / "model")
    exact, candidates = (week(mode, tmp_path / "home", shared, model) for mode in ("exact", "candidates"))
    readings = [made.reading(LATE, made.arena, "TA") for made in (exact, candidates)]
    n = len(exact.arena.landscape)
    assert [reading["mode"] for reading in readings] == ["exact", "candidates"]
    assert n > 3000 and readings[1]["candidates"] == n - 1
    one, other = (made.run(LATE, made.arena, "TA") for made in (exact, candidates))
    assert len(one.queries) == 328 and (one.documents >= 0).all()
    assert rankings(one) == rankings(other)
    np.testing.assert_allclose(one.scores, other.scores, rtol=1e-5)
    _agrees_with_sentence_transformers(exact)


def _agrees_with_sentence_transformers(made: Bench) -> None:
    import torch
    from sentence_transformers.util import maxsim

    arena, run = made.arena, made.run(LATE, made.arena, "TA")
    queries, documents = (encoded_tokens(made, LATE, arena, "TA", role).vectors for role in ("query", "document"))
    for position in (0, 100, 327):
        rows = run.ranked(position)[:20]
        asked = [torch.from_numpy(queries.take(position).astype(np.float32))]
        found = [torch.from_numpy(documents.take(row).astype(np.float32)) for row in rows]
        np.testing.assert_allclose(run.scores[position, :20], maxsim(asked, found)[0].numpy(), rtol=1e-4)


def test_reranking_nothing_is_a_study(tmp_path: Path, shared: Path) -> None:
    """A study may name no reranker: then there is a first stage alone."""
    from patbench_lib.bench.rerank import rerank_scores

    made = week("exact", tmp_path / "home", shared, tiny_colbert(tmp_path / "model"))
    assert set(rerank_scores(made)["system"]) == {FIRST}
    assert pytest.approx(made.scores(FIRST, made.arena, "TA")["value"].mean()) == rerank_scores(made)["value"].mean()
