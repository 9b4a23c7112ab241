"""Look through a rendered site for what must not be published."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from urllib.parse import unquote, urlsplit

from bs4 import BeautifulSoup, Comment, Tag

from patbench_lib.errors import PatbenchError

_HIDDEN = {"code", "pre", "script", "style", "title", "annotation", "template"}
_LEFT_OVER = {
    "an unresolved reference": re.compile(r"\?@[\w-]+"),
    "a reference that was not linked": re.compile(r"(?<![\w.?])@(?:fig|tbl|sec|eq)-[\w-]+"),
    "a shortcode that was not filled in": re.compile(r"\{\{<[^>]*>?"),
    "a block fence that was not read": re.compile(r"^\s*:{3,}.*$", re.M),
}
_LOADED = {
    "src": ("script", "img", "iframe", "source", "video", "audio", "embed", "track", "input"),
    "data": ("object",),
    "poster": ("video",),
    "href": ("image", "use"),
    "xlink:href": ("image", "use"),
}
"""Elements that load what an attribute of theirs names."""
_LOADING_LINKS = {"stylesheet", "preload", "icon", "modulepreload", "preconnect", "dns-prefetch"}
_REMOTE = re.compile(r"^\s*(https?:)?//")
_REMOTE_PICTURE = re.compile(r"(?:^|,)\s*((?:https?:)?//\S+)")
_REMOTE_FETCH = re.compile(r"\bfetch\(\s*['\"`]((?:https?:)?//[^'\"`]+)")
_REMOTE_MODULE = re.compile(r"\bimport\b[^;\n]*?['\"]((?:https?:)?//[^'\"]+)['\"]")
_REMOTE_CSS = re.compile(r"(?:url\(\s*['\"]?|@import\s+['\"])((?:https?:)?//[^'\")\s]+)")


@dataclass(frozen=True, order=True)
class Problem:
    """Something wrong on a page of a site."""

    page: str
    what: str

    def __str__(self) -> str:
        """Write the problem on one line."""
        return f"{self.page}: {self.what}"


@dataclass(frozen=True)
class _Page:
    path: Path
    soup: BeautifulSoup
    ids: Counter[str]


Check = Callable[[_Page, dict[Path, _Page]], Iterator[str]]


def check_site(folder: Path, *, banner: str | None = None) -> list[Problem]:
    """Return all that is wrong with a rendered site, in the order of its pages.

    Parameters
    ----------
    folder : the site.
    banner : for a synthetic study, the notice that every page must show.
    """
    pages = {path.resolve(): _read(path) for path in sorted(folder.rglob("*.html")) if "site_libs" not in path.parts}
    if not pages:
        return [Problem(str(folder), "there is no page")]
    checks: list[Check] = [_files, _links, _left_overs, _alternatives, _remote, _duplicate_ids]
    checks += [partial(_banner, banner=banner)] if banner else []
    problems = [
        Problem(page.path.relative_to(folder).as_posix(), what)
        for page in pages.values()
        for check in checks
        for what in check(page, pages)
    ]
    problems += [
        Problem(path.relative_to(folder).as_posix(), f"loads {address} from elsewhere")
        for path in sorted(folder.rglob("*.css"))
        for address in _REMOTE_CSS.findall(path.read_text(encoding="utf-8", errors="replace"))
    ]
    return list(dict.fromkeys(problems))


def require_sound(folder: Path, *, banner: str | None = None) -> None:
    """Fail, with everything that is wrong, unless a rendered site passes `check_site`."""
    problems = check_site(folder, banner=banner)
    if problems:
        raise PatbenchError(
            f"The site in {folder} has {len(problems)} problem(s).",
            why="\n".join(f"- {problem}" for problem in problems),
            todo="Correct them in index.qmd or the notebooks, and make the site again.",
        )


def _read(path: Path) -> _Page:
    soup = BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")
    return _Page(path, soup, Counter(str(element["id"]) for element in soup.find_all(id=True)))


def _files(page: _Page, pages: dict[Path, _Page]) -> Iterator[str]:
    """Every picture, script and style sheet of the page is there."""
    for element in page.soup.select("img[src], script[src], link[href]"):
        address = str(element.get("src") or element.get("href"))
        parts = urlsplit(address)
        if not (parts.scheme or parts.netloc) and not (page.path.parent / unquote(parts.path)).exists():
            yield f"a file that does not exist: {address}"


def _links(page: _Page, pages: dict[Path, _Page]) -> Iterator[str]:
    """Every link inside the site leads to a file, and where it names an anchor, to that anchor."""
    for link in page.soup.select("a[href], area[href]"):
        href = str(link["href"])
        parts = urlsplit(href)
        if parts.scheme or parts.netloc or not href.strip("#"):
            continue
        target = (page.path.parent / unquote(parts.path)).resolve() if parts.path else page.path.resolve()
        target = target / "index.html" if target.is_dir() else target
        if not target.exists():
            in_sidebar = link.find_parent(id="quarto-sidebar") is not None
            yield f"the sidebar lists a page that does not exist: {href}" if in_sidebar else f"dead link: {href}"
        elif parts.fragment and target in pages and not _has_anchor(pages[target], unquote(parts.fragment)):
            yield f"dead anchor: {href}"


def _has_anchor(page: _Page, name: str) -> bool:
    return name in page.ids or page.soup.find("a", attrs={"name": name}) is not None


def _left_overs(page: _Page, pages: dict[Path, _Page]) -> Iterator[str]:
    """No markup is left for readers to see, and no cell shows an error."""
    text = "\n".join(_visible(page.soup))
    for what, pattern in _LEFT_OVER.items():
        for found in pattern.findall(text):
            yield f"{what}: {found.strip()}"
    for formula in page.soup.select("span.math"):
        if not formula.find("math"):
            yield f"a formula that was not written: {formula.get_text().strip()}"
    for citation in page.soup.select(".citation strong"):
        if citation.get_text().endswith("?"):
            yield f"a citation without an entry in the bibliography: {citation.get_text()}"
    for error in page.soup.select(".cell-output-error"):
        lines = error.get_text().strip().splitlines()
        yield f"a cell failed: {lines[-1] if lines else ''}"


def _visible(soup: BeautifulSoup) -> Iterator[str]:
    for text in soup.find_all(string=True):
        if not isinstance(text, Comment) and not any(parent.name in _HIDDEN for parent in text.parents):
            yield str(text)


def _alternatives(page: _Page, pages: dict[Path, _Page]) -> Iterator[str]:
    """Every picture says in words what it shows."""
    for image in page.soup.find_all("img"):
        if not str(image.get("alt") or "").strip():
            yield f"a picture without alternative text: {str(image.get('src', ''))[:80]}"
    for drawing in page.soup.select('svg[role="img"]'):
        labelled = drawing.get("aria-label") or drawing.get("aria-labelledby") or drawing.find("title")
        if not labelled:
            yield "a drawing without a label (svg role=img)"


def _remote(page: _Page, pages: dict[Path, _Page]) -> Iterator[str]:
    """A page reads with no network: nothing is loaded from elsewhere."""
    for attribute, elements in _LOADED.items():
        for element in page.soup.find_all(elements, attrs={attribute: _REMOTE}):
            yield f"loads {element[attribute]} from elsewhere"
    for element in page.soup.find_all(srcset=True):
        for address in _REMOTE_PICTURE.findall(str(element["srcset"])):
            yield f"loads {address} from elsewhere"
    for link in page.soup.find_all("link", href=_REMOTE):
        if _LOADING_LINKS & set(link.get_attribute_list("rel")):
            yield f"loads {link['href']} from elsewhere"
    for script in page.soup.find_all("script", src=False):
        for address in [*_REMOTE_MODULE.findall(script.get_text()), *_REMOTE_FETCH.findall(script.get_text())]:
            yield f"loads {address} from elsewhere"
    styles = [*page.soup.find_all("style"), *page.soup.find_all(style=True)]
    for style in styles:
        text = style.get_text() if isinstance(style, Tag) and style.name == "style" else str(style.get("style"))
        for address in _REMOTE_CSS.findall(text):
            yield f"loads {address} from elsewhere"


def _duplicate_ids(page: _Page, pages: dict[Path, _Page]) -> Iterator[str]:
    for name, count in page.ids.items():
        if count > 1:
            yield f"the id {name} is used {count} times"


def _banner(page: _Page, pages: dict[Path, _Page], *, banner: str) -> Iterator[str]:
    """The notice is looked for by its words: renderers change quotes and links, not words."""
    said = [" ".join(_words(callout.get_text(" "))) for callout in page.soup.select(".callout-important")]
    if not any(" ".join(_words(banner)) in one for one in said):
        yield "the notice that the landscape is synthetic is missing"


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", re.sub(r"\]\([^)]*\)", "]", text))
