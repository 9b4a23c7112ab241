"""Citations, formulas and captions of a page through one pandoc call."""

from __future__ import annotations

from pathlib import Path

from bs4 import BeautifulSoup, Tag

from patbench_lib.errors import PatbenchError


def write_markdown(page: BeautifulSoup, bibliography: Path) -> None:
    """Replace every `data-markdown` element by the inline HTML that pandoc makes of it.

    Parameters
    ----------
    page : the page, changed in place; where it cites, a list of references ends it.
    bibliography : the BibTeX file of the site.
    """
    places = page.select("[data-markdown]")
    if not places:
        return
    items = [f"::: {{#item-{number}}}\n\n{place['data-markdown']}\n\n:::\n" for number, place in enumerate(places)]
    made = BeautifulSoup(_convert("\n".join(items), bibliography), "html.parser")
    for number, place in enumerate(places):
        content = made.select_one(f"#item-{number} > p")
        if content:
            _fill(place, content)
    references = made.find(id="refs")
    if isinstance(references, Tag) and references.find(True):
        _append_references(page, references)


def _convert(markdown: str, bibliography: Path) -> str:
    import pypandoc

    arguments = [
        "--citeproc",
        "--mathml",
        "--wrap=none",
        f"--bibliography={bibliography}",
        "--metadata=link-citations:true",
    ]
    try:
        return str(pypandoc.convert_text(markdown, "html", format="markdown", extra_args=arguments))
    except RuntimeError as error:
        raise PatbenchError(
            "Pandoc could not write the citations and formulas of a page.",
            why=str(error),
            todo=f"Look at {bibliography.name} and at the formulas that were changed last.",
        ) from error


def _fill(place: Tag, content: Tag) -> None:
    """Put pandoc's inline HTML in place; an element that has a meaning of its own stays around it."""
    children = [child.extract() for child in list(content.contents)]
    del place["data-markdown"]
    if place.attrs:
        place.extend(children)
    else:
        place.replace_with(*children)


def _append_references(page: BeautifulSoup, references: Tag) -> None:
    section = page.new_tag("section", attrs={"id": "references", "class": "level2 unnumbered"})
    section.append(page.new_tag("h2", attrs={"class": "anchored"}, string="References"))
    section.append(references.extract())
    navigation = page.select_one("main nav.page-navigation")
    if navigation:
        navigation.insert_before(section)
    else:
        page.select("main")[0].append(section)
