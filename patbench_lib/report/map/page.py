"""The page of the moving map: one file with its data, style and scripts, which asks nobody for anything."""

from __future__ import annotations

from html import escape
from importlib.resources import files

from IPython.display import HTML

from patbench_lib.bench.cluster_map import Looked
from patbench_lib.report.clustering_tables import NO_VECTORS
from patbench_lib.report.map.pack import map_data, script_json
from patbench_lib.report.style import SYNTHETIC

SCRIPTS = ("data", "shapes", "paint", "view", "search", "told", "legend", "moves", "page")
"""Files of static/ in the order in which they become one script."""

TITLE = "Map of publications"


def interactive_map(looked: Looked | None, *, synthetic: bool) -> HTML:
    """Return the map for a notebook, in a frame of its own that keeps its style and scripts from the rest.

    The frame holds the whole page, so that a notebook needs no file beside it; the site takes the page out and shows
    it from a file (`report.site.frames`).
    """
    if looked is None:
        return HTML(f"<p>{NO_VECTORS} So there is no map.</p>")
    held = map_page(looked, synthetic=synthetic).replace("&", "&amp;").replace('"', "&quot;")
    look = f'title="{TITLE}" style="width:100%;height:46rem;border:0"'
    return HTML(f'<div><iframe class="patbench-page" data-page="map" {look} srcdoc="{held}"></iframe></div>')


def map_page(looked: Looked, *, synthetic: bool) -> str:
    """Return the page as HTML. Texts of patents are data, and are written as text alone wherever they go.

    The page marks its times: `map-read` when the data are read, `map-seen` when the first picture is on the screen.
    """
    static = files("patbench_lib.report.map").joinpath("static")
    script = "\n".join(static.joinpath(f"{name}.js").read_text(encoding="utf-8") for name in SCRIPTS)
    mark = f" <em>{SYNTHETIC}</em>" if synthetic else ""
    about = f"{len(looked.shown):,} publications by the vectors of {escape(looked.system)}, near where texts are alike."
    values = {
        "title": TITLE,
        "about": about + mark,
        "style": static.joinpath("map.css").read_text(encoding="utf-8"),
        "data": script_json(map_data(looked)),
        "script": f'(() => {{\n"use strict";\n{script}}})();',
    }
    page = static.joinpath("map.html").read_text(encoding="utf-8")
    parts = page.split("{{")  # cut once: what is put in is not looked through again
    return parts[0] + "".join(values[name] + rest for name, rest in (part.split("}}", 1) for part in parts[1:]))
