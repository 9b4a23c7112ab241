"""Cutting a bulk file, which is many XML documents one after the other, into its documents."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

DOCUMENT_LIMIT = 64 << 20
"""Bytes of the largest document that is held in memory. Those of the weekly files have some hundred thousand."""

HEAD = 4096
"""Bytes kept of a longer document: enough to tell its number and what it is."""

_START = re.compile(rb"<\?xml\s")
_OVERLAP = len(b"<?xml")
_MARK = b"\xef\xbb\xbf"


@dataclass(frozen=True)
class Document:
    """One XML document.

    Attributes
    ----------
    position : of the document in its file, the first being 1.
    content : its bytes; the first `HEAD` of them where it is not whole.
    whole : False where the document is longer than the limit.
    """

    position: int
    content: bytes
    whole: bool = True


def cut_documents(chunks: Iterable[bytes], limit: int = DOCUMENT_LIMIT) -> Iterator[Document]:
    """Cut a stream at every `<?xml`, holding one document at a time.

    What stands before the first `<?xml` is a document too, where it is more than white space.

    Parameters
    ----------
    chunks : of any sizes; a `<?xml` may lie across two of them.
    limit : bytes above which a document is read over and yielded by its head alone.
    """
    position = 0
    for content, whole in _pieces(chunks, limit):
        if content.removeprefix(_MARK).strip():
            position += 1
            yield Document(position, content, whole)


def _pieces(chunks: Iterable[bytes], limit: int) -> Iterator[tuple[bytes, bool]]:
    held, searched, whole = bytearray(), 0, True
    for chunk in chunks:
        held += chunk
        while found := _START.search(held, searched):
            if found.start():
                whole = whole and found.start() <= limit
                yield bytes(held[: found.start() if whole else HEAD]), whole
            del held[: found.start()]
            whole, searched = True, _OVERLAP
        searched = max(searched, len(held) - _OVERLAP)
        if len(held) > limit:
            # Too long: its head and, for a `<?xml` across two chunks, its end are kept, and what lies between is not.
            whole = False
            del held[HEAD:-_OVERLAP]
            searched = HEAD
    if held:
        yield bytes(held if whole else held[:HEAD]), whole
