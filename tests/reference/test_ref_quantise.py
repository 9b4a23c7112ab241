"""Quantised vectors against sentence-transformers, search by signs against FAISS's binary index."""

from __future__ import annotations

import faiss
import numpy as np
import pytest
from fixtures.rooms import judged
from sentence_transformers.util.quantization import quantize_embeddings

from patbench_lib.retrieve.quantise import search_coarse, to_bits, to_int8


def drawn(n: int, dims: int) -> np.ndarray:
    vectors = np.random.default_rng(n).normal(size=(n, dims)).astype(np.float32)
    vectors[0] = 0
    vectors[:, dims // 2] = 0.25
    vectors /= np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)
    return vectors


@pytest.mark.parametrize(("n", "dims"), [(200, 48), (9000, 7), (2, 16)])
def test_codes_and_bits_are_those_of_sentence_transformers(n: int, dims: int) -> None:
    vectors = drawn(n, dims)
    codes, _ = to_int8(vectors)
    assert (codes == quantize_embeddings(vectors, "int8", calibration_embeddings=vectors)).all()
    assert (to_bits(vectors) == quantize_embeddings(vectors, "ubinary")).all()


def test_search_by_signs_has_the_distances_of_faiss() -> None:
    vectors = drawn(800, 64)
    queries = np.arange(1, 800, 16)
    run = search_coarse(vectors[queries], vectors, judged(800, {int(q): [] for q in queries}), 30, "binary", rescored=1)
    index = faiss.IndexBinaryFlat(64)
    index.add(to_bits(vectors))
    distances, found = index.search(to_bits(vectors[queries]), 31)
    for position, query in enumerate(queries):
        theirs = distances[position][found[position] != query][:30]
        np.testing.assert_array_equal((64 - run.scores[position]) / 2, theirs)


def test_scoring_again_is_that_of_sentence_transformers() -> None:
    from sentence_transformers.util.quantization import semantic_search_faiss

    vectors = drawn(500, 64)
    queries = np.arange(1, 500, 25)
    judgements = judged(501, {500 - len(queries) + i + 1: [] for i in range(len(queries))})
    documents = np.vstack([vectors, -np.ones((1, 64), dtype=np.float32)])
    asked = vectors[queries] + np.float32(0.01)
    run = search_coarse(asked, documents, judgements, 10, "binary + signs", rescored=501)
    theirs, _ = semantic_search_faiss(
        asked, corpus_embeddings=to_bits(documents), corpus_precision="ubinary", top_k=11, rescore_multiplier=46
    )
    for position, hits in enumerate(theirs):
        own = int(judgements.queries[position])
        expected = [hit["corpus_id"] for hit in hits if hit["corpus_id"] != own][:10]
        assert run.ranked(position).tolist() == expected
