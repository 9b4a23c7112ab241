"""What others have measured of truncated and re-normalised vectors, for reference points in figures and text.

The values are those of `reference/expected.yaml`: shares of nDCG@10 that are kept, on other collections than this
study's.
"""

from __future__ import annotations

from dataclasses import dataclass

from patbench_lib.reference.expected import groups


@dataclass(frozen=True)
class Published:
    """A published series of retention by dimensions kept.

    Attributes
    ----------
    models : whose vectors were cut.
    widths : dimensions of the narrowest and of the widest of them.
    kept : share of nDCG@10 kept, by dimensions.
    """

    models: str
    widths: tuple[int, int]
    kept: dict[int, float]


def published() -> list[Published]:
    """Return the series, in the order of the file."""
    group = groups()["truncation"]
    return [
        Published(group.titles[name], group.widths[name], {int(dims): value for dims, value in kept.items()})
        for name, kept in group.values.items()
    ]
