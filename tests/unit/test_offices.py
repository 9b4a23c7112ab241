"""Scores by office, within families, and between members of a relevant family: by hand."""

from __future__ import annotations

from math import log2

import numpy as np
import pandas as pd
import pytest

from patbench_lib.evaluate.offices import named_offices, office_scores, preferred, shared_by_family, within_families
from patbench_lib.landscape.judgements import Judgements
from patbench_lib.retrieve.run import Run

OFFICE = np.array(["US", "US", "CN", "US", "CN", "other"], dtype=object)
FAMILY = np.array([0, 1, 1, 2, 3, 0])


def judged(**fields: object) -> Judgements:
    """Query 0 has the relevant documents 1, 2 (one family, at US and CN) and 4 (CN); query 5, of its family, has 3."""
    made = {
        "queries": np.array([0, 5]),
        "indptr": np.array([0, 3, 4]),
        "documents": np.array([1, 2, 4, 3]),
        "in_domain": np.full(4, -1),
        "family": FAMILY,
    }
    return Judgements(**{**made, **fields})  # type: ignore[arg-type]


def run(*rankings: list[int]) -> Run:
    width = max(map(len, rankings))
    documents = np.array([[*ranking, *[-1] * (width - len(ranking))] for ranking in rankings])
    return Run(np.array([0, 5]), documents, -np.arange(width, dtype=np.float32) * np.ones((2, 1), dtype=np.float32))


def test_an_office_that_is_not_asked_for_is_another() -> None:
    assert named_offices(["US", "GB", ""], ["US", "EP"]).tolist() == ["US", "other", "other"]


def test_answers_of_other_offices_are_taken_out_or_count_as_wrong() -> None:
    scores = office_scores(run([1, 3, 2, 4], [4, 3]), judged(), OFFICE, "nDCG@10")
    found = scores.set_index(["query", "document_office", "protocol"])["value"]
    two = 1 + 1 / log2(3)
    # Condensed for CN: 1 is out, and 3, 2, 4 remain: the answers stand at ranks 2 and 3. Whole: at 3 and 4.
    assert found[0, "CN", "condensed"] == pytest.approx((1 / log2(3) + 1 / log2(4)) / two)
    assert found[0, "CN", "whole"] == pytest.approx((1 / log2(4) + 1 / log2(5)) / two)
    assert found[0, "US", "condensed"] == found[0, "US", "whole"] == 1
    assert found[5, "US", "condensed"] == pytest.approx(1 / log2(3))
    assert found[0, "all", "whole"] == pytest.approx((1 + 1 / log2(4) + 1 / log2(5)) / (two + 1 / log2(4)))
    assert (5, "CN", "condensed") not in found.index, "it has no answer there"


def test_a_query_that_finds_nothing_counts_0_for_each_office_of_its_answers() -> None:
    scores = office_scores(run([], [3]), judged(), OFFICE, "nDCG@10")
    assert scores[scores["query"] == 0]["value"].tolist() == [0.0] * 6, "two protocols of all, CN and US"


def test_queries_of_a_family_share_their_relevant_documents() -> None:
    shared = shared_by_family(judged())
    assert shared.queries.tolist() == [0, 5] and shared.indptr.tolist() == [0, 4, 8]
    assert shared.documents.tolist() == [1, 2, 3, 4] * 2


def test_shared_documents_are_candidates_for_every_query_of_the_family() -> None:
    # Query 5 is of day 30: document 4 of day 40 is a candidate for query 0, of day 50, alone.
    shared = shared_by_family(judged(dates=np.array([50, 1, 2, 3, 40, 30])))
    assert shared.documents.tolist() == [1, 2, 3] * 2


def test_within_a_family_means_of_translated_queries_are_held_against_the_others() -> None:
    scores = pd.DataFrame({"family": [7, 7, 7, 8, 9], "A": [0.2, 0.4, 0.9, 1.0, 0.5]})
    translated = np.array([True, True, False, True, False])
    found = within_families(scores, translated)
    assert found.index.tolist() == [7], "the others have queries of one kind alone"
    assert found["A"].tolist() == pytest.approx([(0.2 + 0.4) / 2 - 0.9])


def test_members_with_equal_scores_are_ranked_neither_higher() -> None:
    tied = run([1, 2], [3])
    tied.scores[:] = 1.0
    assert preferred(tied, judged(), OFFICE == "CN").to_dict() == {0: 0.5}


@pytest.mark.parametrize(
    ("ranking", "share"), [([2, 4, 1], 1.0), ([1, 2], 0.0), ([4, 2], 1.0), ([1], 0.0), ([4, 3], None)]
)
def test_the_member_that_is_ranked_higher_is_preferred_and_one_not_ranked_is_below(
    ranking: list[int], share: float | None
) -> None:
    found = preferred(run(ranking, [3]), judged(), OFFICE == "CN")
    assert found.to_dict() == ({} if share is None else {0: share}), "query 5 has no family with both"
