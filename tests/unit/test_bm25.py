from __future__ import annotations

from math import log
from typing import Any

import bm25s
import numpy as np
import pytest
from fixtures.rooms import judged, rankings
from hypothesis import given, settings
from hypothesis import strategies as st

from patbench_lib.retrieve import bm25
from patbench_lib.retrieve.bm25 import contenders, search_bm25, tokenise
from patbench_lib.retrieve.run import Run
from patbench_lib.retrieve.settings import Bm25

DOCUMENTS = ["cane wheel wheel", "cane", "lamp handle sensor cane", "query cane wheel lamp"]
VARIANTS = [
    *(Bm25(variant=variant) for variant in ("lucene", "robertson", "atire", "bm25l", "bm25+")),  # type: ignore[arg-type]
    Bm25(implementation="rank-bm25", variant="okapi"),
    Bm25(implementation="rank-bm25", variant="bm25+"),
]


def named(settings: Bm25) -> str:
    return f"{settings.implementation}-{settings.variant}"


def search(documents: list[str], settings: Bm25, *, query: int = 0, depth: int = 10, **judging: Any) -> Run:
    judgements = judged(len(documents), {query: []}, **judging)
    return search_bm25([documents[query]], documents, judgements, depth, settings)


def test_the_scores_are_lucenes_formula() -> None:
    run = search(DOCUMENTS, Bm25(), query=3)
    # lucene: ln(1 + (N - df + 0.5) / (df + 0.5)) * tf / (tf + k1 * (1 - b + b * length / mean length))
    # lengths 3, 1, 4, 4: mean 3; df of cane 4, wheel 2, lamp 2, query 1
    cane = log(1 + (4 - 4 + 0.5) / (4 + 0.5))
    wheel = lamp = log(1 + (4 - 2 + 0.5) / (2 + 0.5))
    length = {3: 1.2 * (0.25 + 0.75 * 3 / 3), 1: 1.2 * (0.25 + 0.75 * 1 / 3), 4: 1.2 * (0.25 + 0.75 * 4 / 3)}
    expected = {
        0: cane * 1 / (1 + length[3]) + wheel * 2 / (2 + length[3]),
        1: cane * 1 / (1 + length[1]),
        2: cane * 1 / (1 + length[4]) + lamp * 1 / (1 + length[4]),
    }
    assert rankings(run) == [[0, 2, 1]]
    np.testing.assert_allclose(run.scores[0, :3], [expected[0], expected[2], expected[1]], rtol=1e-6)


def test_a_term_said_twice_in_the_query_counts_twice() -> None:
    once, twice = (search(["wheel " * times, "wheel cane"], Bm25()) for times in (1, 2))
    idf = log(1 + (2 - 2 + 0.5) / (2 + 0.5))
    # "wheel": lengths 1 and 2, mean 1.5; "wheel wheel": lengths 2 and 2, mean 2
    assert once.scores[0, 0] == pytest.approx(idf / (1 + 1.2 * (0.25 + 0.75 * 2 / 1.5)), rel=1e-6)
    assert twice.scores[0, 0] == pytest.approx(2 * idf / (1 + 1.2 * (0.25 + 0.75 * 2 / 2)), rel=1e-6)


def test_words_are_lower_case_of_two_letters_stopped_and_stemmed_as_set() -> None:
    text = ["The canes, of a Walking-stick X"]
    assert tokenise(text, Bm25(stopwords="none")) == [["the", "canes", "of", "walking", "stick"]]
    assert tokenise(text, Bm25()) == [["canes", "walking", "stick"]]
    assert tokenise(text, Bm25(stemmer="english")) == [["cane", "walk", "stick"]]


@pytest.mark.parametrize("stemmer", ["none", "english"])
def test_a_text_without_words_has_no_terms(stemmer: Any) -> None:
    assert tokenise(["", "  ", "the of and", "x y 7", "cane"], Bm25(stemmer=stemmer)) == [[], [], [], [], ["cane"]]


@pytest.mark.parametrize("settings", VARIANTS, ids=named)
@pytest.mark.parametrize("nothing", ["", "the of and", "x"])
def test_a_query_of_nothing_finds_nothing(settings: Bm25, nothing: str) -> None:
    assert rankings(search([nothing, "", "cane", "the", nothing], settings)) == [[]]


@pytest.mark.parametrize("settings", VARIANTS, ids=named)
def test_a_collection_of_nothing_is_searched_in_peace(settings: Bm25) -> None:
    assert rankings(search(["", "the", ""], settings)) == [[]]


@pytest.mark.parametrize("settings", VARIANTS, ids=named)
def test_empty_documents_are_never_found(settings: Bm25) -> None:
    documents = ["cane wheel", "", "cane lamp", "", "sensor", "lamp handle"]
    assert rankings(search(documents, settings)) == [[2]]


@pytest.mark.parametrize("settings", VARIANTS, ids=named)
def test_a_depth_beyond_the_collection_leaves_the_rest_empty(settings: Bm25) -> None:
    documents = ["cane wheel", "cane", "lamp wheel", "sensor", "handle", "query", "other", "thing"]
    run = search(documents, settings, depth=1000)
    assert sorted(rankings(run)[0]) == [1, 2]
    assert run.documents.shape == (1, 1000)


@pytest.mark.parametrize("settings", VARIANTS, ids=named)
def test_family_and_later_documents_are_never_found(settings: Bm25) -> None:
    documents = ["cane wheel", "cane wheel", "cane handle", "cane wheel lamp", *("lamp sensor",) * 6]
    assert sorted(rankings(search(documents, settings))[0]) == [1, 2, 3]
    assert sorted(rankings(search(documents, settings, family=[0, 0, *range(2, 10)]))[0]) == [2, 3]
    assert sorted(rankings(search(documents, settings, dates=[5, 5, 4, 6, *range(6)]))[0]) == [2]


@pytest.mark.parametrize("variant", ["okapi", "bm25+"])
def test_empty_documents_do_not_unsettle_the_reference_when_length_counts_in_full(variant: Any) -> None:
    # Okapi's idf is above 0 only for a term that fewer than half of the documents have.
    settings = Bm25(implementation="rank-bm25", variant=variant, b=1)
    documents = ["cane", *[""] * 9, "cane lamp", "cane"]  # one more than is asked for, so that a last place is sought
    assert rankings(search(documents, settings)) == [[11, 10]]


def test_equal_documents_tie_and_go_by_row_also_at_the_last_place() -> None:
    documents = ["cane", "lamp", *("cane wheel",) * 6]
    assert rankings(search(documents, Bm25(), depth=3)) == [[2, 3, 4]]
    assert rankings(search(documents, Bm25(), query=4, depth=3)) == [[2, 3, 5]]


def test_contenders_are_all_ties_of_the_last_place() -> None:
    scores = np.array([0.5, 0.9, 0.5, 0.1, 0.5, 0.0], dtype=np.float32)
    assert contenders(scores, 0.0, 1).tolist() == [1]
    assert contenders(scores, 0.0, 2).tolist() == [0, 1, 2, 4]
    assert contenders(scores, 0.0, 4).tolist() == [0, 1, 2, 4]
    assert contenders(scores, 0.0, 5).tolist() == [0, 1, 2, 3, 4]
    assert contenders(scores, 0.0, 100).tolist() == [0, 1, 2, 3, 4]  # nothing at the floor
    assert contenders(scores, 0.5, 5).tolist() == [1]


WORDS = ["cane", "wheel", "lamp", "sensor", "handle", "the", "x"]
COLLECTIONS = st.lists(st.lists(st.sampled_from(WORDS), max_size=6).map(" ".join), min_size=2, max_size=12)


@settings(deadline=None, max_examples=120)
@given(COLLECTIONS, st.sampled_from(VARIANTS), st.integers(1, 14), st.booleans(), st.data())
def test_who_shares_no_term_is_never_found(
    documents: list[str], settings: Bm25, depth: int, families: bool, data: st.DataObject
) -> None:
    family = data.draw(st.lists(st.integers(0, 3), min_size=len(documents), max_size=len(documents)))
    judgements = judged(len(documents), {0: [], 1: []}, family=family if families else None)
    run = search_bm25(documents[:2], documents, judgements, depth, settings)
    terms = [set(words) for words in tokenise(documents, settings)]
    for query, found in enumerate(rankings(run)):
        assert all(terms[query] & terms[document] for document in found)
        assert not judgements.excluded(query)[found].any()
        assert np.isfinite(run.scores[query, : len(found)]).all()


@settings(deadline=None, max_examples=60)
@given(COLLECTIONS, st.floats(0.1, 3), st.floats(0, 1), st.floats(0, 2))
def test_bm25_plus_is_rank_bm25s(documents: list[str], k1: float, b: float, delta: float) -> None:
    parameters = {"variant": "bm25+", "k1": k1, "b": b, "delta": delta}
    fast = search(documents, Bm25(**parameters), depth=12)  # all of them: rounding may decide who is last of a cut
    reference = search(documents, Bm25(implementation="rank-bm25", **parameters), depth=12)
    assert sorted(rankings(fast)[0]) == sorted(rankings(reference)[0])
    by_document = [dict(zip(run.ranked(0).tolist(), run.scores[0].tolist(), strict=False)) for run in (fast, reference)]
    for document, score in by_document[1].items():
        assert by_document[0][document] == pytest.approx(score, rel=1e-5, abs=1e-5)


@pytest.mark.parametrize("variant", ["lucene", "robertson", "atire", "bm25l", "bm25+"])
def test_compiling_changes_no_score(monkeypatch: pytest.MonkeyPatch, variant: Any) -> None:
    rng = np.random.default_rng(0)
    documents = [" ".join(rng.choice(WORDS, rng.integers(0, 9))) for _ in range(60)]
    judgements = judged(60, {query: [] for query in range(20)})
    compiled = search_bm25(documents[:20], documents, judgements, 30, Bm25(variant=variant))
    plain_scorer = bm25s.BM25()._compute_relevance_from_scores
    monkeypatch.setattr(bm25, "_compiled_scorer", lambda: plain_scorer)
    plain = search_bm25(documents[:20], documents, judgements, 30, Bm25(variant=variant))
    assert rankings(plain) == rankings(compiled)
    assert plain.scores.tolist() == compiled.scores.tolist()


def test_impossible_combinations_are_refused() -> None:
    with pytest.raises(ValueError, match="rank-bm25 computes okapi and bm25\\+"):
        Bm25(implementation="rank-bm25")
    with pytest.raises(ValueError, match="okapi"):
        Bm25(variant="okapi")
