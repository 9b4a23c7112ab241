"""Make an executed notebook fit to be a page: no execution noise, text that fits the study, banner where due."""

from __future__ import annotations

import re
from typing import Any

from patbench_lib.report.site.banner import callout, prefix_captions, split_head
from patbench_lib.report.site.notebook import Cell, Notebook, join_options, joined, split_options
from patbench_lib.report.site.presence import Present, fit
from patbench_lib.report.site.subtitle import with_subtitle
from patbench_lib.report.site.tables import align_tables, reachable, renamed

_WIDGET = "application/vnd.jupyter.widget-view+json"
_PARAMETER_TAGS = {"parameters", "injected-parameters"}
_OBJECT_REPR = re.compile(r"\A<[^\n]*>\Z")


def page_of(notebook: Notebook, present: Present, banner: str | None) -> Notebook:
    """Return the notebook as the site shows it.

    Parameters
    ----------
    notebook : an executed notebook.
    present : the study's notebooks and their labels; text about others goes.
    banner : what to say at the top of the page of a synthetic study, or None.
    """
    cells = [_page_cell(cell, present, banner) for cell in notebook["cells"] if not _is_parameters(cell)]
    cells = _set_apart(with_subtitle(cells))
    cells = [_ruled(cell) if number else cell for number, cell in enumerate(cells)]
    cells = [{"id": f"cell-{number}", **cell} for number, cell in enumerate(cells)]  # format 4.5 asks for ids
    language = {key: notebook.get("metadata", {}).get(key) for key in ("kernelspec", "language_info")}
    return {
        "cells": _with_banner(cells, banner) if banner else cells,
        "metadata": {key: value for key, value in language.items() if value},
        "nbformat": 4,
        "nbformat_minor": 5,
    }


def _is_parameters(cell: Cell) -> bool:
    """Papermill's cells are not shown: the notebook tells its parameters once, on purpose, as a table."""
    return bool(_PARAMETER_TAGS & set(cell.get("metadata", {}).get("tags", [])))


def _page_cell(cell: Cell, present: Present, banner: str | None) -> Cell:
    metadata = {"tags": cell["metadata"]["tags"]} if cell.get("metadata", {}).get("tags") else {}
    page: Cell = {**cell, "metadata": metadata}
    if cell["cell_type"] == "markdown":
        page["source"] = fit(cell["source"], present)
    if cell["cell_type"] != "code":
        return page
    options, code = split_options(cell["source"])
    options = {key: " ".join(value.split()) if isinstance(value, str) else value for key, value in options.items()}
    page["source"] = join_options(prefix_captions(options) if banner else options, code)
    page["outputs"] = [_aligned(output) for output in cell.get("outputs", []) if not _is_noise(output)]
    return page


def _aligned(output: dict[str, Any]) -> dict[str, Any]:
    data = output.get("data", {})
    if "text/html" not in data:
        return output
    return {**output, "data": {**data, "text/html": reachable(align_tables(joined(data["text/html"])))}}


def _set_apart(cells: list[Cell]) -> list[Cell]:
    """Give a table that says what another of the page says an id of its own: ids are made of what tables say."""
    seen: set[str] = set()
    for cell in cells:
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            if "text/html" in data:
                data["text/html"], names = renamed(data["text/html"], seen)
                seen |= names
    return cells


def _is_noise(output: dict[str, Any]) -> bool:
    """Progress bars, warnings, widgets that need a kernel, and `<Axes: …>` left by a last line without semicolon."""
    if output.get("output_type") == "stream":
        return output.get("name") == "stderr"
    data = output.get("data", {})
    only_text = set(data) == {"text/plain"} and _OBJECT_REPR.match(joined(data["text/plain"]).strip()) is not None
    return _WIDGET in data or only_text


def _ruled(cell: Cell) -> Cell:
    """Write a rule at the top of a later cell as `***`: with `---` Quarto reads the cell as YAML and stops."""
    if cell["cell_type"] == "markdown" and re.match(r"---[ \t]*(\n|\Z)", cell["source"]):
        return {**cell, "source": "***" + cell["source"][3:]}
    return cell


def _with_banner(cells: list[Cell], banner: str) -> list[Cell]:
    notice: Cell = {"cell_type": "markdown", "id": "synthetic-banner", "metadata": {}, "source": callout(banner)}
    if not cells or cells[0]["cell_type"] == "code":
        return [notice, *cells]
    head, rest = split_head(cells[0]["source"])
    if not head:
        return [notice, *cells]
    first = {**cells[0], "source": head}
    body: Cell = {"cell_type": "markdown", "id": "after-banner", "metadata": {}, "source": rest}
    return [first, notice, *([body] if rest.strip() else []), *cells[1:]]
