"""The demo, from its patents to its pages, as jobs of a SLURM of one node: what `make site` makes in this checkout."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from fixtures.cluster import NO_ACCOUNTS, PROFILE, ROOT, checkout, stored
from fixtures.results import tables
from fixtures.slurm import lacking, one_node

SHARDS = 3

pytestmark = [
    pytest.mark.cluster,
    pytest.mark.slow,
    pytest.mark.skipif(bool(lacking()), reason=lacking()),
]
pytest.importorskip("snakemake_executor_plugin_slurm", reason="the extra `cluster` is not installed")


@pytest.fixture(scope="module")
def local() -> Path:
    """The demo of this checkout, brought up to date: seconds after `make site`, else the minutes that this takes."""
    env = {name: value for name, value in os.environ.items() if name != "PATBENCH_HOME"}
    command = [sys.executable, "-m", "patbench_lib", "site", "--study", "demo", "--cores", "2"]
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-6000:]
    return ROOT


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the checkout in which SLURM ran the demo, from nothing."""
    home = checkout(tmp_path_factory.mktemp("cluster") / "here")
    with one_node(tmp_path_factory.mktemp("slurm")) as env:
        env = {**env, "PYTHONPATH": str(ROOT), "PATBENCH_HOME": str(home), "HF_HUB_OFFLINE": "1"}
        command = [sys.executable, "-m", "snakemake", *PROFILE, *NO_ACCOUNTS]
        command += ["--config", "study=params/demo.yaml", f"shards={SHARDS}"]
        done = subprocess.run(command, cwd=home, env=env, capture_output=True, text=True, check=False)
    said = done.stdout + done.stderr
    assert done.returncode == 0, said[-6000:]
    assert said.count("with SLURM jobid") > 60, "each step was a job"
    return home


def test_the_vectors_are_the_same_byte_for_byte(local: Path, cluster: Path) -> None:
    found = stored(cluster)
    wanted = stored(local, found)
    assert len(found) > 4 and found.keys() == wanted.keys()
    for name, vectors in found.items():
        assert vectors and vectors == {text: wanted[name][text] for text in vectors}


def test_the_tables_are_the_same(local: Path, cluster: Path) -> None:
    wanted, found = tables(local, "demo"), tables(cluster, "demo")
    assert len(found) > 100 and found.keys() <= wanted.keys()
    for name, table in found.items():
        pd.testing.assert_frame_equal(table, wanted[name], check_exact=True, obj=name)


def test_the_site_has_the_same_pages_and_figures(local: Path, cluster: Path) -> None:
    wanted, found = (
        {path.relative_to(home).as_posix() for path in (home / "_site/demo").rglob("*") if path.is_file()}
        for home in (local, cluster)
    )
    assert found == wanted and "_site/demo/index.html" in found
