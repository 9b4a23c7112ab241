"""What a synthetic study must say of itself wherever it is shown."""

from __future__ import annotations

from patbench_lib.landscape.spec import DemoSource
from patbench_lib.study import Study


def is_synthetic(study: Study) -> bool:
    """Tell whether any landscape of a study is synthetic."""
    return any(isinstance(spec, DemoSource) for spec in (study.landscape, study.external))


def page_title(study: Study) -> str:
    """Return the title of a study's site: its own, or one of its landscape; that it is synthetic is always in it."""
    own = isinstance(study.landscape, DemoSource)
    made = "Patent embeddings on a synthetic landscape" if own else f"Patent embeddings on {study.landscape.name}"
    title = study.title or made
    told = not is_synthetic(study) or "synthetic" in title.casefold()
    return title if told else f"{title} (with a synthetic landscape)"


def banner_text(study: Study) -> str | None:
    """Return the notice for every page of a study with synthetic patents, None for a study of real ones."""
    if not is_synthetic(study):
        return None
    return (
        "Synthetic landscape. The patents on this page were written by a program, and what can be seen in them was "
        "planted. The numbers show how the compendium works; they say nothing about real patents."
    )
