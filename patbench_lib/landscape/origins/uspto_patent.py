"""One patent, granted or applied for, from the office's XML into a row of the schema."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from xml.etree.ElementTree import Element

from patbench_lib.landscape.origins.uspto_citations import read_citations
from patbench_lib.landscape.origins.uspto_classes import cpc_symbols, ipc_symbols, us_classes
from patbench_lib.landscape.origins.uspto_links import describe_priorities, describe_related, links
from patbench_lib.landscape.origins.uspto_numbers import application_number, iso_date, publication_number
from patbench_lib.landscape.origins.uspto_text import claims_text, flatten, flatten_line

BIBLIOGRAPHIES = {
    "us-patent-grant": "us-bibliographic-data-grant",
    "us-patent-application": "us-bibliographic-data-application",
}
"""Root elements that are patents, and where each has its front page."""

_SORTS = {"S": "design", "P": "plant", "E": "reissue", "H": "statutory invention registration"}
"""Sorts of US patents by the letter of their kind code; those of the rest are utility patents."""


@dataclass(frozen=True)
class Patent:
    """A patent read from XML.

    Attributes
    ----------
    row : by column of the schema and of the free columns; `family_id` is known once all files are read.
    sort : `utility`, `design`, `plant`, `reissue` or another that the office names.
    links : keys of the documents of its family, its own among them.
    others : how many of its citations are no patents.
    renumbered : whether its claims had other numbers.
    """

    row: dict[str, Any]
    sort: str
    links: list[str]
    others: int
    renumbered: bool

    @property
    def number(self) -> str:
        """The publication number, empty where the document has none."""
        return str(self.row["publication_number"])


def read_patent(root: Element) -> Patent:
    """Return the patent that an element of `BIBLIOGRAPHIES` holds; what it lacks is empty."""
    found = root.find(BIBLIOGRAPHIES[root.tag])
    page = Element("none") if found is None else found
    published = page.find("publication-reference/document-id")
    filed = page.find("application-reference/document-id")
    citations = read_citations(page)
    claims, renumbered = claims_text(root.find("claims"))
    row = {
        "publication_number": publication_number(published),
        "title": flatten_line(page.find("invention-title")),
        "abstract": "\n".join(filter(None, map(flatten, root.iterfind("abstract")))),
        "claims": claims,
        "description": flatten(root.find("description")),
        "ipc": ipc_symbols(page),
        "cpc": cpc_symbols(page),
        "cited": citations.cited,
        "citation_category": citations.categories,
        "office": (published.findtext("country") or "").strip() if published is not None else "",
        "publication_date": iso_date(published),
        "filing_date": iso_date(filed),
        "application_number": application_number(filed) if filed is not None else "",
        "priority_claims": describe_priorities(page),
        "related_documents": describe_related(page),
        "assignee": "; ".join(_names(page)),
        "uspc": "; ".join(us_classes(page)),
    }
    return Patent(row, _sort(page), links(page), citations.others, renumbered)


def _sort(page: Element) -> str:
    kind = (page.findtext("publication-reference/document-id/kind") or "").strip().upper()
    reference = page.find("application-reference")
    said = reference.get("appl-type", "") if reference is not None else ""
    return _SORTS.get(kind[:1]) or said.strip().lower() or "utility"


def _names(page: Element) -> Iterator[str]:
    """Yield the assignees: organisations by their name, persons by first and last name."""
    for assignee in page.iterfind("assignees/assignee"):
        parts = [flatten_line(assignee.find(f".//{part}")) for part in ("orgname", "first-name", "last-name")]
        name = parts[0] or " ".join(filter(None, parts[1:]))
        if name:
            yield name
