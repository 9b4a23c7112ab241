from __future__ import annotations

import errno
import json
import os
import threading
import time
from pathlib import Path

import pytest

from patbench_lib.errors import PatbenchError
from patbench_lib.files import locked, make_folder, redate, replacing, write_json, write_text


def test_text_is_written_into_folders_made_for_it(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b" / "x.txt"
    write_text(path, "Gerät\n")
    assert path.read_bytes() == "Gerät\n".encode()
    write_text(path, "again")
    assert path.read_text() == "again"
    assert [file.name for file in path.parent.iterdir()] == ["x.txt"]


def test_equal_json_is_equal_bytes_whatever_the_order_of_keys(tmp_path: Path) -> None:
    write_json(tmp_path / "a.json", {"b": [1, 2], "a": "ü"})
    write_json(tmp_path / "b.json", {"a": "ü", "b": [1, 2]})
    assert (tmp_path / "a.json").read_bytes() == (tmp_path / "b.json").read_bytes()
    assert json.loads((tmp_path / "a.json").read_text(encoding="utf-8")) == {"a": "ü", "b": [1, 2]}


@pytest.mark.parametrize("failure", [KeyboardInterrupt, ValueError, SystemExit])
def test_a_write_that_fails_midway_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, failure: type[BaseException]
) -> None:
    path = tmp_path / "x.txt"
    write_text(path, "old")
    with pytest.raises(failure), replacing(path) as temporary:
        temporary.write_text("ne")
        raise failure
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_the_file_has_its_name_only_when_it_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "x.txt"
    with replacing(path) as temporary:
        temporary.write_text("half")
        assert not path.exists() and temporary.parent == path.parent and temporary.name.startswith(".")
        written = temporary.stat().st_ino
    assert path.read_text() == "half" and path.stat().st_ino == written  # renamed, not copied


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (errno.ENOSPC, "The disk is full"),
        (errno.EDQUOT, "The disk is full"),
        (errno.EROFS, "cannot be written to"),
        (errno.EACCES, "cannot be written to"),
        (errno.EPERM, "PATBENCH_HOME"),
    ],
)
def test_a_full_disk_and_a_read_only_folder_are_told_in_plain_words(tmp_path: Path, number: int, said: str) -> None:
    with pytest.raises(PatbenchError, match=said), replacing(tmp_path / "x.txt") as temporary:
        temporary.write_text("half")
        raise OSError(number, "told by the system")
    assert list(tmp_path.iterdir()) == []


def test_other_failures_of_the_system_stay_as_they_are(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="odd"), replacing(tmp_path / "x.txt"):
        raise OSError(errno.EIO, "odd")


def test_a_name_that_is_taken_by_a_folder_or_lies_in_a_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_text("kept")
    for path in (tmp_path / "folder", tmp_path / "file" / "x.txt", tmp_path / "file" / "deep" / "x.txt"):
        with pytest.raises(PatbenchError, match="cannot be written: a folder or a file is in its place"):
            write_text(path, "text")
    assert sorted(file.name for file in tmp_path.iterdir()) == ["file", "folder"]
    assert (tmp_path / "file").read_text() == "kept"


def test_a_lock_is_held_by_one_at_a_time_and_given_back(tmp_path: Path) -> None:
    path = tmp_path / "made" / "lock"
    order: list[str] = []

    def wait() -> None:
        with locked(path):
            order.append("second")

    other = threading.Thread(target=wait)
    with locked(path):
        other.start()
        other.join(0.3)
        assert other.is_alive()
        order.append("first")
    other.join(10)
    assert order == ["first", "second"]


def test_a_lock_is_given_back_when_its_block_fails_and_the_failure_stays_as_it_is(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="of the block"), locked(tmp_path / "lock"):
        raise OSError(errno.ENOSPC, "of the block")
    with locked(tmp_path / "lock"):
        pass


def test_a_lock_where_no_folder_can_be_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("kept")
    with pytest.raises(PatbenchError, match="cannot be written"), locked(tmp_path / "file" / "lock"):
        pass


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("kept")
    with pytest.raises(PatbenchError, match="cannot be written"):
        make_folder(tmp_path / "file" / "folder")
    make_folder(tmp_path / "new" / "folder")
    make_folder(tmp_path / "new" / "folder")
    assert (tmp_path / "new" / "folder").is_dir()


def test_dates_of_the_future_become_now_and_others_stay(tmp_path: Path) -> None:
    before, old, new = time.time(), tmp_path / "old.txt", tmp_path / "in" / "new.txt"
    for path, moment in ((old, 1e9), (new, 4e9)):
        write_text(path, "text")
        os.utime(path, (moment, moment))
    redate(tmp_path)
    assert old.stat().st_mtime == 1e9
    assert before - 1 <= new.stat().st_mtime <= time.time() and new.read_text() == "text"
