"""Pages that a notebook carries in frames: taken out into files of the site, which the notebook then shows."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import escape, unescape
from typing import Any

from patbench_lib.report.site.notebook import Cell, Notebook, joined

Shown = Callable[[re.Match[str]], str]
_FRAME = re.compile(
    r'(?P<tag><iframe class="patbench-page" data-page="(?P<name>[\w-]+)"[^>]*) srcdoc="(?P<page>[^"]*)">'
)


def with_pages_out(name: str, notebook: Notebook, banner: str | None) -> tuple[Notebook, dict[str, str]]:
    """Take the pages out of a notebook's frames: data of a large map would be slow to render, and stand there twice.

    Parameters
    ----------
    name : of the notebook, to which the pages lead back.
    banner : what each page of a synthetic study says, None otherwise.

    Returns
    -------
    The notebook, its frames showing files beside the summary, with a link above each; and the pages by these paths.
    """
    pages: dict[str, str] = {}

    def shown(frame: re.Match[str]) -> str:
        path = f"{frame['name']}.html"
        pages[path] = _of_the_site(unescape(frame["page"]), name, banner)
        link = f'<p><a href="../{path}">Open it on a page of its own</a></p>'
        return f'{link}\n{frame["tag"]} src="../{path}" loading="lazy">'

    return {**notebook, "cells": [_with_frames(cell, shown) for cell in notebook["cells"]]}, pages


def _with_frames(cell: Cell, shown: Shown) -> Cell:
    return {**cell, "outputs": [_output(output, shown) for output in cell["outputs"]]} if cell.get("outputs") else cell


def _output(output: dict[str, Any], shown: Shown) -> dict[str, Any]:
    data = output.get("data", {})
    if "text/html" not in data:
        return output
    return {**output, "data": {**data, "text/html": _FRAME.sub(shown, joined(data["text/html"]))}}


def _of_the_site(page: str, notebook: str, banner: str | None) -> str:
    """Put ways back and the banner at the end of a page's header; in a frame the notebook around it has both."""
    ways = f'<a href="index.html">Summary</a><a href="notebooks/{notebook}.html">How it was made</a>'
    added = f'<nav class="site-only" aria-label="Study">{ways}</nav>\n'
    if banner:
        added += f'<p class="site-only callout-important">{escape(banner.replace("**", ""))}</p>\n'
    return page.replace("</header>", f"{added}</header>", 1)
