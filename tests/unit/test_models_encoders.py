from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fixtures.tiny_models import DIM, tiny_bert, tiny_card, tiny_plain_bert, tiny_qwen

from patbench_lib.errors import PatbenchError
from patbench_lib.models.card import Card
from patbench_lib.models.encoder import Encoder, load_encoder
from patbench_lib.models.registry import find_card
from patbench_lib.models.tokens import token_counts
from patbench_lib.models.weights import require

TEXTS = ["a cane with two wheels", "", "lamp near the handle " * 20, "one sensor"]
COLLECTION = ["cane with wheels", "hearing aid and sensor", "cane handle", "sensor lamp", "aid near lamp"]


@pytest.fixture(scope="module")
def bert(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_bert(tmp_path_factory.mktemp("bert"))


@pytest.fixture(scope="module")
def qwen(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_qwen(tmp_path_factory.mktemp("qwen"))


@pytest.fixture(scope="module")
def minilm() -> Encoder:
    return load_encoder(find_card("MiniLM-L6"))


def library(folder: Path) -> Any:
    from sentence_transformers import SentenceTransformer

    return SentenceTransformer(str(folder), device="cpu")


def test_vectors_are_sentence_transformers(bert: Path) -> None:
    ours = load_encoder(tiny_card(bert)).encode_batch(TEXTS, "document")
    np.testing.assert_allclose(ours, library(bert).encode(TEXTS), atol=1e-6)
    assert ours.dtype == np.float32


def test_minilm_is_the_packages(minilm: Encoder) -> None:
    expected = library(require(find_card("MiniLM-L6"))).encode(TEXTS)
    np.testing.assert_allclose(minilm.encode_batch(TEXTS, "query"), expected, atol=1e-6)
    assert (minilm.dim, minilm.max_tokens) == (384, 256)


def test_the_parameters_of_the_cut_models_are_counted(minilm: Encoder) -> None:
    for name in ("MiniLM-L6", "MiniLM-2L", "MiniLM-1L"):
        encoder: Any = load_encoder(find_card(name))
        counted = sum(parameter.numel() for parameter in encoder.model.parameters()) / 1e6
        assert round(counted, 1) == find_card(name).params_m


def test_fewer_layers_give_other_vectors_and_fingerprints(minilm: Encoder) -> None:
    encoders = [minilm, *(load_encoder(find_card(name)) for name in ("MiniLM-2L", "MiniLM-1L"))]
    vectors = [encoder.encode_batch(TEXTS, "query") for encoder in encoders]
    assert np.abs(vectors[0] - vectors[1]).max() > 0.01 < np.abs(vectors[1] - vectors[2]).max()
    assert len({encoder.fingerprint for encoder in encoders}) == 3


def test_more_layers_than_there_are_is_refused(bert: Path) -> None:
    with pytest.raises(PatbenchError, match="3 layers of a model with 2"):
        load_encoder(tiny_card(bert, layers=3))


def test_the_prompt_is_the_cards_and_counts(bert: Path) -> None:
    encoder = load_encoder(tiny_card(bert, prompts={"query": "query: "}))
    plain = load_encoder(tiny_card(bert))
    np.testing.assert_allclose(
        encoder.encode_batch(["a cane"], "query"), plain.encode_batch(["query: a cane"], "query"), atol=1e-6
    )
    # [CLS] a cane [SEP], and for the query: [CLS] query : a cane [SEP]
    assert encoder.count_tokens(["a cane", ""], "document").tolist() == [4, 2]
    assert encoder.count_tokens(["a cane", ""], "query").tolist() == [6, 4]


def test_the_models_own_default_prompt_is_never_used(bert: Path, tmp_path: Path) -> None:
    model = library(bert)
    model.prompts, model.default_prompt_name = {"query": "query: "}, "query"
    model.save(str(tmp_path / "prompted"))
    ours = load_encoder(tiny_card(tmp_path / "prompted")).encode_batch(["a cane"], "query")
    np.testing.assert_allclose(ours, library(bert).encode(["a cane"]), atol=1e-6)


def test_texts_are_cut_at_the_smaller_limit(bert: Path) -> None:
    short = load_encoder(tiny_card(bert, max_tokens=16), max_tokens=32)
    assert short.max_tokens == 16
    assert load_encoder(tiny_card(bert), max_tokens=8).max_tokens == 8
    long = "cane " * 14
    cut = short.encode_batch([long, long + "lamp"], "query")
    np.testing.assert_allclose(cut[0], cut[1], atol=1e-6)
    assert short.count_tokens([long + "lamp"], "query").tolist() == [17]


def test_a_limit_beyond_the_positions_is_lowered(bert: Path) -> None:
    assert load_encoder(tiny_card(bert, max_tokens=4096)).max_tokens == 64


def test_no_texts_give_no_vectors(bert: Path) -> None:
    encoder = load_encoder(tiny_card(bert))
    assert encoder.encode_batch([], "query").shape == (0, DIM)
    assert encoder.count_tokens([], "query").shape == (0,)


def test_last_token_models_pad_on_the_left(qwen: Path) -> None:
    encoder: Any = load_encoder(tiny_card(qwen, pooling="last token"))
    assert encoder.model.tokenizer.padding_side == "left"
    together = encoder.encode_batch(TEXTS, "query")
    alone = np.concatenate([encoder.encode_batch([text], "query") for text in TEXTS])
    np.testing.assert_allclose(together, alone, atol=1e-5)


def test_an_empty_text_without_special_tokens_is_zero(qwen: Path, tmp_path: Path) -> None:
    model = library(qwen)
    model.tokenizer.backend_tokenizer.post_processor = None
    model.save(str(tmp_path / "bare"))
    encoder = load_encoder(tiny_card(tmp_path / "bare", pooling="last token"))
    mixed = encoder.encode_batch(["a cane", ""], "query")
    assert np.linalg.norm(mixed[0]) == pytest.approx(1)
    assert not mixed[1].any()
    assert not encoder.encode_batch(["", ""], "query").any()


def test_a_plain_transformer_is_pooled_by_its_card(tmp_path: Path) -> None:
    plain = tiny_plain_bert(tmp_path)
    ours = load_encoder(tiny_card(plain, pooling="cls"))
    from transformers import AutoModel, AutoTokenizer

    inputs = AutoTokenizer.from_pretrained(plain)(["a cane"], return_tensors="pt")
    first = AutoModel.from_pretrained(plain)(**inputs).last_hidden_state[:, 0].detach().numpy()
    np.testing.assert_allclose(ours.encode_batch(["a cane"], "query"), first / np.linalg.norm(first), atol=1e-6)
    with pytest.raises(PatbenchError, match="plain transformer"):
        load_encoder(tiny_card(plain, pooling=None))
    with pytest.raises(PatbenchError, match="dense layer needs the folder"):
        load_encoder(tiny_card(plain, pooling="mean+dense"))


def test_a_chat_template_does_not_wrap_texts(tmp_path: Path) -> None:
    template = "{% for m in messages %}lamp {{ m['content'] }} lamp{% endfor %}"
    plain = tiny_qwen(tmp_path, chat_template=template).parent / "plain"
    encoder: Any = load_encoder(tiny_card(plain, pooling="last token"))
    assert encoder.model.preprocess(["a cane"])["input_ids"].shape[1] == 3


def test_the_dense_head_is_kept(tmp_path: Path) -> None:
    encoder = load_encoder(tiny_card(tiny_bert(tmp_path, dense=16), pooling="mean+dense", dim=16))
    assert encoder.dim == encoder.encode_batch(["a cane"], "query").shape[1] == 16


def test_half_precision_gives_close_float32_vectors(bert: Path) -> None:
    half = load_encoder(tiny_card(bert), dtype="bfloat16").encode_batch(TEXTS, "query")
    assert half.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(half, axis=1), 1, atol=1e-5)
    assert 1e-6 < np.abs(half - load_encoder(tiny_card(bert)).encode_batch(TEXTS, "query")).max() < 0.1


def test_a_forbidden_dtype_is_refused() -> None:
    with pytest.raises(PatbenchError, match=r"'EmbGemma-300m' is not run in float16\.\nIts card allows float32"):
        load_encoder(find_card("EmbGemma-300m"), dtype="float16")


def test_vectors_that_are_not_numbers_are_an_error(bert: Path) -> None:
    import torch

    encoder: Any = load_encoder(tiny_card(bert))
    with torch.no_grad():
        next(encoder.model.parameters()).fill_(float("nan"))
    with pytest.raises(PatbenchError, match="not numbers in float32"):
        encoder.encode_batch(["a cane"], "query")


def test_remote_code_runs_only_where_it_is_allowed_by_name(bert: Path) -> None:
    with pytest.raises(PatbenchError, match="add 'Jina-v3' to `allow_remote_code`"):
        load_encoder(find_card("Jina-v3"), allow_remote_code=["Stella-1.5B"])
    assert load_encoder(tiny_card(bert, remote_code=True), allow_remote_code=["tiny"]).dim == DIM


def test_adapters_are_part_of_the_fingerprint(bert: Path) -> None:
    adapted = tiny_card(bert, encode_tasks={"query": "q", "clustering": "c"})
    prints = {load_encoder(adapted, task=task).fingerprint for task in ("retrieval", "clustering", "classification")}
    assert len(prints) == 3
    assert load_encoder(tiny_card(bert)).fingerprint in prints


def test_the_static_model_is_the_mean_of_embedding_rows() -> None:
    from safetensors.numpy import load_file

    encoder = load_encoder(find_card("MiniLM-static"), max_tokens=8)
    table = load_file(require(encoder.card) / "model.safetensors")["embeddings.word_embeddings.weight"]
    # "wheelchair" and "lamp" are single tokens of the vocabulary.
    vocabulary = (require(encoder.card) / "vocab.txt").read_text(encoding="utf-8").split("\n")
    mean = (table[vocabulary.index("wheelchair")] + 2 * table[vocabulary.index("lamp")]) / 3
    vectors = encoder.encode_batch(["Lamp wheelchair lamp", ""], "query")
    np.testing.assert_allclose(vectors[0], mean / np.linalg.norm(mean), atol=1e-6)
    assert not vectors[1].any()
    assert encoder.max_tokens is None
    assert encoder.count_tokens(["lamp " * 400, ""], "query").tolist() == [400, 0]
    assert encoder.encode_batch(["", ""], "query").shape == (2, 384)
    assert encoder.encode_batch([], "query").shape == (0, 384)


def test_the_static_model_reads_whole_texts() -> None:
    encoder = load_encoder(find_card("MiniLM-static"))
    vectors = encoder.encode_batch(["lamp " * 300, "lamp " * 300 + "cane"], "query")
    assert np.abs(vectors[0] - vectors[1]).max() > 1e-4


def lsa(**fields: Any) -> Card:
    return Card(**{"name": "lsa", "kind": "lsa", "dim": 3, **fields})


def test_lsa_is_the_projection_of_tfidf() -> None:
    from sklearn.decomposition import TruncatedSVD
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import Normalizer

    reference = make_pipeline(
        TfidfVectorizer(sublinear_tf=True), TruncatedSVD(3, random_state=0), Normalizer()
    ).fit_transform(COLLECTION)
    encoder = load_encoder(lsa(), fit_texts=COLLECTION)
    np.testing.assert_allclose(encoder.encode_batch(COLLECTION, "document"), reference, atol=1e-6)


def test_lsa_has_zero_vectors_for_texts_without_known_terms() -> None:
    encoder = load_encoder(lsa(), fit_texts=COLLECTION)
    vectors = encoder.encode_batch(["", "zebra", "cane"], "query")
    assert not vectors[:2].any()
    assert np.linalg.norm(vectors[2]) == pytest.approx(1)
    assert encoder.count_tokens(["", "a cane and zebra"], "query").tolist() == [0, 3]
    assert encoder.encode_batch([], "query").shape == (0, 3)


def test_lsa_is_no_larger_than_its_collection() -> None:
    encoder = load_encoder(lsa(dim=256), fit_texts=COLLECTION)
    assert encoder.dim == encoder.encode_batch(["cane"], "query").shape[1] == 5


def test_lsa_is_known_by_the_texts_it_was_fitted_on() -> None:
    prints = [load_encoder(lsa(), fit_texts=texts).fingerprint for texts in (COLLECTION, COLLECTION[::-1], COLLECTION)]
    assert prints[0] == prints[2] != prints[1]


@pytest.mark.parametrize(("texts", "message"), [(None, "nothing to be fitted on"), (["", "!"], "hold no term")])
def test_lsa_without_a_collection_is_an_error(texts: list[str] | None, message: str) -> None:
    with pytest.raises(PatbenchError, match=message):
        load_encoder(lsa(), fit_texts=texts)


def test_what_has_no_vector_a_text_is_not_loaded() -> None:
    with pytest.raises(PatbenchError, match="'BM25' is a lexical model"):
        load_encoder(find_card("BM25"))
    with pytest.raises(PatbenchError, match="late-interaction"):
        load_encoder(find_card("ColBERTv2"))


def test_arguments_are_checked() -> None:
    with pytest.raises(PatbenchError, match="Did you mean 'retrieval'"):
        load_encoder(find_card("MiniLM-L6"), task="retrieva")
    with pytest.raises(PatbenchError, match="max_tokens is 0"):
        load_encoder(find_card("MiniLM-L6"), max_tokens=0)
    with pytest.raises(PatbenchError, match="not run in int8"):
        load_encoder(find_card("MiniLM-static"), dtype="int8")


def test_a_tokenizer_alone_counts_as_the_loaded_model_does() -> None:
    texts = ["", "a cane", "Rollstuhl – 輪椅 with sensors", "word " * 700]
    card = find_card("MiniLM-L6", {})
    assert token_counts(card, texts).tolist() == load_encoder(card).count_tokens(texts, "document").tolist()
