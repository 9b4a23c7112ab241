"""Readers given anything: a result or the one typed error, quickly; valid files with random changes, and random bytes.

Here they are hypothesis's draws; `fuzz.py` beside this looks for more of them by coverage.
"""

from __future__ import annotations

import gc
import gzip
import os
import random
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Callable, Sequence
from functools import lru_cache, partial
from pathlib import Path

import pandas as pd
import pytest
from fixtures import bigpatent, exports, hupd, uspto
from fixtures.archives import tarred, zipped
from fixtures.commands import SMALL
from fixtures.landscapes import as_csv, cited_in_a_row
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from patbench_lib.errors import PatbenchError
from patbench_lib.landscape.origins.archives import open_members
from patbench_lib.landscape.origins.exports import read_export
from patbench_lib.landscape.origins.origin import Options, find_origin
from patbench_lib.landscape.sources import open_source
from patbench_lib.landscape.spec import TableSource
from patbench_lib.landscape.table import read_table
from patbench_lib.parameters import read_study
from patbench_lib.retrieve.trec import align_runs

MOST_SECONDS = 10
MOST_GROWTH = 4 << 20
"""Bytes that may be held more after many inputs than after a few."""

EXAMPLES = int(os.environ.get("PATBENCH_FUZZ", "25"))
"""Inputs for each reader; a long search sets more."""

QUIET = Options(say=lambda line: None)


def open_table(path: Path) -> object:
    read_table(path)
    return open_source(TableSource(name="fuzzed", path=str(path)), path.parent)


def members(path: Path) -> list[int]:
    return [sum(map(len, member.chunks())) for member in open_members(path, (".json", ".xml"), todo="")]


def origin(name: str, path: Path) -> object:
    return find_origin(name).read([path], QUIET)


def _study() -> bytes:
    import yaml

    return yaml.safe_dump(SMALL).encode()


@lru_cache
def valid(folder: Path) -> dict[str, tuple[bytes, Callable[[Path], object]]]:
    """Return a valid file of each kind by its name, and what reads it."""
    folder.mkdir()
    rows = cited_in_a_row(12)
    table = as_csv(rows, folder / "made.csv").read_bytes()
    frame = pd.DataFrame(rows)
    frame.to_json(folder / "made.jsonl", orient="records", lines=True)
    frame.to_parquet(folder / "made.parquet", index=False)
    frame.to_parquet(folder / "plain.parquet", index=False, compression=None)
    applications = hupd.packed(hupd.application(), hupd.application("15000002"))
    first = next(iter(applications.values()))
    lines = bigpatent.lines(bigpatent.record(1), bigpatent.record(2))
    run = "".join(f"q{q} Q0 d{d} {d} {9 - d} tag\n" for q in range(3) for d in range(4)).encode()
    weekly = uspto.bulk(folder, uspto.grant(), uspto.grant("07000002")).read_bytes()
    return {
        "table.csv": (table, open_table),
        "table.tsv": (table.replace(b",", b"\t"), open_table),
        "table.csv.gz": (gzip.compress(table), open_table),
        "table.jsonl": ((folder / "made.jsonl").read_bytes(), open_table),
        "table.parquet": ((folder / "made.parquet").read_bytes(), open_table),
        "uncompressed.parquet": ((folder / "plain.parquet").read_bytes(), open_table),
        "lens.csv": (exports.lens(folder).read_bytes(), read_export),
        "scope.csv": (exports.patentscope(folder).read_bytes(), read_export),
        "derwent.csv": (exports.derwent(folder).read_bytes(), read_export),
        "weekly.xml": (weekly, partial(origin, "uspto")),
        "application.json": (first, partial(origin, "hupd")),
        "applications.tar.gz": (tarred(folder / "a.tar.gz", applications).read_bytes(), partial(origin, "hupd")),
        "test/a/data_0.gz": (lines, partial(origin, "bigpatent")),
        "test/a/lines.jsonl": (gzip.decompress(lines), partial(origin, "bigpatent")),
        "a.zip": (zipped(folder / "a.zip", applications).read_bytes(), members),
        "a.tar": (tarred(folder / "a.tar", applications).read_bytes(), members),
        "run.trec": (run, lambda path: align_runs([path, path])),
        "run.trec.gz": (gzip.compress(run), lambda path: align_runs([path])),
        "study.yaml": (_study(), read_study),
    }


NAMES = [
    "table.csv", "table.tsv", "table.csv.gz", "table.jsonl", "table.parquet", "uncompressed.parquet", "lens.csv",
    "scope.csv", "derwent.csv", "weekly.xml", "application.json", "applications.tar.gz",
    "test/a/data_0.gz", "test/a/lines.jsonl", "a.zip", "a.tar", "run.trec", "run.trec.gz", "study.yaml",
]  # fmt: skip

PIECES = [
    b"\x00", b"\xff\xfe", b"\xef\xbb\xbf", b'"', b"'", b"\r", b"\n", b",", b"\t", b"[", b"]", b"{", b"}", b":", b"&",
    b"<", b">", b"</", b"<!DOCTYPE", b"&amp;", b"&#0;", b"]]>", b"<?xml ", b"-", b"- ", b"? ", b"!!python/object:os.x ",
    b"&a *a", b"null", b"NaN", b"1e999", b"-1", b"99999999999999999999", b"\xed\xa0\x80", "é\u2028\u202e".encode(),
    b"[" * 3000, b"{" * 3000, b'{"a":' * 3000, b"<p>" * 3000, b"9" * 5000, b"0x", b"2024-13-45", b"PAR1",
]  # fmt: skip

Edit = tuple[str, float, bytes, float]
EDITS = st.lists(
    st.tuples(
        st.sampled_from(["put", "over", "drop", "repeat", "flip", "cut"]),
        st.floats(0, 1),
        st.sampled_from(PIECES) | st.binary(min_size=1, max_size=8),
        st.floats(0, 0.3),
    ),
    min_size=1,
    max_size=6,
)


def edited(content: bytes, edits: Sequence[Edit]) -> bytes:
    """Return a file's content with changes made one after the other."""
    for what, where, piece, share in edits:
        at = int(where * len(content))
        end = at + int(share * len(content)) + 1
        if what == "put":
            content = content[:at] + piece + content[at:]
        elif what == "over":
            content = content[:at] + piece + content[at + len(piece) :]
        elif what == "drop":
            content = content[:at] + content[end:]
        elif what == "repeat":
            content = content[:end] + content[at:]
        elif what == "flip":
            content = (
                content[:at] + bytes(byte ^ 1 << piece[0] % 8 for byte in content[at : at + 1]) + content[at + 1 :]
            )
        else:
            content = content[:at]
    return content


def survives(read: Callable[[Path], object], path: Path, content: bytes) -> None:
    """Assert that a reader gives, in time, a result or the typed error for some content."""
    path.write_bytes(content)
    began = time.perf_counter()
    try:
        read(path)
    except PatbenchError as error:
        assert str(error)
    assert time.perf_counter() - began < MOST_SECONDS


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("fuzz")
    (folder / "test" / "a").mkdir(parents=True)
    return folder


@pytest.mark.parametrize("name", NAMES)
def test_the_unchanged_file_is_read(places: Path, name: str) -> None:
    content, read = valid(places / "valid")[name]
    path = places / name
    path.write_bytes(content)
    assert read(path) is not None


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
@given(edits=EDITS)
def test_a_changed_file_is_read_or_refused(places: Path, name: str, edits: list[Edit]) -> None:
    content, read = valid(places / "valid")[name]
    survives(read, places / name, edited(content, edits))


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
@given(content=st.binary(max_size=400) | st.text(max_size=200).map(lambda text: text.encode("utf-8", "surrogatepass")))
def test_any_content_is_read_or_refused(places: Path, name: str, content: bytes) -> None:
    survives(valid(places / "valid")[name][1], places / name, content)


@pytest.mark.parametrize("name", NAMES)
def test_memory_stays_flat_over_many_inputs(places: Path, name: str) -> None:
    content, read = valid(places / "valid")[name]
    draw = random.Random(name)

    def read_some(count: int) -> int:
        for _ in range(count):
            at = draw.randrange(len(content))
            survives(read, places / name, content[:at] + draw.choice(PIECES) + content[at + 1 :])
        gc.collect()
        return tracemalloc.get_traced_memory()[0]

    tracemalloc.start()
    try:
        first = read_some(5)
        assert read_some(20) - first < MOST_GROWTH
    finally:
        tracemalloc.stop()


@pytest.mark.slow
@pytest.mark.parametrize("name", ["weekly.xml", "table.csv", "run.trec", "study.yaml"])
def test_inputs_found_by_coverage_break_no_reader(name: str) -> None:
    pytest.importorskip("atheris", reason="the extra `fuzz` is not installed")
    command = [sys.executable, str(Path(__file__).with_name("fuzz.py")), name, "-max_total_time=10"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0 and "Done " in done.stderr, done.stderr[-2000:]
