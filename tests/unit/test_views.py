from __future__ import annotations

import pytest
from fixtures.landscapes import landscape, patent
from hypothesis import given, settings
from hypothesis import strategies as st

from patbench_lib.errors import PatbenchError
from patbench_lib.landscape.views import VIEWS, View, first_claim, missing_sections, split_views, view_texts, words_read

FULL = landscape(
    patent(
        "US-1-A",
        title="Cane",
        abstract="A cane with a sensor.",
        claims="1. A cane (10) with a tip.\n2. The cane of claim 1, with a lamp.",
        description="one two\nthree  four five six",
        dwpi_title="Walking cane senses obstacles",
        dwpi_abstract="NOVELTY - A sensor.",
    ),
    patent("US-2-A", title="Lamp", claims="A lamp."),
)


@pytest.mark.parametrize(
    ("claims", "first"),
    [
        ("1. A cane with a tip.\n2. The cane of claim 1.", "A cane with a tip."),
        ("1. A cane with a tip. 2. The cane of claim 1. 3. The cane of claim 2.", "A cane with a tip."),
        ("1 . A cane with a tip. 2 . The cane of claim 1.", "A cane with a tip."),
        ("1) A cane;\n2) The cane of claim 1", "A cane;"),
        ("  1. A cane,\n  comprising a tip.\n\n  2. the cane of claim 1.", "A cane,\n  comprising a tip."),
        ("1. A cane of 2.5 kg and 2. 3 m. 2. The cane.", "A cane of 2.5 kg and 2. 3 m."),
        ("1. A cane with 12. The 2 tips.\n12. A lamp.", "A cane with 12. The 2 tips.\n12. A lamp."),
        ("A cane with a tip.", "A cane with a tip."),
        ("1. The only claim.", "The only claim."),
        ("", ""),
    ],
)
def test_the_first_claim_of_claim_sets_as_they_are_printed(claims: str, first: str) -> None:
    assert first_claim(claims) == first


CLAIM = st.sampled_from(["A cane with 2 wheels.", "The cane of claim 1, of 1.2 m.", "A lamp; and a sensor.", "Aids."])


@settings(deadline=None, max_examples=60)
@given(claims=st.lists(CLAIM, min_size=1, max_size=12), between=st.sampled_from(["\n", " ", "\n\n  "]))
def test_the_first_of_numbered_claims_is_found_however_they_are_joined(claims: list[str], between: str) -> None:
    assert first_claim(between.join(f"{i}. {claim}" for i, claim in enumerate(claims, 1))) == claims[0]


@pytest.mark.parametrize(
    ("view", "texts"),
    [
        ("TA", ["Cane\nA cane with a sensor.", "Lamp"]),
        (
            "TAC",
            [
                "Cane\nA cane with a sensor.\n1. A cane (10) with a tip.\n2. The cane of claim 1, with a lamp.",
                "Lamp\nA lamp.",
            ],
        ),
        ("TAC1", ["Cane\nA cane with a sensor.\nA cane (10) with a tip.", "Lamp\nA lamp."]),
        ("C1", ["A cane (10) with a tip.", "A lamp."]),
        ("TAD", ["Cane\nA cane with a sensor.\none two three four five six", "Lamp"]),
        ("A", ["A cane with a sensor.", ""]),
        ("D", ["one two three four five six", ""]),
        ("DWPI", ["Walking cane senses obstacles\nNOVELTY - A sensor.", ""]),
    ],
)
def test_each_view_is_its_sections(view: View, texts: list[str]) -> None:
    assert view_texts(FULL, view) == texts


@pytest.mark.parametrize(("words", "tail"), [(1, "one"), (3, "one two three"), (6, "one two three four five six")])
def test_tad_takes_as_many_words_of_the_description_as_the_study_says(words: int, tail: str) -> None:
    assert view_texts(FULL, "TAD", description_words=words)[0] == f"Cane\nA cane with a sensor.\n{tail}"
    assert view_texts(FULL, "D", description_words=words)[0] == tail
    assert (words_read("TAD", words), words_read("D", words), words_read("TA", words)) == (words, words, 0)


def test_a_view_without_its_sections_is_an_error_and_never_another_view() -> None:
    bare = landscape(patent("US-1-A", abstract="A cane."), name="bare")
    with pytest.raises(PatbenchError, match=r"View TAC \(title, abstract and all claims\) needs claims; .*'bare'"):
        view_texts(bare, "TAC")
    with pytest.raises(PatbenchError, match="needs dwpi_title and dwpi_abstract"):
        view_texts(bare, "DWPI")
    assert missing_sections(bare, "TA") == []


def test_views_are_parted_into_those_there_and_those_that_lack_sections_in_the_studys_order() -> None:
    bare = landscape(patent("US-1-A", abstract="A cane.", claims="1. A cane."))
    there, lacking = split_views(bare, ("DWPI", "TAC", "TAD", "TA"))
    assert there == ["TAC", "TA"]
    assert lacking == {"DWPI": ["dwpi_title", "dwpi_abstract"], "TAD": ["description"]}
    assert split_views(FULL, VIEWS) == (list(VIEWS), {})
