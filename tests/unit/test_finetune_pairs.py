from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from fixtures.landscapes import Row, landscape, patent
from hypothesis import given, settings
from hypothesis import strategies as st

from patbench_lib.errors import PatbenchError
from patbench_lib.finetune.draw import even_quotas, shared_label_pairs
from patbench_lib.finetune.pairs import Pairs, make_pairs, matched, section_texts
from patbench_lib.finetune.sampler import plan_batches
from patbench_lib.finetune.settings import Finetuning, Recipe
from patbench_lib.landscape.judgements import citations
from patbench_lib.landscape.label_sets import Labels, label_sets
from patbench_lib.landscape.schema import Landscape
from patbench_lib.types import Ints

COLOURS = Labels(sets=("colour",), min_support=1)


def rows(n: int = 40, **fields: Any) -> list[Row]:
    """Return patents in families of two, each citing its sibling and the three before; every fifth is green too."""
    return [
        patent(
            f"US-{1000 + i}-A1",
            abstract=f"Abstract {i}.",
            claims=f"1. A cane {i}.\n2. The cane of claim 1.",
            family_id=f"F{i // 2}",
            cited=";".join(f"US-{1000 + j}" for j in {*range(max(0, i - 3), i), i ^ 1}),
            colour=["red" if i % 4 else "blue"] + (["green"] if i % 5 == 0 else []),
        )
        | fields
        for i in range(n)
    ]


def made(n: int = 40, **fields: Any) -> Landscape:
    return landscape(*rows(n, **fields), labels=("colour",))


def drawn(recipe: Recipe, patents: Landscape, train: Any = None, *, seed: int = 0, **fields: Any) -> Pairs:
    learnt = np.arange(len(patents)) if train is None else np.asarray(train)
    sets = label_sets(patents, COLOURS)[0]
    return make_pairs(recipe, patents, learnt, citations(patents)[0], sets, Finetuning(batch=4, **fields), seed)


def couples(pairs: Pairs) -> set[tuple[int, int]]:
    return {(int(one), int(other)) for one, other in zip(pairs.anchors, pairs.positives, strict=True)}


def test_citation_pairs_are_all_citations_between_training_families() -> None:
    train = np.arange(4, 24)
    pairs = drawn("R1", made(), train)
    expected = {(i, j) for i in train for j in range(i - 3, i) if j in train and i // 2 != j // 2}
    assert couples(pairs) == expected and len(pairs) == len(expected)
    assert pairs.summary().to_dict("records") == [
        {"recipe": "R1", "signal": "citation", "pairs": len(expected), "publications": 20, "families": 10, "labels": 0}
    ]


def test_label_pairs_share_the_label_they_were_drawn_for_and_no_family() -> None:
    patents = made()
    pairs = drawn("R2", patents, np.arange(30))
    colours = patents.patents["colour"].tolist()
    for one, other, label in zip(pairs.anchors, pairs.positives, pairs.labels, strict=True):
        assert label.removeprefix("colour: ") in set(colours[one]) & set(colours[other])
        assert one // 2 != other // 2 and max(one, other) < 30
    assert len({frozenset(pair) for pair in couples(pairs)}) == len(pairs), "a pair is drawn once"


def test_rare_labels_give_as_many_pairs_as_frequent_ones_as_long_as_they_have_some() -> None:
    drawn_for = [label.removeprefix("colour: ") for label in drawn("R2", made(80), pairs_most=120).labels]
    assert {label: drawn_for.count(label) for label in ("red", "blue", "green")} == {"red": 40, "blue": 40, "green": 40}
    more = [label.removeprefix("colour: ") for label in drawn("R2", made(80), pairs_most=600).labels]
    assert more.count("green") == 16 * 15 // 2, "sixteen are green, each of another family"
    assert more.count("blue") == 20 * 19 // 2 - 6, "twenty are blue; four of these are green too"
    assert more.count("red") == 600 - 120 - 190, "and the frequent label has what they leave"


def test_view_pairs_are_two_sections_of_one_patent() -> None:
    patents = made()
    pairs = drawn("R3", patents, np.arange(10))
    assert sorted(pairs.anchors) == list(range(10)) and np.array_equal(pairs.anchors, pairs.positives)
    one, other = pairs.texts(patents, [])
    assert one == [f"Abstract {row}." for row in pairs.anchors]
    assert other == [f"1. A cane {row}.\n2. The cane of claim 1." for row in pairs.anchors]
    chosen = drawn("R3", patents, np.arange(10), view_pair=("title", "first_claim"))
    assert chosen.texts(patents, [])[1] == [f"A cane {row}." for row in chosen.anchors]
    assert section_texts(patents, "first_claim")[3] == "A cane 3."


def test_a_patent_without_one_of_the_sections_gives_no_view_pair() -> None:
    some = rows(12)
    some[2]["claims"], some[5]["abstract"], some[7]["claims"] = "", " ", "Abstract 7."
    pairs = drawn("R3", landscape(*some, labels=("colour",)))
    assert sorted(pairs.anchors) == [0, 1, 3, 4, 6, 8, 9, 10, 11]


def with_experts(n: int = 40) -> list[Row]:
    """Return the patents of `rows` with an expert's text each, but for every third; every fourth has its own words."""
    found = rows(n)
    for i, row in enumerate(found):
        row |= {"title": f"Cane {i}", "dwpi_title": f"Walking aid {i}", "dwpi_abstract": f"Novelty {i}."}
        if i % 3 == 0:
            row |= {"dwpi_title": "", "dwpi_abstract": ""}
        elif i % 4 == 0:
            row |= {"dwpi_title": row["title"], "dwpi_abstract": row["abstract"]}
    return found


def test_expert_pairs_are_a_patents_own_text_and_the_experts_of_it() -> None:
    patents, train = landscape(*with_experts(), labels=("colour",)), np.arange(10, 40)
    pairs = drawn("R5", patents, train)
    assert sorted(pairs.anchors) == [i for i in range(10, 40) if i % 3 and i % 4]
    assert (pairs.anchors == pairs.positives).all() and set(pairs.signals) == {"expert"}
    own, experts = pairs.texts(patents, ["the leading view"] * 40)
    place = pairs.anchors.tolist().index(11)
    assert (own[place], experts[place]) == ("Cane 11\nAbstract 11.", "Walking aid 11\nNovelty 11.")
    assert len(drawn("R5", patents, train, pairs_most=8)) == 8


def test_all_signals_of_the_paper_stay_as_they_are_where_there_are_experts() -> None:
    plain, with_them = made(), landscape(*with_experts(), labels=("colour",))
    for recipe in ("R1", "R2", "R3", "R4"):
        one, other = drawn(recipe, plain), drawn(recipe, with_them)
        assert one.anchors.tolist() == other.anchors.tolist()
        assert one.signals.tolist() == other.signals.tolist()
        assert "expert" not in set(other.signals)


def test_without_an_experts_text_there_is_nothing_to_learn_by_r5() -> None:
    with pytest.raises(PatbenchError, match="no expert-written title and abstract"):
        drawn("R5", made())


def test_all_signals_together_are_the_pairs_of_each_alone() -> None:
    patents = made()
    whole = drawn("R4", patents, pairs_most=50)
    for recipe, signal in (("R1", "citation"), ("R2", "label"), ("R3", "view")):
        alone = drawn(recipe, patents, pairs_most=50)  # type: ignore[arg-type]
        assert couples(whole.taken(np.flatnonzero(whole.signals == signal))) == couples(alone)
    assert whole.summary()["pairs"].tolist() == [50, 50, 40] and not whole.lacking
    leading = [f"leading {i}" for i in range(40)]
    one, other = whole.texts(patents, leading)
    for place in range(len(whole)):
        view = whole.signals[place] == "view"
        assert one[place].startswith("Abstract" if view else "leading")
        assert other[place] == patents.patents["claims"][whole.positives[place]] or not view


def test_all_signals_together_need_two_and_say_which_is_lacking() -> None:
    pairs = drawn("R4", made(claims=""))
    assert dict(pairs.lacking) == {"view": "Landscape 'hand' has no claims."}
    assert pairs.summary().set_index("signal")["pairs"]["view"] == 0
    with pytest.raises(PatbenchError, match="R4 cannot be trained on landscape 'hand'") as error:
        drawn("R4", made(claims="", colour=[]))
    assert "label sets" in str(error.value) and "no claims" in str(error.value)


@pytest.mark.parametrize(
    ("recipe", "fields", "told"),
    [
        ("R1", {"cited": []}, "no citation from one of its publications to another"),
        ("R2", {"colour": []}, "has none of the label sets"),
        ("R3", {"claims": ""}, "has no claims"),
        ("R3", {"claims": "", "abstract": ""}, "has no abstract and no claims"),
    ],
)
def test_a_landscape_without_what_a_recipe_is_made_of(recipe: Recipe, fields: Any, told: str) -> None:
    with pytest.raises(PatbenchError, match=f"{recipe} cannot be trained on landscape 'hand'") as error:
        drawn(recipe, made(**fields))
    assert told in str(error.value) and "recipes" in error.value.todo


@pytest.mark.parametrize("recipe", ["R1", "R2", "R3"])
def test_too_few_pairs_for_a_batch(recipe: Recipe) -> None:
    with pytest.raises(PatbenchError, match=r"have \d pairs by \w+, which fill no batch of 4") as error:
        drawn(recipe, made(), np.arange(3))
    assert "finetuning.batch" in error.value.todo


def test_pairs_are_the_same_for_a_seed_and_others_for_another() -> None:
    patents = made(80)
    for recipe in ("R1", "R2", "R3", "R4"):
        one, same, other = (drawn(recipe, patents, seed=seed, pairs_most=40) for seed in (0, 0, 1))  # type: ignore[arg-type]
        assert np.array_equal(one.anchors, same.anchors) and np.array_equal(one.positives, same.positives)
        assert not np.array_equal(one.anchors, other.anchors)


def test_a_few_examples_are_shown_from_the_whole_list() -> None:
    patents = made()
    shown = drawn("R1", patents).examples(patents, [f"leading text {'of many words ' * 9}{i}" for i in range(40)])
    assert shown.shape == (5, 6)
    assert shown["anchor text"][0].startswith("leading text of many") and shown["anchor text"][0].endswith(" …")
    assert set(shown["anchor"]) <= set(patents.numbers)
    assert len(drawn("R3", patents, np.arange(4)).examples(patents, [])) == 4


def test_the_matched_control_has_as_many_pairs_of_every_recipe_and_whole_batches_of_each_signal() -> None:
    patents = made()
    every = [drawn(recipe, patents) for recipe in ("R1", "R2", "R3", "R4")]  # type: ignore[arg-type]
    texts = [numbers(pairs) for pairs in every]
    cut = matched(every, texts, 4, 0)
    sizes = [len(pairs) for pairs in cut]
    assert sizes == [sizes[0]] * 4 and sizes[0] % 4 == 0 and sizes[0] <= 40, "R3 has 40 pairs, fewest of all"
    of_each = cut[3].summary()["pairs"].to_numpy()
    assert of_each.sum() == sizes[0] and not (of_each % 4).any() and np.ptp(of_each) <= 4, "batches over three signals"
    for whole, less in zip(every, cut, strict=True):
        assert couples(less) <= couples(whole)
        planned = plan_batches(numbers(less), less.signals, batch=4, epochs=1, seed=3)
        assert len(planned) == sizes[0] // 4
    again, other = matched(every, texts, 4, 0), matched(every, texts, 4, 1)
    assert np.array_equal(cut[1].anchors, again[1].anchors) and not np.array_equal(cut[1].anchors, other[1].anchors)
    with pytest.raises(PatbenchError, match=r"R\d has no batch of 64"):
        matched(every, texts, 64, 0)


def test_the_control_keeps_pairs_that_fill_their_batches() -> None:
    """Where each text is in two pairs, any 4 of 24 need not make a batch of 4; those kept do, batch by batch."""
    ring = np.arange(24)
    pairs = replace(drawn("R1", made()).taken(ring), anchors=ring, positives=(ring + 1) % 24)
    texts = np.stack([pairs.anchors, pairs.positives], axis=1)
    for seed in range(40):
        [cut] = matched([pairs], [texts], 4, seed)
        assert len(cut) >= 12
        for start in range(0, len(cut), 4):
            assert len({*cut.anchors[start : start + 4], *cut.positives[start : start + 4]}) == 8


def numbers(pairs: Pairs) -> Ints:
    """Number the texts of pairs by publication, two sections of one apart."""
    return np.stack([2 * pairs.anchors, 2 * pairs.positives + (pairs.signals == "view")], axis=1)


@given(st.lists(st.integers(0, 30), min_size=1, max_size=8), st.integers(0, 120))
def test_quotas_are_even_and_give_all_there_is(most: list[int], total: int) -> None:
    quotas = even_quotas(np.array(most), total)
    assert quotas.sum() == min(total, sum(most)) and (quotas <= most).all() and (quotas >= 0).all()
    held_back = quotas[quotas < most]
    if len(held_back):
        assert quotas.max() <= held_back.min() + 1, "who could give more gives as much as any other"


def test_quotas_by_hand() -> None:
    assert even_quotas(np.array([100, 2, 100, 5]), 27).tolist() == [10, 2, 10, 5]
    assert even_quotas(np.array([9, 9, 9]), 10).tolist() == [4, 3, 3]


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 60))
def test_label_pairs_are_distinct_and_of_different_families(seed: int, most: int) -> None:
    rng = np.random.default_rng(seed)
    matrix, family = rng.random((20, 4)) < 0.3, rng.integers(0, 12, 20)
    pairs, labels = shared_label_pairs(matrix, family, most, rng)
    assert len(pairs) == len(labels) <= most
    assert len({frozenset(pair) for pair in pairs.tolist()}) == len(pairs)
    for (one, other), label in zip(pairs, labels, strict=True):
        assert family[one] != family[other] and matrix[one, label] and matrix[other, label]
    everything = [
        (i, j) for i in range(20) for j in range(i) if family[i] != family[j] and (matrix[i] & matrix[j]).any()
    ]
    whole, _ = shared_label_pairs(matrix, family, 10_000, rng)
    assert len(whole) == len(everything), "with room for all, all are drawn"


def test_a_label_with_very_many_pairs_is_drawn_from_without_listing_them() -> None:
    family = np.arange(2000)
    pairs, _ = shared_label_pairs(np.ones((2000, 1), dtype=bool), family, 300, np.random.default_rng(0))
    assert pairs.shape == (300, 2) and len({frozenset(pair) for pair in pairs.tolist()}) == 300
    assert (pairs[:, 0] != pairs[:, 1]).all() and len(np.unique(pairs)) > 500
