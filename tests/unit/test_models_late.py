from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from fixtures.tiny_late import MARKERS, QUERY_LENGTH, TOKEN_DIM, late_card, tiny_colbert, tiny_stanford_colbert
from fixtures.tiny_models import DIM, POSITIONS, tiny_bert, tiny_plain_bert

from patbench_lib.errors import PatbenchError
from patbench_lib.models.late import LateEncoder, load_late
from patbench_lib.models.registry import find_card

TEXTS = ["a cane, with two wheels.", "lamp", "the handle near one sensor and query text"]


@pytest.fixture(scope="module")
def colbert(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_colbert(tmp_path_factory.mktemp("colbert"))


@pytest.fixture(scope="module")
def encoder(colbert: Path) -> LateEncoder:
    return load_late(late_card(colbert), device="cpu")


def test_a_vector_for_each_token_of_length_one(encoder: LateEncoder) -> None:
    vectors = encoder.encode_batch(TEXTS, "document")
    # [CLS], marker and [SEP] beside the words; the comma and the full stop of the first text are skipped
    assert [row.shape for row in vectors] == [(8, TOKEN_DIM), (4, TOKEN_DIM), (11, TOKEN_DIM)]
    for row in vectors:
        np.testing.assert_allclose(np.linalg.norm(row, axis=1), 1, atol=1e-5)


def test_markers_are_single_tokens_and_queries_are_padded_with_masks(encoder: LateEncoder) -> None:
    query, document = encoder.pieces(TEXTS[0], "query"), encoder.pieces(TEXTS[0], "document")
    words = ["a", "cane", ",", "with", "two", "wheels", "."]
    assert query == ["[CLS]", MARKERS["query"], *words, "[SEP]", "[MASK]", "[MASK]"]
    assert document == ["[CLS]", MARKERS["document"], *(word for word in words if word not in ",."), "[SEP]"]
    assert all(len(row) == QUERY_LENGTH for row in encoder.encode_batch(TEXTS, "query"))
    assert not encoder.treats_roles_alike


def test_a_text_has_the_same_vectors_alone_and_in_a_batch(encoder: LateEncoder) -> None:
    for role in ("query", "document"):
        together = encoder.encode_batch(TEXTS, role)  # type: ignore[arg-type]
        for text, row in zip(TEXTS, together, strict=True):
            np.testing.assert_allclose(encoder.encode_batch([text], role)[0], row, atol=1e-5)  # type: ignore[arg-type]


def test_the_layout_of_colbertv2_gives_the_same_vectors(encoder: LateEncoder, tmp_path: Path) -> None:
    stanford = load_late(late_card(tiny_stanford_colbert(tmp_path)), device="cpu")
    assert stanford.limits == encoder.limits == {"query": QUERY_LENGTH, "document": POSITIONS}
    for role in ("query", "document"):
        pairs = zip(encoder.encode_batch(TEXTS, role), stanford.encode_batch(TEXTS, role), strict=True)  # type: ignore[arg-type]
        for ours, theirs in pairs:
            np.testing.assert_allclose(ours, theirs, atol=1e-5)


def test_the_markers_are_the_cards(colbert: Path, encoder: LateEncoder) -> None:
    bare = load_late(late_card(colbert, markers={}), device="cpu")
    assert bare.pieces("lamp", "document") == ["[CLS]", "lamp", "[SEP]"]
    assert (
        np.abs(bare.encode_batch(["lamp"], "document")[0][0] - encoder.encode_batch(["lamp"], "document")[0][0]).max()
        > 0.01
    )
    with pytest.raises(PatbenchError, match=r"has no token \[Q\]"):
        load_late(late_card(colbert, markers={"query": "[Q]"}))


@pytest.mark.parametrize(("asked", "limit"), [(None, 20), (10, 10), (40, 20)])
def test_documents_are_cut_off_at_the_cards_limit_and_queries_at_their_own(
    colbert: Path, asked: int | None, limit: int
) -> None:
    cut = load_late(late_card(colbert, max_tokens=20), max_tokens=asked, device="cpu")
    assert cut.limits == {"query": QUERY_LENGTH, "document": limit}
    long = " ".join(["cane"] * 50)
    assert len(cut.encode_batch([long], "document")[0]) == limit
    assert len(cut.encode_batch([long], "query")[0]) == QUERY_LENGTH
    assert cut.count_tokens([long, ""], "document").tolist() == [53, 3]  # [CLS], marker and [SEP] count


def test_token_vectors_of_a_model_with_one_vector_a_text(tmp_path: Path) -> None:
    """Without [CLS] and [SEP], and without the projection drawn at random that the library would add."""
    card = late_card(tiny_bert(tmp_path), dim=DIM, markers={})
    encoder, plain = load_late(card), load_late(card.model_copy(update={"path": tiny_plain_bert(tmp_path / "p")}))
    assert not encoder.trained and encoder.treats_roles_alike
    assert encoder.pieces("two wheels", "query") == ["two", "wheels"]
    assert [len(row) for row in encoder.encode_batch(["two wheels", ""], "document")] == [2, 1]
    assert not encoder.encode_batch([""], "document")[0].any()
    np.testing.assert_array_equal(
        encoder.encode_batch(["two wheels"], "query")[0], plain.encode_batch(["two wheels"], "document")[0]
    )


def test_the_mean_of_minilms_token_vectors_is_its_single_vector_but_for_special_tokens() -> None:
    """The two systems that the compendium compares are one model: the same transformer, read in two ways."""
    from patbench_lib.models.encoder import load_encoder

    tokens, single = load_late(find_card("MiniLM-tokens")), load_encoder(find_card("MiniLM-L6"))
    text = "A walking cane whose handle carries a lamp, a sensor and an alarm for the visually impaired user."
    raw = LateEncoder(
        tokens.card.model_copy(update={"normalise": False}), *[getattr(tokens, name) for name in _REST]
    ).encode_batch([text], "document")[0]
    vector = single.encode_batch([text], "document")[0]
    mean = raw.mean(0) / np.linalg.norm(raw.mean(0))
    assert float(mean @ vector) > 0.9


_REST = ("fingerprint", "dim", "limits", "dtype", "trained", "model")


def test_a_plain_transformer_is_not_taken_for_a_colbert(tmp_path: Path) -> None:
    with pytest.raises(PatbenchError, match=f"have {DIM} dimensions; its card says {TOKEN_DIM}") as error:
        load_late(late_card(tiny_plain_bert(tmp_path), markers={}))
    assert "without the projection" in str(error.value)


def test_what_changes_vectors_changes_the_fingerprint(tmp_path: Path) -> None:
    folder = tiny_stanford_colbert(tmp_path)
    before = load_late(late_card(folder)).fingerprint
    settings = folder / "artifact.metadata"
    settings.write_text(settings.read_text().replace('"mask_punctuation": true', '"mask_punctuation": false'))
    changed = load_late(late_card(folder))
    assert changed.fingerprint != before
    assert "," in changed.pieces(TEXTS[0], "document")


def test_weights_that_are_not_here_are_told() -> None:
    with pytest.raises(PatbenchError, match="The weights of 'ColBERTv2'"):
        load_late(find_card("ColBERTv2"))
    with pytest.raises(PatbenchError, match="runs Python code"):
        load_late(find_card("Jina-ColBERT-v2"))
