"""Every path that PatBench reads or writes, once."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path


def find_root(start: Path | None = None) -> Path:
    """Return the compendium's folder: `PATBENCH_HOME`, else the nearest parent with `_quarto.yml`, else the start."""
    if home := os.environ.get("PATBENCH_HOME"):
        return Path(home)
    here = (start or Path.cwd()).resolve()
    return next((folder for folder in (here, *here.parents) if (folder / "_quarto.yml").is_file()), here)


@dataclass(frozen=True)
class Paths:
    """The folders of one study under one root."""

    root: Path
    study: str

    @property
    def build(self) -> Path:
        """What is made on the way: the resolved study, executed notebooks, the staged site."""
        return self.root / "build" / self.study

    @property
    def notebooks(self) -> Path:
        """Executed notebooks."""
        return self.build / "notebooks"

    @property
    def results(self) -> Path:
        """Tables of results."""
        return self.root / "results" / self.study

    @property
    def tables(self) -> Path:
        """Tables that are made of runs, scores and predictions; `PATBENCH_TABLES` has them made anew elsewhere."""
        elsewhere = os.environ.get("PATBENCH_TABLES")
        return Path(elsewhere) / self.study if elsewhere else self.results

    @property
    def runs(self) -> Path:
        """Ranked documents, one file a system, view and landscape."""
        return self.results / "runs"

    @property
    def scores(self) -> Path:
        """Per-query scores, one file a run."""
        return self.results / "scores"

    @property
    def tuned(self) -> Path:
        """Tuned models, a folder each, in the layout of the hub."""
        return self.root / "tuned" / self.study

    @property
    def site(self) -> Path:
        """The rendered site."""
        return self.root / "_site" / self.study

    @property
    def landscapes(self) -> Path:
        """Landscapes read and validated once, shared by all studies."""
        return self.root / ".cache" / "landscapes"

    @property
    def embeddings(self) -> Path:
        """The embedding store, shared by all studies."""
        return self.root / ".cache" / "embeddings"

    @property
    def models(self) -> Path:
        """What is known of models that were loaded once, shared by all studies."""
        return self.root / ".cache" / "models"
