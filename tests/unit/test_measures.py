from __future__ import annotations

from math import log2

import numpy as np
import pandas as pd
import pytest
from fixtures.rooms import judged, run_of

from patbench_lib.evaluate import retrieval
from patbench_lib.evaluate.retrieval import score_run
from patbench_lib.landscape.judgements import Judgements
from patbench_lib.retrieve.run import Run

MEASURES = ["nDCG@10", "MAP", "MRR", "P@10", "Recall@100", "nDCG@100"]


def value(scores: pd.DataFrame, query: int, measure: str, stratum: str = "ALL") -> float:
    row = scores[(scores["query"] == query) & (scores["measure"] == measure) & (scores["stratum"] == stratum)]
    assert len(row) == 1
    return float(row["value"].iloc[0])


def test_measures_of_a_run_made_by_hand() -> None:
    # Query 0: relevant 1, 2, 3; of these 1 is at rank 2, 3 at rank 4, 2 at rank 12.
    ranking = [10, 1, 11, 3, 12, 13, 14, 15, 16, 17, 18, 2]
    scores = score_run(run_of({0: ranking}, 100), judged(30, {0: [1, 2, 3]}), MEASURES)
    ideal = 1 / log2(2) + 1 / log2(3) + 1 / log2(4)
    expected = {
        "nDCG@10": (1 / log2(1 + 2) + 1 / log2(1 + 4)) / ideal,
        "nDCG@100": (1 / log2(1 + 2) + 1 / log2(1 + 4) + 1 / log2(1 + 12)) / ideal,
        "MAP": (1 / 2 + 2 / 4 + 3 / 12) / 3,
        "MRR": 1 / 2,
        "P@10": 2 / 10,
        "Recall@100": 3 / 3,
    }
    for measure, number in expected.items():
        assert value(scores, 0, measure) == pytest.approx(number, abs=1e-9)


def test_more_relevant_documents_than_the_cutoff() -> None:
    scores = score_run(run_of({0: [1, 2]}, 2), judged(30, {0: list(range(1, 21))}), ["nDCG@10", "Recall@2", "P@10"])
    ideal = sum(1 / log2(1 + rank) for rank in range(1, 11))
    assert value(scores, 0, "nDCG@10") == pytest.approx((1 / log2(2) + 1 / log2(3)) / ideal)
    assert value(scores, 0, "Recall@2") == pytest.approx(2 / 20)
    assert value(scores, 0, "P@10") == pytest.approx(2 / 10)


def test_cutoffs_of_map_and_mrr_are_heeded() -> None:
    scores = score_run(run_of({0: [5, 1, 6, 2]}, 4), judged(9, {0: [1, 2]}), ["MAP@3", "MAP", "MRR@1", "MRR@2", "nDCG"])
    assert value(scores, 0, "MAP@3") == pytest.approx((1 / 2) / 2)
    assert value(scores, 0, "MAP") == pytest.approx((1 / 2 + 2 / 4) / 2)
    assert (value(scores, 0, "MRR@1"), value(scores, 0, "MRR@2")) == (0.0, 0.5)
    assert value(scores, 0, "nDCG") == pytest.approx((1 / log2(3) + 1 / log2(5)) / (1 + 1 / log2(3)))


def test_a_query_without_documents_or_missing_from_the_run_counts_nought() -> None:
    judgements = judged(9, {0: [1], 3: [4], 6: [7]})
    scores = score_run(run_of({0: [1], 3: []}, 5), judgements, MEASURES)
    for measure in MEASURES:
        column = scores[(scores["measure"] == measure) & (scores["stratum"] == "ALL")]
        assert column["query"].tolist() == [0, 3, 6]
        assert value(scores, 3, measure) == value(scores, 6, measure) == 0.0
    assert scores[scores["measure"].eq("MRR") & scores["stratum"].eq("ALL")]["value"].mean() == pytest.approx(1 / 3)


def test_a_run_that_found_nothing_at_all_counts_nought() -> None:
    scores = score_run(Run.empty(np.array([0, 3]), 5), judged(9, {0: [1], 3: [4]}), MEASURES)
    assert len(scores[scores["stratum"] == "ALL"]) == 2 * len(MEASURES)
    assert (scores["value"] == 0).all()


def test_queries_of_a_run_without_judgements_do_not_count() -> None:
    scores = score_run(run_of({0: [1], 5: [1]}, 5), judged(9, {0: [1]}), ["MRR"])
    assert set(scores["query"]) == {0}


def test_strata_have_their_own_queries_and_the_whole_ranking() -> None:
    # Query 0 has one relevant document in each stratum, query 3 in OUT alone, query 6 in neither.
    domain = {(0, 1): 1, (0, 2): 0, (3, 4): 0, (6, 7): -1}
    judgements = judged(9, {0: [1, 2], 3: [4], 6: [7]}, domain=domain)
    scores = score_run(run_of({0: [2, 1], 3: [8, 4], 6: [7]}, 5), judgements, ["MRR", "MAP"])
    queries = {stratum: set(part["query"]) for stratum, part in scores.groupby("stratum")}
    assert queries == {"ALL": {0, 3, 6}, "IN": {0}, "OUT": {0, 3}}
    # The document relevant in OUT keeps its first place, so the one of IN is found second.
    assert value(scores, 0, "MRR", "IN") == 1 / 2
    assert value(scores, 0, "MRR", "OUT") == 1.0
    assert value(scores, 3, "MRR", "OUT") == 1 / 2
    assert value(scores, 0, "MAP", "ALL") == pytest.approx((1 / 1 + 2 / 2) / 2)
    means = scores[scores["measure"] == "MRR"].groupby("stratum")["value"].mean()
    assert means.to_dict() == pytest.approx({"ALL": (1 + 1 / 2 + 1) / 3, "IN": 1 / 2, "OUT": (1 + 1 / 2) / 2})


def test_a_stratum_without_pairs_has_no_rows() -> None:
    scores = score_run(run_of({0: [1]}, 5), judged(9, {0: [1]}, domain={(0, 1): 1}), ["MRR"])
    assert set(scores["stratum"]) == {"ALL", "IN"}


def test_rows_are_in_one_order_and_measures_keep_our_names() -> None:
    scores = score_run(run_of({3: [4], 0: [1]}, 5), judged(9, {0: [1], 3: [4]}), MEASURES)
    assert list(scores.columns) == ["query", "stratum", "measure", "value"]
    assert set(scores["measure"]) == set(MEASURES)
    keys = scores[["query", "stratum", "measure"]].to_records(index=False).tolist()
    assert keys == sorted(keys)


def test_the_rankings_own_order_decides_and_not_trec_evals_ties() -> None:
    run = run_of({0: [5, 1]}, 2)
    run.scores[:] = 1.0  # trec_eval would turn the two round: it ranks equal scores by falling identifier
    assert value(score_run(run, judged(9, {0: [5]}), ["MRR"]), 0, "MRR") == 1.0
    run = run_of({0: [1, 5]}, 2)
    run.scores[:] = 1.0
    assert value(score_run(run, judged(9, {0: [5]}), ["MRR"]), 0, "MRR") == 1 / 2


def test_scores_are_the_same_however_many_queries_are_scored_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    queries, counts = np.arange(7), np.array([1, 3, 2, 1, 1, 2, 1])
    judgements = Judgements(
        queries,
        np.concatenate([[0], np.cumsum(counts)]),
        rng.integers(10, 20, counts.sum()),
        rng.integers(-1, 2, counts.sum()),
        np.arange(20),
    )
    run = Run(queries[1:], rng.permuted(np.tile(np.arange(10, 20), (6, 1)), axis=1), -np.arange(60.0).reshape(6, 10))
    whole = score_run(run, judgements, ["nDCG@10", "MAP"])
    assert (whole[whole["query"] == 0]["value"] == 0).all() and len(whole[whole["stratum"] == "ALL"]) == 14
    for block in (1, 3):
        monkeypatch.setattr(retrieval, "BLOCK", block)
        pd.testing.assert_frame_equal(score_run(run, judgements, ["nDCG@10", "MAP"]), whole)
