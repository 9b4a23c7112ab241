"""SIGINT, once and twice: a plain message, exit code 130, and the next run ends with the same tables."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from fixtures.commands import Patbench, small_study
from fixtures.faults import assert_same_tables, environment, interrupted, run
from fixtures.results import tables
from fixtures.workflows import project, snakemade

from patbench_lib.cli import app

STOPPED = "patbench: stopped. What was finished is kept; the same command goes on from there.\n"


@pytest.mark.parametrize("times", [1, pytest.param(2, marks=pytest.mark.slow)])
def test_encoding_that_is_interrupted_goes_on(patbench: Patbench, home: Path, tmp_path: Path, times: int) -> None:
    study = small_study(home, encoding={"shard_size": 8})
    done = interrupted(home, 5, "encode", "MiniLM-static", "--study", study, times=times)
    assert done.returncode == app.INTERRUPTED
    assert done.stderr.endswith(STOPPED) and "Traceback" not in done.stderr
    assert not list(home.rglob("*.tmp"))
    made = {path: path.read_bytes() for path in home.rglob("*.npy")}
    assert patbench("retrieve", "MiniLM-static", "--study", study).code == 0
    assert made and all(path.read_bytes() == content for path, content in made.items())
    assert len(list(home.rglob("*.index.npy"))) == 4  # 30 texts, 8 in a shard


@pytest.mark.slow
@pytest.mark.parametrize("times", [1, 2])
def test_a_workflow_that_is_interrupted_goes_on_to_the_same_tables(tmp_path: Path, times: int) -> None:
    whole, home = project(tmp_path / "whole"), project(tmp_path / "stopped")
    snakemade(whole)
    command = [sys.executable, "-m", "patbench_lib", "site", "--study", "small.yaml"]
    process = subprocess.Popen(
        command, cwd=home, env=environment(home), stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    time.sleep(14)
    for _ in range(times):
        os.killpg(process.pid, signal.SIGINT)
        time.sleep(0.3)
    _, said = process.communicate(timeout=60)
    assert process.returncode == app.INTERRUPTED and STOPPED in said
    assert "Stopping; press Ctrl-C again to stop at once." in said
    snakemade(home)
    assert_same_tables(home, tables(whole), more=True)


def test_a_command_that_is_not_interrupted_says_nothing_of_it(home: Path) -> None:
    assert STOPPED not in run(home, "--help").stderr
