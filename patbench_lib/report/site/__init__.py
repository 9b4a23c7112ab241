"""The paper site: a staging folder from executed notebooks, a render, and a check of what came out."""

from __future__ import annotations

from patbench_lib.report.site.check import Problem, check_site, require_sound
from patbench_lib.report.site.render import render
from patbench_lib.report.site.stage import stage

__all__ = ["Problem", "check_site", "render", "require_sound", "stage"]
