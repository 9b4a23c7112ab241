"""Files inside archives as streams of bytes: members of a zip or tar are read one by one and never unpacked to disk."""

from __future__ import annotations

import gzip
import os
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, cast

from patbench_lib.errors import PatbenchError

CHUNK = 1 << 20
"""Bytes read at a time."""

TARS = (".tar", ".tar.gz", ".tgz")
ARCHIVES = (".zip", *TARS)

_ENCRYPTED = 0x1

_END = 1024
"""Bytes of zeros at the end of a tar."""


@dataclass(frozen=True)
class Member:
    """One file, alone or inside an archive, to be read before the next is asked for.

    Attributes
    ----------
    name : of the file or archive, and of the member in it.
    path : of the file or archive.
    file : open for reading, as it is stored.
    """

    name: str
    path: Path
    file: IO[bytes]

    def chunks(self) -> Iterator[bytes]:
        """Yield the content in pieces.

        Raises
        ------
        PatbenchError
            Where the archive is cut off or damaged.
        """
        with _whole(self.path):
            while chunk := self.file.read(CHUNK):
                yield chunk

    def lines(self) -> Iterator[bytes]:
        """Yield the content line by line; a member whose name ends in .gz is unpacked on the way.

        Raises
        ------
        PatbenchError
            Where the archive, or the packed member, is cut off or damaged.
        """
        with _whole(self.path):
            packed = self.name.lower().endswith(".gz")
            yield from cast(IO[bytes], gzip.GzipFile(fileobj=self.file)) if packed else self.file


def open_members(path: Path, endings: tuple[str, ...], *, todo: str) -> Iterator[Member]:
    """Yield the files of a path whose names end so, in any case: the file itself, or what an archive holds.

    Parameters
    ----------
    todo : what to give instead, for who gives something else.

    Raises
    ------
    PatbenchError
        Where there is no such file, it is neither of these endings nor a zip or tar, or the archive is cut off,
        damaged, locked by a password, holds no such file, or names a member that would lie outside of a folder it is
        unpacked to.
    """
    if not path.is_file():
        raise PatbenchError(f"No file at {path}.", todo=todo)
    name = path.name.lower()
    if name.endswith(ARCHIVES):
        yield from _some(path, endings, todo)
    elif name.endswith(endings):
        with path.open("rb") as file:
            yield Member(path.name, path, file)
    else:
        raise PatbenchError(f"{path} has an ending that is not read.", todo=todo)


def _some(path: Path, endings: tuple[str, ...], todo: str) -> Iterator[Member]:
    found = False
    for member in _zip_members(path, endings) if path.suffix.lower() == ".zip" else _tar_members(path, endings):
        found = True
        yield member
    if not found:
        raise PatbenchError(f"{path} holds no {' or '.join(endings)} file.", todo=todo)


def _is_wanted(name: str, endings: tuple[str, ...]) -> bool:
    """Tell whether a member is of the endings; an archive in an archive is not, whatever its ending."""
    return name.lower().endswith(endings) and not name.lower().endswith(ARCHIVES)


def _zip_members(path: Path, endings: tuple[str, ...]) -> Iterator[Member]:
    with _whole(path):
        archive = zipfile.ZipFile(path)
    with archive:
        for member in archive.infolist():
            refuse_outside(path, member.filename)
        for member in archive.infolist():
            if _is_wanted(member.filename, endings):
                if member.flag_bits & _ENCRYPTED:
                    raise PatbenchError(f"{path}: {member.filename} is locked by a password.", todo="Unlock it first.")
                with _whole(path):
                    file = archive.open(member)
                with file:
                    yield Member(f"{path.name}/{member.filename}", path, file)


def _tar_members(path: Path, endings: tuple[str, ...]) -> Iterator[Member]:
    """Yield the files of a tar in the order in which they stand there; links are passed over, wherever they point."""
    with _whole(path):
        stream = cast(IO[bytes], path.open("rb") if path.suffix.lower() == ".tar" else gzip.GzipFile(path))
    with stream:
        with _whole(path):
            archive = tarfile.open(fileobj=stream, mode="r|")  # noqa: SIM115  # read once, in order
        while member := _next(path, archive):
            refuse_outside(path, member.name)
            if member.isreg() and _is_wanted(member.name, endings):
                with _whole(path):
                    file = archive.extractfile(member)
                if file is not None:
                    yield Member(f"{path.name}/{member.name}", path, file)
        _refuse_cut(path, stream)


def _next(path: Path, archive: tarfile.TarFile) -> tarfile.TarInfo | None:
    with _whole(path):
        return archive.next()


def _refuse_cut(path: Path, stream: IO[bytes]) -> None:
    """Refuse a tar that ends between two members: the module takes that for its end, and the rest would be missed.

    A packed one is read to its end, where its checksum is; a plain one ends with two blocks of zeros.
    """
    with _whole(path):
        if isinstance(stream, gzip.GzipFile):
            while stream.read(CHUNK):
                pass
        else:
            stream.seek(-_END, os.SEEK_END)
            if stream.read(_END).strip(b"\0"):
                raise tarfile.ReadError("no end of archive")


def refuse_outside(path: Path, name: str) -> None:
    """Refuse names that lead out of the archive: no publisher's file has them, and other tools would follow them.

    Raises
    ------
    PatbenchError
        Where the name is absolute, or has a drive or `..` in it.
    """
    inner = PurePosixPath(name.replace("\\", "/"))
    if inner.is_absolute() or ".." in inner.parts or (inner.parts and ":" in inner.parts[0]):
        raise PatbenchError(
            f"{path} is refused: it names a member '{name}'.",
            why="Such a name leads out of the folder that the archive is unpacked to.",
            todo="Get the file again from who publishes it.",
        )


@contextmanager
def _whole(path: Path) -> Iterator[None]:
    try:
        yield
    except (zipfile.BadZipFile, tarfile.TarError, zlib.error, EOFError, NotImplementedError, OSError) as error:
        name = path.name.lower()
        kind = "zip" if name.endswith(".zip") else "tar" if name.endswith(TARS) else "gzip"
        why = str(error) or type(error).__name__
        raise PatbenchError(f"{path} is not a whole {kind} file.", why=why, todo="Download it again.") from error
