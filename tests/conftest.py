"""What all tests share: no network, no display, a home of their own, and the real patents where they are."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from fixtures.commands import Patbench

os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["MPLBACKEND"] = "Agg"

ROOT = Path(__file__).parents[1]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Let PatBench keep all it makes in the test's own folder."""
    monkeypatch.setenv("PATBENCH_HOME", str(tmp_path))
    return tmp_path


@pytest.fixture
def shared() -> Path:
    """Return the folder of real patents beside the repository."""
    folder = ROOT.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip(f"no real patents at {folder}")
    return folder


@pytest.fixture
def patbench(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Patbench:
    """Return the `patbench` command as a function: `patbench("study", "show", "demo").code`."""
    return Patbench(monkeypatch, capsys)
