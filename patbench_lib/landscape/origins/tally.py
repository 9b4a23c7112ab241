"""What was met in the files and did not come into the landscape, or not as it was."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from patbench_lib.errors import PatbenchError
from patbench_lib.landscape.quality import Finding

LISTED = 100
"""Damaged documents named one by one; of more, the number is told."""


@dataclass
class Tally:
    """Counts, and the damaged documents by name.

    Attributes
    ----------
    read : documents met, of any sort.
    left_out : why documents were left out, and how many.
    notes : what else is to be told, and how often.
    damaged : one line each, file and position first.
    versions : of the format, as the documents name it.
    """

    read: int = 0
    left_out: Counter[str] = field(default_factory=Counter)
    notes: Counter[str] = field(default_factory=Counter)
    damaged: list[str] = field(default_factory=list)
    versions: Counter[str] = field(default_factory=Counter)

    def damage(self, line: str, say: Callable[[str], None]) -> None:
        """Count a damaged document, and tell it unless there are very many."""
        self.damaged.append(line)
        if len(self.damaged) <= LISTED:
            say(f"left out, {line}")

    def told(self, kept: int, what: str = "documents") -> str:
        """Return in a line how many documents were read, kept and left out."""
        parts = [f"{self.read:,} {what} read", f"{kept:,} kept"]
        parts += [f"{n:,} left out ({why})" for why, n in sorted(self.left_out.items())]
        parts += [f"{len(self.damaged):,} damaged and left out"] if self.damaged else []
        return "; ".join(parts)

    def nothing(self, what: str, files: Sequence[Path], *, todo: str) -> PatbenchError:
        """Return the error for files of which nothing is left."""
        why = [f"{why}: {n:,}" for why, n in sorted(self.left_out.items())]
        why += [f"damaged: {len(self.damaged):,}, the first is {self.damaged[0]}"] if self.damaged else []
        return PatbenchError(
            f"No {what} is left of {', '.join(map(str, files)) or 'no files'}.",
            why=f"Documents met: {self.read:,}. " + "; ".join(why),
            todo=todo,
        )

    def findings(self) -> list[Finding]:
        """Return the tally for a quality report; rows are none, since nothing of these is in the landscape."""
        found = [Finding("note", "documents", why, "left out", n, ()) for why, n in sorted(self.left_out.items())]
        found += [Finding("note", column, problem, action, n, ()) for (column, problem, action), n in self._noted()]
        found += [Finding("repaired", "documents", line, "left out", 1, ()) for line in self.damaged[:LISTED]]
        if (more := len(self.damaged) - LISTED) > 0:
            found.append(Finding("repaired", "documents", "further ones that are damaged", "left out", more, ()))
        return found

    def _noted(self) -> list[tuple[tuple[str, str, str], int]]:
        actions = {
            "citations": ("cited", "citations that are no patents", "left out"),
            "renumbered": ("claims", "first or later claims cancelled before publication", "the rest numbered from 1"),
            "decided": ("decision", "another in the table of metadata, which is later", "that one taken"),
        }
        return [(actions[what], n) for what, n in sorted(self.notes.items()) if n]
