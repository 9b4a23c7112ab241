"""The workflows of the hosting service: nothing here can run them, so what they rely on is checked."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
WORKFLOWS = sorted(ROOT.glob(".github/workflows/*.yml"))
PINNED = re.compile(r"^\s*(?:- )?uses: [\w.-]+/[\w.-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$")


def jobs(path: Path) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = yaml.safe_load(path.read_text(encoding="utf-8"))["jobs"]
    return found


def commands(path: Path) -> list[str]:
    return [step["run"] for job in jobs(path).values() for step in job["steps"] if "run" in step]


def test_there_are_tests_on_push_and_a_site() -> None:
    assert [path.stem for path in WORKFLOWS] == ["site", "tests"]
    # `on` is a YAML 1.1 boolean, so its key is True once read.
    events = {path.stem: yaml.safe_load(path.read_text(encoding="utf-8"))[True] for path in WORKFLOWS}
    assert "push" in events["tests"] and "pull_request" in events["tests"]
    assert events["site"]["push"] == {"branches": ["main"]}


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_every_action_is_pinned_to_a_commit_and_says_its_version(path: Path) -> None:
    uses = [line for line in path.read_text(encoding="utf-8").splitlines() if "uses:" in line]
    assert uses and [line for line in uses if not PINNED.match(line)] == []


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_every_target_that_is_made_is_one_of_the_makefile(path: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), flags=re.M))
    made = [target for command in commands(path) for target in re.findall(r"\bmake ([a-z-]+)", command)]
    assert made and set(made) <= targets


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_torch_is_the_version_that_the_makefile_names(path: Path) -> None:
    (read,) = {part for command in commands(path) for part in re.findall(r"\$\((sed [^)]+)\)", command)}
    found = subprocess.run(["bash", "-c", read], cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()
    assert re.fullmatch(r"torch==\d+\.\d+\.\d+", found)


def test_only_publishing_may_write() -> None:
    for path in WORKFLOWS:
        text = yaml.safe_load(path.read_text(encoding="utf-8"))
        assert text["permissions"] == {"contents": "read"}
        writers = {name for name, job in text["jobs"].items() if "write" in job.get("permissions", {}).values()}
        assert writers == ({"publish"} if path.stem == "site" else set())


def test_what_is_published_is_the_site_of_the_study_that_is_made() -> None:
    (upload,) = (
        step for step in jobs(ROOT / ".github/workflows/site.yml")["build"]["steps"] if "path" in step.get("with", {})
    )
    name = yaml.safe_load((ROOT / "params" / "demo.yaml").read_text(encoding="utf-8"))["name"]
    assert upload["with"]["path"] == f"_site/{name}"
    assert "STUDY ?= params/demo.yaml" in (ROOT / "Makefile").read_text(encoding="utf-8")
