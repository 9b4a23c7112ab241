"""What is declared in several places says the same in each."""

from __future__ import annotations

import ast
import re
import tomllib
from pathlib import Path
from typing import Any

import nbformat
import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from patbench_lib import __version__
from patbench_lib.study import Study

ROOT = Path(__file__).parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))


def project() -> dict[str, Any]:
    found: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return found


def named(lines: list[str]) -> dict[str, SpecifierSet]:
    required = map(Requirement, lines)
    return {entry.name.lower().replace("_", "-"): entry.specifier for entry in required}


def declared() -> dict[str, SpecifierSet]:
    """Return what a user and a tester need: the dependencies and the extra test."""
    about = project()
    extras = about["optional-dependencies"]
    return named([*about["dependencies"], *extras["test"]])


def conda() -> tuple[list[str], dict[str, SpecifierSet]]:
    entries = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))["dependencies"]
    pip = next(entry["pip"] for entry in entries if isinstance(entry, dict))
    lines = [line for line in pip if not line.startswith("--")]
    assert len(named(lines)) == len(lines)
    return [entry for entry in entries if isinstance(entry, str)], named(lines)


def locked() -> dict[str, list[str]]:
    """Return the locked versions of each package; one that differs by platform has several."""
    text = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    found: dict[str, list[str]] = {}
    for name, version in re.findall(r"^([A-Za-z0-9._-]+)==(\S+)", text, flags=re.MULTILINE):
        found.setdefault(name.lower().replace("_", "-"), []).append(version)
    return found


def test_conda_users_get_the_same_packages_in_the_same_ranges() -> None:
    others, pip = conda()
    assert pip == declared()
    assert {"make", "quarto>=1.7", "pip"} <= set(others)
    python = next(entry for entry in others if entry.startswith("python="))
    assert SpecifierSet(project()["requires-python"]).contains(python.removeprefix("python="))


def test_every_dependency_is_locked_inside_its_range_but_torch() -> None:
    lock, wanted = locked(), declared()
    assert "torch" not in lock
    del wanted["torch"]
    assert [name for name in wanted if name not in lock] == []
    outside = {name: lock[name] for name, range_ in wanted.items() if not all(map(range_.contains, lock[name]))}
    assert outside == {}


def test_every_locked_package_has_hashes() -> None:
    text = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    blocks = re.split(r"^(?=\S+==)", text, flags=re.MULTILINE)[1:]
    assert len(blocks) > 100 and [block.split()[0] for block in blocks if "--hash=sha256:" not in block] == []


def test_the_makefile_installs_a_torch_inside_the_range() -> None:
    made = (ROOT / "Makefile").read_text(encoding="utf-8")
    (version,) = re.findall(r"^TORCH \?= torch==(\S+)$", made, flags=re.MULTILINE)
    assert declared()["torch"].contains(version)


def test_make_alone_tells_every_target() -> None:
    made = (ROOT / "Makefile").read_text(encoding="utf-8")
    phony = re.search(r"^\.PHONY: (.+)$", made, flags=re.MULTILINE)
    assert phony is not None and ".DEFAULT_GOAL := help" in made
    told = re.findall(r"^([a-z-]+):.*## ", made, flags=re.MULTILINE)
    assert set(phony[1].split()) == set(told)
    assert {"setup", "site", "why", "test", "lint", "lab", "figures", "clean"} <= set(told)


def test_the_licence_is_apache_everywhere() -> None:
    licence = (ROOT / "LICENSE").read_text(encoding="utf-8")
    assert "Apache License" in licence[:300] and "Version 2.0, January 2004" in licence[:300]
    assert "END OF TERMS AND CONDITIONS" in licence
    assert project()["license"] == "Apache-2.0"
    cited = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert cited["license"] == "Apache-2.0" and str(cited["version"]) == __version__


def test_there_are_notebooks() -> None:
    assert [path.stem for path in NOTEBOOKS][:3] == ["01_landscape", "02_models", "03_retrieval"]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_has_no_outputs_and_its_parameters_are_the_studys_defaults(path: Path) -> None:
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert all(not cell.outputs and cell.execution_count is None for cell in code)
    tagged = [cell for cell in code if "parameters" in cell.metadata.get("tags", [])]
    assert len(tagged) == 1 and tagged[0] is code[0]
    given = {}
    for line in ast.parse(tagged[0].source).body:
        assert isinstance(line, ast.AnnAssign) and isinstance(line.target, ast.Name) and line.value is not None
        given[line.target.id] = ast.literal_eval(line.value)
    assert Study.model_validate(given) == Study()
    assert {"landscape", "external", "relevance", "views", "seed"} <= set(given)
