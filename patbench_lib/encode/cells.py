"""Cells: which texts are encoded together, whoever encodes them.

The last bits of a vector depend on the texts that it shares a batch with. So that they do not depend on who encodes,
the texts of a store are cut into cells from all that a study asks of it, in one order, and not from what is missing;
batches never reach over a cell, and a cell is stored in one step. One process, several at once, or one that goes on
after another was killed therefore make the same batches. What a store holds already of other studies stays as it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from patbench_lib.errors import PatbenchError
from patbench_lib.types import Ints

Cell = list[str]
"""Distinct texts that are encoded together."""

CHARACTERS = 5
"""Characters of a token, roughly: costs only share out work, and asking a tokenizer would take as long as reading."""


def cut_cells(lists: Iterable[Sequence[str]], size: int) -> list[Cell]:
    """Cut the distinct texts of some lists into cells of at most `size`, in their order of first appearance.

    A cell never reaches over two lists: what a list shares with one before it belongs to that one's cells, so that a
    study that reads one view more has the same cells for the others.
    """
    seen: set[str] = set()
    cells = []
    for texts in lists:
        new = [text for text in dict.fromkeys(texts) if text not in seen]
        seen.update(new)
        cells += [new[start : start + size] for start in range(0, len(new), size)]
    return cells


def cost(cell: Cell, limit: int | None) -> int:
    """Return roughly how long encoding a cell takes, in characters that a model with a limit of tokens reads."""
    most = None if limit is None else CHARACTERS * limit
    return sum(1 + len(text[:most]) for text in cell)


@dataclass(frozen=True)
class Shard:
    """One of several shares of some work.

    Attributes
    ----------
    number : which share it is, 1 to `of`.
    of : how many shares there are.
    """

    number: int = 1
    of: int = 1

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read "2/5", the second of five shares.

        Raises
        ------
        PatbenchError
            Where the text says something else.
        """
        match = re.fullmatch(r"([1-9]\d*)/([1-9]\d*)", text)
        if not match or int(match[1]) > int(match[2]):
            raise PatbenchError(
                f"'{text}' is no shard.", todo="Write i/n, with i from 1 to n: 2/5 is the second of five."
            )
        return cls(int(match[1]), int(match[2]))

    def take(self, costs: Sequence[int]) -> Ints:
        """Return the positions of what this share does, ascending.

        The costliest goes first, always to the share that has least so far; ties go to the lower position and share.
        Every share does this alike, so that nobody has to tell another.
        """
        loads, mine = np.zeros(self.of, dtype=np.int64), []
        for position in np.argsort(-np.asarray(costs, dtype=np.int64), kind="stable").tolist():
            least = int(loads.argmin())
            loads[least] += costs[position]
            if least == self.number - 1:
                mine.append(position)
        return np.array(sorted(mine), dtype=np.int64)
