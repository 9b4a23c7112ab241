"""What every notebook shows first: the notice of a synthetic study, and the parameters it ran with."""

from __future__ import annotations

from typing import Any

from IPython.display import Markdown

from patbench_lib.bench.bench import Bench
from patbench_lib.report.banner import banner_text, page_title
from patbench_lib.report.labels import plain


def notice(bench: Bench) -> Markdown | None:
    """Return what a synthetic study says of itself; on the site every page says it at its top."""
    text = banner_text(bench.study)
    return Markdown(f"> **{text}**") if text else None


def opening(bench: Bench, *fields: str) -> Markdown:
    """Return the parameters named as a table.

    Parameters
    ----------
    fields : names of study parameters, those that the notebook's `parameters` cell shows.
    """
    study = bench.study
    rows = [f"| `{name}` | {plain(_plain(getattr(study, name)))} |" for name in fields]
    lines = [f"Study **{study.name}**, {plain(page_title(study))}.\n", "| parameter | value |", "|:--|:--|", *rows]
    return Markdown("\n".join(lines))


def _plain(value: Any) -> str:
    if isinstance(value, (tuple, list)):
        return ", ".join(map(_plain, value)) or "none"
    if hasattr(value, "model_dump"):
        return ", ".join(f"{name} {_plain(part)}" for name, part in value.model_dump(exclude_none=True).items())
    if isinstance(value, dict):
        return ", ".join(f"{name} {_plain(part)}" for name, part in value.items()) or "none"
    return "none" if value is None else str(value)
