from __future__ import annotations

from collections.abc import Iterable
from itertools import product
from typing import Any

import numpy as np
import pytest
from fixtures.landscapes import Row, landscape, landscapes, patent
from hypothesis import given, settings
from hypothesis import strategies as st

from patbench_lib.errors import PatbenchError
from patbench_lib.landscape.judgements import Judgements, Relevance, Stratum, count_unmatched_zeros, judge
from patbench_lib.landscape.numbers import match_key
from patbench_lib.landscape.schema import Landscape
from patbench_lib.retrieve.exclusion import Exclusion

SOME = settings(deadline=None, max_examples=30)
RELATIONS = ("cites", "cited_by", "both", "coupling")

Pair = tuple[str, str]


def pairs_of(judged: Judgements, made: Landscape) -> set[Pair]:
    rows = zip(judged.pair_queries, judged.documents, strict=True)
    return {(made.numbers[query], made.numbers[document]) for query, document in rows}


def pairs(made: Landscape, **relevance: Any) -> set[Pair]:
    """Return the relevant pairs as publication numbers; none where no query has a relevant document."""
    try:
        judged = judge(made, Relevance(**relevance))
    except PatbenchError:
        return set()
    found = pairs_of(judged, made)
    assert len(found) == judged.pairs
    return found


def by_hand(made: Landscape, accept: Any) -> set[Pair]:
    """Return the pairs of different families that `accept` takes, in a plain double loop over rows."""
    rows = made.patents.to_dict("records")
    return {
        (query["publication_number"], document["publication_number"])
        for query, document in product(rows, rows)
        if query["family_id"] != document["family_id"] and accept(query, document)
    }


def keys(entries: Iterable[str]) -> set[str]:
    return {match_key(entry) for entry in entries}


HAND = landscape(
    patent("US-1-A1", family_id="F1", ipc="A61H 3/00", cited="US-2; US-3-B1; EP-9"),
    patent("US-2-A1", family_id="F2", ipc="A61G 5/04", cited="EP-9-B1; US-3"),
    patent("US-3-A1", family_id="F3", ipc="G09B 21/00", cited=""),
    patent("EP-2-A1", family_id="F2", ipc="A61H 3/00", cited="US-2; US-1"),
    patent("US-4-A1", family_id="F4", ipc="", cited="US-1-A1"),
)


def test_citations_relate_on_office_and_number_and_never_inside_a_family() -> None:
    assert pairs(HAND) == {
        ("US-1-A1", "US-2-A1"),
        ("US-1-A1", "US-3-A1"),
        ("US-2-A1", "US-3-A1"),
        ("EP-2-A1", "US-1-A1"),
        ("US-4-A1", "US-1-A1"),
    }


def test_coupling_counts_documents_cited_by_both_inside_the_set_or_not() -> None:
    # US-1 and US-2 share EP-9 and US-3; US-1 and EP-2 share US-2; EP-2 and US-4 share US-1; US-2 and EP-2 are a family.
    one = {("US-1-A1", "US-2-A1"), ("US-1-A1", "EP-2-A1"), ("EP-2-A1", "US-4-A1")}
    assert pairs(HAND, relation="coupling") == one | {(b, a) for a, b in one}
    assert pairs(HAND, relation="coupling", min_shared=2) == {("US-1-A1", "US-2-A1"), ("US-2-A1", "US-1-A1")}
    assert pairs(HAND, relation="coupling", min_shared=3) == set()


def test_strata_of_pairs_by_hand() -> None:
    judged = judge(HAND, Relevance())
    assert pairs_of(judged.stratum("IN"), HAND) == {("US-1-A1", "US-2-A1"), ("EP-2-A1", "US-1-A1")}
    assert pairs_of(judged.stratum("OUT"), HAND) == {("US-1-A1", "US-3-A1"), ("US-2-A1", "US-3-A1")}
    finer = judge(HAND, Relevance(domain_level="subclass"))
    assert pairs_of(finer.stratum("IN"), HAND) == {("EP-2-A1", "US-1-A1")}
    assert judged.stratum("ALL") is judged


@SOME
@given(rows=landscapes(), relation=st.sampled_from(RELATIONS), earlier=st.booleans())
def test_no_document_of_the_querys_own_family_is_relevant_or_a_candidate(
    rows: list[Row], relation: str, earlier: bool
) -> None:
    made = landscape(*rows)
    family = dict(zip(made.numbers, made.patents["family_id"], strict=True))
    found = pairs(made, relation=relation, earlier_only=earlier)
    assert all(family[query] != family[document] for query, document in found)
    if found:
        judged = judge(made, Relevance.model_validate({"relation": relation, "earlier_only": earlier}))
        for query in judged.queries:
            excluded = judged.excluded(int(query))
            assert excluded[judged.family == judged.family[query]].all()
        for position, query in enumerate(judged.queries):
            relevant = judged.documents[judged.indptr[position] : judged.indptr[position + 1]]
            assert len(relevant) and not judged.excluded(int(query))[relevant].any()


@SOME
@given(rows=landscapes())
def test_direct_relations_are_a_double_loop_and_each_others_transpose_and_union(rows: list[Row]) -> None:
    made = landscape(*rows)
    cites = pairs(made)
    assert cites == by_hand(
        made, lambda query, document: match_key(document["publication_number"]) in keys(query["cited"])
    )
    turned = {(document, query) for query, document in cites}
    assert pairs(made, relation="cited_by") == turned
    assert pairs(made, relation="both") == cites | turned


@SOME
@given(rows=landscapes(), least=st.integers(1, 3))
def test_coupling_is_a_double_loop_over_shared_citations(rows: list[Row], least: int) -> None:
    made = landscape(*rows)
    expected = by_hand(made, lambda query, document: len(keys(query["cited"]) & keys(document["cited"])) >= least)
    assert pairs(made, relation="coupling", min_shared=least) == expected


@SOME
@given(rows=landscapes(), relation=st.sampled_from(RELATIONS))
def test_earlier_only_keeps_exactly_the_pairs_of_two_dated_patents_the_later_asking(
    rows: list[Row], relation: str
) -> None:
    made = landscape(*rows)
    date = dict(zip(made.numbers, made.patents["publication_date"], strict=True))
    expected = {(q, d) for q, d in pairs(made, relation=relation) if date[d] < date[q]}  # NaT is before nothing
    assert pairs(made, relation=relation, earlier_only=True) == expected


@SOME
@given(rows=landscapes())
def test_with_earlier_only_the_candidates_are_the_dated_earlier_documents(rows: list[Row]) -> None:
    made = landscape(*rows)
    if not pairs(made, relation="both", earlier_only=True):
        return
    judged = judge(made, Relevance(relation="both", earlier_only=True))
    dates = made.patents["publication_date"]
    for query in judged.queries:
        earlier = (dates < dates[query]).to_numpy() & (judged.family != judged.family[query])
        np.testing.assert_array_equal(~judged.excluded(int(query)), earlier)


@SOME
@given(rows=landscapes(), relation=st.sampled_from(RELATIONS), level=st.sampled_from(["class", "subclass"]))
def test_strata_are_disjoint_and_with_the_unknown_pairs_they_are_all(
    rows: list[Row], relation: str, level: str
) -> None:
    made = landscape(*rows)
    if not pairs(made, relation=relation):
        return
    judged = judge(made, Relevance.model_validate({"relation": relation, "domain_level": level}))
    length = {"class": 3, "subclass": 4}[level]
    ipc = dict(zip(made.numbers, made.patents["ipc"], strict=True))
    domains = {number: {symbol[:length] for symbol in symbols} for number, symbols in ipc.items()}
    everything = pairs_of(judged, made)
    inside, outside = (pairs_of(judged.stratum(name), made) for name in ("IN", "OUT"))
    assert inside == {(q, d) for q, d in everything if domains[q] & domains[d]}
    assert outside == {(q, d) for q, d in everything if domains[q] and domains[d] and not domains[q] & domains[d]}
    unknown = {(q, d) for q, d in everything if not (domains[q] and domains[d])}
    assert len(inside) + len(outside) + len(unknown) == len(everything) and inside | outside | unknown == everything
    names: tuple[Stratum, ...] = ("IN", "OUT")
    for name in names:
        part = judged.stratum(name)
        assert (np.diff(part.indptr) > 0).all() and part.indptr[-1] == part.pairs
        assert (np.diff(part.queries) > 0).all()


@SOME
@given(rows=landscapes(), data=st.data(), relation=st.sampled_from(RELATIONS))
def test_judgements_do_not_depend_on_the_order_of_the_source(
    rows: list[Row], data: st.DataObject, relation: str
) -> None:
    one, two = landscape(*rows), landscape(*data.draw(st.permutations(rows)))
    assert pairs(one, relation=relation) == pairs(two, relation=relation)
    if pairs(one, relation=relation):
        judged = [judge(made, Relevance.model_validate({"relation": relation})) for made in (one, two)]
        for field in ("queries", "indptr", "documents", "in_domain"):
            np.testing.assert_array_equal(getattr(judged[0], field), getattr(judged[1], field))


@SOME
@given(rows=landscapes(), earlier=st.booleans())
def test_exclusion_in_blocks_is_exclusion_one_by_one(rows: list[Row], earlier: bool) -> None:
    made = landscape(*rows)
    if not pairs(made, relation="both", earlier_only=earlier):
        return
    judged = judge(made, Relevance(relation="both", earlier_only=earlier))
    exclusion = Exclusion(judged)
    banned = np.zeros((len(judged.queries), len(made)), dtype=bool)
    banned[exclusion.pairs(judged.queries)] = True
    later = exclusion.later(judged.queries, slice(None))
    assert (later is None) == (not earlier)
    if later is not None:
        banned |= later
    np.testing.assert_array_equal(banned, [judged.excluded(int(query)) for query in judged.queries])


def test_a_citation_means_every_publication_of_the_number() -> None:
    made = landscape(patent("US-1-A", cited="US-2"), patent("US-2-A1"), patent("US-2-B2"))
    assert pairs(made) == {("US-1-A", "US-2-A1"), ("US-1-A", "US-2-B2")}


def test_leading_zeros_match_only_where_the_study_says_and_are_counted() -> None:
    made = landscape(patent("US-1-A", cited="EP-495168; EP-2"), patent("EP-0495168-A1"), patent("EP-2-A1"))
    assert pairs(made) == {("US-1-A", "EP-2-A1")}
    assert pairs(made, leading_zeros="ignore") == {("US-1-A", "EP-2-A1"), ("US-1-A", "EP-0495168-A1")}
    assert count_unmatched_zeros(made) == 1


@pytest.mark.parametrize("relation", RELATIONS)
def test_a_landscape_in_which_nothing_is_relevant_is_an_error_that_names_the_relation(relation: str) -> None:
    made = landscape(patent("US-1-A", cited="US-99"), patent("US-2-A", cited="US-98"), name="loose")
    with pytest.raises(PatbenchError, match=rf"No patent of landscape 'loose' .*relation {relation}"):
        judge(made, Relevance.model_validate({"relation": relation}))


def test_a_landscape_without_any_citation_is_an_error_too() -> None:
    with pytest.raises(PatbenchError, match="hand has no citations at all and brings no judgements"):
        judge(landscape(patent("US-1-A"), patent("US-2-A")), Relevance(relation="coupling"))
