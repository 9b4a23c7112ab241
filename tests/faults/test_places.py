"""Places that tools stumble over: names with spaces, quotes and other letters, and a checkout that is read-only."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from fixtures.commands import Patbench, small_study
from fixtures.faults import assert_same_tables
from fixtures.results import tables
from fixtures.rooms import powerless
from fixtures.workflows import project

from patbench_lib.parameters import read_study

STEPS = (("landscape",), ("encode", "LSA"), ("retrieve", "BM25"), ("retrieve", "LSA"), ("tabulate", "retrieval"))
NAMES = ["with  two spaces", "Gerät été", "補聴器", "o'clock", "a;b $HOME", "[x] #1 100%"]


def steps(patbench: Patbench, study: Path) -> None:
    for step in STEPS:
        done = patbench(*step, "--study", study)
        assert done.code == 0, done.err
    assert "BM25" in patbench("results", "--study", study).out


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("plain")


@pytest.mark.parametrize("name", NAMES)
def test_a_home_of_any_name_gives_the_same_tables(
    patbench: Patbench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, plain: Path, name: str
) -> None:
    for home in (plain, tmp_path / name):
        if (home / "results").exists():
            continue
        home.mkdir(exist_ok=True)
        monkeypatch.setenv("PATBENCH_HOME", str(home))
        steps(patbench, small_study(home, systems=["BM25", "LSA"]))
    assert_same_tables(tmp_path / name, tables(plain))


@pytest.mark.parametrize("name", NAMES)
def test_a_table_and_a_study_file_of_any_name_are_read(patbench: Patbench, home: Path, name: str) -> None:
    small_study(home)
    shutil.move(home / "t.csv", home / f"{name}.csv")
    file = home / f"{name}.yaml"
    done = patbench("study", "new", "--table", home / f"{name}.csv", "-o", file, "--name", "mine")
    assert done.code == 0, done.err
    assert read_study(file).name == "mine"
    assert patbench("landscape", "--study", file).out.startswith("mine: 30 publications")


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="rights are told otherwise here")
def test_a_read_only_checkout_says_where_else_to_work(patbench: Patbench, monkeypatch: pytest.MonkeyPatch) -> None:
    with powerless() as root:
        checkout = project(root / "checkout")
        monkeypatch.chdir(checkout)
        for path in [*checkout.rglob("*"), checkout]:
            path.chmod(0o555 if path.is_dir() else 0o444)
        done = patbench("retrieve", "BM25", "--study", "small.yaml")
        assert done.code == 1 and "cannot be written to" in done.err and "PATBENCH_HOME" in done.err
        done = patbench("site", "--study", "small.yaml")
        assert done.code == 1 and "cannot be written to" in done.err and "Traceback" not in done.err
        monkeypatch.chdir(root)


def test_a_copy_of_a_read_only_checkout_named_as_home_serves(
    patbench: Patbench, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with powerless() as root:
        checkout = root / "checkout"
        checkout.mkdir()
        study = small_study(checkout, systems=["BM25"], landscape={"source": "demo", "publications": 60}, depth=20)
        elsewhere = root / "elsewhere"
        elsewhere.mkdir()
        for path in [*checkout.rglob("*"), checkout]:
            path.chmod(0o555 if path.is_dir() else 0o444)
        monkeypatch.setenv("PATBENCH_HOME", str(elsewhere))
        monkeypatch.chdir(checkout)
        assert patbench("retrieve", "BM25", "--study", study).code == 0
        assert sorted(path.name for path in checkout.iterdir()) == ["small.yaml", "t.csv"]
        monkeypatch.chdir(root)
