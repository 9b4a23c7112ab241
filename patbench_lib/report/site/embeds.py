"""Put a notebook's cells into the pages that embed them by label."""

from __future__ import annotations

import copy
import posixpath
import re
from collections.abc import Mapping

from bs4 import BeautifulSoup, Tag

from patbench_lib.report.site.presence import EMBED

_RELATIVE = re.compile(r"^(?![a-zA-Z][a-zA-Z0-9+.-]*:|/|#|\?)")


def put_in_embeds(pages: Mapping[str, BeautifulSoup]) -> None:
    """Replace each paragraph that is an embed shortcode by the outputs of the cell it names.

    An embed that points nowhere stays as it is written; the check of the site finds it.
    """
    for path, page in pages.items():
        for paragraph in page.select("main p"):
            embed = EMBED.fullmatch(paragraph.get_text().strip())
            if embed is None:
                continue
            source = f"notebooks/{embed['notebook']}.html"
            cell = pages[source].find("div", class_="cell", id=embed["label"]) if source in pages else None
            if isinstance(cell, Tag):
                paragraph.replace_with(_outputs(cell, source, path))


def _outputs(cell: Tag, source: str, target: str) -> Tag:
    """Copy a cell without its code and streams, its relative links seen from the embedding page."""
    shown = copy.copy(cell)
    for unwanted in shown.select(".code-copy-outer-scaffold, details, .cell-output-stdout"):
        unwanted.decompose()
    for attribute in ("src", "href"):
        for element in shown.find_all(True, attrs={attribute: _RELATIVE}):
            absolute = posixpath.join(posixpath.dirname(source), str(element[attribute]))
            element[attribute] = posixpath.relpath(absolute, posixpath.dirname(target) or ".")
    return shown
