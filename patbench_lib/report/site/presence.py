"""Fit Markdown to the notebooks that a study has: blocks, embedded cells and links of the others go."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

Present = Mapping[str, Collection[str]]
"""The labels of the cells of each notebook that have something to show, by the notebook's name without suffix."""

EMBED = re.compile(r"\{\{<\s*embed\s+(?:[\w./-]*/)?(?P<notebook>[\w-]+)\.ipynb#(?P<label>[\w-]+)[^>]*>\}\}")
_NEEDS = re.compile(r"^:{3,}\s*\{\.needs notebook=\"(?P<notebook>[^\"]+)\"(?: label=\"(?P<labels>[^\"]+)\")?\}\s*$")
_OPEN = re.compile(r"^:{3,}\s*[{\w]")
_CLOSE = re.compile(r"^:{3,}\s*$")
_CODE = re.compile(r"^\s*(`{3,}|~{3,})")
_LINK = re.compile(r"(?<!!)\[(?P<text>[^\]]+)\]\((?:[\w./-]*/)?(?P<notebook>\d\d_\w+)\.ipynb(?:#[\w-]*)?\)")


def fit(text: str, present: Present) -> str:
    """Drop from Markdown what needs a notebook or a cell that the study does not have.

    Parameters
    ----------
    text : Markdown of a page or a cell.
    present : the study's notebooks and the labels in each.

    Returns
    -------
    The text without the blocks `::: {.needs notebook="…"}` of absent notebooks, and without those that ask for labels
    as well, `label="fig-a fig-b"`, where none of these is there; the others lose only their fences. Embeds that point
    nowhere go, and links to absent notebooks turn into their text.
    """
    lines = _drop_blocks(text.split("\n"), present)
    return "\n".join(_fit_line(line, present) for line in lines if not _points_nowhere(line, present))


def _drop_blocks(lines: list[str], present: Present) -> list[str]:
    kept: list[str] = []
    position, code = 0, False
    while position < len(lines):
        line = lines[position]
        code ^= bool(_CODE.match(line))
        needs = None if code else _NEEDS.match(line)
        if needs is None:
            kept.append(line)
            position += 1
            continue
        end = _block_end(lines, position)
        if _is_met(needs, present):
            kept += _drop_blocks(lines[position + 1 : end], present)
        position = end + 1
    return kept


def _is_met(needs: re.Match[str], present: Present) -> bool:
    labels = (needs["labels"] or "").split()
    found = present.get(needs["notebook"])
    return found is not None and (not labels or any(label in found for label in labels))


def _block_end(lines: list[str], start: int) -> int:
    """Return the line of the fence that closes the block opened at `start`, or the line after the last."""
    depth, code = 0, False
    for number in range(start, len(lines)):
        code ^= bool(_CODE.match(lines[number]))
        if code:
            continue
        depth += bool(_OPEN.match(lines[number])) - bool(_CLOSE.match(lines[number]))
        if depth == 0:
            return number
    return len(lines)


def _points_nowhere(line: str, present: Present) -> bool:
    embed = EMBED.search(line)
    return embed is not None and embed["label"] not in present.get(embed["notebook"], ())


def _fit_line(line: str, present: Present) -> str:
    return _LINK.sub(lambda link: link[0] if link["notebook"] in present else link["text"], line)
