"""A study as jobs of a SLURM of one node, in shards: the vectors and tables of the same study run locally in one."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pytest
from fixtures.cluster import NO_ACCOUNTS, PROFILE, ROOT, checkout, stored
from fixtures.results import tables
from fixtures.slurm import lacking, one_node

from patbench_lib.encode.store import shards_made

SHARDS, FAILING = 3, "2/3"

STUDY = """
name: small
landscape: {source: demo, name: assistive, publications: 80}
external: null
views: [TA, C1]
systems: [BM25, MiniLM-1L]
encoding: {shard_size: 16, batch_tokens: 1024, max_tokens: 128}
depth: 30
measures: [nDCG@10, Recall@30]
statistics: {resamples: 100, permutations: 100}
late_interaction: {systems: []}
passages: {systems: []}
finetuning: {models: []}
classification: {repeats: 1, strengths: [1.0], baseline: BM25-kNN, baselines: [BM25-kNN]}
clustering: {starts: 1, repeats: 1}
"""

# Python reads this at its start: it counts the jobs of encoding's shards, and kills the first one of one shard, once.
COUNTED = f"""
import os, sys
if "--shard" in sys.orig_argv and "encode" in sys.orig_argv:
    log, shard = os.environ["PATBENCH_TEST_JOBS"], sys.orig_argv[sys.orig_argv.index("--shard") + 1]
    before = open(log).read().split() if os.path.exists(log) else []
    with open(log, "a") as file:
        file.write(shard + " ")
    if shard == "{FAILING}" and shard not in before:
        os._exit(9)
"""

pytestmark = [
    pytest.mark.cluster,
    pytest.mark.skipif(bool(lacking()), reason=lacking()),
]
pytest.importorskip("snakemake_executor_plugin_slurm", reason="the extra `cluster` is not installed")


@dataclass(frozen=True)
class Ran:
    """A checkout in which the study was run, what Snakemake said, and the shards that were tried, in order."""

    folder: Path
    said: str
    tried: list[str]


def place(folder: Path) -> Path:
    checkout(folder)
    (folder / "small.yaml").write_text(STUDY)
    (folder / "sitecustomize.py").write_text(COUNTED)
    return folder


def run(folder: Path, env: dict[str, str], *where: str, shards: int) -> Ran:
    jobs = folder / "jobs.txt"
    env = {
        **env,
        "PYTHONPATH": f"{folder}{os.pathsep}{ROOT}",
        "PATBENCH_HOME": str(folder),
        "PATBENCH_TEST_JOBS": str(jobs),
        "HF_HUB_OFFLINE": "1",
    }
    tables = [f"results/small/{task}.results.parquet" for task in ("retrieval", "classification", "clustering")]
    command = [sys.executable, "-m", "snakemake", *where, "--config", "study=small.yaml", f"shards={shards}", "--"]
    done = subprocess.run([*command, *tables], cwd=folder, env=env, capture_output=True, text=True, check=False)
    said = done.stdout + done.stderr
    assert done.returncode == 0, said[-6000:]
    return Ran(folder, said, jobs.read_text().split() if jobs.exists() else [])


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    return run(place(tmp_path_factory.mktemp("local") / "here"), dict(os.environ), "--cores", "1", shards=1)


@pytest.fixture(scope="module")
def slurm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    with one_node(tmp_path_factory.mktemp("slurm")) as env:
        yield env


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory, slurm: dict[str, str]) -> Ran:
    where = [*PROFILE, *NO_ACCOUNTS]
    return run(place(tmp_path_factory.mktemp("cluster") / "here"), slurm, *where, shards=SHARDS)


def test_the_cluster_encoded_in_shards_what_the_machine_encoded_at_once(local: Ran, cluster: Ran) -> None:
    assert local.tried == [] and set(cluster.tried) == {f"{number}/{SHARDS}" for number in range(1, SHARDS + 1)}
    assert cluster.said.count("with SLURM jobid") >= len(cluster.tried)
    wanted = stored(local.folder)
    assert len(wanted) == 1 and all(wanted.values())
    assert stored(cluster.folder) == wanted


def test_the_tables_are_the_same(local: Ran, cluster: Ran) -> None:
    wanted, found = tables(local.folder, "small"), tables(cluster.folder, "small")
    assert wanted.keys() == found.keys() and len(wanted) > 10
    assert "retrieve_shard" in cluster.said and "retrieve_shard" not in local.said, "it was searched by parts"
    for name, table in wanted.items():
        pd.testing.assert_frame_equal(table, found[name], check_exact=True)


def test_a_shard_that_failed_is_tried_again_alone(cluster: Ran) -> None:
    assert sorted(cluster.tried) == ["1/3", FAILING, FAILING, "3/3"]
    for store in (cluster.folder / ".cache/embeddings").iterdir():
        assert shards_made(store), "no store is left without vectors"


def test_site_plans_a_study_by_the_profile(cluster: Ran, slurm: dict[str, str]) -> None:
    env = {**slurm, "PYTHONPATH": str(ROOT), "PATBENCH_HOME": str(cluster.folder)}
    command = [sys.executable, "-m", "patbench_lib", "why", "--study", "small.yaml", "--profile", "profiles/slurm"]
    done = subprocess.run(
        [*command, "--shards", "4"], cwd=cluster.folder, env=env, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "profiles/slurm" in done.stderr + done.stdout
    assert "encode_shard" in done.stdout + done.stderr
