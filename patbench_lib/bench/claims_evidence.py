"""What a claim is judged by: its parts, or why there are none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from patbench_lib.evaluate.claims import PARTS, parts_of
from patbench_lib.types import Floats


@dataclass(frozen=True)
class Evidence:
    """The parts of a claim, in the columns of `evaluate.claims.PARTS`, or the reason why it cannot be judged here."""

    parts: pd.DataFrame
    why: str = ""


def lacking(why: str) -> Evidence:
    """Return that there is nothing to judge by, and why."""
    return Evidence(parts_of([]), why)


def differences(
    table: pd.DataFrame,
    named: Sequence[str],
    *,
    sign: Sequence[int] | int = 1,
    published: Sequence[float] | None = None,
) -> Evidence:
    """Return rows of a table of differences as parts.

    Parameters
    ----------
    table : difference, low, high, n, and p where it was tested; at least one row.
    named : what each row compares.
    sign : 1 for a row as it is, -1 for the difference the other way round; of each row or of all.
    published : value of each row, nan where there is none.
    """
    turned = np.broadcast_to(np.asarray(sign), (len(table),))
    low, high = (table[name].to_numpy(dtype=float) * turned for name in ("low", "high"))
    parts = pd.DataFrame(
        {
            "part": list(named),
            "effect": table["difference"].to_numpy(dtype=float) * turned,
            "low": np.where(turned > 0, low, high),
            "high": np.where(turned > 0, high, low),
            "p": table["p"].to_numpy() if "p" in table else np.nan,
            "n": table["n"].to_numpy(),
            "published": np.nan if published is None else np.asarray(published, dtype=float),
        }
    )
    return Evidence(parts[list(PARTS)].astype(PARTS))


def moved(evidence: Evidence, by: Floats | float) -> Evidence:
    """Return parts whose effects and intervals are higher by so much; a p-value stays that of the end it was for."""
    ends = ["effect", "low", "high"]
    return Evidence(evidence.parts.assign(**{name: evidence.parts[name] + by for name in ends}), evidence.why)
