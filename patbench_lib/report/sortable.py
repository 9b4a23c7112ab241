"""A table whose columns sort when their headings are pressed, by mouse or keyboard, with nothing from elsewhere."""

from __future__ import annotations

from importlib.resources import files

from bs4 import BeautifulSoup
from great_tables import GT
from IPython.display import HTML

_STYLE = (
    ".patbench-sortable thead button{all:unset;cursor:pointer;font:inherit;text-align:inherit}"
    ".patbench-sortable thead button:focus-visible{outline:2px solid #0072B2;outline-offset:2px}"
    '.patbench-sortable thead button::after{content:" ↕";opacity:.6}'
    '.patbench-sortable [aria-sort=ascending] button::after{content:" ↑";opacity:1}'
    '.patbench-sortable [aria-sort=descending] button::after{content:" ↓";opacity:1}'
    # The names of systems stay in sight where the table is wider than the page.
    ".patbench-sortable :is(th,td):first-child{position:sticky;left:0;z-index:1;background-color:#fff}"
    ".patbench-sortable td.gt_striped:first-child{background-color:#f4f4f4}"
    ".patbench-sortable-note{font-size:.8em;margin:.3em 0 0;max-width:none!important}"
)


def sortable(shown: GT) -> HTML:
    """Return a table as HTML that brings its own style and script.

    Its notes stand under it, not in it, so that they break their lines where a wide table is moved sideways. Quarto
    leaves the table as it is, for the script has to find the rows that were written here.
    """
    soup = BeautifulSoup(shown.tab_options(quarto_disable_processing=True).as_raw_html(), "html.parser")
    notes = [note.decode_contents() for note in soup.select("td.gt_sourcenote")]
    for foot in soup.select("tfoot"):
        foot.decompose()
    script = files("patbench_lib.report").joinpath("sort.js").read_text(encoding="utf-8")
    told = "\n".join(f'<p class="patbench-sortable-note">{note}</p>' for note in notes)
    return HTML(
        f'<div class="patbench-sortable">\n<style>{_STYLE}</style>\n{soup}\n{told}\n<script>{script}</script>\n</div>'
    )
