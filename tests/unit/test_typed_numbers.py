"""No number that a run could change is typed into the prose of pages and notebooks."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from fixtures.prose import markdown_of, prose

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "index.qmd", *sorted(ROOT.glob("teaching/*.qmd")), *sorted(ROOT.glob("notebooks/[0-9]*.ipynb"))]

NAMES = re.compile(
    r"(?<![\w.])(?:"
    r"(?:nDCG|Recall|P|MAP|MRR)@\d+"  # measures
    r"|(?:[Mm]icro-|[Mm]acro-)?F1|BM25(?:-kNN)?|L2|ColBERTv2|MiniLM-\w+|float(?:16|32)|int8"
    r"|R[1-5]|TAC1|C1?\d"  # recipes, views, claims
    r"|(?:19|20)\d\d"  # years
    r"|v?\d+\.\d+\.\d+"  # versions
    r"|[Nn]otebooks? \d\d(?:(?:, | and | to )\d\d)*"
    r"|[01]"  # the ends of a measure, and what a formula says
    r")(?![\w%]|\.\d)"
)

FIXED = (
    "compares 22 systems",  # the published study does
    "gets −2,",  # the definition of fusion by z-score
    "often 32, and",  # ColBERT pads queries to it
    "180 tokens for ColBERTv2",
    "64 of 384 and 64 of 4,096 dimensions",  # an example in words of arithmetic
    "into 255 steps",  # the definition of int8
    "8 bits for each part",  # the definition of product quantisation
)
"""What others published, or a method is defined by: no run of ours changes it."""


def typed(markdown: str) -> list[str]:
    """Return the words with digits in the prose of a page that are neither names nor fixed."""
    text = prose(markdown)
    for phrase in FIXED:
        text = text.replace(phrase, " ")
    return [word for word in NAMES.sub(" ", text).split() if any(map(str.isdigit, word))]


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_no_number_is_typed_into_prose(path: Path) -> None:
    assert typed(markdown_of(path)) == []


@pytest.mark.parametrize("text", ["It gains 0.02.", "by 7.1 %", "500 patents", "an nDCG@10 of .35", "12%", "α = 0.7"])
def test_a_measured_number_is_found(text: str) -> None:
    assert len(typed(text)) == 1


@pytest.mark.parametrize(
    "text",
    [
        "nDCG@10 and micro-F1 of BM25, R3 and TAC1, in notebooks 03 and 04, of 2026, version 0.1.0",
        "at α = 0, 1 in all",
        "`depth=50`, $k = 60$, $$\nx = 12\n$$ and [a page](01_landscape.ipynb), said @smith2020 and [@x1999; @y2001]",
        "---\ntitle: Page 12\n---\n\n```bash\nrun -p depth 50\n```\n",
        "## Head {#sec-12}",
    ],
)
def test_names_code_and_formulas_are_not_numbers(text: str) -> None:
    assert typed(text) == []


def test_no_exception_is_left_that_no_page_needs() -> None:
    text = "\n".join(prose(markdown_of(path)) for path in PAGES)
    assert [phrase for phrase in FIXED if phrase not in text] == []
