"""Files that PatBench made and finds again: a damaged one is named, removed, and made anew by who asked for it."""

from __future__ import annotations

import errno
import json
import warnings
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pandas as pd

from patbench_lib.errors import PatbenchError, out_of_memory
from patbench_lib.files import replacing, write_json
from patbench_lib.footer import require_sound_footer, seal_footer

T = TypeVar("T")

_CHECKSUM = "checksum"
_OF_CONTENT = (None, errno.EIO, errno.EINVAL)
"""Numbers of errors that tell of a file's content; any other is the system's, such as too many open files."""


class DamagedFileError(PatbenchError):
    """A file of ours that is not as it was written."""

    def __init__(self, path: Path, error: Exception) -> None:
        why = str(error).partition("\n")[0] or type(error).__name__
        super().__init__(f"{path} is damaged.", why=why, todo="Remove it, or its folder, and make it again.")


@contextmanager
def sound(path: Path) -> Iterator[None]:
    """Read a file of ours in this block.

    Raises
    ------
    DamagedFileError
        Where it cannot be read as what it is.
    """
    try:
        yield
    except (MemoryError, DamagedFileError):
        raise
    except Exception as error:  # what a damaged file makes its reader raise is not to be foreseen
        if (isinstance(error, OSError) and error.errno not in _OF_CONTENT) or out_of_memory(error):
            raise
        raise DamagedFileError(path, error) from error


def read_kept(path: Path, read: Callable[[Path], T]) -> T | None:
    """Return what `read` makes of a file; None where there is none, or a damaged one, which is told and removed."""
    if not path.is_file():
        return None
    try:
        with sound(path):
            return read(path)
    except DamagedFileError as error:
        warnings.warn(f"{error.what} It is made again. {error.why}", stacklevel=2)
        with suppress(OSError):
            path.unlink()
        return None


def found_or_made(path: Path, find: Callable[[Path], T | None], make: Callable[[Path], object]) -> T:
    """Return what is found under a path, made first where nothing is found.

    Raises
    ------
    PatbenchError
        Where it cannot be read as soon as it was written.
    """
    found = find(path)
    if found is None:
        make(path)
        found = find(path)
    if found is None:
        raise PatbenchError(f"{path} is damaged as soon as it is written.", todo="Look whether the disk is sound.")
    return found


def read_json(path: Path) -> dict[str, Any]:
    """Return what `save_json` wrote; a file of before, without a checksum, is taken as it is."""
    found = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(found, dict):
        raise ValueError("no JSON object")
    if found.pop(_CHECKSUM, _checksum(found)) != _checksum(found):
        raise ValueError("its checksum is another")
    return found


def save_json(path: Path, content: Mapping[str, Any]) -> None:
    """Write a JSON object in one step, with a checksum of its content."""
    plain = json.loads(json.dumps(content, default=str))
    write_json(path, {**plain, _CHECKSUM: _checksum(plain)})


def find_json(path: Path) -> dict[str, Any] | None:
    """Return a kept JSON object; None where there is none, or a damaged one, which is told and removed."""
    return read_kept(path, read_json)


def _checksum(content: Mapping[str, Any]) -> str:
    told = {name: value for name, value in content.items() if name != _CHECKSUM}
    return f"{zlib.crc32(json.dumps(told, sort_keys=True).encode()):08x}"


def read_frame(path: Path, columns: list[str] | None = None) -> pd.DataFrame:
    """Return a table that `save_frame` wrote, or some of its columns.

    Each of its pages has a checksum, and its footer, so that one flipped bit is enough to be found. Arrow reads it
    without threads of its own: where memory is used up, those that cannot be started are waited for without end.
    """
    require_sound_footer(path)
    return pd.read_parquet(path, columns=columns, page_checksum_verification=True, use_threads=False, pre_buffer=False)


def save_frame(table: pd.DataFrame, path: Path) -> None:
    """Write a table as compressed Parquet in one step."""
    with replacing(path) as temporary:
        table.to_parquet(temporary, compression="zstd", index=False, write_page_checksum=True)
        seal_footer(temporary)


def find_frame(path: Path) -> pd.DataFrame | None:
    """Return a kept table; None where there is none, or a damaged one, which is told and removed."""
    return read_kept(path, read_frame)


def keep_frame(path: Path, make: Callable[[], pd.DataFrame]) -> pd.DataFrame:
    """Return the table kept under a path, making it first where there is none, or a damaged one."""
    return found_or_made(path, find_frame, lambda each: save_frame(make(), each))


def read_arrays(path: Path) -> dict[str, np.ndarray]:
    """Return the arrays that `save_arrays` wrote, by name; each has a checksum."""
    kept = np.load(path, allow_pickle=False)
    if not isinstance(kept, np.lib.npyio.NpzFile):
        raise zipfile.BadZipFile("no file of several arrays")
    with kept:
        return dict(kept)


def find_arrays(path: Path) -> dict[str, np.ndarray] | None:
    """Return kept arrays; None where there are none, or the file is damaged, which is told, and it is removed."""
    return read_kept(path, read_arrays)


def save_arrays(path: Path, arrays: Mapping[str, Any]) -> None:
    """Write arrays, none of them of objects, to one compressed file in one step."""
    with replacing(path) as temporary, temporary.open("wb") as file:
        np.savez_compressed(file, allow_pickle=False, **arrays)
