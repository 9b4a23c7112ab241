"""How `patbench site` hands a study to Snakemake, and `patbench encode` a share of it."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from fixtures.commands import Patbench, small_study

from patbench_lib.bench.bench import Bench
from patbench_lib.parameters import read_study


@pytest.fixture
def commands(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """Collect what would be started."""
    started: list[list[str]] = []

    class Ended:
        """A process that did its work as soon as it was started."""

        def __init__(self, command: list[str], **_: Any) -> None:
            started.append(command)

        def wait(self) -> int:
            return 0

        def kill(self) -> None:
            """Do nothing, as to any process that has ended."""

    monkeypatch.setattr(subprocess, "Popen", Ended)
    return started


def after(command: list[str], option: str) -> list[str]:
    """Return the values of an option."""
    values = command[command.index(option) + 1 :]
    end = next((place for place, word in enumerate(values) if word.startswith("--")), len(values))
    return values[:end]


def test_one_machine_has_cores_and_gpus(home: Path, patbench: Patbench, commands: list[list[str]]) -> None:
    study = small_study(home)
    assert patbench("site", "-s", study, "--cores", 3, "--gpus", 2).code == 0
    (command,) = commands
    assert (after(command, "--cores"), after(command, "--resources")) == (["3"], ["gpu=2"])
    assert after(command, "--config") == [f"study={home / 'build/small/study.yaml'}", "shards=1", "gpus=2"]
    assert "--profile" not in command and "--dry-run" not in command


def test_a_cluster_has_a_profile_from_the_folder_one_stands_in(
    home: Path, patbench: Patbench, commands: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    study = small_study(home)
    (home / "mine" / "here").mkdir(parents=True)
    monkeypatch.chdir(home / "mine")
    assert patbench("why", "-s", study, "--profile", "here", "--shards", 4).code == 0
    (command,) = commands
    assert after(command, "--profile") == [str(home / "mine" / "here")]
    assert after(command, "--config")[1:] == ["shards=4", "gpus=0"]
    assert "--cores" not in command and "--dry-run" in command
    patbench("why", "-s", study, "--profile", "profiles/slurm")
    assert after(commands[1], "--profile") == ["profiles/slurm"], "what is not here may be in the compendium"


def test_shares_of_a_study_are_encoded_one_by_one_and_joined(home: Path, patbench: Patbench) -> None:
    study = small_study(home, encoding={"shard_size": 8})
    for number in (1, 2):
        words = ("encode", "MiniLM-static", "-s", study, "--shard", f"{number}/2", "--stamp", home / f"{number}.json")
        assert patbench(*words).code == 0
        done = json.loads((home / f"{number}.json").read_text())
        assert done == {"model": "MiniLM-static", "shard": f"{number}/2", "cells": 2}  # 30 texts make 4 cells of 8
    made = Bench(read_study(study), home, progress=False)
    (store,) = made.paths.embeddings.iterdir()
    before = sorted(path.name for path in store.glob("*.npy"))
    assert patbench("encode", "MiniLM-static", "-s", study, "--stamp", home / "joined.json").code == 0
    assert sorted(path.name for path in store.glob("*.npy")) == before and len(before) == 2 * 4
    assert set(json.loads((home / "joined.json").read_text())["views"]) == {"mine.TA"}


def test_a_share_that_is_none_is_refused_before_anything_is_read(home: Path, patbench: Patbench) -> None:
    done = patbench("encode", "MiniLM-static", "-s", small_study(home), "--shard", "3/2")
    assert done.code == 1 and "'3/2' is no shard." in done.err
    assert not (home / ".cache").exists()
