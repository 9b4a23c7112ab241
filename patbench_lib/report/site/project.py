"""The repository's `_quarto.yml`, cut to the notebooks that a study has."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

OUTPUT = "_site"
"""Where, inside the staging folder, either renderer writes."""


def study_project(
    project: dict[str, Any],
    *,
    study_name: str,
    title: str,
    pages: Collection[str],
    texts: Collection[str] = (),
    files: Collection[str] = (),
) -> dict[str, Any]:
    """Return the Quarto project of one study.

    Parameters
    ----------
    project : the content of the repository's `_quarto.yml`.
    study_name : shown in the footer of every page.
    title : the title of the site.
    pages : the notebooks of the study as paths in the project, in order.
    texts : pages without a notebook, beside the summary; every study has them.
    files : pages that are finished, which the renderer copies.

    Returns
    -------
    The project with its render list and sidebar cut to `pages`. A page that the repository's sidebar does not know yet
    is put at its end, so that no page is left without a way to it.
    """
    website = project.get("website", {})
    sidebar = dict(website.get("sidebar", {}))
    contents = _cut(sidebar.get("contents", []), {*pages, *files})
    known = set(_paths(contents))
    sidebar["contents"] = contents + [page for page in pages if page not in known]
    footer = {"left": f"Study: {study_name}", **website.get("page-footer", {})}
    return {
        **project,
        "project": {**project.get("project", {}), "output-dir": OUTPUT, "render": ["index.qmd", *pages, *texts]}
        | ({"resources": list(files)} if files else {}),
        "website": {**website, "title": title, "sidebar": sidebar, "page-footer": footer},
    }


def _cut(contents: list[Any], pages: Collection[str]) -> list[Any]:
    """Keep the entries whose notebooks and finished pages exist, and the sections that still hold one."""
    kept: list[Any] = []
    for entry in contents:
        if isinstance(entry, dict) and "contents" in entry:
            inner = _cut(entry["contents"], pages)
            kept += [{**entry, "contents": inner}] if inner else []
        elif not (path := _path(entry)).endswith((".ipynb", ".html")) or "//" in path or path in pages:
            kept.append(entry)
    return kept


def _paths(contents: list[Any]) -> list[str]:
    inner = [path for entry in contents if isinstance(entry, dict) for path in _paths(entry.get("contents", []))]
    return [_path(entry) for entry in contents] + inner


def _path(entry: Any) -> str:
    return str(entry.get("href", "")) if isinstance(entry, dict) else str(entry)
