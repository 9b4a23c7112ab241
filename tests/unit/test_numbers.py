from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from patbench_lib.landscape.numbers import PublicationNumber, match_key, match_keys, parse_number

NUMBERS = st.builds(
    PublicationNumber,
    office=st.from_regex(r"[A-Z]{2}", fullmatch=True),
    number=st.from_regex(r"([A-Z]{1,2})?[0-9]{1,12}", fullmatch=True),
    kind=st.from_regex(r"([A-Z][0-9]?)?", fullmatch=True),
)
QUICK = settings(deadline=None, max_examples=100)


@pytest.mark.parametrize(
    ("text", "office", "number", "kind"),
    [
        ("US-7296300-B2", "US", "7296300", "B2"),
        ("US7296300B2", "US", "7296300", "B2"),
        ("us 7,296,300 b2", "US", "7296300", "B2"),
        ("US-869190", "US", "869190", ""),
        ("US 2007/0123456 A1", "US", "20070123456", "A1"),
        ("WO 2014/123456 A1", "WO", "2014123456", "A1"),
        ("EP 0 495 168 B1", "EP", "0495168", "B1"),
        ("USD566783S1", "US", "D566783", "S1"),
        ("US-RE-38123-E", "US", "RE38123", "E"),
        ("JP-H10123456-A", "JP", "H10123456", "A"),
        ("JP 2007-123456 A", "JP", "2007123456", "A"),
        ("KR 10-2007-0012345 A", "KR", "1020070012345", "A"),
        ("DE-102006000001-A1", "DE", "102006000001", "A1"),
    ],
)
def test_numbers_as_offices_print_them_are_read(text: str, office: str, number: str, kind: str) -> None:
    assert parse_number(text) == PublicationNumber(office, number, kind)


@pytest.mark.parametrize(
    "text", ["", "7296300", "US", "U-7296300", "USPTO 7296300", "US-72x96300", "patent 7296300", "-1-A"]
)
def test_what_is_no_publication_number_is_not_read(text: str) -> None:
    assert parse_number(text) is None


@pytest.mark.parametrize("mark", ["", "-", " ", " - "])
@QUICK
@given(number=NUMBERS)
def test_a_number_printed_in_any_way_reads_back(mark: str, number: PublicationNumber) -> None:
    assert parse_number(mark.join(filter(None, (number.office, number.number, number.kind)))) == number


@QUICK
@given(number=NUMBERS, other=st.from_regex(r"[A-Z][0-9]?", fullmatch=True))
def test_match_keys_leave_the_kind_code_out(number: PublicationNumber, other: str) -> None:
    bare = f"{number.office}{number.number}"
    assert match_key(f"{bare}-{number.kind}".rstrip("-")) == match_key(f"{bare}{other}") == match_key(bare)


@QUICK
@given(one=NUMBERS, two=NUMBERS)
def test_match_keys_keep_office_and_number_apart(one: PublicationNumber, two: PublicationNumber) -> None:
    same = (one.office, one.number) == (two.office, two.number)
    assert (match_key(f"{one.office}{one.number}") == match_key(f"{two.office}{two.number}")) == same


def test_leading_zeros_part_numbers_only_where_they_are_kept() -> None:
    pairs = [("EP-0495168-A1", "EP-495168"), ("USD0566783S", "US-D566783-S1")]
    for long, short in pairs:
        assert match_key(long) != match_key(short)
        assert match_key(long, "ignore") == match_key(short, "ignore")
    assert match_key("EP-0495168", "ignore") == "EP-495168"
    assert match_key("EP-1000", "ignore") == "EP-1000"


def test_a_text_that_is_no_number_is_its_own_key() -> None:
    assert match_key(" Smith 1999 ") == "SMITH 1999"


@QUICK
@given(texts=st.lists(st.sampled_from(["US-1-A", "US-1", "us 1 b", "EP-01", "EP-1", "none"])))
def test_many_keys_are_the_keys_of_each(texts: list[str]) -> None:
    for zeros in ("keep", "ignore"):
        assert match_keys(texts, zeros) == [match_key(text, zeros) for text in texts]
