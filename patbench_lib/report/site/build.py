"""The site of a study: staged, rendered, checked."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from patbench_lib.bench.bench import Bench
from patbench_lib.report.banner import banner_text, page_title
from patbench_lib.report.site.check import require_sound
from patbench_lib.report.site.render import render
from patbench_lib.report.site.stage import stage


def build_site(bench: Bench, notebooks: Sequence[Path]) -> tuple[str, int]:
    """Render a study's site and return the renderer's name and the number of pages.

    Raises
    ------
    PatbenchError
        Where the renderer fails or the rendered site has a problem; each is listed.
    """
    study, paths = bench.study, bench.paths
    banner = banner_text(study)
    staged = stage(
        study.name,
        title=page_title(study),
        notebooks=notebooks,
        sources=paths.root,
        out=paths.build / "site",
        banner=banner,
    )
    renderer = render(staged, paths.site)
    require_sound(paths.site, banner=banner)
    return renderer, len(list(paths.site.rglob("*.html")))
