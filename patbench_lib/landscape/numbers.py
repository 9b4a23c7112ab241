"""Publication numbers: office, number and kind code, and how two of them are matched."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

LeadingZeros = Literal["keep", "ignore"]

_NUMBER = re.compile(r"^([A-Z]{2})-?((?:[A-Z]{1,2}-?)?\d+(?:-\d+)*)(?:-?([A-Z]\d?))?$")
PADDING = re.compile(r"^([A-Z]*)0+(?=\d)")
"""Zeros in front of the digits, after letters that a number may begin with."""

NOISE = re.compile(r"[\s,./]+")
"""What stands between the parts of a number and says nothing."""


@dataclass(frozen=True)
class PublicationNumber:
    """A publication number in its parts: `US-7296300-B2` is office US, number 7296300, kind B2."""

    office: str
    number: str
    kind: str = ""


def parse_number(text: str) -> PublicationNumber | None:
    """Split a publication number; None where it has no office, no digits or an unknown form.

    Spaces, commas, slashes, points and hyphens are ignored, so `US 7,296,300 B2`, `US7296300B2`, `WO 2014/123456 A1`
    and `JP 2007-123456 A` are read.
    """
    found = _NUMBER.match(NOISE.sub("", text).upper())
    if found is None:
        return None
    office, number, kind = found.groups()
    return PublicationNumber(office, number.replace("-", ""), kind or "")


def one_spelling(number: str) -> str:
    """Return a number as `US-7296300-B2`, in whatever way a database writes it; what is no number stays as it is."""
    parsed = parse_number(number)
    if parsed is None:
        return number.strip()
    return "-".join(filter(None, (parsed.office, PADDING.sub(r"\1", parsed.number), parsed.kind)))


def match_key(text: str, leading_zeros: LeadingZeros = "keep") -> str:
    """Return what two mentions of one publication share: office and number, kind code apart.

    Offices differ in whether they print leading zeros (`EP-0495168`, `EP-495168`). With `ignore` these are one
    document. A text that is no publication number is its own key.
    """
    parsed = parse_number(text)
    if parsed is None:
        return text.strip().upper()
    number = parsed.number if leading_zeros == "keep" else PADDING.sub(r"\1", parsed.number)
    return f"{parsed.office}-{number}"


def match_keys(texts: Iterable[str], leading_zeros: LeadingZeros = "keep") -> list[str]:
    """Return `match_key` of many texts, parsing each distinct one once."""
    memory: dict[str, str] = {}
    keys = []
    for text in texts:
        if text not in memory:
            memory[text] = match_key(text, leading_zeros)
        keys.append(memory[text])
    return keys
