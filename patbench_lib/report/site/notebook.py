"""Executed notebooks as plain JSON: read, write, and the `#|` options of a code cell."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from patbench_lib.errors import PatbenchError
from patbench_lib.report.style import NOTHING_DRAWN

Cell = dict[str, Any]
Notebook = dict[str, Any]


def read_notebook(path: Path) -> Notebook:
    """Read a notebook of format 4, each cell's source joined to one string."""
    try:
        notebook: Notebook = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise PatbenchError(
            f"The executed notebook {path} cannot be read.", why=str(error), todo="Execute the notebook again."
        ) from error
    for number, cell in enumerate(notebook.get("cells", []), start=1):
        cell["source"] = joined(cell.get("source", ""))
        try:
            split_options(cell["source"])
        except yaml.YAMLError as error:
            raise PatbenchError(
                f"The `#|` options of cell {number} of {path.name} cannot be read.",
                why=str(error),
                todo="Put a caption that holds a colon in quotes.",
            ) from error
    return notebook


def write_notebook(notebook: Notebook, path: Path) -> None:
    """Write a notebook as JSON, making its folder where needed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(notebook, ensure_ascii=False, indent=1), encoding="utf-8")


def joined(text: str | list[str]) -> str:
    """Return a notebook's multi-line field, stored as a string or as lines, as one string."""
    return "".join(text) if isinstance(text, list) else text


def code_cells(notebook: Notebook) -> Iterator[Cell]:
    """Go through the code cells of a notebook in order."""
    return (cell for cell in notebook.get("cells", []) if cell.get("cell_type") == "code")


def split_options(source: str) -> tuple[dict[str, Any], str]:
    """Split a code cell into its `#| key: value` options and its code."""
    lines = source.split("\n")
    count = next((n for n, line in enumerate(lines) if not line.startswith("#|")), len(lines))
    # One space after `#|` belongs to the marker; further ones are YAML's indentation.
    options = yaml.safe_load("\n".join(line[2:].removeprefix(" ") for line in lines[:count])) if count else None
    return (options, "\n".join(lines[count:])) if isinstance(options, dict) else ({}, source)


def join_options(options: dict[str, Any], code: str) -> str:
    """Put options above code, one line each: smalldocs does not read a value that runs over several lines."""
    lines = [f"#| {key}: {json.dumps(value, ensure_ascii=False)}" for key, value in options.items()]
    return "\n".join([*lines, code])


def labelled_options(notebook: Notebook) -> dict[str, dict[str, Any]]:
    """Return the options of each labelled cell, by label."""
    every = (split_options(cell["source"])[0] for cell in code_cells(notebook))
    return {str(options["label"]): options for options in every if "label" in options}


def telling_labels(notebook: Notebook) -> set[str]:
    """Return the labels of the cells that other pages may embed: not of figures that say there is nothing to draw."""
    labels = set()
    for cell in code_cells(notebook):
        label = split_options(cell["source"])[0].get("label")
        drawings = [joined(each.get("data", {}).get("image/svg+xml", "")) for each in cell.get("outputs", [])]
        if label and not any(f'id="{NOTHING_DRAWN}"' in drawing for drawing in drawings):
            labels.add(str(label))
    return labels
