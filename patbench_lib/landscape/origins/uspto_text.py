"""The sections of a patent in XML as plain text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from xml.etree.ElementTree import Element

_LINE = "\x00"
"""Stands for the end of a line until white space is normalised; XML cannot hold it."""

_LINES = frozenset({"p", "heading"})
"""Elements that are lines of their own."""

_WORDS = frozenset(
    {"br", "claim-text", "li", "ul", "ol", "dl", "dt", "dd"}
    | {"row", "entry", "table", "tables", "title"}
    | {"maths", "math", "mi", "mn", "mo", "mtext", "mtr", "mtd"}
)
"""Elements whose text is kept from running into the next, as those within a word (`sub`, `sup`, `b`) must."""

_INVISIBLE = str.maketrans("", "", "\u2061\u2062\u2063\u2064\u200b\ufeff")
"""Marks for typesetting, such as MathML's invisible times."""

_CANCELLED = re.compile(r"^[\d\s,.–-]*\(cancell?ed\)\.?$", re.IGNORECASE)
_NUMBER = re.compile(r"^(\d+)\s*[.)]\s*")


def flatten(element: Element | None) -> str:
    """Return all text below an element: white space normalised, a line for each paragraph and heading.

    Subscripts and superscripts are joined to what they stand at (H2O), tables and formulas are read row by row with a
    blank between cells and signs, fractions with ` / `. Drawings have no text.
    """
    if element is None:
        return ""
    lines = "".join(_walk(element)).translate(_INVISIBLE).split(_LINE)
    return "\n".join(filter(None, (" ".join(line.split()) for line in lines)))


def flatten_line(element: Element | None) -> str:
    """Return `flatten` as one line."""
    return flatten(element).replace("\n", " ")


def _walk(element: Element) -> Iterator[str]:
    mark = _LINE if element.tag in _LINES else " " if element.tag in _WORDS else ""
    yield mark
    yield element.text or ""
    for place, child in enumerate(element):
        if element.tag == "mfrac" and place == 1:
            yield " / "
        yield from _walk(child)
        yield child.tail or ""
    yield mark


def claims_text(claims: Element | None) -> tuple[str, bool]:
    """Return the claims, `1. …`, a line each, and whether they had to be numbered anew.

    Claims that were cancelled before publication are left out. Where those that stay are not 1, 2, 3, … they are
    numbered so, since what is claim 1 here is the first that is claimed; what they say of each other stays as written.
    """
    kept: list[tuple[str, str]] = []
    for claim in claims.iter("claim") if claims is not None else ():
        text = flatten_line(claim)
        if text and not _CANCELLED.match(text):
            number = claim.get("num", "").lstrip("0")
            printed = _NUMBER.match(text)
            is_number = printed is not None and number in ("", printed[1])
            kept.append((number, text[printed.end() :] if printed and is_number else text))
    anew = any(number and number != str(place) for place, (number, _) in enumerate(kept, 1))
    return "\n".join(f"{place}. {text}" for place, (_, text) in enumerate(kept, 1)), anew
