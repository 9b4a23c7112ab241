"""The page of the map and plotly's for the same points, from a file in headless Chromium: time, size, frames."""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from clock import arguments, in_turns, ratio, report

from patbench_lib.bench.cluster_map import Looked
from patbench_lib.report.map import map_page
from patbench_lib.report.map.groups import groupings
from patbench_lib.report.map.pack import LISTED, script_json

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from fixtures.browser import Browser, chromium

WORDS = ("cane", "rod", "lamp", "wheel", "grip", "sensor", "obstacle", "reader", "braille", "hearing", "knee", "beacon")
SEEN = "return performance.getEntriesByName('map-seen')[0]?.startTime ?? -1"
# Move the map in every frame of two seconds and count the frames.
FRAMES = """
const [done] = arguments, began = performance.now(); let count = 0;
const frame = () => {
  move(count++);
  performance.now() - began < 2000 ? requestAnimationFrame(frame) : done(count / (performance.now() - began) * 1000);
};
requestAnimationFrame(frame);
"""
OUR_MOVE = """
const canvas = document.getElementById("points");
const move = (i) => canvas.dispatchEvent(new KeyboardEvent("keydown", { key: i % 2 ? "ArrowLeft" : "ArrowRight" }));
"""
THEIR_MOVE = "const move = (i) => Plotly.relayout('plot', { 'xaxis.range': [-20 + i % 2, 20 + i % 2] });"
PLOTLY_PAGE = """<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>Plotly</title></head>
<body><div id="plot" style="height:700px"></div><script type="application/json" id="data">{data}</script>
<script>{plotly}</script><script>
const data = JSON.parse(document.getElementById("data").textContent);
const traces = data.groups.map(({{ name, colour }}, code) => {{
  const rows = data.codes.flatMap((one, row) => (one === code ? [row] : []));
  const of = (column) => rows.map((row) => column[row]);
  return {{ type: "scattergl", mode: "markers", name, x: of(data.x), y: of(data.y), text: of(data.text),
    marker: {{ size: 3, color: colour }}, hovertemplate: "%{{text}}<extra></extra>" }};
}});
Plotly.newPlot("plot", traces, {{}}, {{ responsive: true }}).then(() =>
  requestAnimationFrame(() => setTimeout(() => performance.mark("map-seen"))));
</script></body></html>"""


def blobs(count: int, clusters: int = 30) -> Looked:
    """Return a map of so many points in clusters of different sizes, with titles of about eighty characters."""
    draw = np.random.default_rng(0)
    which = draw.integers(0, clusters, count)
    places = draw.normal(scale=6, size=(clusters, 2))[which] + draw.normal(size=(count, 2))
    titles = [" ".join(words).capitalize() for words in draw.choice(WORDS, (count, 13))]
    columns = {
        "row": range(count),
        "x": places[:, 0],
        "y": places[:, 1],
        "cluster": which,
        "number": [f"US-{10_000_000 + i}-B2" for i in range(count)],
        "title": titles,
        "office": draw.choice(["US", "EP", "CN", "JP"], count),
        "year": draw.integers(1990, 2025, count).astype(float),
        "gold": None,
        "labels": draw.choice(["vision", "mobility", "vision, hearing"], count),
    }
    topics = pd.DataFrame({"cluster": range(clusters), "words": [", ".join(WORDS[:2])] * clusters})
    return Looked("blobs", None, pd.DataFrame(), {}, pd.DataFrame(columns), topics)


def plotly_page(looked: Looked) -> str:
    """Return a page that draws the same points by cluster with plotly's WebGL, plotly.js inside as it must be here."""
    from plotly.offline import get_plotlyjs

    shown, ranked = looked.shown, groupings(looked)["cluster"].ranked(LISTED)
    data: dict[str, Any] = {
        "x": shown["x"].round(3).tolist(),
        "y": shown["y"].round(3).tolist(),
        "text": (
            shown["title"] + "<br>" + shown["number"] + "<br>" + shown["office"] + "<br>" + shown["labels"]
        ).tolist(),
        "groups": [{"name": n, "colour": c} for n, c in zip(ranked.names, ranked.colours, strict=True)],
        "codes": ranked.codes.tolist(),
    }
    return PLOTLY_PAGE.format(data=script_json(data), plotly=get_plotlyjs())


def seen(browser: Browser, page: Path) -> float:
    """Return seconds from the start of the navigation to the first picture, as the page itself marks it."""
    browser.open(page)
    while (found := float(browser.run(SEEN))) < 0:
        time.sleep(0.02)
    return found / 1000


def frames(browser: Browser, page: Path, move: str) -> float:
    seen(browser, page)
    return float(browser.ask("execute/async", {"script": move + FRAMES, "args": []}))


def main() -> None:
    options = arguments(__doc__, points=50_000, rounds=7)
    looked = blobs(options.points)
    figures: dict[str, tuple[float, str]] = {}
    marked: dict[str, list[float]] = {"PatBench": [], "plotly": []}
    with tempfile.TemporaryDirectory() as folder, chromium(Path(folder) / "profile") as browser:
        pages = {name: Path(folder) / f"{name}.html" for name in marked}
        pages["PatBench"].write_text(map_page(looked, synthetic=True), encoding="utf-8")
        pages["plotly"].write_text(plotly_page(looked), encoding="utf-8")

        def opens(name: str) -> Callable[[], None]:
            return lambda: marked[name].append(seen(browser, pages[name]))

        in_turns({name: opens(name) for name in pages}, options.rounds)
        seconds = {name: times[1:] for name, times in marked.items()}  # the first is unmeasured, as in `in_turns`
        figures["seconds to our first picture"] = statistics.median(seconds["PatBench"]), "under 3"
        figures["plotly's time by ours"] = ratio(seconds, "plotly", "PatBench"), "at least 1"
        for name, move in (("PatBench", OUR_MOVE), ("plotly", THEIR_MOVE)):
            figures[f"{name}: frames a second while moved"] = frames(browser, pages[name], move), "at most 60"
            figures[f"{name}: megabytes of the page"] = pages[name].stat().st_size / 1e6, "all inside"
    report(options, seconds, figures)


if __name__ == "__main__":
    main()
