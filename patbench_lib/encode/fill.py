"""Filling a store: what it lacks is encoded, cell by cell, by as many processes as there are."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

import numpy as np

from patbench_lib.encode.cells import Cell
from patbench_lib.encode.key import text_hashes
from patbench_lib.encode.store import ShardFolder, V
from patbench_lib.types import Ints

Reader = Callable[[Sequence[str], "Bar"], tuple[V, Ints]]
"""Encodes the texts of a cell; returns their vectors, and the tokens of each before truncation."""


def fill(
    folder: ShardFolder[V], cells: Sequence[Cell], read: Reader[V], *, device: Callable[[], str], progress: bool
) -> None:
    """Add to a folder what it lacks of some cells, a shard of the store for each.

    Several processes may fill one folder at once. Each claims the cell that it encodes, passes over those that others
    have claimed, and comes back to them at the end: by then they are stored, or their process died.

    Parameters
    ----------
    device : tells where, once something was read: asking may load the model.
    """
    hashes = [text_hashes(cell) for cell in cells]
    owner = np.repeat(np.arange(len(cells)), [len(cell) for cell in cells])
    missing = owner[folder.missing(np.concatenate(hashes))] if cells else owner
    left, bar = np.unique(missing).tolist(), None
    try:
        for wait in (False, True):
            passed = []
            for number in left:
                bar = bar or Bar(folder.key.model, len(missing), shown=progress)
                if not _fill_cell(folder, cells[number], hashes[number], read, bar, device, wait=wait):
                    passed.append(number)
            left = passed
    finally:
        if bar:
            bar.close()


def _fill_cell(
    folder: ShardFolder[V],
    cell: Cell,
    hashes: np.ndarray,
    read: Reader[V],
    bar: Bar,
    device: Callable[[], str],
    *,
    wait: bool,
) -> bool:
    """Add what the folder lacks of a cell; return False where another process has claimed it."""
    with folder.claim(hashes, wait=wait) as mine:
        texts = [cell[position] for position in folder.missing(hashes)] if mine else []
        if texts:
            began = time.perf_counter()
            vectors, tokens = read(texts, bar)
            folder.add(texts, vectors, tokens, seconds=time.perf_counter() - began, device=device())
    return mine


class Bar:
    """Progress with rate and remaining time."""

    def __init__(self, name: str, texts: int, *, shown: bool) -> None:
        from tqdm.auto import tqdm

        self._bar = tqdm(total=texts, desc=f"encode {name}", unit="text", disable=not shown, mininterval=2.0)
        self._tokens, self._began = 0, time.perf_counter()

    def step(self, texts: int, tokens: int) -> None:
        """Count texts as done, with their tokens."""
        self._tokens += tokens
        rate = self._tokens / max(time.perf_counter() - self._began, 1e-9)
        self._bar.set_postfix_str(f"{rate:,.0f} tokens/s", refresh=False)
        self._bar.update(texts)

    def close(self) -> None:
        """Leave the bar as it stands."""
        self._bar.close()
