"""A clock that jumps: nothing that is found or made depends on what time it is."""

from __future__ import annotations

import os
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
from fixtures.commands import Patbench, small_study
from fixtures.faults import assert_same_tables
from fixtures.results import tables
from fixtures.workflows import project, snakemade

STEPS = (("retrieve", "BM25"), ("retrieve", "LSA"), ("tabulate", "retrieval"))


def dated(folder: Path, year: int) -> None:
    """Date all files of a folder."""
    moment = datetime(year, 1, 1, tzinfo=UTC).timestamp()
    for path in folder.rglob("*"):
        os.utime(path, (moment, moment))


@pytest.mark.parametrize("year", [1971, 2001, 2099])
def test_a_clock_that_jumps_between_steps_changes_no_table(
    patbench: Patbench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, year: int
) -> None:
    homes = [tmp_path / name for name in ("whole", "jumped")]
    for home in homes:
        home.mkdir()
        monkeypatch.setenv("PATBENCH_HOME", str(home))
        study = small_study(home, systems=["BM25", "LSA"])
        for step in STEPS:
            assert patbench(*step, "--study", study).code == 0
            if home.name == "jumped":
                dated(home, year)
                monkeypatch.setattr(time, "time", lambda: datetime(year, 6, 1, tzinfo=UTC).timestamp())
    assert_same_tables(homes[1], tables(homes[0]))
    before = {path: path.read_bytes() for path in homes[1].rglob("*.npy")}
    for step in STEPS:
        assert patbench(*step, "--study", study).code == 0
    assert before == {path: path.read_bytes() for path in homes[1].rglob("*.npy")}  # nothing was encoded again


@pytest.mark.slow
@pytest.mark.parametrize("year", [2001, 2099])
def test_a_workflow_whose_files_are_dated_otherwise_ends_with_the_same_tables(tmp_path: Path, year: int) -> None:
    whole, jumped = project(tmp_path / "whole"), project(tmp_path / "jumped")
    snakemade(whole)
    snakemade(jumped, "--until", "landscape")
    dated(jumped, year)
    snakemade(jumped)
    assert_same_tables(jumped, tables(whole))
