"""The two texts of a patent that recipe R5 brings together: its own, and an expert's of it."""

from __future__ import annotations

from patbench_lib.landscape.schema import Landscape


def own_texts(landscape: Landscape) -> list[str]:
    """Return each publication's own title and abstract, whatever the leading view is."""
    return _joined(landscape, "title", "abstract")


def expert_texts(landscape: Landscape) -> list[str]:
    """Return each publication's expert-written title and abstract, empty where it has none."""
    return _joined(landscape, "dwpi_title", "dwpi_abstract")


def _joined(landscape: Landscape, *sections: str) -> list[str]:
    columns = (landscape.patents[section] for section in sections)
    return ["\n".join(filter(None, parts)) for parts in zip(*columns, strict=True)]
