"""Two studies on one store, and two runs of one study, at the same time."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from fixtures.commands import small_study
from fixtures.faults import assert_same_tables, environment, run
from fixtures.results import tables


@pytest.mark.slow
@pytest.mark.parametrize("names", [("one", "two"), ("one", "one")], ids=["two studies", "one study twice"])
def test_two_runs_at_once_end_as_one_after_the_other(tmp_path: Path, names: tuple[str, str]) -> None:
    whole, home = tmp_path / "whole", tmp_path / "home"
    for place in (whole, home):
        place.mkdir()
        for name in set(names):
            small_study(place, name=name, encoding={"shard_size": 4}).rename(place / f"{name}.yaml")
    words = [["retrieve", "MiniLM-static", "--study", f"{name}.yaml"] for name in names]
    for each in words:
        assert run(whole, *each).returncode == 0
    command = [sys.executable, "-m", "patbench_lib"]
    both = [
        subprocess.Popen([*command, *each], cwd=home, env=environment(home), stderr=subprocess.PIPE, text=True)
        for each in words
    ]
    said = [process.communicate(timeout=200)[1] for process in both]
    assert [process.returncode for process in both] == [0, 0], said
    assert_same_tables(home, tables(whole))
    indexes = [len(list(place.rglob("*.index.npy"))) for place in (whole, home)]
    assert indexes == [8, 8]  # 30 texts, 4 in a shard: each was encoded once
