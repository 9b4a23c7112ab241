"""How two texts of one patent differ in length and words."""

from __future__ import annotations

import re
from collections.abc import Sequence

import pandas as pd

WORDING = ["own_words", "other_words", "own_characters", "other_characters", "jaccard", "new", "same"]

_WORD = re.compile(r"\w+")


def wording(own: Sequence[str], other: Sequence[str]) -> pd.DataFrame:
    """Compare two texts of each publication.

    Words are runs of letters, digits and underscores, in any case; for overlap each counts once.

    Returns
    -------
    pandas.DataFrame
        A row a publication: own_words, other_words, own_characters, other_characters (lengths), jaccard (words in both
        of words in either, 1 where neither text has a word), new (share of the other text's words that the own text
        lacks, nan where it has no word), same (whether both have the same words in the same order).
    """
    rows = []
    for texts in zip(own, other, strict=True):
        one, two = ([word.casefold() for word in _WORD.findall(text)] for text in texts)
        mine, theirs = set(one), set(two)
        either = len(mine | theirs)
        jaccard = len(mine & theirs) / either if either else 1.0
        new = len(theirs - mine) / len(theirs) if theirs else float("nan")
        rows.append((len(one), len(two), *map(len, texts), jaccard, new, one == two))
    types = dict.fromkeys(WORDING[:4], "int64") | {"jaccard": "float64", "new": "float64", "same": "bool"}
    return pd.DataFrame(rows, columns=WORDING).astype(types)
