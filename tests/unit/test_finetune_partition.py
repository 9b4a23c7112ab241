from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import scipy.sparse as sp
from fixtures.landscapes import Row, landscape, landscapes, patent
from hypothesis import given, settings
from hypothesis import strategies as st

from patbench_lib.errors import PatbenchError
from patbench_lib.finetune.partition import PARTS, Partition, make_partition
from patbench_lib.finetune.region import grow
from patbench_lib.finetune.settings import Finetuning
from patbench_lib.landscape.judgements import Relation, Relevance, citations, judge
from patbench_lib.landscape.schema import Landscape

RELATIONS: tuple[Relation, ...] = ("cites", "cited_by", "both", "coupling")


def parted(
    made: Landscape, *, seed: int = 0, relation: Relation = "cites", alike: Any = None, **fields: Any
) -> Partition:
    relevance = Relevance(relation=relation)
    asked = judge(made, relevance)
    return make_partition(made, asked, citations(made)[0], Finetuning(**fields), seed, alike=alike)


def cliques(count: int, size: int = 3) -> list[Row]:
    """Return groups of patents that cite each other within the group alone; all but each first one are queries."""
    return [
        patent(
            f"US-{1000 * group + i}-A1",
            family_id=f"{group}.{i}",
            cited=";".join(f"US-{1000 * group + j}" for j in range(i)),
        )
        for group in range(1, count + 1)
        for i in range(size)
    ]


def random_rows(seed: int, n: int, degree: float) -> list[Row]:
    """Return patents of families of up to three, with citations at random, in several clusters."""
    rng = np.random.default_rng(seed)
    rows, family = [], 0
    for i in range(n):
        family += rng.random() < 0.6
        near = [j for j in range(max(0, i - 8), i) if rng.random() < degree / 8]
        far = [int(rng.integers(n))] if rng.random() < 0.1 else []
        rows.append(
            patent(f"US-{1000 + i}-A1", family_id=f"F{family}", cited=";".join(f"US-{1000 + j}" for j in near + far))
        )
    return rows


def check(made: Landscape, parts: Partition, relation: Relation) -> None:
    """Hold a partition against all that it promises, pair by pair."""
    n = len(made)
    assert parts.part.shape == (n,) and sorted(np.concatenate([parts.rows(name) for name in PARTS])) == list(range(n))
    assert all(len(set(parts.part[made.family == code])) == 1 for code in set(made.family)), "a family is parted"
    if parts.protocol == "inductive":
        judged = judge(made, Relevance(relation=relation))
        cited = citations(made)[0].tocoo()
        links = [*zip(cited.row, cited.col, strict=True), *zip(judged.pair_queries, judged.documents, strict=True)]
        for one, other in links:
            both = {PARTS[parts.part[one]], PARTS[parts.part[other]]} - {"dropped"}
            assert len(both) < 2, f"{both} are linked"
    summary = parts.summary()
    assert summary["publications"].sum() == n and summary["queries"].sum() == len(parts.queries)
    assert summary["families"].sum() == len(set(made.family))
    assert summary["share"].sum() == pytest.approx(1)
    assert all(len(parts.queries_of(name)) for name in PARTS[:3])


@settings(max_examples=60, deadline=None)
@given(
    landscapes(most=14), st.integers(0, 5), st.sampled_from(RELATIONS), st.sampled_from(["inductive", "transductive"])
)
def test_parts_share_no_family_and_no_citation(rows: list[Row], seed: int, relation: Relation, protocol: str) -> None:
    made = landscape(*rows)
    try:
        parts = parted(made, seed=seed, relation=relation, protocol=protocol, development=0.2, test=0.3)
    except PatbenchError:
        return
    check(made, parts, relation)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10**6), st.floats(0.3, 4), st.sampled_from(RELATIONS))
def test_the_same_on_larger_landscapes(seed: int, degree: float, relation: Relation) -> None:
    made = landscape(*random_rows(seed, 80, degree))
    try:
        parts = parted(made, seed=seed, relation=relation)
    except PatbenchError as error:
        assert "cannot be parted" in str(error) or "has a relevant document" in str(error)
        return
    check(made, parts, relation)
    again = parted(made, seed=seed, relation=relation)
    assert np.array_equal(parts.part, again.part)


def test_components_that_are_small_stay_whole_and_fill_the_shares() -> None:
    made = landscape(*cliques(40))
    parts = parted(made, development=0.1, test=0.2)
    assert (parts.components, parts.largest) == (40, 2)
    assert parts.summary()["queries"].tolist() == [56, 8, 16, 0], "of 80 queries 70, 10 and 20 %"
    assert parts.told().endswith("No component was cut.")
    assert not np.array_equal(parts.part, parted(made, seed=1, development=0.1, test=0.2).part)


def test_publications_without_a_query_are_shared_out_too() -> None:
    alone = [patent(f"EP-{i}-A1", family_id=f"alone {i}") for i in range(100)]
    parts = parted(landscape(*cliques(40), *alone), development=0.1, test=0.2)
    assert parts.summary()["queries"].tolist() == [56, 8, 16, 0]
    assert parts.summary()["publications"].tolist() == [3 * 28 + 70, 3 * 4 + 10, 3 * 8 + 20, 0]


def test_a_chain_is_cut_at_its_ends_where_fewest_are_lost() -> None:
    """Each of 100 patents cites the one before: test and development cost one or two neighbours each."""
    chain = [patent(f"US-{1000 + i}-A1", family_id=f"F{i}", cited=f"US-{999 + i}" if i else "") for i in range(100)]
    made = landscape(*chain)
    parts = parted(made, development=0.1, test=0.2)
    assert (parts.components, parts.largest) == (1, 99)
    assert [len(parts.queries_of(name)) for name in ("development", "test")] == [10, 20]
    assert 2 <= len(parts.rows("dropped")) <= 4
    test = parts.rows("test")
    assert test.max() - test.min() == len(test) - 1, "the test is one stretch of the chain"
    assert f"the {len(parts.rows('dropped'))} publications next to them" in parts.told()
    check(made, parts, "cites")


def test_what_cites_one_patent_alone_is_parted_without_it() -> None:
    """All cite one patent and nothing else: once it is dropped nothing links the others."""
    star = [patent(f"US-{1001 + i}-A1", family_id=f"F{i}", cited="US-1000") for i in range(40)]
    made = landscape(patent("US-1000-A1", family_id="hub"), *star)
    parts = parted(made, development=0.1, test=0.2)
    hub = parts.part[made.numbers.index("US-1000-A1")]
    assert PARTS[hub] == "dropped" and parts.summary()["queries"].tolist() == [28, 4, 8, 0]


def test_where_all_cite_each_other_nothing_is_left_to_train_on() -> None:
    everyone = [
        patent(f"US-{1000 + i}-A1", family_id=f"F{i}", cited=";".join(f"US-{1000 + j}" for j in range(i)))
        for i in range(12)
    ]
    with pytest.raises(PatbenchError, match="no query is left for train") as error:
        parted(landscape(*everyone), development=0.1, test=0.2)
    assert "transductive" in error.value.todo


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6), st.integers(0, 40))
def test_a_region_is_surrounded_by_all_its_free_neighbours(seed: int, wanted: int) -> None:
    rng = np.random.default_rng(seed)
    linked = np.triu(rng.random((30, 30)) < 0.08, 1)
    graph = sp.csr_matrix(linked | linked.T)
    free, asked, publications = rng.random(30) < 0.8, rng.integers(0, 3, 30), rng.integers(1, 4, 30)
    inside, around = grow(graph, free, asked, publications, wanted, rng)
    expected = {int(other) for one in inside for other in graph[one].indices if free[other]} - set(inside.tolist())
    assert set(around.tolist()) == expected and free[inside].all()
    assert asked[inside].sum() >= min(wanted, asked[free].sum())


def test_near_duplicates_are_not_parted() -> None:
    made = landscape(*cliques(40))
    alike = np.array([[3 * i, 3 * (i + 1)] for i in range(0, 40, 2)])
    assert parted(made, development=0.1, test=0.2).components == 40
    parts = parted(made, development=0.1, test=0.2, alike=alike)
    assert parts.components == 20
    assert np.array_equal(parts.part[alike[:, 0]], parts.part[alike[:, 1]])


def test_the_transductive_protocol_parts_queries_and_lets_documents_be_seen() -> None:
    made = landscape(*cliques(40))
    parts = parted(made, development=0.1, test=0.2, protocol="transductive")
    assert parts.summary()["queries"].tolist() == [56, 8, 16, 0]
    asked = judge(made, Relevance())
    assert set(np.setdiff1d(np.arange(len(made)), asked.queries)) <= set(parts.rows("train"))
    seen = {
        int(document)
        for query, document in zip(asked.pair_queries, asked.documents, strict=True)
        if query in parts.queries_of("test")
    } & set(parts.rows("train"))
    assert seen, "documents of test queries are in training"
    assert parts.told().startswith("Transductive: the queries' families are parted, 80 queries in all")


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10**6), st.floats(0.3, 4), st.sets(st.integers(0, 79), max_size=6))
def test_a_loosened_partition_holds_out_the_families_of_the_same_queries_alone(
    seed: int, degree: float, elsewhere: set[int]
) -> None:
    made = landscape(*random_rows(seed, 80, degree))
    try:
        strict = parted(made, seed=seed).without(np.array(sorted(elsewhere), dtype=np.int64))
    except PatbenchError:
        return
    loose = strict.loosened()
    check(made, loose, "cites")
    for name in ("development", "test"):
        assert np.array_equal(loose.queries_of(name), strict.queries_of(name))
    asked = {made.family[row] for name in ("development", "test") for row in strict.queries_of(name)}
    copied = {made.family[row] for row in elsewhere}
    for row, family in enumerate(made.family):
        expected = PARTS[strict.part[row]] if family in asked else "dropped" if family in copied else "train"
        assert PARTS[loose.part[row]] == expected
    assert set(strict.rows("train")) <= set(loose.rows("train"))
    assert np.array_equal(loose.loosened().part, loose.part)


def test_what_was_given_up_for_a_cut_is_learnt_from_once_loosened() -> None:
    chain = [patent(f"US-{1000 + i}-A1", family_id=f"F{i}", cited=f"US-{999 + i}" if i else "") for i in range(100)]
    strict = parted(landscape(*chain), development=0.1, test=0.2).without(np.array([50]))
    assert len(strict.rows("dropped")) > 1
    loose = strict.loosened()
    assert (loose.protocol, loose.components, loose.largest) == ("transductive", 100, 1)
    assert loose.rows("dropped").tolist() == [row for row in (50,) if PARTS[strict.part[row]] in ("train", "dropped")]
    told = " Not trained on because another landscape has them or their texts: 1."
    assert loose.told().endswith(told) == (loose.elsewhere == 1) == (len(loose.rows("dropped")) == 1)


def test_test_queries_keep_all_their_relevant_documents_out_of_training() -> None:
    made = landscape(*random_rows(3, 200, 2.5))
    parts = parted(made)
    asked = judge(made, Relevance())
    assert len(parts.rows("dropped"))
    train = set(made.family[parts.rows("train")])
    for query, document in zip(asked.pair_queries, asked.documents, strict=True):
        if query in parts.queries_of("test"):
            assert made.family[query] not in train and made.family[document] not in train
