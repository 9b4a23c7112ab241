from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest
import torch

from patbench_lib.models.gpu import one_gpu


@pytest.fixture(autouse=True)
def two_gpus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    for name in ("CUDA_VISIBLE_DEVICES", "RANK"):
        monkeypatch.delenv(name, raising=False)


def taken_by_another(monkeypatch: pytest.MonkeyPatch) -> int | None:
    """Return what a process of its own would take now: what this one chose is not in its environment."""
    with monkeypatch.context() as other:
        other.delenv("CUDA_VISIBLE_DEVICES", raising=False)
        with one_gpu() as number:
            return number


def test_each_process_sees_a_gpu_of_its_own_and_gives_it_back(monkeypatch: pytest.MonkeyPatch) -> None:
    with one_gpu() as mine:
        assert (mine, os.environ["CUDA_VISIBLE_DEVICES"]) == (0, "0")
        assert taken_by_another(monkeypatch) == 1
    assert "CUDA_VISIBLE_DEVICES" not in os.environ
    assert taken_by_another(monkeypatch) == 0


def test_where_all_are_taken_a_process_sees_all(monkeypatch: pytest.MonkeyPatch) -> None:
    with one_gpu():
        monkeypatch.delenv("CUDA_VISIBLE_DEVICES")
        with one_gpu() as second:
            assert second == 1
            assert taken_by_another(monkeypatch) is None


@pytest.mark.parametrize(("name", "value"), [("CUDA_VISIBLE_DEVICES", "3"), ("RANK", "1")])
def test_a_choice_that_was_made_stands(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)
    with one_gpu() as number:
        assert number is None
    assert os.environ.get("CUDA_VISIBLE_DEVICES") == (value if name == "CUDA_VISIBLE_DEVICES" else None)


def test_one_gpu_or_none_is_no_choice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    with one_gpu() as number:
        assert number is None
    assert not list(tmp_path.iterdir())
