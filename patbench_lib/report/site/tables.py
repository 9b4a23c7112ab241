"""Tables fit to be on a page: pandas' columns aligned by what they hold, ids of their own, boxes that keys scroll."""

from __future__ import annotations

import re
from collections.abc import Collection
from itertools import chain, count

from bs4 import BeautifulSoup, Tag

_NUMBER = re.compile(r"^[+\-−±<>≤≥~]?\s*\d[\d,. ]*(e[+-]?\d+)?\s*(%|pp|s|ms|GB|MB)?(\s*[±(\[].*)?$", re.I)
_SHORT = 30
_PANDAS = re.compile(r'<table[^>]*(class="dataframe|id="T_)')  # a frame, or a Styler
_NAMED = re.compile(r'<div id="(t[0-9a-f]{16})"')  # a table of ours, whose headings and styles begin with its id
_EMPTY = {"", "nan", "none", "<na>", "nat", "–", "—", "-"}


def align_tables(html: str) -> str:
    """Return HTML with each cell of a pandas table aligned by what its column holds.

    The alignment is written into the cells, where both renderers keep it. Columns are counted from the right, for the
    index on the left may span rows.
    """
    if not _PANDAS.search(html):
        return html
    soup = BeautifulSoup(html, "html.parser")
    for table in soup.select('table.dataframe, table[id^="T_"]'):
        del table["border"]
        rows = [row.find_all(["td", "th"]) for row in table.select("tbody tr")]
        for heading in table.select("thead tr"):
            del heading["style"]
            cells = heading.find_all(["td", "th"])
            if not any(cell.has_attr("colspan") for cell in cells):
                rows.append(cells)
        width = max((len(row) for row in rows), default=0)
        body = rows[: len(table.select("tbody tr"))]
        for column in range(1, width + 1):
            side = "right" if _is_numeric([row[-column] for row in body if len(row) >= column]) else "left"
            for row in rows:
                if len(row) >= column:
                    row[-column]["style"] = f"text-align: {side};{_no_break(row[-column])}"
    return str(soup)


def reachable(html: str) -> str:
    """Return HTML whose tables, each in a box that scrolls, can be scrolled by the keyboard too."""
    return _NAMED.sub(r'<div id="\1" tabindex="0"', html)


def renamed(html: str, taken: Collection[str]) -> tuple[str, set[str]]:
    """Return HTML in which no table has an id that is taken, and the ids that its tables now have."""
    names: set[str] = set()
    for name in dict.fromkeys(_NAMED.findall(html)):
        new = next(each for each in chain([name], (f"{name}_{n}" for n in count(2))) if each not in taken)
        html = html.replace(name, new) if new != name else html
        names.add(new)
    return html, names


def _no_break(cell: Tag) -> str:
    return " white-space: nowrap;" if len(cell.get_text().strip()) <= _SHORT else ""


def _is_numeric(cells: list[Tag]) -> bool:
    texts = [cell.get_text().strip() for cell in cells]
    filled = [text for text in texts if text.casefold() not in _EMPTY]
    return bool(filled) and all(_NUMBER.match(text) for text in filled)
