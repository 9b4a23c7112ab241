from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from fixtures.rooms import WordHash, vector_of
from fixtures.tiny_models import tiny_bert, tiny_card

from patbench_lib.encode.encode import Encoded, encode
from patbench_lib.models.encoder import load_encoder
from patbench_lib.models.registry import find_card

TEXTS = ["one cane", "", "a lamp with two wheels near the handle", "one cane", "sensor"]


@pytest.fixture(scope="module")
def bert(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_bert(tmp_path_factory.mktemp("bert"))


def test_vectors_come_in_the_order_of_the_texts_whatever_the_shards_and_batches(tmp_path: Path) -> None:
    expected = np.stack([vector_of(text) for text in TEXTS])
    for shard_size, batch_tokens in ((1, 1), (2, 8), (100, 1000)):
        store = tmp_path / f"{shard_size}"
        found = encode(
            WordHash(), TEXTS, "document", store, shard_size=shard_size, batch_tokens=batch_tokens, progress=False
        )
        np.testing.assert_allclose(found.vectors, expected, rtol=1e-4)
        assert found.tokens.tolist() == [2, 0, 8, 2, 1]


def test_equal_texts_are_encoded_once(tmp_path: Path) -> None:
    encoder = WordHash()
    found = encode(encoder, ["a", "b", "a", "a"], "document", tmp_path, progress=False)
    assert sorted(encoder.encoded) == ["a", "b"]
    assert found.vectors[0].tobytes() == found.vectors[2].tobytes() == found.vectors[3].tobytes()


def test_only_what_the_store_lacks_is_encoded(tmp_path: Path) -> None:
    encode(WordHash(), TEXTS, "document", tmp_path, progress=False)
    encoder = WordHash()
    encode(encoder, [*TEXTS, "a new one"], "document", tmp_path, progress=False)
    assert encoder.encoded == ["a new one"]
    encode(encoder, TEXTS, "query", tmp_path, progress=False)  # roles that are treated alike share their vectors
    assert encoder.encoded == ["a new one"]


def test_the_share_that_was_truncated_and_the_share_that_was_read() -> None:
    # lengths 4, 8, 12 and a limit of 8: one of three is cut, and 4 + 8 + 8 of 24 tokens are read
    encoded = Encoded(np.zeros((3, 1)), np.array([4, 8, 12]), 8, "")
    assert encoded.truncated == pytest.approx(1 / 3)
    assert encoded.read == pytest.approx((4 + 8 + 8) / 24)


def test_a_model_without_a_limit_reads_everything() -> None:
    encoded = Encoded(np.zeros((2, 1)), np.array([4000, 8]), None, "")
    assert (encoded.truncated, encoded.read) == (0.0, 1.0)


def test_the_counts_are_kept_with_the_vectors(tmp_path: Path) -> None:
    first = encode(WordHash(max_tokens=4), TEXTS, "document", tmp_path, progress=False)
    again = encode(WordHash(max_tokens=4), TEXTS, "document", tmp_path, progress=False)
    assert again.tokens.tolist() == first.tokens.tolist()
    assert (again.truncated, again.limit, again.store) == (pytest.approx(1 / 5), 4, first.store)


def test_half_precision_is_what_is_stored(tmp_path: Path) -> None:
    found = encode(WordHash(), TEXTS, "document", tmp_path, dtype="float16", progress=False)
    assert found.vectors.dtype == np.float16
    np.testing.assert_allclose(found.vectors, np.stack([vector_of(text) for text in TEXTS]), rtol=2e-3)


@pytest.mark.parametrize("order", [("query", "document"), ("document", "query")])
def test_a_queries_vector_never_serves_as_a_documents_where_prompts_differ(
    bert: Path, tmp_path: Path, order: tuple[str, str]
) -> None:
    encoder = load_encoder(tiny_card(bert, prompts={"query": "query: ", "document": "text: "}))
    found = {role: encode(encoder, ["one cane"], role, tmp_path, progress=False) for role in order}  # type: ignore[arg-type]
    for role in order:
        alone = encoder.encode_batch(["one cane"], role)  # type: ignore[arg-type]
        np.testing.assert_allclose(found[role].vectors, alone, atol=1e-6)
    assert np.abs(found["query"].vectors - found["document"].vectors).max() > 0.01
    assert found["query"].store != found["document"].store


def test_another_maximum_length_has_vectors_of_its_own(bert: Path, tmp_path: Path) -> None:
    text = "a cane with two wheels and one sensor near the handle lamp " * 3
    long = encode(load_encoder(tiny_card(bert)), [text], "document", tmp_path, progress=False)
    short = encode(load_encoder(tiny_card(bert), max_tokens=8), [text], "document", tmp_path, progress=False)
    assert (long.limit, short.limit) == (64, 8)
    assert np.abs(long.vectors - short.vectors).max() > 0.01


def test_a_true_model_gives_through_the_store_what_it_gives_alone(tmp_path: Path) -> None:
    encoder = load_encoder(find_card("MiniLM-static"))
    found = encode(encoder, TEXTS, "document", tmp_path, shard_size=2, progress=False)
    np.testing.assert_allclose(found.vectors, encoder.encode_batch(TEXTS, "document"), atol=1e-6)


def test_padding_with_longer_texts_changes_no_vector(bert: Path, tmp_path: Path) -> None:
    encoder = load_encoder(tiny_card(bert))
    found = encode(encoder, TEXTS, "document", tmp_path, progress=False)
    alone = np.concatenate([encoder.encode_batch([text], "document") for text in TEXTS])
    np.testing.assert_allclose(found.vectors, alone, atol=1e-5)


def test_progress_names_model_and_rate(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    encode(WordHash(), TEXTS, "document", tmp_path, progress=True)
    shown = capsys.readouterr().err
    assert "encode word-hash" in shown
    assert "tokens/s" in shown
    encode(WordHash(), TEXTS, "document", tmp_path, progress=True)
    assert "encode" not in capsys.readouterr().err  # nothing to do, nothing to show
