"""The quality report: every problem found in a landscape's data, where, and what was done about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import pandas as pd

Level = Literal["error", "repaired", "note"]

SHOWN_ROWS = 10


@dataclass(frozen=True)
class Finding:
    """One kind of problem in one column.

    Attributes
    ----------
    level : `error` stops the study, `repaired` changed the data, `note` changed nothing.
    rows : numbers of the source's rows concerned, the first data row being 1; at most ten are kept, `count` has all.
    """

    level: Level
    column: str
    problem: str
    action: str
    count: int
    rows: tuple[int, ...]

    def __str__(self) -> str:
        """Return the finding as one line."""
        shown = ", ".join(map(str, self.rows)) + (", …" if self.count > len(self.rows) else "")
        where = f" (rows {shown})" if self.rows else ""
        action = f"; {self.action}" if self.action else ""
        return f"{self.column}: {self.problem}: {self.count:,}{where}{action}"


@dataclass
class QualityReport:
    """Collects findings while a table is read."""

    findings: list[Finding] = field(default_factory=list)

    def add(self, level: Level, column: str, problem: str, rows: Sequence[int], action: str = "") -> None:
        """Add a finding for the given rows; without rows nothing was found and nothing is added."""
        if len(rows):
            kept = tuple(int(row) for row in rows[:SHOWN_ROWS])
            self.findings.append(Finding(level, column, problem, action, len(rows), kept))

    @property
    def errors(self) -> list[Finding]:
        """The findings that stop the study."""
        return [finding for finding in self.findings if finding.level == "error"]

    def to_frame(self) -> pd.DataFrame:
        """Return the report as a table: level, column, problem, count, rows, action."""
        columns = ["level", "column", "problem", "count", "rows", "action"]
        rows = [(f.level, f.column, f.problem, f.count, list(f.rows), f.action) for f in self.findings]
        return pd.DataFrame(rows, columns=columns)
