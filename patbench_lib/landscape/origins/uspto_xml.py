"""Reading an XML document that may come from anywhere: nothing is fetched, and no entity of its own is expanded."""

from __future__ import annotations

from html.entities import html5
from xml.etree import ElementTree as ET
from xml.parsers import expat

NAMES = {name.removesuffix(";"): text for name, text in html5.items() if name.endswith(";")}
"""Names of characters, `&mdash;`, that the office's DTDs take from ISO 8879, as HTML does; the DTDs are not fetched."""


class UnreadableError(Exception):
    """A document that is left out, and why."""


class _RootReachedError(Exception):
    pass


def find_root(content: bytes) -> str:
    """Return the name of the root element, read as far as that.

    A DTD outside the document is not fetched, and unparsed entities (NDATA, as of drawings) are never opened: both are
    usual in patents. Any other declaration of an entity, with a text of its own or one to be fetched, could fill the
    memory or reach for other files.

    Raises
    ------
    UnreadableError
        Where the document declares such an entity, or is no XML so far.
    """
    root = ""

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal root
        root = name
        raise _RootReachedError

    def declared(
        name: str, _parameter: bool, value: str | None, _base: object, system: str | None, *rest: object
    ) -> None:
        if rest[-1] is None:  # no notation, so not NDATA
            what = "with a text" if value is not None else f"that lies elsewhere ({system})"
            raise UnreadableError(f"refused: it declares the entity {name} {what}")

    parser = expat.ParserCreate()
    parser.StartElementHandler, parser.EntityDeclHandler = start, declared
    try:
        parser.Parse(content, False)
    except _RootReachedError:
        return root
    except (expat.ExpatError, ValueError, LookupError) as error:
        raise UnreadableError(f"no well-formed XML: {error}") from error
    raise UnreadableError("no well-formed XML: no element")


def parse(content: bytes) -> ET.Element:
    """Return the document's root element; `find_root` must have let it pass.

    Raises
    ------
    UnreadableError
        Where it is not well-formed.
    """
    parser = ET.XMLParser()
    parser.entity.update(NAMES)
    try:
        parser.feed(content)
        return parser.close()
    except (ET.ParseError, ValueError, LookupError) as error:
        raise UnreadableError(f"no well-formed XML: {error}") from error
