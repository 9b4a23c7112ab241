"""Reading a Parquet file that may be damaged in any way."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import pandas as pd

from patbench_lib.errors import PatbenchError


@contextmanager
def readable_parquet(path: Path) -> Iterator[None]:
    """Turn what goes wrong while a Parquet file is read into an error that says so.

    Raises
    ------
    PatbenchError
        Where the file is cut short, damaged, or no Parquet file.
    """
    try:
        yield
    except (MemoryError, PatbenchError):
        raise
    except Exception as error:  # of a footer's bytes some are JSON, some base64, some numbers: all may be wrong
        why = str(error).partition("\n")[0] or type(error).__name__
        todo = "Copy or write it again."
        raise PatbenchError(f"{path} is not a readable Parquet file.", why=why, todo=todo) from error


def read_parquet(path: Path, columns: list[str] | None = None, *, unpacked: IO[bytes] | None = None) -> pd.DataFrame:
    """Read a table, or some of its columns.

    Parameters
    ----------
    unpacked : the content, where the file at the path is packed.

    Raises
    ------
    PatbenchError
        Where the file is no whole Parquet file; text that is no UTF-8, which pandas finds only in use, is found here.
    """
    import pyarrow.parquet as pq

    content = unpacked or path
    with readable_parquet(path):
        with pq.ParquetFile(content) as file:
            for batch in file.iter_batches(columns=columns):
                batch.validate(full=True)
        return pd.read_parquet(content, columns=columns)
