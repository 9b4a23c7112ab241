"""Years put into a few periods, and colours that grow with them."""

from __future__ import annotations

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.colors import to_hex

PERIODS = 8
_SCALE, _FIRST, _LAST = "plasma", 0.25, 0.85
"""A scale that colour-blind readers can order, without the ends that vanish on a dark or on a white ground."""


def period_of(years: pd.Series) -> pd.Series:
    """Return the period of each year, "2004" or "2004-2006", of equal length and at most `PERIODS`; missing stays."""
    known = years.dropna().astype(int)
    if known.empty:
        return pd.Series(None, index=years.index, dtype=object)
    length = -(-(int(known.max()) - int(known.min()) + 1) // PERIODS)
    first = known - (known - known.min()) % length
    last = (first + length - 1).clip(upper=known.max())
    named = first.astype(str).where(first == last, first.astype(str) + "-" + last.astype(str))
    return named.astype(object).reindex(years.index)


def period_colours(count: int) -> list[str]:
    """Return so many colours, from the first period to the last."""
    return [to_hex(colour) for colour in mpl.colormaps[_SCALE](np.linspace(_FIRST, _LAST, count))]
