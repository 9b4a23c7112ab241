"""Numbers as the office's XML has them, in the spelling of the schema."""

from __future__ import annotations

import re
from datetime import date
from xml.etree.ElementTree import Element

from patbench_lib.landscape.numbers import NOISE, PADDING

_KIND = re.compile(r"^[A-Z]\d?$")
_LETTERS = re.compile(r"(?<=[A-Z])-(?=[A-Z])")
_TWO_DIGIT_YEAR = re.compile(r"^(\d{2})(\d{5,6})$")
_IN_HEAD = re.compile(rb"<doc-number>\s*(\w+)\s*</doc-number>\s*(?:<kind>\s*(\w+)\s*</kind>)?")
_PCT = re.compile(r"^PCT/?([A-Z]{2})/?(?:19|20)?(\d{2})/?0*(\d+)$")


def publication_number(document: Element | None) -> str:
    """Return a `document-id` as `US-7296300-B2`, `US-RE39923-E1`, `WO-1998012345-A1`; empty where it has no number.

    Leading zeros are padding and fall; what is no kind code, such as `00` of an application, falls too. Offices are
    often written a second time into the number (`WO 98/12345`), and years of international ones in two digits.
    """
    if document is None:
        return ""
    office = (document.findtext("country") or "").strip().upper()
    number = NOISE.sub("", document.findtext("doc-number") or "").upper().removeprefix(office).lstrip("-")
    number = _LETTERS.sub("", number)
    number = _international(number) if office == "WO" else PADDING.sub(r"\1", number)
    kind = (document.findtext("kind") or "").strip().upper()
    return "-".join(filter(None, (office, number, kind if _KIND.match(kind) else ""))) if office and number else ""


def _international(number: str) -> str:
    """Return an international publication's number as four digits of the year and six of its place in it.

    It was written with two and five digits until 2002, and with two and six for some months; the first is of 1978.
    """
    found = _TWO_DIGIT_YEAR.match(number)
    if found is None:
        return number
    year, place = found.groups()
    return f"{19 if int(year) >= 78 else 20}{year}{int(place):06d}"


def number_in(content: bytes) -> str:
    """Return the first number of a document that cannot be read as XML; empty where none can be told."""
    found = _IN_HEAD.search(content)
    if found is None:
        return ""
    number, kind = (part.decode("ascii", "replace") if part else "" for part in found.groups())
    return "-".join(filter(None, ("US", PADDING.sub(r"\1", number), kind)))


def application_number(document: Element) -> str:
    """Return the number of an application as `US-11306828`, the same for each way in which it is written.

    Blanks, points, slashes and leading zeros fall; an international application is `PCT-EP-03-3557` whether its year
    has two digits or four.
    """
    office = (document.findtext("country") or "").strip().upper()
    written = re.sub(r"[\s,.]+", "", document.findtext("doc-number") or "").upper()
    if found := _PCT.match(written):
        return "PCT-" + "-".join(found.groups())
    number = re.sub(r"[/-]+", "", written).lstrip("0")
    return f"{office}-{number}" if office and number else ""


def iso_date(document: Element | None) -> str:
    """Return the date of a `document-id` as ISO; empty where there is none or a month has no such day."""
    text = (document.findtext("date") or "").strip() if document is not None else ""
    try:
        return date(int(text[:4]), int(text[4:6]), int(text[6:8])).isoformat() if len(text) == 8 else ""
    except ValueError:
        return ""
