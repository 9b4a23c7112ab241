"""What others have measured of truncated and re-normalised vectors, for reference points in figures and text.

Shares of nDCG@10 that are kept, on other collections than this study's: public figures that came to us without a source
that could be cited, so they are shown as reported elsewhere and nothing is tested against them.
"""

from __future__ import annotations

from dataclasses import dataclass


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


PUBLISHED = (
    Published(
        "five models of 2,048 to 4,096 dimensions",
        (2048, 4096),
        {512: 0.959, 256: 0.913, 128: 0.832, 64: 0.716},
    ),
    Published("bge-base, 16 collections", (768, 768), {512: 0.980, 256: 0.921, 128: 0.820, 64: 0.632}),
    Published("MiniLM-L6, 16 collections", (384, 384), {256: 0.968, 128: 0.885, 64: 0.730}),
)
