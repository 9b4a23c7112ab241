"""Find the @-references and formulas in the text of a page, as Markdown for pandoc to write."""

from __future__ import annotations

import re
from collections.abc import Mapping

from bs4 import BeautifulSoup, Tag
from bs4.element import NavigableString

_KEY = r"-?@(?:[A-Za-z0-9_]\w*(?:[:.#$%&+?~/-]+\w+)*)(?: \[[^\[\]@]+\])?"
_REFERENCE = re.compile(rf"\[[^\[\]]*?(?<![\w@.])@\w[^\[\]]*\]|(?<![\w@./]){_KEY}")
_CROSS = re.compile(r"(-?)@((?:fig|tbl|sec|eq)-[\w-]*\w)", re.I)
_EQUATION_LABEL = re.compile(r"^\s*\{#(eq-[\w-]+)\}")
_NOT_TEXT = {"code", "pre", "script", "style", "svg", "math", "textarea"}


def targets(page: BeautifulSoup) -> dict[str, str]:
    """Return what a reference to each label of the page says: `Figure 1`, `Section 2.1`, `Equation 3`."""
    names = {str(element["id"]): str(element["data-number"]) for element in page.select("main [data-number]")}
    for section in page.select('main [id^="sec-"]'):
        heading = section if re.fullmatch("h[1-6]", section.name) else section.find(re.compile("^h[1-6]$"))
        if isinstance(heading, Tag):
            number = heading.find(class_="header-section-number")
            names[str(section["id"])] = f"Section {number.get_text()}" if number else heading.get_text().strip()
    return names | _number_equations(page)


def mark_references(page: BeautifulSoup, names: Mapping[str, str]) -> None:
    """Turn references and formulas into `data-markdown` elements, which one pandoc call replaces.

    Parameters
    ----------
    page : the page, changed in place.
    names : what a reference to each label says; a label without one becomes `?@label`, as Quarto writes it.
    """
    for formula in page.select("main span.math"):
        tex = re.sub(r"^\\[(\[]|\\[)\]]$", "", formula.get_text().strip())
        display = "display" in formula.get_attribute_list("class")
        formula["data-markdown"] = f"$${tex}$$" if display else f"${tex}$"
        formula.string = ""
    for text in page.select("main")[0].find_all(string=re.compile("@")):
        if not any(_is_not_text(parent) for parent in text.parents):
            _mark_text(page, text)
    for caption in page.select("[data-markdown]"):
        caption["data-markdown"] = _link_labels(str(caption["data-markdown"]), names)


def _is_not_text(parent: Tag) -> bool:
    """Code is not text, and neither is a cell's HTML: pandoc leaves both alone, for Quarto as here."""
    classes = set(parent.get_attribute_list("class"))
    return parent.name in _NOT_TEXT or ("cell-output-display" in classes and "cell-output-markdown" not in classes)


def _number_equations(page: BeautifulSoup) -> dict[str, str]:
    """Take the `{#eq-…}` that follows a displayed formula, which smalldocs leaves as text, as its label."""
    names: dict[str, str] = {}
    for formula in page.select("main span.math.display"):
        after = formula.next_sibling
        label = _EQUATION_LABEL.match(after) if isinstance(after, NavigableString) else None
        if label and isinstance(after, NavigableString):
            number = len(names) + 1
            names[label[1]] = f"Equation {number}"
            after.replace_with(after[label.end() :])
            box = formula.wrap(page.new_tag("span", attrs={"class": "numbered-equation", "id": label[1]}))
            box.append(page.new_tag("span", attrs={"class": "equation-number"}, string=f"({number})"))
    return names


def _mark_text(page: BeautifulSoup, text: NavigableString) -> None:
    pieces: list[Tag | str] = []
    end = 0
    for reference in _REFERENCE.finditer(text):
        pieces.append(text[end : reference.start()])
        pieces.append(page.new_tag("span", attrs={"data-markdown": reference[0]}))
        end = reference.end()
    if end:
        text.replace_with(*pieces, text[end:])


def _link_labels(markdown: str, names: Mapping[str, str]) -> str:
    """Write the references to labels as Markdown links; citations are pandoc's."""

    def link(reference: re.Match[str]) -> str:
        label = reference[2][0].lower() + reference[2][1:]
        if label not in names:
            return f"**?\\@{reference[2]}**"
        name = names[label].rpartition(" ")[2] if reference[1] else names[label]
        return f"[{name}](#{label}){{.quarto-xref}}"

    if _CROSS.search(markdown) and re.fullmatch(r"\[[^\[\]]*\]", markdown):
        markdown = markdown[1:-1].replace(";", ",")
    return _CROSS.sub(link, markdown)
