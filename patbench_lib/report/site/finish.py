"""Last touches on a page of smalldocs: nothing from the network, whole contents, a search that works from a file."""

from __future__ import annotations

import copy
import json
import posixpath
import re
from collections.abc import Mapping
from pathlib import Path

from bs4 import BeautifulSoup, Tag

_HEADING = re.compile("^h[1-6]$")
_INDEX = "site_libs/search-index.js"
# A page opened from a file may not fetch search.json, so the answer to that one request is brought along.
_SHIM = """(() => {{
  const index = {index};
  const ask = window.fetch;
  window.fetch = (address, ...rest) =>
    String(address).endsWith("search.json")
      ? Promise.resolve(new Response(JSON.stringify(index)))
      : ask(address, ...rest);
}})();
"""


def keep_local(page: BeautifulSoup) -> None:
    """Remove scripts and styles loaded from elsewhere: smalldocs adds KaTeX, and the formulas are MathML already."""
    for attribute, name in (("src", "script"), ("href", "link")):
        for element in page.find_all(name, attrs={attribute: re.compile(r"^(https?:)?//")}):
            element.decompose()


def reach_boxes(page: BeautifulSoup) -> None:
    """Let keys move to what scrolls where it is wider than the page: code, formulas, and tables written in Markdown."""
    for block in page.select("pre, .sd-table, .math.display"):
        block["tabindex"] = "0"


def write_contents(page: BeautifulSoup) -> None:
    """Repeat the finished headings in the table of contents, with their numbers and formulas."""
    for link in page.select('#TOC a[href^="#"]'):
        section = page.find(id=str(link["href"])[1:])
        heading = section.find(_HEADING) if isinstance(section, Tag) and section.name == "section" else section
        if not isinstance(heading, Tag):
            continue
        text = copy.copy(heading)
        for inner in text.find_all("a"):
            inner.unwrap()
        for element in text.find_all(id=True):
            del element["id"]
        link.clear()
        link.extend(list(text.contents))


def write_search_index(pages: Mapping[str, BeautifulSoup], folder: Path) -> None:
    """Write the search index from the finished pages, and load it in each of them.

    The index that smalldocs writes holds the text before references and citations were put in.
    """
    entries = [entry for path, page in pages.items() for entry in _entries(path, page)]
    text = json.dumps(entries, ensure_ascii=False)
    (folder / "search.json").write_text(text, encoding="utf-8")
    (folder / _INDEX).write_text(_SHIM.format(index=text), encoding="utf-8")
    for path, page in pages.items():
        source = posixpath.relpath(_INDEX, posixpath.dirname(path) or ".")
        if page.head:
            page.head.append(page.new_tag("script", attrs={"src": source}))


def _entries(path: str, page: BeautifulSoup) -> list[dict[str, str]]:
    heading = page.find("h1")
    title = heading.get_text().strip() if heading else path
    main = page.select("main")[0]
    parts = [("", main), *((str(section["id"]), section) for section in main.select("section[id]"))]
    return [
        {
            "objectID": f"{path}#{label}" if label else path,
            "href": f"{path}#{label}" if label else path,
            "title": title,
            "section": _section_title(part) if label else "",
            "text": _own_text(part),
        }
        for label, part in parts
    ]


def _section_title(section: Tag) -> str:
    heading = section.find(_HEADING)
    return heading.get_text().strip() if heading else ""


def _own_text(part: Tag) -> str:
    """Return the text of a section without its heading, subsections, code and formulas."""
    own = copy.copy(part)
    for element in own.select("section, header, h2, h3, h4, h5, h6, pre, summary, style, script, math"):
        element.decompose()
    for block in own.find_all(["p", "div", "li", "td", "th", "figcaption"]):
        block.append(" ")
    return " ".join(own.get_text().split())
