from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from fixtures.tiny_late import cross_card, tiny_cross
from fixtures.tiny_models import POSITIONS

from patbench_lib.bench.rerank import score_pairs
from patbench_lib.errors import PatbenchError
from patbench_lib.models.cross import PairScorer, load_cross

PAIRS = [("a cane", "two wheels and a lamp"), ("lamp", "sensor"), ("query text", "the handle near one sensor")]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_cross(tmp_path_factory.mktemp("cross"))


@pytest.fixture(scope="module")
def scorer(folder: Path) -> PairScorer:
    return load_cross(cross_card(folder), device="cpu")


def test_scores_are_the_transformers_logits(folder: Path, scorer: PairScorer) -> None:
    import torch
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    model, tokenizer = AutoModelForSequenceClassification.from_pretrained(folder), AutoTokenizer.from_pretrained(folder)
    with torch.inference_mode():
        features = tokenizer(*map(list, zip(*PAIRS, strict=True)), padding=True, return_tensors="pt")
        expected = model.eval()(**features).logits.flatten().numpy()
    np.testing.assert_allclose(scorer.score_batch(PAIRS), expected, atol=1e-5)
    assert len(set(expected.round(4).tolist())) == 3


def test_order_within_a_pair_and_prompts_count(folder: Path, scorer: PairScorer) -> None:
    turned = [(document, query) for query, document in PAIRS]
    assert np.abs(scorer.score_batch(turned) - scorer.score_batch(PAIRS)).max() > 1e-3
    prompted = load_cross(cross_card(folder, prompts={"query": "query ", "document": "text "}), device="cpu")
    by_hand = [(f"query {query}", f"text {document}") for query, document in PAIRS]
    np.testing.assert_array_equal(prompted.score_batch(PAIRS), scorer.score_batch(by_hand))


def test_a_pair_is_cut_at_the_limit_from_its_longer_text(folder: Path, scorer: PairScorer) -> None:
    long = " ".join(["cane"] * 100)
    assert scorer.max_tokens == POSITIONS
    assert scorer.count_tokens([("a cane", long), ("lamp", "lamp")]).tolist() == [105, 5]  # [CLS] and two [SEP]
    one, other = scorer.score_batch([("a cane", long), ("a cane", f"{long} lamp")])
    assert one == pytest.approx(other, abs=1e-5)
    short = load_cross(cross_card(folder, max_tokens=20), max_tokens=12, device="cpu")
    assert short.max_tokens == 12
    kept, cut = short.score_batch([("a cane", " ".join(["cane"] * 7)), ("a cane", long)])
    assert kept == pytest.approx(cut, abs=1e-5)


def test_batches_change_no_score(scorer: PairScorer) -> None:
    pairs = [(query, " ".join([document] * times)) for query, document in PAIRS for times in (1, 2, 3)]
    whole = score_pairs(scorer, pairs, batch_tokens=4096)
    np.testing.assert_allclose(score_pairs(scorer, pairs, batch_tokens=16), whole, atol=1e-5)
    np.testing.assert_allclose([scorer.score_batch([pair])[0] for pair in pairs], whole, atol=1e-5)


def test_a_classifier_of_several_classes_is_no_reranker(tmp_path: Path) -> None:
    with pytest.raises(PatbenchError, match="gives 3 scores for a pair"):
        load_cross(cross_card(tiny_cross(tmp_path, labels=3)))
