"""Bulk files as streams of bytes: plain XML, or the XML members of a zip, which are read and never unpacked to disk."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from patbench_lib.errors import PatbenchError

CHUNK = 1 << 20
"""Bytes read at a time."""

_ENCRYPTED = 0x1


@dataclass(frozen=True)
class Stream:
    """One XML file, alone or inside a zip, as chunks of bytes.

    Attributes
    ----------
    name : of the file, and of the member in it.
    """

    name: str
    chunks: Iterator[bytes]


def open_streams(path: Path) -> Iterator[Stream]:
    """Yield the XML files of a path; each is to be read before the next is asked for.

    Raises
    ------
    PatbenchError
        Where there is no such file, it is neither .xml nor .zip, or the zip is cut off, damaged, locked by a password,
        holds no XML, or names a member that would lie outside of a folder it is unpacked to.
    """
    if not path.is_file():
        raise PatbenchError(f"No file at {path}.", todo="Give the weekly files as they were downloaded.")
    kind = path.suffix.lower()
    if kind == ".xml":
        with path.open("rb") as file:
            yield Stream(path.name, iter(lambda: file.read(CHUNK), b""))
    elif kind == ".zip":
        yield from _members(path)
    else:
        raise PatbenchError(f"{path} has an ending that is not read.", todo="Give .zip or .xml files of the USPTO.")


def _members(path: Path) -> Iterator[Stream]:
    try:
        archive = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, OSError) as error:
        raise _damaged(path, error) from error
    with archive:
        for member in archive.infolist():
            _refuse_outside(path, member.filename)
        wanted = [member for member in archive.infolist() if member.filename.lower().endswith(".xml")]
        if not wanted:
            raise PatbenchError(
                f"{path} holds no .xml file.",
                why=f"It holds: {', '.join(archive.namelist()[:10]) or 'nothing'}.",
                todo="Give the weekly files with full text, such as ipg071120.zip or ipa071122.zip.",
            )
        for member in wanted:
            if member.flag_bits & _ENCRYPTED:
                raise PatbenchError(f"{path}: {member.filename} is locked by a password.", todo="Unlock it first.")
            yield Stream(f"{path.name}/{member.filename}", _read(path, archive, member))


def _refuse_outside(path: Path, name: str) -> None:
    """Refuse names that lead out of the archive: no file of an office has them, and other tools would follow them."""
    inner = PurePosixPath(name.replace("\\", "/"))
    if inner.is_absolute() or ".." in inner.parts or ":" in inner.parts[0]:
        raise PatbenchError(
            f"{path} is refused: it names a member '{name}'.",
            why="Such a name leads out of the folder that the archive is unpacked to.",
            todo="Get the file again from the office itself.",
        )


def _read(path: Path, archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> Iterator[bytes]:
    try:
        with archive.open(member) as file:
            while chunk := file.read(CHUNK):
                yield chunk
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError) as error:
        raise _damaged(path, error) from error


def _damaged(path: Path, error: Exception) -> PatbenchError:
    return PatbenchError(
        f"{path} is not a whole zip file.", why=str(error) or type(error).__name__, todo="Download it again."
    )
