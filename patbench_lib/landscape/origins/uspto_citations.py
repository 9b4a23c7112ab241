"""What a patent cites, as the office's XML has it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from xml.etree.ElementTree import Element

from patbench_lib.landscape.origins.uspto_numbers import publication_number

_PLACES = ("references-cited/citation", "us-references-cited/us-citation")
"""Up to version 4.2 of the format, and from 4.3 on."""


@dataclass(frozen=True)
class Citations:
    """The front-page citations of a patent.

    Attributes
    ----------
    cited : publication numbers, with the kind code where one is given.
    categories : who cited each: `cited by examiner`, `cited by applicant`, in older files `cited by other`.
    others : how many citations are no patents; they are counted and left out.
    """

    cited: list[str]
    categories: list[str]
    others: int


def read_citations(bibliography: Element) -> Citations:
    """Return a patent's citations in the order they are printed."""
    entries = list(_entries(bibliography))
    numbers = [publication_number(entry.find("patcit/document-id")) for entry in entries]
    kept = [(number, entry) for number, entry in zip(numbers, entries, strict=True) if number]
    categories = [" ".join((entry.findtext("category") or "").split()) for _, entry in kept]
    return Citations([number for number, _ in kept], categories, len(entries) - len(kept))


def _entries(bibliography: Element) -> Iterator[Element]:
    for place in _PLACES:
        yield from bibliography.iterfind(place)
