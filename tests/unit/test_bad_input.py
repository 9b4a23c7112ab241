"""Bad input end to end: a clear error, exit code 1, nothing half-written, and work that goes on once it is mended."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from fixtures.commands import Done, Patbench, small_study
from fixtures.landscapes import Row, as_csv, cited_in_a_row, landscape

from patbench_lib.bench.bench import Bench
from patbench_lib.errors import PatbenchError
from patbench_lib.landscape.folder import load_landscape, save_landscape
from patbench_lib.parameters import read_study


def refused(done: Done, *said: str) -> None:
    assert done.code == 1
    lines = done.err.splitlines()  # the last ones; those of progress bars go before
    assert any(line.startswith("patbench: ") for line in lines) and "Traceback" not in done.err
    for words in said:
        assert words in done.err


def nothing_made(home: Path) -> None:
    made = [path for folder in (".cache", "results") for path in (home / folder).rglob("*") if path.is_file()]
    assert [path for path in made if path.name != "lock"] == []


def study_of(home: Path, content: bytes, **landscape: Any) -> Path:
    (home / "t.csv").write_bytes(content)
    return small_study(home, landscape={"source": "table", "name": "mine", "path": "t.csv", **landscape})


LOOSE = b"publication_number,title,abstract,cited\nUS-1-A,x,x,EP-1\nUS-2-A,y,y,EP-2\n"


@pytest.mark.parametrize(
    ("content", "landscape", "said"),
    [
        (b"number,title\nUS-1-A,x\n", {}, "The table has no column publication_number."),
        (b"publication_number,Title\nUS-1-A,x\n", {"columns": {"title": "Titel"}}, "Did you mean 'Title'?"),
        (b"publication_number,topic\nUS-1-A,x\n", {"labels": ["topics"]}, "Did you mean 'topic'?"),
        (b"", {}, "is empty."),
        (b"publication_number,title\n", {}, "has no rows."),
        ("publication_number,title\nUS-1-A,Gerät\n".encode("cp1252"), {}, "iconv -f WINDOWS-1252"),
        (b"publication_number,title\nUS-1-A,a cane, with a tip\nUS-2-A,x\n", {}, "1 ragged rows: 1."),
        (b"publication_number,title\nUS-1-A,x\nUS-1-A,y\n", {}, "repeated with other content: 1 (rows 2)"),
        (b"publication_number,title\nUS-1-A,x\n,y\n", {}, "publication_number: missing: 1 (rows 2)"),
        (LOOSE, {}, "No patent of landscape 'mine' has a relevant"),
    ],
)
def test_a_bad_table_stops_the_study(
    patbench: Patbench, home: Path, content: bytes, landscape: dict[str, Any], said: str
) -> None:
    study = study_of(home, content, **landscape)
    refused(patbench("retrieve", "BM25", "--study", study), said)
    assert not list(home.rglob("*.tmp")) and not (home / "results").exists()


def test_a_missing_table_stops_the_study_and_a_new_one_is_not_written(patbench: Patbench, home: Path) -> None:
    study = small_study(home)
    (home / "t.csv").unlink()
    refused(patbench("landscape", "--study", study), "No file at", "t.csv")
    refused(patbench("study", "new", "--table", home / "t.csv", "-o", home / "new.yaml"), "No file at")
    assert not (home / "new.yaml").exists()


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"views": ["TA", "TAX"]}, "`views.1` cannot be 'TAX'; did you mean 'TA'?"),
        ({"systems": ["BM25", "MiniLM-statc"]}, "Did you mean 'MiniLM-static'?"),
        ({"detph": 50}, "`detph` is not a parameter; did you mean `depth`?"),
        ({"depth": 30}, "depth 30 is more than the 29 documents that landscape 'mine' has beside a query"),
        ({"depth": 100}, "Set `depth` to 29 or less."),
        ({"views": ["DWPI"]}, "dwpi_title and dwpi_abstract"),
    ],
)
def test_a_study_that_cannot_be_run_is_refused(
    patbench: Patbench, home: Path, fields: dict[str, Any], said: str
) -> None:
    refused(patbench("retrieve", "BM25", "--study", small_study(home, **fields)), said)
    assert not (home / "results").exists() and not list(home.rglob("*.tmp"))


def test_a_run_as_deep_as_the_collection_allows_is_no_error(patbench: Patbench, home: Path) -> None:
    assert patbench("retrieve", "BM25", "--study", small_study(home, depth=29)).code == 0


@contextmanager
def disk(folder: Path, *options: str) -> Iterator[Path]:
    """Mount a file system in memory of its own, where that is permitted."""
    folder.mkdir()
    words = ["mount", "-t", "tmpfs", "-o", ",".join(options), "tmpfs", str(folder)]
    try:
        done = subprocess.run(words, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        pytest.skip("no command mount here")
    if done.returncode:
        pytest.skip(f"mounting is not permitted here: {done.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def remount(folder: Path, *options: str) -> None:
    subprocess.run(["mount", "-o", ",".join(("remount", *options)), str(folder)], check=True)


def files(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file() and path.name != "lock"}


@pytest.fixture
def small_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    with disk(tmp_path / "disk", "size=4m") as folder:
        monkeypatch.setenv("PATBENCH_HOME", str(folder))
        yield folder


def fill(folder: Path, spare: int) -> Path:
    """Fill a disk up to some spare bytes."""
    path = folder / "filling"
    status = os.statvfs(folder)
    path.write_bytes(b"\0" * (status.f_bavail * status.f_frsize - spare))
    return path


STEPS = (
    ("landscape",),
    ("encode", "MiniLM-static"),
    ("retrieve", "BM25"),
    ("retrieve", "MiniLM-static"),
    ("tabulate",),
)


def test_a_read_only_home_stops_each_step_until_it_can_be_written(patbench: Patbench, small_disk: Path) -> None:
    study = small_study(small_disk)
    for step in STEPS:
        before = files(small_disk)
        remount(small_disk, "ro")
        refused(patbench(*step, "--study", study), "cannot be written to", "PATBENCH_HOME")
        remount(small_disk, "rw")
        assert files(small_disk) == before
        assert patbench(*step, "--study", study).code == 0


def test_a_read_only_home_that_holds_everything_serves(patbench: Patbench, small_disk: Path) -> None:
    study = small_study(small_disk)
    for step in STEPS:
        assert patbench(*step, "--study", study).code == 0
    remount(small_disk, "ro")
    for step in STEPS:
        assert patbench(*step, "--study", study).code == 0
    assert "MiniLM-static" in patbench("results", "--study", study).out


@pytest.mark.parametrize("spare", [0, 4096, 12288])
def test_a_full_disk_stops_each_step_with_nothing_half_written_and_with_space_it_goes_on(
    patbench: Patbench, small_disk: Path, spare: int
) -> None:
    study = small_study(small_disk)
    stopped = 0
    for step in STEPS:
        before = files(small_disk)
        filling = fill(small_disk, spare)
        done = patbench(*step, "--study", study)
        filling.unlink()
        assert not list(small_disk.rglob("*.tmp"))
        assert before.items() <= files(small_disk).items()
        if done.code:
            refused(done, "The disk is full")
            stopped += 1
        assert patbench(*step, "--study", study).code == 0
    assert stopped >= (len(STEPS) if not spare else 1)
    results = patbench("results", "--study", study).out
    assert "BM25" in results and "MiniLM-static" in results


def test_a_stop_by_a_full_disk_changes_no_result(patbench: Patbench, small_disk: Path, tmp_path: Path) -> None:
    study = small_study(small_disk, encoding={"shard_size": 8})
    made = []
    for spare in (24_000, 40_000, 56_000):
        filling = fill(small_disk, spare)
        refused(patbench("retrieve", "MiniLM-static", "--study", study), "The disk is full")
        filling.unlink()
        made.append(len(list(small_disk.rglob("*.index.npy"))))
    assert 0 < made[-1] < 8 and made == sorted(made)
    interrupted, plain = Bench(read_study(study), progress=False), Bench(read_study(study), tmp_path, progress=False)
    small_study(tmp_path)
    one, two = (bench.scores("MiniLM-static", bench.arena, "TA") for bench in (interrupted, plain))
    pd.testing.assert_frame_equal(one, two)


def test_a_landscape_too_large_for_the_disk_is_not_half_saved(tmp_path: Path) -> None:
    rows: list[Row] = [{**row, "abstract": os.urandom(4000).hex()} for row in cited_in_a_row(30)]
    made = landscape(*rows)
    with disk(tmp_path / "disk", "size=64k") as folder:
        with pytest.raises(PatbenchError, match="The disk is full"):
            save_landscape(made, folder / "made")
        assert files(folder) == {} and load_landscape(folder / "made") is None
        remount(folder, "size=4m")
        save_landscape(made, folder / "made")
        found = load_landscape(folder / "made")
        assert found is not None and found.fingerprint == made.fingerprint


def test_a_table_that_changed_is_read_again(patbench: Patbench, home: Path) -> None:
    study = small_study(home)
    assert patbench("landscape", "--study", study).out.startswith("mine: 30 publications")
    as_csv(cited_in_a_row(31), home / "t.csv")
    assert patbench("landscape", "--study", study).out.startswith("mine: 31 publications")
