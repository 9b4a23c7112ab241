"""The words that tell a cluster from the others."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from patbench_lib.cluster.algorithms import NOISE
from patbench_lib.types import Ints

WORD = r"(?u)\b[^\W\d_]{3,}\b"
"""Three letters or more: reference signs and units name no topic."""

WORDS = 8
"""Of each cluster at most."""

CLAIM_WORDS = "claim claimed claims comprise comprised comprises comprising said thereof whereby wherein"
"""What claims are built with, whatever they claim."""


def topic_words(texts: Sequence[str], clusters: Ints) -> dict[int, list[str]]:
    """Return the best `WORDS` of each cluster by class-based TF-IDF, the best first; equal ones by name.

    With f(t, c) the share of a word among the words of a cluster, f(t) its number in all clusters and A the mean number
    of words a cluster has, the weight is √f(t, c) · ln(1 + A / f(t)). Grootendorst, BERTopic (arXiv:2203.05794); the
    root is that author's own remedy against words that are frequent everywhere.

    Parameters
    ----------
    texts : shape [n].
    clusters : cluster of each text, shape [n]; texts in no cluster are left out.

    Returns
    -------
    Words by cluster, in the order of the codes; without English stop words and `CLAIM_WORDS`, and fewer where a cluster
    has fewer.
    """
    from scipy.sparse import csr_array
    from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS, CountVectorizer

    rows = np.flatnonzero(clusters != NOISE)
    found, codes = np.unique(clusters[rows], return_inverse=True)
    counter = CountVectorizer(stop_words=sorted(ENGLISH_STOP_WORDS.union(CLAIM_WORDS.split())), token_pattern=WORD)
    inside = [texts[int(row)] for row in rows]
    if not any(map(counter.build_analyzer(), inside)):  # an empty vocabulary is an error to scikit-learn
        return {int(code): [] for code in found}
    counts = counter.fit_transform(inside)
    members = csr_array((np.ones(len(rows)), (codes, np.arange(len(rows)))), shape=(len(found), len(rows)))
    frequency = (members @ counts).toarray()
    sizes = frequency.sum(axis=1, keepdims=True)
    weights = np.sqrt(frequency / np.maximum(sizes, 1)) * np.log(1 + sizes.mean() / frequency.sum(axis=0))
    names = counter.get_feature_names_out()  # in the order of the alphabet, which a stable sort keeps among equals
    return {int(code): _best(row, names) for code, row in zip(found, weights, strict=True)}


def _best(weights: np.ndarray, names: np.ndarray) -> list[str]:
    order = np.argsort(-weights, kind="stable")[:WORDS]
    return [str(names[i]) for i in order if weights[i] > 0]
