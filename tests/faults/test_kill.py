"""Processes killed (-9) between writing a file and giving it its name: the next run ends with the same tables."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from fixtures.commands import Patbench, small_study
from fixtures.faults import assert_same_tables, killed, run
from fixtures.results import tables
from fixtures.studies import TUNING

from patbench_lib.bench.execute import execute_notebook
from patbench_lib.errors import PatbenchError
from patbench_lib.files import sweep
from patbench_lib.parameters import read_study

STEPS = (
    ("landscape",),
    ("encode", "MiniLM-static"),
    ("retrieve", "BM25"),
    ("retrieve", "MiniLM-static"),
    ("tabulate", "retrieval"),
)
KERNEL = {"name": "python3", "display_name": "Python 3", "language": "python"}
SHARDS = {"encoding": {"shard_size": 8}}


@pytest.fixture
def wanted(patbench: Patbench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, pd.DataFrame]:
    """The tables of a study that nothing happened to."""
    home = tmp_path / "whole"
    home.mkdir()
    monkeypatch.setenv("PATBENCH_HOME", str(home))
    for step in STEPS:
        assert patbench(*step, "--study", small_study(home, **SHARDS)).code == 0
    return tables(home)


def finish(patbench: Patbench, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATBENCH_HOME", str(home))
    sweep(home / "results")  # as `patbench site` does before it starts the steps
    for step in STEPS:
        done = patbench(*step, "--study", home / "small.yaml")
        assert done.code == 0, done.err


def place(home: Path) -> Path:
    home.mkdir()
    return small_study(home, **SHARDS)


def test_a_kill_while_encoding(
    patbench: Patbench, wanted: dict[str, pd.DataFrame], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "killed"
    study = place(home)
    killed(home, 9, "encode", "MiniLM-static", "--study", study)
    shards = len(list(home.rglob("*.index.npy")))
    assert 0 < shards < 4  # of 30 texts, 8 in a shard
    assert list(home.rglob("*.tmp"))
    finish(patbench, home, monkeypatch)
    assert_same_tables(home, wanted)


@pytest.mark.slow
@pytest.mark.parametrize("calls", range(0, 12, 2))
@pytest.mark.parametrize("step", STEPS, ids=" ".join)
def test_a_kill_at_any_file(
    patbench: Patbench,
    wanted: dict[str, pd.DataFrame],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    step: tuple[str, ...],
    calls: int,
) -> None:
    home = tmp_path / "killed"
    study = place(home)
    for before in STEPS[: STEPS.index(step)]:
        monkeypatch.setenv("PATBENCH_HOME", str(home))
        assert patbench(*before, "--study", study).code == 0
    try:
        killed(home, calls, *step, "--study", study)
    except AssertionError:
        assert calls > 1, "each of these steps writes two files"
    finish(patbench, home, monkeypatch)
    assert_same_tables(home, wanted)


@pytest.mark.slow
@pytest.mark.parametrize("checkpoint", [0, 1])
def test_a_kill_in_training_goes_on_to_the_same_weights(tmp_path: Path, checkpoint: int) -> None:
    found = []
    for name in ("whole", "killed"):
        home = tmp_path / name
        home.mkdir()
        landscape = {"source": "demo", "publications": 160}
        study = small_study(home, landscape=landscape, finetuning={**TUNING, "recipes": ["R1"], "looks": 2, "batch": 4})
        words = ("finetune", "MiniLM-static+R1", "--study", study)
        if name == "killed":
            killed(home, checkpoint, *words, at="safetensors.torch:::save_file")
        done = run(home, *words)
        assert done.returncode == 0, done.stderr
        found.append(next((home / "tuned").rglob("model.safetensors")).read_bytes())
    assert found[0] == found[1]


def notebook(path: Path, source: str) -> Path:
    from nbformat import v4, write

    cells = [v4.new_code_cell("print('first')"), v4.new_code_cell(source)]
    write(v4.new_notebook(cells=cells, metadata={"kernelspec": KERNEL}), path)
    return path


def test_a_kernel_that_dies_is_told_and_the_next_run_completes(home: Path) -> None:
    study = read_study(small_study(home))
    source, output = home / "01_dies.ipynb", home / "out" / "01_dies.ipynb"
    output.parent.mkdir()
    notebook(source, "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)")
    with pytest.raises(PatbenchError, match=r"The kernel of 01_dies.ipynb died") as caught:
        execute_notebook(source, output, study)
    assert "memory" in caught.value.why and "unfinished" in caught.value.todo
    assert not output.exists() and (output.parent / "unfinished" / "01_dies.ipynb").is_file()
    execute_notebook(notebook(source, "print('second')"), output, study)
    assert "second" in output.read_text(encoding="utf-8")


@pytest.mark.slow
def test_a_kill_before_the_executed_notebook_gets_its_name(home: Path) -> None:
    study = small_study(home)
    source, output = notebook(home / "01_told.ipynb", "print('second')"), home / "out" / "01_told.ipynb"
    killed(home, 0, "notebook", source, output, "--study", study)
    assert not output.exists()
    assert run(home, "notebook", source, output, "--study", study).returncode == 0
    assert "second" in output.read_text(encoding="utf-8")
