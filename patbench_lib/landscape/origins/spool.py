"""Rows put down on disk while files are read, so that memory holds a few of them at a time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import pandas as pd

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq

BATCH = 256
"""Rows held before they are written: some tens of megabytes of full texts."""


class Spool:
    """Rows of a table in a temporary Parquet file.

    Parameters
    ----------
    lists : columns that hold lists of text; all others hold text.
    """

    def __init__(self, path: Path, lists: tuple[str, ...]) -> None:
        self._path, self._lists = path, lists
        self._waiting: list[dict[str, Any]] = []
        self._writer: pq.ParquetWriter | None = None
        self._schema: pa.Schema | None = None
        self._count = 0

    def __len__(self) -> int:
        """Return the number of rows put down."""
        return self._count

    def put(self, row: dict[str, Any]) -> None:
        """Add a row; all rows have the columns of the first."""
        self._waiting.append(row)
        self._count += 1
        if len(self._waiting) >= BATCH:
            self._write()

    def frame(self) -> pd.DataFrame:
        """Return all rows, lists as lists; no row may be put after that."""
        if self._waiting:
            self._write()
        self.close()
        if not self._count:
            return pd.DataFrame()
        frame = pd.read_parquet(self._path)
        for column in self._lists:
            frame[column] = pd.Series([list(entries) for entries in frame[column]], dtype=object)
        return frame

    def close(self) -> None:
        """Close the file."""
        if self._writer is not None:
            self._writer.close()
            self._writer = None

    def _write(self) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        if self._schema is None:
            kinds = {name: pa.list_(pa.string()) if name in self._lists else pa.string() for name in self._waiting[0]}
            self._schema = pa.schema(list(kinds.items()))
            self._writer = pq.ParquetWriter(self._path, self._schema, compression="zstd")
        assert self._writer is not None
        self._writer.write_table(pa.Table.from_pylist(self._waiting, self._schema))
        self._waiting = []


@contextmanager
def spool(lists: tuple[str, ...]) -> Iterator[Spool]:
    """Yield an empty spool; its file is removed when the block ends."""
    with TemporaryDirectory(prefix="patbench-") as folder:
        rows = Spool(Path(folder) / "rows.parquet", lists)
        try:
            yield rows
        finally:
            rows.close()
