"""Writing files so that a killed run leaves the old file or the new one, never a half."""

from __future__ import annotations

import errno
import json
import os
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from patbench_lib.errors import PatbenchError


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a temporary name beside `path`, renamed to it when the block ends well, removed when it does not.

    Raises
    ------
    PatbenchError
        Where the folder is read-only or none, or the disk is full.
    """
    temporary = path.parent / f".{path.name}.{uuid.uuid4().hex[:8]}.tmp"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield temporary
        temporary.replace(path)
    except OSError as error:
        raise _explained(error, path) from error
    finally:
        with suppress(OSError):
            temporary.unlink()


def make_folder(path: Path) -> None:
    """Make a folder and those above it, where there are none.

    Raises
    ------
    PatbenchError
        Where it cannot be made, or something else is in its place.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _explained(error, path) from error


@contextmanager
def locked(path: Path, *, wait: bool = True) -> Iterator[bool]:
    """Hold a lock file while the block runs; it falls when the process dies.

    Yields
    ------
    bool
        Whether it is held: without `wait`, False where another process holds it.

    Raises
    ------
    PatbenchError
        Where the folder is read-only or none, or the disk is full.
    """
    lock = FileLock(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock.acquire(timeout=-1 if wait else 0)
    except Timeout:
        yield False
        return
    except OSError as error:
        raise _explained(error, path) from error
    try:
        yield True
    finally:
        lock.release()


def sweep(folder: Path) -> None:
    """Remove what killed writers left under temporary names; call only while no other process writes there."""
    for left in folder.rglob(".*.tmp"):
        left.unlink(missing_ok=True)


def redate(folder: Path) -> None:
    """Date what is dated in the future as of now: a clock that was ahead would have Snakemake refuse its own files."""
    now = time.time()
    for path in (folder, *folder.rglob("*")):
        with suppress(OSError):
            if path.stat().st_mtime > now:
                os.utime(path, (now, now))


def _explained(error: OSError, path: Path) -> Exception:
    """Tell a full disk, a read-only folder and a name in use in plain words; other failures stay as they are."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return PatbenchError(
            f"The disk is full: {path} could not be written.",
            why="Nothing half-written was kept.",
            todo="Free some space and run the same command again; finished work is found and not repeated.",
        )
    if error.errno in (errno.EROFS, errno.EACCES, errno.EPERM):
        return PatbenchError(
            f"{path.parent} cannot be written to.",
            why=str(error),
            todo="Make it writable, or set PATBENCH_HOME to a folder that is.",
        )
    if error.errno in (errno.EISDIR, errno.ENOTDIR, errno.EEXIST, errno.ENOTEMPTY):
        return PatbenchError(f"{path} cannot be written: a folder or a file is in its place.", why=str(error))
    return error


def write_text(path: Path, text: str) -> None:
    """Write UTF-8 text in one step."""
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def write_json(path: Path, content: Any) -> None:
    """Write JSON in one step, keys sorted, so that equal content is equal bytes."""
    write_text(path, json.dumps(content, indent=1, sort_keys=True, ensure_ascii=False, default=str) + "\n")
