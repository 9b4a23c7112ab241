"""The figures of a study as files, taken from its executed notebooks, with a map of where each comes from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from patbench_lib.errors import PatbenchError
from patbench_lib.files import replacing, write_text
from patbench_lib.report.bitmap import bitmap
from patbench_lib.report.site.notebook import code_cells, joined, read_notebook, split_options


@dataclass(frozen=True)
class Drawn:
    """A figure as an executed notebook shows it."""

    notebook: str
    label: str
    caption: str
    svg: str

    @property
    def file(self) -> str:
        """Name of its file: the notebook's number and the figure's label."""
        return f"{self.notebook[:2]}-{self.label.removeprefix('fig-')}.svg"


def drawn_figures(notebook: Path) -> Iterator[Drawn]:
    """Yield the labelled figures of an executed notebook in their order."""
    for cell in code_cells(read_notebook(notebook)):
        options, _ = split_options(joined(cell["source"]))
        label = str(options.get("label", ""))
        pictures = [o["data"]["image/svg+xml"] for o in cell.get("outputs", []) if "image/svg+xml" in o.get("data", {})]
        if label.startswith("fig-") and pictures:
            yield Drawn(notebook.stem, label, str(options["fig-cap"]), joined(pictures[0]))


def save_figure(figure: Drawn, file: Path) -> None:
    """Write a figure as its file is called: lines to `.svg`, dots for print to `.png`.

    Raises
    ------
    PatbenchError
        Where the file has another suffix.
    """
    if file.suffix == ".svg":
        write_text(file, figure.svg.rstrip() + "\n")
    elif file.suffix == ".png":
        with replacing(file) as temporary:
            temporary.write_bytes(bitmap(figure.svg))
    else:
        raise PatbenchError(f"{file.name} is neither .svg nor .png.", todo="Name a file with one of these suffixes.")


def print_figures(notebooks: Sequence[Path], folder: Path) -> list[Path]:
    """Write the figures of executed notebooks for print, beside whatever is in the folder.

    Raises
    ------
    PatbenchError
        Where the notebooks show no figure.
    """
    files = {folder / Path(figure.file).with_suffix(".png"): figure for figure in _drawn(notebooks)}
    for file, figure in files.items():
        save_figure(figure, file)
    return list(files)


def write_figures(notebooks: Sequence[Path], folder: Path, *, study: str, notice: str | None) -> list[Path]:
    """Write the figures of executed notebooks and `README.md`, which maps each to its notebook; older ones go.

    Raises
    ------
    PatbenchError
        Where the notebooks show no figure.
    """
    figures = _drawn(notebooks)
    for old in folder.glob("*.svg"):
        old.unlink()
    lines = [
        "# Figures",
        "",
        f"Drawn by study `{study}`; `make figures` draws them anew.{f' {notice}' if notice else ''}",
        "",
        "| figure | notebook | shows |",
        "|:--|:--|:--|",
    ]
    for figure in figures:
        save_figure(figure, folder / figure.file)
        source = f"[{figure.notebook}](../notebooks/{figure.notebook}.ipynb)"
        lines.append(f"| [{figure.file}]({figure.file}) | {source}, `{figure.label}` | {figure.caption} |")
    write_text(folder / "README.md", "\n".join(lines) + "\n")
    return [folder / figure.file for figure in figures]


def _drawn(notebooks: Sequence[Path]) -> list[Drawn]:
    figures = [figure for notebook in notebooks for figure in drawn_figures(notebook)]
    if not figures:
        raise PatbenchError(f"No figures in {len(notebooks)} notebooks.", todo="Run the study first: make site")
    return figures
