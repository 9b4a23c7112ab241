"""A title that the run decides: what a cell with `#| subtitle: true` shows stands behind the notebook's own title."""

from __future__ import annotations

import re

from patbench_lib.report.site.notebook import Cell, joined, split_options

_TITLE = re.compile(r"\A(\s*# [^\n{]*?)[ \t]*(\{[^}\n]*\})?[ \t]*(?=\n|\Z)")


def with_subtitle(cells: list[Cell]) -> list[Cell]:
    """Return the cells of a page, the first one's title made longer by the subtitle; cells that show one are left out.

    A notebook whose first cell has no title stays as it is.
    """
    shown = [_shown(cell) for cell in cells if _is_subtitle(cell)]
    if not shown or cells[0]["cell_type"] != "markdown" or not _TITLE.match(cells[0]["source"]):
        return cells
    title = _TITLE.sub(lambda found: f"{found[1]}: {shown[0]}{f' {found[2]}' if found[2] else ''}", cells[0]["source"])
    return [{**cells[0], "source": title}, *(cell for cell in cells[1:] if not _is_subtitle(cell))]


def _is_subtitle(cell: Cell) -> bool:
    return cell["cell_type"] == "code" and split_options(cell["source"])[0].get("subtitle") is True


def _shown(cell: Cell) -> str:
    texts = (output.get("data", {}).get("text/markdown", "") for output in cell.get("outputs", []))
    return " ".join(joined(text).lstrip("# ").strip() for text in texts)
