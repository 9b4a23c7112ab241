"""Number the figures and tables of a page, and put each with its caption."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from typing import Any

from bs4 import BeautifulSoup, Tag

KINDS = {"fig": "Figure", "tbl": "Table"}
_LABEL = re.compile(r"^(fig|tbl)-[\w-]+$")


def note_captions(page: BeautifulSoup, options: Mapping[str, Mapping[str, Any]]) -> None:
    """Write the caption of each labelled cell into the page of its notebook, from where embeds copy it.

    Parameters
    ----------
    page : the page of a notebook, changed in place.
    options : the `#|` options of the notebook's labelled cells, by label.
    """
    for cell in page.select("main .cell[id]"):
        label = _LABEL.match(str(cell["id"]))
        if label:
            cell["data-caption"] = str(options[label[0]].get(f"{label[1]}-cap", ""))


def number_floats(page: BeautifulSoup) -> None:
    """Give every labelled figure and table of a page its number, in the order of the page.

    The page is changed in place; a numbered element carries `data-number`.
    """
    count: Counter[str] = Counter()
    for element in page.select("main [id]"):
        label = _LABEL.match(str(element["id"]))
        if label is None or element.name in ("section", "figcaption") or str(element["id"]).endswith("-caption"):
            continue
        kind = label[1]
        count[kind] += 1
        prefix = f"{KINDS[kind]} {count[kind]}"
        if "cell" in element.get_attribute_list("class"):
            element = _cell_float(page, element, kind, prefix)
        else:
            _number_caption(element, prefix)
        element["data-number"] = prefix


def _cell_float(page: BeautifulSoup, cell: Tag, kind: str, prefix: str) -> Tag:
    """Wrap a cell's displayed outputs in a figure with its caption: above a table, below a figure."""
    for own in cell.select("caption, figcaption"):
        own.decompose()
    outputs = cell.select(":scope > .cell-output-display")
    figure = page.new_tag("figure", attrs={"class": f"quarto-float quarto-float-{kind}", "id": str(cell["id"])})
    del cell["id"]
    if outputs:
        outputs[0].insert_before(figure)
    else:
        cell.append(figure)
    for output in outputs:
        figure.append(output.extract())
    caption = page.new_tag("figcaption", attrs={"class": "quarto-float-caption"})
    own_text = cell.attrs.pop("data-caption")
    text = f"{prefix}: {own_text}" if own_text else prefix
    caption.append(page.new_tag("span", attrs={"data-markdown": text}))
    figure.insert(0 if kind == "tbl" else len(figure.contents), caption)
    return figure


def _number_caption(element: Tag, prefix: str) -> None:
    """Put the number before the caption of a figure or table that is written in the text."""
    figure = element if element.name == "figure" else element.find_parent("figure") or element.find("figure")
    caption = figure.find("figcaption") if figure else None
    if caption:
        caption.insert(0, f"{prefix}: ")
