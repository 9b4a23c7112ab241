"""Documents that a patent names as its own: earlier applications, what it was published as before, priorities."""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree.ElementTree import Element

from patbench_lib.landscape.origins.uspto_numbers import application_number, iso_date, publication_number

_PUBLISHED = frozenset({"related-publication", "parent-grant-document", "pct-or-regional-publishing-data"})


def links(bibliography: Element) -> list[str]:
    """Return keys of the documents that are of the patent's family: itself, parents and children, priorities.

    A key says whether it is of an application or a publication, whose numbers may be alike. Taken are the patent's own
    numbers, `us-related-documents` of every sort (continuation, continuation in part, division, reissue, provisional
    application, earlier publication), `priority-claims`, and the international application it came from.
    """
    found = [f"application {number}" for number in _applications(bibliography) if number]
    found += [f"publication {number}" for number in _publications(bibliography) if number]
    return list(dict.fromkeys(found))


def _applications(bibliography: Element) -> Iterator[str]:
    for place in ("application-reference/document-id", "pct-or-regional-filing-data/document-id"):
        yield from map(application_number, bibliography.iterfind(place))
    yield from map(application_number, bibliography.iterfind("priority-claims/priority-claim"))
    for parent, document in _related(bibliography):
        if parent not in _PUBLISHED:
            yield application_number(document)


def _publications(bibliography: Element) -> Iterator[str]:
    for place in ("publication-reference/document-id", "pct-or-regional-publishing-data/document-id"):
        yield from map(_without_kind, bibliography.iterfind(place))
    for parent, document in _related(bibliography):
        if parent in _PUBLISHED:
            yield _without_kind(document)


def _without_kind(document: Element) -> str:
    """Return a publication's number alone: parents are often named without kind code, or with that of another one."""
    return "-".join(publication_number(document).split("-")[:2])


def _related(bibliography: Element) -> Iterator[tuple[str, Element]]:
    """Yield each `document-id` of `us-related-documents` with the name of the element it is in."""
    related = bibliography.find("us-related-documents")
    for parent in related.iter() if related is not None else ():
        for document in parent.iterfind("document-id"):
            yield parent.tag, document


def describe_related(bibliography: Element) -> str:
    """Return the related documents as text: `continuation of US-10316465; related-publication US-20050028270-A1`."""
    parts = []
    related = bibliography.find("us-related-documents")
    for entry in related if related is not None else ():
        for parent in entry.iterfind("relation/parent-doc/document-id"):
            parts.append(f"{entry.tag} of {application_number(parent)}")
        for document in entry.iterfind("document-id"):
            number = publication_number(document) if entry.tag in _PUBLISHED else application_number(document)
            parts.append(f"{entry.tag} {number}")
    for document in bibliography.iterfind("pct-or-regional-filing-data/document-id"):
        parts.append(f"national stage of {application_number(document)}")
    return "; ".join(parts)


def describe_priorities(bibliography: Element) -> str:
    """Return the priority claims as text: `DE-10215120 (2002-04-05)`."""
    claims = bibliography.iterfind("priority-claims/priority-claim")
    return "; ".join(f"{application_number(claim)} ({iso_date(claim)})" for claim in claims)
