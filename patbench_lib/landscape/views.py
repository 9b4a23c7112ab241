"""Views: which sections of a patent make the text that a system reads."""

from __future__ import annotations

import re
from typing import Literal, get_args

from patbench_lib.errors import PatbenchError
from patbench_lib.landscape.schema import Landscape

View = Literal["TA", "TAC", "TAC1", "TAD", "C1", "A", "D", "DWPI"]

VIEWS: tuple[View, ...] = get_args(View)

EXPERT: View = "DWPI"
"""The view that an expert wrote, and not the applicant."""

MEANING: dict[View, str] = {
    "TA": "title and abstract",
    "TAC": "title, abstract and all claims",
    "TAC1": "title, abstract and the first claim",
    "TAD": "title, abstract and the beginning of the description",
    "C1": "the first claim alone",
    "A": "the abstract alone",
    "D": "the beginning of the description alone",
    "DWPI": "expert-written title and abstract in the manner of DWPI",
}

NEEDS: dict[View, tuple[str, ...]] = {
    "TA": ("title", "abstract"),
    "TAC": ("title", "abstract", "claims"),
    "TAC1": ("title", "abstract", "claims"),
    "TAD": ("title", "abstract", "description"),
    "C1": ("claims",),
    "A": ("abstract",),
    "D": ("description",),
    "DWPI": ("dwpi_title", "dwpi_abstract"),
}
"""Sections of each view; a view is shown only where the landscape has text in every one of them."""

STANDING_IN: dict[View, View] = {"A": "TA", "D": "TAD"}
"""Views for landscapes that have no titles, and the view that is taken elsewhere."""

_SECOND_CLAIM = re.compile(r"(?:^|\s)2\s*[.)]\s+(?=[A-Z])")
_FIRST_NUMBER = re.compile(r"^\s*1\s*[.)]\s+")


def first_claim(claims: str) -> str:
    """Return the first claim without its number: what stands before `2. ` at the start of a line or sentence."""
    lines = re.split(r"\n\s*2\s*[.)]\s+", claims, maxsplit=1)
    text = lines[0] if len(lines) > 1 else _SECOND_CLAIM.split(claims, maxsplit=1)[0]
    return _FIRST_NUMBER.sub("", text).strip()


def missing_sections(landscape: Landscape, view: View) -> list[str]:
    """Return the sections that a view needs and the landscape has no text in."""
    return [section for section in NEEDS[view] if not landscape.has(section)]


def split_views(landscape: Landscape, views: tuple[View, ...]) -> tuple[list[View], dict[View, list[str]]]:
    """Part the views a study asks for into those the landscape has and those it lacks, with the sections missing."""
    lacking = {view: missing for view in views if (missing := missing_sections(landscape, view))}
    return [view for view in views if view not in lacking], lacking


def words_read(view: View, description_words: int) -> int:
    """Return how many words of the description a view takes, which all that is made of it depends on; 0 for none."""
    return description_words if "description" in NEEDS[view] else 0


def view_texts(landscape: Landscape, view: View, *, description_words: int = 300) -> list[str]:
    """Return the text of each publication in a view, sections joined by a line break, empty ones left out.

    Parameters
    ----------
    description_words : how many words of the description `TAD` and `D` take.

    Raises
    ------
    PatbenchError
        Where the landscape lacks a section that the view needs; a view is never silently something else.
    """
    if missing := missing_sections(landscape, view):
        raise PatbenchError(
            f"View {view} ({MEANING[view]}) needs {' and '.join(missing)}; landscape '{landscape.name}' has none.",
            todo="Leave the view out of `views`, or bring a table that has these sections.",
        )
    patents = landscape.patents
    columns = [patents[section].tolist() for section in NEEDS[view]]
    if view in ("TAC1", "C1"):
        columns[-1] = [first_claim(text) for text in columns[-1]]
    if words := words_read(view, description_words):
        columns[-1] = [" ".join(text.split(maxsplit=words)[:words]) for text in columns[-1]]
    return ["\n".join(part for part in parts if part) for parts in zip(*columns, strict=True)]
