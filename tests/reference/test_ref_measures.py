"""Measures against trec_eval called directly, and against formulas written out in NumPy."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from fixtures.rooms import judged, run_of

from patbench_lib.evaluate.retrieval import score_run
from patbench_lib.landscape.judgements import Judgements
from patbench_lib.retrieve.run import Run

MEASURES = ["nDCG@10", "nDCG@100", "Recall@100", "MAP", "MRR", "P@10"]
TREC = {
    "nDCG@10": "ndcg_cut_10",
    "nDCG@100": "ndcg_cut_100",
    "Recall@100": "recall_100",
    "MAP": "map",
    "MRR": "recip_rank",
    "P@10": "P_10",
}


def drawn(seed: int, *, queries: int = 60, n: int = 400, depth: int = 100) -> tuple[Run, Judgements]:
    """Draw rankings with some relevant documents near the top, some short, some empty."""
    rng = np.random.default_rng(seed)
    relevant, ranking = {}, {}
    for query in range(queries):
        others = rng.permutation(np.arange(queries, n))
        relevant[query] = others[: rng.integers(1, 30)].tolist()
        weight = np.isin(np.arange(queries, n), relevant[query]) * rng.exponential(2) + rng.random(n - queries)
        length = int(rng.choice([0, 3, depth], p=[0.1, 0.2, 0.7]))
        ranking[query] = (queries + np.argsort(-weight))[:length].tolist()
    domain = {(query, document): int(rng.integers(0, 2)) for query in relevant for document in relevant[query]}
    return run_of(ranking, depth), judged(n, relevant, domain=domain)


def by_formula(ranking: np.ndarray, relevant: np.ndarray) -> dict[str, float]:
    hits = np.isin(ranking, relevant).astype(float)
    discount = 1 / np.log2(np.arange(2, len(hits) + 2))
    ideal = 1 / np.log2(np.arange(2, len(relevant) + 2))
    precision = np.cumsum(hits) / np.arange(1, len(hits) + 1)
    return {
        "nDCG@10": (hits * discount)[:10].sum() / ideal[:10].sum(),
        "nDCG@100": (hits * discount)[:100].sum() / ideal[:100].sum(),
        "Recall@100": hits[:100].sum() / len(relevant),
        "MAP": (precision * hits).sum() / len(relevant),
        "MRR": 1 / (1 + hits.argmax()) if hits.any() else 0.0,
        "P@10": hits[:10].sum() / 10,
    }


def table(scores: pd.DataFrame, stratum: str) -> pd.DataFrame:
    part = scores[scores["stratum"] == stratum]
    return part.pivot(index="query", columns="measure", values="value")[MEASURES]


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("stratum", ["ALL", "IN", "OUT"])
def test_measures_are_the_formulas(seed: int, stratum: str) -> None:
    run, judgements = drawn(seed)
    part = judgements.stratum(stratum)  # type: ignore[arg-type]
    found = table(score_run(run, judgements, MEASURES), stratum)
    assert found.index.tolist() == part.queries.tolist()
    for i, query in enumerate(part.queries):
        relevant = part.documents[part.indptr[i] : part.indptr[i + 1]]
        expected = by_formula(run.ranked(int(query)), relevant)
        np.testing.assert_allclose(found.loc[query], [expected[name] for name in MEASURES], atol=1e-9)


@pytest.mark.parametrize("seed", range(3))
def test_measures_are_trec_evals(seed: int) -> None:
    import pytrec_eval

    run, judgements = drawn(seed)
    qrels: dict[str, dict[str, int]] = {}
    for query, document in zip(judgements.pair_queries, judgements.documents, strict=True):
        qrels.setdefault(f"q{query}", {})[f"d{document}"] = 1
    ranked = {
        f"q{query}": {
            f"d{document}": float(score) for document, score in zip(run.ranked(i), run.scores[i], strict=False)
        }
        for i, query in enumerate(run.queries)
    }
    theirs = pytrec_eval.RelevanceEvaluator(qrels, set(TREC.values())).evaluate({q: r for q, r in ranked.items() if r})
    found = table(score_run(run, judgements, MEASURES), "ALL")
    for query, row in found.iterrows():
        expected = theirs.get(f"q{query}", dict.fromkeys(TREC.values(), 0.0))
        np.testing.assert_allclose(row, [expected[TREC[name]] for name in MEASURES], atol=1e-9)
    assert len(theirs) < len(found)  # trec_eval leaves queries without documents out; they count here
