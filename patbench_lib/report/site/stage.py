"""The staging folder: all that a renderer needs for one study's site, and nothing else."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from pathlib import Path

import yaml

from patbench_lib.errors import PatbenchError
from patbench_lib.report.site.banner import callout, split_head, titled
from patbench_lib.report.site.frames import with_pages_out
from patbench_lib.report.site.notebook import read_notebook, telling_labels, write_notebook
from patbench_lib.report.site.notebook_page import page_of
from patbench_lib.report.site.presence import fit
from patbench_lib.report.site.project import study_project

_SOURCES = ("_quarto.yml", "index.qmd", "references.bib")
_MANUSCRIPT = "_quarto-manuscript.yml"


def stage(
    study_name: str, *, title: str, notebooks: Sequence[Path], sources: Path, out: Path, banner: str | None
) -> Path:
    """Make the staging folder of a study's site afresh.

    Parameters
    ----------
    study_name : name of the study, shown in the footer.
    title : title of the site and of its first page.
    notebooks : the executed notebooks, `NN_name.ipynb`, in the order of the site.
    sources : folder of `_quarto.yml`, `index.qmd`, `references.bib`, `theme/` and `teaching/`: the repository's root.
    out : the staging folder to make, `build/<study>/site`; what it held is replaced.
    banner : for a synthetic study, what every page says at its top; captions are marked as well. None otherwise.

    Returns
    -------
    `out`.
    """
    missing = [name for name in _SOURCES if not (sources / name).is_file()]
    if missing:
        raise PatbenchError(
            f"The site cannot be made: {', '.join(missing)} not found in {sources}.",
            todo="Run the build from the root of the repository.",
        )
    making = out.with_name(f".{out.name}.{os.getpid()}")
    shutil.rmtree(making, ignore_errors=True)
    making.mkdir(parents=True)
    try:
        _fill(making, study_name, title, notebooks, sources, banner)
        shutil.rmtree(out, ignore_errors=True)
        making.rename(out)
    finally:
        shutil.rmtree(making, ignore_errors=True)
    return out


def _fill(
    folder: Path, study_name: str, title: str, notebooks: Sequence[Path], sources: Path, banner: str | None
) -> None:
    executed = {path.stem: read_notebook(path) for path in notebooks}
    present = {name: telling_labels(notebook) for name, notebook in executed.items()}
    framed: dict[str, str] = {}
    for name, notebook in executed.items():
        told, found = with_pages_out(name, notebook, banner)
        framed |= found
        write_notebook(page_of(told, present, banner), folder / "notebooks" / f"{name}.ipynb")
    for path, page in framed.items():
        (folder / path).write_text(page, encoding="utf-8")

    notice = f"\n{callout(banner)}\n" if banner else ""
    texts = [path.relative_to(sources).as_posix() for path in sorted(sources.glob("teaching/*.qmd"))]
    for name in ("index.qmd", *texts):
        head, body = split_head(fit((sources / name).read_text(encoding="utf-8"), present))
        head = titled(head, title) if name == "index.qmd" else head
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(head + notice + body, encoding="utf-8")

    project = yaml.safe_load((sources / "_quarto.yml").read_text(encoding="utf-8"))
    pages = [f"notebooks/{name}.ipynb" for name in executed]
    project = study_project(project, study_name=study_name, title=title, pages=pages, texts=texts, files=framed)
    (folder / "_quarto.yml").write_text(
        yaml.safe_dump(project, sort_keys=False, allow_unicode=True, width=1000), encoding="utf-8"
    )
    shutil.copy(sources / "references.bib", folder / "references.bib")
    if (sources / _MANUSCRIPT).is_file():
        shutil.copy(sources / _MANUSCRIPT, folder / _MANUSCRIPT)
    if (sources / "theme").is_dir():
        shutil.copytree(sources / "theme", folder / "theme")
