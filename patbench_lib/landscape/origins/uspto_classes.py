"""Classes of a patent in the office's XML: IPC in its editions, CPC, and the US classification."""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree.ElementTree import Element

_PARTS = ("section", "class", "subclass", "main-group", "subgroup")


def ipc_symbols(bibliography: Element) -> list[str]:
    """Return the IPC symbols: of the eighth edition in parts, of the seventh as one word."""
    found = [_joined(entry) for entry in bibliography.iterfind("classifications-ipcr/classification-ipcr")]
    for entry in bibliography.iterfind("classification-ipc"):
        words = (*entry.iterfind("main-classification"), *entry.iterfind("further-classification"))
        found += [_spaced(word.text or "") for word in words]
    return [symbol for symbol in found if symbol]


def cpc_symbols(bibliography: Element) -> list[str]:
    """Return the CPC symbols, the main one first, those of combination sets last."""
    classes = bibliography.find("classifications-cpc")
    entries = classes.iter("classification-cpc") if classes is not None else ()
    return [symbol for symbol in map(_joined, entries) if symbol]


def us_classes(bibliography: Element) -> list[str]:
    """Return the classes of the US classification as `24/587.12`, the main one first."""
    found = bibliography.find("classification-national")
    return [] if found is None else list(_us_classes(found))


def _us_classes(classes: Element) -> Iterator[str]:
    for word in (*classes.iterfind("main-classification"), *classes.iterfind("further-classification")):
        # Columns of fixed width: three of the class, three of the subclass, then its decimals.
        text = (word.text or "").rstrip()
        number, subclass, decimals = text[:3].replace(" ", ""), text[3:6].strip(), text[6:].strip()
        if number:
            yield number + (f"/{subclass}" if subclass else "") + (f".{decimals}" if decimals else "")


def _joined(entry: Element) -> str:
    section, number, letter, group, subgroup = ((entry.findtext(part) or "").strip() for part in _PARTS)
    stem = section + number + letter
    return f"{stem} {group}/{subgroup}" if group and subgroup else f"{stem} {group}".strip()


def _spaced(word: str) -> str:
    """Return a symbol of the seventh edition, `A61F 204`, with the slash that its fixed columns leave out."""
    text = word.strip()
    if "/" in text or len(text) < 8:
        return text
    return f"{text[:4]} {text[4:7].strip()}/{text[7:].strip()}"
