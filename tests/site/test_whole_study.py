"""A whole study in a copy of the checkout: made once, found up to date, made anew where something changed."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest
from fixtures.cluster import PARTS
from fixtures.results import tables

ROOT = Path(__file__).parents[2]
TASKS = ("retrieval", "classification", "clustering")
FEW = ("01_landscape", "03_retrieval", "10_finetuning", "17_review")
"""Notebooks of the study: of the landscape, of results, of trainings, and the one that the first page needs. Pages of
all of them are looked at in `tests/notebooks`, where they are executed anyway."""

SMALL = """
name: small
landscape: {source: demo, name: assistive, publications: 80}
external: null
views: [TA]
systems: [BM25, MiniLM-static]
encoding: {shard_size: 16}
depth: 30
measures: [nDCG@10, Recall@30]
statistics: {resamples: 100, permutations: 100}
finetuning:
  {models: [MiniLM-static], recipes: [R1, R3], pairs_most: 24, batch: 4, epochs: 1, looks: 1, pool: 40, closely: 0}
"""


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Copy what a study needs into a folder whose name has a space and a letter outside ASCII."""
    folder = tmp_path_factory.mktemp("check out é")
    for part in PARTS:
        copy = shutil.copytree if (ROOT / part).is_dir() else shutil.copy
        copy(ROOT / part, folder / part)
    for path in (folder / "notebooks").glob("*.ipynb"):
        if path.stem not in FEW:
            path.unlink()
    (folder / "small.yaml").write_text(SMALL)
    return folder


def patbench(folder: Path, *arguments: str, python: str = sys.executable) -> subprocess.CompletedProcess[str]:
    command = [python, "-m", "patbench_lib", *arguments]
    return subprocess.run(command, cwd=folder, env=environment(folder), capture_output=True, text=True, check=False)


def environment(folder: Path) -> dict[str, str]:
    return {**os.environ, "PATBENCH_HOME": str(folder), "PYTHONPATH": str(ROOT), "HF_HUB_OFFLINE": "1"}


@pytest.fixture(scope="module")
def made(checkout: Path) -> Path:
    done = patbench(checkout, "site", "--study", "small.yaml")
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]
    return checkout


def test_the_site_is_made(made: Path) -> None:
    pages = {path.relative_to(made / "_site/small").as_posix() for path in (made / "_site/small").rglob("*.html")}
    assert {"index.html", *(f"notebooks/{name}.html" for name in FEW)} <= pages


def test_a_second_run_does_nothing_by_whatever_name_python_is_called(made: Path) -> None:
    called = Path(sys.executable)
    other = called.with_name("python" if called.name == "python3" else "python3")
    before = {path: path.stat().st_mtime_ns for path in (made / "build/small").rglob("*.ipynb")}
    done = patbench(made, "site", "--study", "small.yaml", python=str(other))
    assert done.returncode == 0
    assert "Nothing to be done" in done.stdout + done.stderr
    assert before == {path: path.stat().st_mtime_ns for path in (made / "build/small").rglob("*.ipynb")}


def test_why_names_the_steps_that_a_change_concerns_and_their_reason(made: Path) -> None:
    changed = made / "changed.yaml"
    changed.write_text(SMALL + "bm25: {k1: 0.9}\n")
    try:
        said = patbench(made, "why", "--study", "changed.yaml")
    finally:
        patbench(made, "why", "--study", "small.yaml")  # puts the resolved study back
    told = said.stdout + said.stderr
    assert "system=BM25" in told
    assert "Params have changed" in told
    assert "system=MiniLM-static" not in told, "BM25's settings do not concern a dense system"
    assert "rule encode" not in told


def test_a_second_process_is_turned_away(made: Path) -> None:
    from filelock import FileLock

    with FileLock(made / "build/small/lock"):
        done = patbench(made, "site", "--study", "small.yaml")
    assert done.returncode == 1
    assert "Another run of study 'small' is going on" in done.stderr


def test_no_table_and_no_page_names_the_folder_in_which_it_was_made(made: Path) -> None:
    for name, table in tables(made).items():
        texts = table.select_dtypes(exclude="number").astype(str)
        naming = [column for column in texts if texts[column].str.contains(str(made), regex=False).any()]
        assert not naming, f"{name}: {naming}"
    pages = [path for path in (made / "_site/small").rglob("*") if path.suffix in {".html", ".json", ".js", ".csv"}]
    naming = [path.name for path in pages if str(made) in path.read_text(encoding="utf-8")]
    assert len(pages) > len(FEW) and not naming


@pytest.mark.slow
@pytest.mark.parametrize("seconds", [3.0, 8.0, 13.0, 19.0, 25.0, 32.0])
def test_a_killed_run_goes_on_to_the_same_tables(made: Path, tmp_path: Path, seconds: float) -> None:
    for part in (*PARTS, "small.yaml"):
        copy = shutil.copytree if (made / part).is_dir() else shutil.copy
        copy(made / part, tmp_path / part)
    command = [sys.executable, "-m", "patbench_lib", "site", "--study", "small.yaml"]
    sink = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    process = subprocess.Popen(command, cwd=tmp_path, env=environment(tmp_path), start_new_session=True, **sink)
    time.sleep(seconds)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    again = patbench(tmp_path, "site", "--study", "small.yaml")
    assert again.returncode == 0, again.stdout[-2000:] + again.stderr[-4000:]
    wanted, found = tables(made), tables(tmp_path)
    assert found.keys() == wanted.keys() and {f"results/small/{task}.results.parquet" for task in TASKS} <= found.keys()
    for name, table in found.items():
        pd.testing.assert_frame_equal(table, wanted[name], check_exact=True)
    assert not list(tmp_path.rglob("*.tmp")), "no half-written file is left"
