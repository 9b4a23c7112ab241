"""Say on every page, and in every caption, that a landscape is synthetic."""

from __future__ import annotations

import re
from typing import Any

import yaml

CAPTION_PREFIX = "Synthetic landscape. "
_FRONT = re.compile(r"\A---[ \t]*\n(.*?)\n---", re.S)
_HEAD = re.compile(r"\A(?:---[ \t]*\n.*?\n(?:---|\.\.\.)[ \t]*(?:\n|\Z))?(?:\s*# [^\n]*(?:\n|\Z))?", re.S)


def split_head(text: str) -> tuple[str, str]:
    """Split Markdown into its front matter and leading title, which must stay first, and the rest."""
    end = _HEAD.match(text)
    cut = end.end() if end else 0
    return text[:cut], text[cut:]


def titled(head: str, title: str) -> str:
    """Return the head of a page with another title; what else its front matter says stays."""
    found = _FRONT.match(head)
    front = {**(yaml.safe_load(found[1]) if found else {}), "title": title}
    return f"---\n{yaml.safe_dump(front, sort_keys=False, allow_unicode=True, width=1000)}---\n"


def callout(banner: str) -> str:
    """Return the banner as a Quarto callout; the title says already that the landscape is synthetic."""
    text = banner.removeprefix(CAPTION_PREFIX)
    return f'::: {{.callout-important .synthetic-banner title="Synthetic landscape"}}\n{text}\n:::\n'


def prefix_captions(options: dict[str, Any]) -> dict[str, Any]:
    """Return a cell's options with every figure and table caption marked as of a synthetic landscape.

    A cell that shows no landscape, such as the cards of models, says so by `#| synthetic: false`.
    """
    if options.get("synthetic") is False:
        return options
    return {key: _prefixed(value) if key in ("fig-cap", "tbl-cap") else value for key, value in options.items()}


def _prefixed(caption: Any) -> Any:
    if isinstance(caption, list):
        return [_prefixed(one) for one in caption]
    text = str(caption)
    return text if text.startswith(CAPTION_PREFIX.strip(" .")) else CAPTION_PREFIX + text
