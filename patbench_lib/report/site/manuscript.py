"""The first page of a site as an article: a Word document and JATS, the XML of journals."""

from __future__ import annotations

import shutil
from pathlib import Path

from bs4 import BeautifulSoup, Tag

from patbench_lib.errors import PatbenchError
from patbench_lib.report.bitmap import bitmap
from patbench_lib.report.site.command import run_renderer

FORMATS = {"docx": "manuscript.docx", "jats": "manuscript.xml"}
PROFILE = "manuscript"

_OUTPUT, _FIGURES = "_manuscript", "figures"
_ASIDE = "script, style, nav, .quarto-title-breadcrumbs, .code-copy-outer-scaffold, details, .anchorjs-link"
"""What a page has beside its text."""


def write_manuscript(staged: Path, site: Path, out: Path) -> tuple[str, list[Path]]:
    """Write the article of a study.

    With Quarto it is rendered by the profile `manuscript` from the staged sources. Without, pandoc writes it from the
    site's first page, which has numbers of figures, citations and references already.

    Parameters
    ----------
    staged, site : of a study whose site is made.
    out : the folder to write.

    Returns
    -------
    (str, list of Path)
        The renderer's name and the files.

    Raises
    ------
    PatbenchError
        Where the site is not made yet, or the renderer fails.
    """
    page = site / "index.html"
    if not page.is_file() or not staged.is_dir():
        raise PatbenchError(
            f"There is no site to make an article of: {page} is missing.", todo="Run `make site` first."
        )
    out.mkdir(parents=True, exist_ok=True)
    quarto = shutil.which("quarto")
    if quarto is None:
        return "pandoc", _from_page(page, out)
    run_renderer("Quarto", [quarto, "render", ".", "--profile", PROFILE], staged)
    made = [path for path in sorted((staged / _OUTPUT).iterdir()) if path.suffix in (".docx", ".xml")]
    return "quarto", [Path(shutil.copy(path, out / path.name)) for path in made]


def _from_page(page: Path, out: Path) -> list[Path]:
    import pypandoc

    shutil.rmtree(out / _FIGURES, ignore_errors=True)
    title, text = _article(page, out)
    arguments = ["--standalone", f"--metadata=title:{title}", f"--resource-path={out}"]
    for kind, name in FORMATS.items():
        try:
            pypandoc.convert_text(text, kind, format="html", outputfile=str(out / name), extra_args=arguments)
        except RuntimeError as error:
            raise PatbenchError(f"Pandoc could not write {name}.", why=str(error)) from error
    return [out / name for name in FORMATS.values()]


def _article(page: Path, out: Path) -> tuple[str, str]:
    """Return title and HTML of a page's article; its drawings become pictures for print beside it."""
    soup = BeautifulSoup(page.read_text(encoding="utf-8"), "html.parser")
    main = soup.select_one("main")
    heading = soup.select_one("h1.title") or soup.find("h1")
    if main is None or heading is None:
        raise PatbenchError(f"{page} has no text that an article could be made of.", todo="Make the site again.")
    title = heading.get_text().strip()
    heading.decompose()
    for aside in main.select(_ASIDE):
        aside.decompose()
    for number, image in enumerate(main.find_all("img")):
        image["src"] = _picture(page.parent / str(image["src"]), out, number)
        image.attrs = {key: image[key] for key in ("src", "alt") if image.has_attr(key)}
    for framed in main.find_all("figure"):
        _unframe(framed)
    for link in main.find_all("a", href=True):
        if not str(link["href"]).startswith(("http", "#")):
            link.unwrap()  # to other pages of the site, which an article does not have
    return title, str(main)


def _unframe(figure: Tag) -> None:
    """Put a table in place of the figure around it, with the figure's caption: a frame becomes a table around it."""
    table, caption = figure.find("table"), figure.find("figcaption")
    if isinstance(table, Tag) and isinstance(caption, Tag):
        caption.name = "caption"
        table.insert(0, caption.extract())
        figure.replace_with(table.extract())


def _picture(source: Path, out: Path, number: int) -> str:
    name = f"{_FIGURES}/figure-{number + 1}.png"
    content = bitmap(source.read_text(encoding="utf-8")) if source.suffix == ".svg" else source.read_bytes()
    (out / _FIGURES).mkdir(exist_ok=True)
    (out / name).write_bytes(content)
    return name
