"""The table behind `patbench models`: every model, and whether it can run here."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from patbench_lib.models.card import Card
from patbench_lib.models.weights import runnable

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = [
    "name",
    "kind",
    "params_m",
    "dim",
    "max_tokens",
    "pooling",
    "licence",
    "runnable",
    "reason",
    "certainty",
]


def models_table(cards: Iterable[Card]) -> pd.DataFrame:
    """Describe `cards`, one row each, in their order.

    Returns
    -------
    frame with the columns of `COLUMNS`; numbers that a card does not state are missing (`<NA>`).
    """
    import pandas as pd

    rows = [
        {**card.model_dump(include=set(COLUMNS)), "runnable": can, "reason": reason}
        for card, (can, reason) in ((card, runnable(card)) for card in cards)
    ]
    frame = pd.DataFrame(rows, columns=COLUMNS)
    return frame.astype({"params_m": "Float64", "dim": "Int64", "max_tokens": "Int64", "runnable": "bool"})
