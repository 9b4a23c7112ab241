from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from fixtures.landscapes import landscape, patent
from hypothesis import given, settings
from hypothesis import strategies as st

from patbench_lib.errors import PatbenchError
from patbench_lib.finetune.masks import false_negatives
from patbench_lib.finetune.pairs import make_relations
from patbench_lib.landscape.folder import load_landscape, save_landscape
from patbench_lib.landscape.given import make_given
from patbench_lib.landscape.judgements import Relevance, judge
from patbench_lib.landscape.leakage import find_leaks
from patbench_lib.landscape.schema import Landscape

GIVEN = Relevance(relation="given")


def pairs(*rows: tuple[str, str, int]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["query", "document", "in_domain"])


def brought() -> Landscape:
    """Q1 asks and is no document; B asks and is one; C is of A's family; citations say something else."""
    made = landscape(
        patent("A", family_id="F1", ipc="A61H 3/00"),
        patent("B", family_id="F2", ipc="A61H 3/00", cited="A"),
        patent("C", family_id="F1", ipc="G09B 21/00"),
        patent("D", family_id="F4", ipc="A61H 3/00"),
        patent("Q1", family_id="F5", ipc="A61H 3/00"),
        patent("Q2", family_id="F6"),
    )
    told = pairs(("Q1", "D", 0), ("Q1", "A", 1), ("B", "C", -1), ("B", "B", 1))
    return replace(made, given=make_given(made.numbers, {"Q1", "B", "Q2"}, {"A", "B", "C", "D"}, told))


def test_given_pairs_are_the_judgements_and_say_the_domain_themselves() -> None:
    made = brought()
    judged = judge(made, GIVEN)
    found = zip(judged.pair_queries, judged.documents, judged.in_domain, strict=True)
    # By IPC, Q1 and D would be IN and B and C OUT. B is not its own answer, and Q2 has none.
    assert {(made.numbers[q], made.numbers[d], int(domain)) for q, d, domain in found} == {
        ("B", "C", -1),
        ("Q1", "A", 1),
        ("Q1", "D", 0),
    }
    inside, outside = judged.stratum("IN"), judged.stratum("OUT")
    assert (inside.pairs, outside.pairs) == (1, 1)
    assert inside.candidates is judged.candidates is outside.candidates


def test_queries_that_are_no_documents_are_never_candidates_and_one_that_is_both_is() -> None:
    made = brought()
    judged = judge(made, GIVEN)
    allowed = {
        made.numbers[query]: {made.numbers[row] for row in np.flatnonzero(~judged.excluded(int(query)))}
        for query in judged.queries
    }
    assert allowed == {"B": {"A", "C", "D"}, "Q1": {"A", "B", "C", "D"}}
    assert judged.reach == 3  # B is no candidate of its own
    assert made.given is not None and [made.numbers[row] for row in np.flatnonzero(made.given.is_query)] == [
        "B",
        "Q1",
        "Q2",
    ]


def test_citations_are_judged_among_all_publications_as_ever() -> None:
    judged = judge(brought(), Relevance())
    assert judged.pairs == 1 and judged.candidates is None and judged.reach == 5


def test_where_nothing_is_given_the_error_says_what_to_do() -> None:
    made = brought()
    with pytest.raises(PatbenchError, match="brings no judgements"):
        judge(replace(made, given=None), GIVEN)
    patents = made.patents.assign(cited=pd.Series([[] for _ in range(len(made))], dtype=object))
    with pytest.raises(PatbenchError, match="`relation: given`"):
        judge(replace(made, patents=patents), Relevance())
    with pytest.raises(PatbenchError, match="earlier_only"):
        judge(made, Relevance(relation="given", earlier_only=True))


def test_given_judgements_are_kept_with_the_landscape_and_part_of_its_fingerprint(tmp_path: Path) -> None:
    made = brought()
    save_landscape(made, tmp_path)
    found = load_landscape(tmp_path)
    assert found is not None and found.given is not None and made.given is not None
    assert found.given.fingerprint == made.given.fingerprint and found.fingerprint == made.fingerprint
    for name in ("queries", "indptr", "documents", "in_domain", "candidates", "is_query"):
        np.testing.assert_array_equal(getattr(found.given, name), getattr(made.given, name))
    other = replace(made.given, in_domain=1 - made.given.in_domain)
    prints = {made.fingerprint, replace(made, given=None).fingerprint, replace(made, given=other).fingerprint}
    assert len(prints) == 3
    save_landscape(replace(made, given=None), tmp_path)  # over the folder that has some
    again = load_landscape(tmp_path)
    assert again is not None and again.given is None


def test_the_audit_finds_given_pairs_across_a_split() -> None:
    made = brought()
    row = {number: i for i, number in enumerate(made.numbers)}
    sides = np.array([row["D"], row["B"]]), np.array([row["Q1"]])
    found = find_leaks(made, *sides, GIVEN, {})
    assert [(each.kind, each.leak, each.pairs.tolist()) for each in found] == [
        ("judgement", True, [[row["D"], row["Q1"]]])
    ]
    assert not [each for each in find_leaks(made, *sides, Relevance(), {}) if each.kind == "judgement"]


def test_a_given_answer_is_no_negative_of_its_query_though_nobody_cites_it() -> None:
    made = brought()
    nobody = sp.csr_matrix((len(made), len(made)), dtype=bool)
    rows, given_pairs = np.arange(len(made)), made.given
    assert given_pairs is not None
    related = false_negatives(make_relations(made, nobody, ()), ["view"] * len(made), rows, rows, rows)
    expected = np.eye(len(made), dtype=bool)
    expected[given_pairs.pair_queries, given_pairs.documents] = True
    expected[given_pairs.documents, given_pairs.pair_queries] = True
    assert (related == (expected | (made.family[:, None] == made.family))).all()
    alone = false_negatives(
        make_relations(replace(made, given=None), nobody, ()), ["view"] * len(made), rows, rows, rows
    )
    assert alone.sum() < related.sum()


@settings(deadline=None, max_examples=60)
@given(st.data())
def test_the_rows_of_given_judgements_are_those_of_the_numbers(data: st.DataObject) -> None:
    numbers = [f"N{i}" for i in range(data.draw(st.integers(1, 12)))]
    queries, documents = (data.draw(st.sets(st.sampled_from(numbers), min_size=1)) for _ in range(2))
    every = st.tuples(st.sampled_from(sorted(queries)), st.sampled_from(sorted(documents)))
    told = {pair: data.draw(st.sampled_from([-1, 0, 1])) for pair in data.draw(st.sets(every, min_size=1))}
    made = make_given(numbers, queries, documents, pairs(*((q, d, domain) for (q, d), domain in told.items())))
    back = zip(made.pair_queries, made.documents, made.in_domain, strict=True)
    assert {(numbers[q], numbers[d]): int(domain) for q, d, domain in back} == told
    assert {numbers[row] for row in np.flatnonzero(made.candidates)} == documents
    assert {numbers[row] for row in np.flatnonzero(made.is_query)} == queries
    for start, stop in zip(made.indptr[:-1], made.indptr[1:], strict=True):
        assert (np.diff(made.documents[start:stop]) > 0).all() and stop > start
