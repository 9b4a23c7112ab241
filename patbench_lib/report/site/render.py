"""Render a staged site, with Quarto where it is installed, and put it in place in one step."""

from __future__ import annotations

import glob
import os
import re
import shutil
from pathlib import Path

from patbench_lib.errors import PatbenchError
from patbench_lib.report.site.command import run_renderer
from patbench_lib.report.site.fallback import render_without_quarto
from patbench_lib.report.site.project import OUTPUT

_REMOTE_IMPORT = re.compile(r"@import\s*(?:url\(\s*['\"]?(?:https?:)?//[^)]*\)|['\"](?:https?:)?//[^'\"]*['\"])[^;]*;")


def render(staged: Path, out: Path) -> str:
    """Render a staging folder into a website.

    The site is made inside the staging folder and takes its place at `out` only when it is whole: a render that fails
    or is killed leaves the site that was there.

    Parameters
    ----------
    staged : the folder that `stage` made.
    out : the folder of the site, replaced.

    Returns
    -------
    The renderer that made it: "quarto", or "smalldocs" where Quarto is not on the path.
    """
    rendered = staged / OUTPUT
    shutil.rmtree(rendered, ignore_errors=True)
    quarto = shutil.which("quarto")
    if quarto:
        run_renderer("Quarto", [quarto, "render", "."], staged)
    else:
        render_without_quarto(staged, rendered)
    if not (rendered / "index.html").is_file():
        raise PatbenchError(
            f"No site came out of {staged}: {rendered / 'index.html'} is missing.",
            todo="Look at index.qmd and _quarto.yml in that folder.",
        )
    _drop_remote_styles(rendered)
    _swap(rendered, out)
    return "quarto" if quarto else "smalldocs"


def _drop_remote_styles(site: Path) -> None:
    """Remove imports of web fonts from style sheets: the cosmo theme asks Google for one, and the site is offline."""
    for path in site.rglob("*.css"):
        text = path.read_text(encoding="utf-8")
        local = _REMOTE_IMPORT.sub("", text)
        if local != text:
            path.write_text(local, encoding="utf-8")


def _swap(rendered: Path, out: Path) -> None:
    """Move a finished site to `out`. Only renames happen at the end, beside `out` and so on its file system."""
    out.parent.mkdir(parents=True, exist_ok=True)
    for left in out.parent.glob(f".{glob.escape(out.name)}.*"):  # of a process that was killed here
        shutil.rmtree(left, ignore_errors=True)
    new, old = (out.with_name(f".{out.name}.{kind}.{os.getpid()}") for kind in ("new", "old"))
    shutil.move(rendered, new)
    if out.exists():
        out.rename(old)
    new.rename(out)
    shutil.rmtree(old, ignore_errors=True)
