"""Latent semantic analysis: TF-IDF vectors of the collection, projected on their leading singular vectors.

Deerwester, Dumais, Furnas, Landauer and Harshman, *Indexing by latent semantic analysis*, JASIS 41(6), 1990. With X the
matrix of documents by terms, each entry (1 + ln tf) · (1 + ln((1 + n) / (1 + df))) and each row of length 1, and
X ≈ U S Vᵀ, a text x becomes x V. It is the baseline of what a collection teaches about itself, without training data.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from patbench_lib.errors import PatbenchError
from patbench_lib.models.card import Card
from patbench_lib.types import Role


@dataclass(frozen=True)
class LsaEncoder:
    """TF-IDF and a projection, both fitted on the collection; see `patbench_lib.models.encoder.Encoder`."""

    card: Card
    fingerprint: str
    dim: int
    max_tokens: int | None
    tfidf: Any
    projection: Any

    def count_tokens(self, texts: Sequence[str], role: Role) -> NDArray[np.int32]:
        """Return how many terms each text has, known to the collection or not; shape [n]."""
        terms = self.tfidf.build_analyzer()
        return np.fromiter((len(terms(text)) for text in texts), dtype=np.int32, count=len(texts))

    def encode_batch(self, texts: Sequence[str], role: Role) -> NDArray[np.float32]:
        """Project `texts`; shape [n, dim]. A text without a known term has the vector zero."""
        if not texts:
            return np.zeros((0, self.dim), dtype=np.float32)
        vectors = self.tfidf.transform(texts) @ self.projection
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        if self.card.normalise:
            vectors = np.divide(vectors, lengths, out=np.zeros_like(vectors), where=lengths > 0)
        return np.asarray(vectors, dtype=np.float32)


def fit_lsa(card: Card, texts: Sequence[str] | None) -> LsaEncoder:
    """Fit LSA on `texts`, the documents of the collection.

    The dimension is the card's, or less where the collection has fewer documents or terms.

    Raises
    ------
    PatbenchError : without texts, or where no text holds a single term.
    """
    if texts is None:
        raise PatbenchError(
            f"'{card.name}' has nothing to be fitted on.",
            why="LSA learns its vectors from the collection.",
            todo="Give the documents' texts as `fit_texts`.",
        )
    import sklearn
    from sklearn.decomposition import TruncatedSVD
    from sklearn.feature_extraction.text import TfidfVectorizer

    tfidf = TfidfVectorizer(sublinear_tf=True)
    try:
        matrix = tfidf.fit_transform(texts)
    except ValueError as error:
        raise PatbenchError(
            f"'{card.name}' cannot be fitted on {len(texts)} texts: they hold no term.", why=str(error)
        ) from error
    svd = TruncatedSVD(n_components=min(filter(None, (card.dim, *matrix.shape))), random_state=0).fit(matrix)
    return LsaEncoder(
        card=card,
        fingerprint=_fingerprint(card, texts, sklearn.__version__),
        dim=len(svd.components_),
        max_tokens=None,
        tfidf=tfidf,
        projection=np.ascontiguousarray(svd.components_.T),
    )


def _fingerprint(card: Card, texts: Sequence[str], library: str) -> str:
    """Hash settings, library and the texts in their order: another version can turn an axis round."""
    total = hashlib.sha256(f"lsa|{card.dim}|tfidf-sublinear|svd-0|scikit-learn {library}".encode())
    for text in texts:
        content = text.encode()
        total.update(b"%d:" % len(content) + content)
    return total.hexdigest()
