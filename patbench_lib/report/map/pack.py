"""A map as data for its page: points and codes as bytes, texts once each, and nothing that could end a script."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from patbench_lib.bench.cluster_map import Looked
from patbench_lib.report.map.groups import IN_NONE, Grouping, by_year, groupings
from patbench_lib.types import Floats, Ints

LISTED = 24
"""Groups that have a name of their own in the legend; the rest are grey and called others."""

STEPS = 65535
"""Steps from one edge of the map to the other: less than a pixel apart at a fiftieth of the map on a wide screen."""


def map_data(looked: Looked) -> dict[str, Any]:
    """Return what the page draws and tells.

    Returns
    -------
    dict
        x, y: `packed` places from 0 to `STEPS`, y upwards; titles, numbers: a text a publication; facts: name of each
        further thing to tell with its `repeated` values; groupings: name, groups (name, colour, turn, faint, count)
        and `packed` codes.
    """
    shown = looked.shown
    found = groupings(looked)
    clusters = [found["cluster"].names.get(cluster, IN_NONE) for cluster in shown["cluster"]]
    years = ["" if pd.isna(year) else str(int(year)) for year in shown["year"]]
    facts: dict[str, Iterable[str]] = {
        "Office": shown["office"],
        "Year": years,
        "Labels": shown["labels"],
        "Cluster": clusters,
    }
    return {
        "x": packed(placed(shown["x"].to_numpy(dtype=float))),
        "y": packed(placed(shown["y"].to_numpy(dtype=float))),
        "titles": [" ".join(str(title).split()) for title in shown["title"]],
        "numbers": shown["number"].astype(str).tolist(),
        "facts": [{"name": name, **repeated(values)} for name, values in facts.items()],
        "groupings": [_grouping(name, by) for name, by in {**found, **by_year(looked)}.items()],
    }


def placed(values: Floats) -> Ints:
    """Return values as whole steps from 0 for the least to `STEPS` for the greatest; the middle if all are alike."""
    low, high = (values.min(), values.max()) if len(values) else (0.0, 0.0)
    if high == low:
        return np.full(len(values), STEPS // 2)
    steps: Ints = np.rint((values - low) / (high - low) * STEPS).astype(np.int64)
    return steps


def packed(values: ArrayLike) -> dict[str, str]:
    """Return whole numbers from 0 on as `bits` of each, the fewest, and little-endian `bytes` in base 64."""
    numbers = np.asarray(values, dtype=np.int64)
    top = int(numbers.max(initial=0))
    bits = next(bits for bits in (8, 16, 32) if top < 2**bits)
    return {"bits": str(bits), "bytes": b64encode(numbers.astype(f"<u{bits // 8}").tobytes()).decode("ascii")}


def repeated(values: Iterable[str]) -> dict[str, Any]:
    """Return texts that often repeat as each `text` once and the `packed` codes of all."""
    codes, texts = pd.factorize(np.array([str(value) for value in values], dtype=object))
    return {"texts": texts.tolist(), "codes": packed(codes)}


def script_json(data: dict[str, Any]) -> str:
    """Return JSON that an HTML script can hold: no `<` that could end it, no character that ends a line of script."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


def _grouping(name: str, by: Grouping) -> dict[str, Any]:
    ranked = by.ranked(LISTED)
    counts = np.bincount(ranked.codes, minlength=len(ranked.names)).tolist()
    groups = [
        {"name": name, "colour": colour, "turn": turn, "faint": code >= ranked.named, "count": count}
        for code, (name, colour, turn, count) in enumerate(
            zip(ranked.names, ranked.colours, ranked.turns, counts, strict=True)
        )
    ]
    return {"name": name, "groups": groups, "codes": packed(ranked.codes)}
