"""What smalldocs needs changed in a notebook before it renders it: pictures in files, and which code is folded.

A picture inside the page is a trap: two matplotlib SVGs repeat each other's ids, and an HTML parser writes `viewBox` in
lower case, which empties the drawing.
"""

from __future__ import annotations

import base64
from html import escape
from pathlib import Path
from typing import Any

from patbench_lib.report.site.notebook import (
    Cell,
    code_cells,
    join_options,
    joined,
    read_notebook,
    split_options,
    write_notebook,
)

_SUFFIX = {"image/svg+xml": ".svg", "image/png": ".png", "image/jpeg": ".jpg", "image/gif": ".gif"}


def prepare_notebook(path: Path, *, fold: bool | str) -> None:
    """Rewrite a staged notebook for smalldocs.

    Parameters
    ----------
    path : the notebook; its pictures go to `<name>_files/figures/` beside it, as Quarto keeps them.
    fold : the site's `code-fold`, which smalldocs heeds only where a cell says it itself.
    """
    notebook = read_notebook(path)
    folder = path.with_name(f"{path.stem}_files") / "figures"
    for number, cell in enumerate(code_cells(notebook)):
        options, code = split_options(cell["source"])
        cell["source"] = join_options({"code-fold": fold, **options}, code)
        _take_out_pictures(cell, options, folder, name=str(options.get("label", f"cell-{number}")))
    write_notebook(notebook, path)


def _take_out_pictures(cell: Cell, options: dict[str, Any], folder: Path, *, name: str) -> None:
    pictures = [(output, kind) for output in cell.get("outputs", []) if (kind := _kind(output))]
    for nth, (output, kind) in enumerate(pictures):
        file = f"{name}-{nth + 1}{_SUFFIX[kind]}"
        _save(joined(output["data"][kind]), kind, folder / file)
        source = f"{folder.parent.name}/{folder.name}/{file}"
        output["data"] = {"text/html": _image(source, _nth(options.get("fig-alt"), nth))}


def _kind(output: dict[str, Any]) -> str:
    """Return the picture that is shown of an output: none where it is HTML, SVG before the bitmaps."""
    data = output.get("data", {})
    return "" if "text/html" in data else next((kind for kind in _SUFFIX if kind in data), "")


def _save(content: str, kind: str, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if kind == "image/svg+xml" else base64.b64decode(content))


def _nth(alternatives: Any, nth: int) -> str:
    if isinstance(alternatives, list):
        return str(alternatives[nth]) if nth < len(alternatives) else ""
    return str(alternatives or "")


def _image(source: str, alternative: str) -> str:
    return f'<img src="{escape(source)}" alt="{escape(alternative)}" class="img-fluid figure-img">'
