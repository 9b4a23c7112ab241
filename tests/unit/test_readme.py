"""What the README says of other packages, where the package itself can be asked."""

from __future__ import annotations

import re
from importlib.metadata import metadata, version
from pathlib import Path

import pytest

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")


def test_mtebs_tasks_on_patents_are_as_many_as_the_readme_says() -> None:
    mteb = pytest.importorskip("mteb")
    kinds = {task.metadata.name: task.metadata.type for task in mteb.get_tasks()}
    kinds = {name: kind for name, kind in kinds.items() if "patent" in name.lower() or "DAPFAM" in name}
    said = re.search(r"(\d+) tasks: (\d+) of DAPFAM, (\d+) of classification, (\d+) of clustering", README)
    assert said is not None
    assert list(map(int, said.groups())) == [
        len(kinds),
        sum("DAPFAM" in name for name in kinds),
        sum("lassification" in kind for kind in kinds.values()),
        sum(kind == "Clustering" for kind in kinds.values()),
    ]
    assert f"version {'.'.join(version('mteb').split('.')[:2])} as installed" in README
    assert metadata("mteb")["License-Expression"] == "Apache-2.0"


def test_the_readme_has_every_folder_that_it_links_to() -> None:
    root = Path(__file__).parents[2]
    linked = [address for address in re.findall(r"\]\(([^)#]+)\)", README) if "://" not in address]
    assert linked and [address for address in linked if not (root / address).exists()] == []
