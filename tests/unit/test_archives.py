from __future__ import annotations

import gzip
import random
from pathlib import Path

import pytest
from fixtures.archives import cut, tarred, zipped

from patbench_lib.errors import PatbenchError
from patbench_lib.landscape.origins.archives import ARCHIVES, open_members
from patbench_lib.landscape.origins.named_files import all_files

NOISE = random.Random(0).randbytes(60_000)
FILES = {"2016/a.json": b"one\n", "2016/b.JSON": b"two\nthree\n", "readme.txt": b"no"}


def read(path: Path) -> dict[str, bytes]:
    return {member.name: b"".join(member.chunks()) for member in open_members(path, (".json",), todo="Give .json.")}


def pack(path: Path, members: dict[str, bytes]) -> Path:
    return zipped(path, members) if path.suffix == ".zip" else tarred(path, members)


@pytest.mark.parametrize("ending", ARCHIVES)
def test_members_are_read_in_order_by_their_ending(tmp_path: Path, ending: str) -> None:
    path = pack(tmp_path / f"w{ending}", FILES)
    assert read(path) == {f"w{ending}/2016/a.json": b"one\n", f"w{ending}/2016/b.JSON": b"two\nthree\n"}
    with pytest.raises(PatbenchError, match=r"holds no \.json file"):
        read(pack(tmp_path / f"n{ending}", {"readme.txt": b"no"}))


@pytest.mark.parametrize("ending", ARCHIVES)
@pytest.mark.parametrize("name", ["../a.json", "in/../../a.json", "/etc/a.json", "C:/a.json", "..\\a.json"])
def test_names_that_lead_out_are_refused(tmp_path: Path, ending: str, name: str) -> None:
    with pytest.raises(PatbenchError, match="leads out of the folder"):
        read(pack(tmp_path / f"w{ending}", {"good.json": b"1", name: b"2"}))


def test_links_are_passed_over(tmp_path: Path) -> None:
    assert list(read(tarred(tmp_path / "w.tar", FILES, "link.json"))) == ["w.tar/2016/a.json", "w.tar/2016/b.JSON"]


@pytest.mark.parametrize("ending", ARCHIVES)
@pytest.mark.parametrize("kept", [0, 100, 0.5, 0.99])
def test_a_cut_archive_is_told(tmp_path: Path, ending: str, kept: float | int) -> None:
    path = pack(tmp_path / f"w{ending}", {"a.json": NOISE, "b.json": NOISE})
    with pytest.raises(PatbenchError, match=r"not a whole (zip|tar) file"):
        read(cut(path, kept))


def test_a_tar_that_ends_between_two_members_is_told(tmp_path: Path) -> None:
    block = 512 + 1024  # a header, and a content of two blocks
    path = tarred(tmp_path / "w.tar", {"a.json": bytes(b"x" * 1024), "b.json": b"y"})
    with pytest.raises(PatbenchError, match="no end of archive"):
        read(cut(path, block))


def test_a_damaged_middle_is_told(tmp_path: Path) -> None:
    whole = tarred(tmp_path / "w.tar.gz", {"a.json": NOISE}).read_bytes()
    bad = tmp_path / "bad.tar.gz"
    bad.write_bytes(whole[:30_000] + bytes(40) + whole[30_040:])
    with pytest.raises(PatbenchError, match="not a whole tar file"):
        read(bad)


def test_lines_of_packed_members_are_unpacked(tmp_path: Path) -> None:
    packed = gzip.compress(b"one\ntwo\n")
    path = tarred(tmp_path / "w.tar", {"a.json.gz": packed, "b.json": b"three\nfour"})
    found = {m.name: [*m.lines()] for m in open_members(path, (".json", ".json.gz"), todo="")}
    assert found == {"w.tar/a.json.gz": [b"one\n", b"two\n"], "w.tar/b.json": [b"three\n", b"four"]}
    (tmp_path / "short.json.gz").write_bytes(packed[:-9])
    with pytest.raises(PatbenchError, match="not a whole gzip file"):
        [[*m.lines()] for m in open_members(tmp_path / "short.json.gz", (".json.gz",), todo="")]


def test_other_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(PatbenchError, match="No file at"):
        read(tmp_path / "gone.zip")
    (tmp_path / "a.rar").write_bytes(b"x")
    with pytest.raises(PatbenchError, match=r"ending that is not read\.\nGive \.json\."):
        read(tmp_path / "a.rar")


def test_folders_are_searched_for_the_endings_asked_for(tmp_path: Path) -> None:
    for name in ("b.tar.gz", "a.ZIP", "x.txt"):
        (tmp_path / name).write_bytes(b"")
    (tmp_path / "in.zip").mkdir()
    (tmp_path / "in.zip" / "c.tar").write_bytes(b"")
    found = [path.name for path in all_files([tmp_path, tmp_path / "x.txt"], ARCHIVES)]
    assert found == ["a.ZIP", "b.tar.gz", "c.tar", "x.txt"]
