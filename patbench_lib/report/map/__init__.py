"""The map of publications: still, in panels, and one to move about in, which needs no network."""

from __future__ import annotations

from patbench_lib.report.map.page import interactive_map, map_page
from patbench_lib.report.map.still import map_figure

__all__ = ["interactive_map", "map_figure", "map_page"]
