from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.sparse as sp
import torch
from fixtures.tiny_models import tiny_bert, tiny_plain_bert

from patbench_lib.finetune.loss import info_nce, masked_loss
from patbench_lib.finetune.masks import Relations, false_negatives
from patbench_lib.types import Bools, Ints

TEXTS = ["a cane with two wheels", "one sensor near the handle", "a lamp and a query", "the wheels", "two lamp text"]


def relations() -> Relations:
    """Return six publications: 0 and 1 of one family, 2 cites 3, 4 and 5 share a label."""
    cites = sp.csr_matrix(([1], ([2], [3])), shape=(6, 6))
    labels = sp.csr_matrix(np.array([[1, 0], [0, 0], [0, 0], [0, 0], [0, 1], [0, 1]]))
    return Relations(np.array([0, 0, 1, 2, 3, 4]), cites, labels)


def masked(signal: str, anchors: list[int], positives: list[int], documents: list[int]) -> list[list[int]]:
    rows = [np.array(each) for each in (anchors, positives, documents)]
    found = false_negatives(relations(), [signal] * len(anchors), *rows)  # type: ignore[list-item]
    return [[documents[place] for place in np.flatnonzero(row)] for row in found]


def test_family_of_anchor_and_of_positive_are_no_negatives() -> None:
    assert masked("view", [0, 2], [0, 2], [0, 1, 4, 5]) == [[0, 1], []]
    assert masked("citation", [4, 4], [1, 5], [0, 1, 2]) == [[0, 1], []]


def test_cited_and_citing_documents_are_no_negatives() -> None:
    assert masked("citation", [2, 3], [4, 5], [0, 1, 2, 3]) == [[2, 3], [2, 3]]


def test_a_shared_label_counts_only_for_pairs_drawn_by_labels() -> None:
    assert masked("label", [4, 0], [2, 2], [4, 5, 3]) == [[4, 5], []]
    assert masked("citation", [4, 0], [2, 2], [4, 5, 3]) == [[4], []]


def test_without_labels_there_is_nothing_to_share() -> None:
    bare = Relations(np.arange(3), sp.csr_matrix((3, 3)))
    rows = np.array([0, 1, 2])
    np.testing.assert_array_equal(false_negatives(bare, ["label"] * 3, rows, rows, rows), np.eye(3, dtype=bool))


def by_hand(queries: Any, documents: Any, blocked: Bools, temperature: float) -> float:
    """Compute the loss as its formula is written, one query at a time."""
    losses = []
    for i, query in enumerate(queries):
        cosines = [q @ query / np.linalg.norm(q) / np.linalg.norm(query) for q in documents]
        weights = [np.exp(cosine / temperature) for cosine in cosines]
        total = sum(weight for j, weight in enumerate(weights) if j == i or not blocked[i, j])
        losses.append(-np.log(weights[i] / total))
    return float(np.mean(losses))


def test_golden_loss_of_two_pairs() -> None:
    queries = torch.tensor([[1.0, 0.0], [0.0, 2.0]])
    documents = torch.tensor([[3.0, 0.0], [1.0, 1.0]])
    # Cosines: 1 and 1/sqrt 2 in the first row, 0 and 1/sqrt 2 in the second.
    root = 2**-0.5
    first = -np.log(np.exp(2) / (np.exp(2) + np.exp(2 * root)))
    second = -np.log(np.exp(2 * root) / (1 + np.exp(2 * root)))
    none = torch.zeros(2, 2, dtype=torch.bool)
    assert float(info_nce(queries, documents, none, 0.5)) == pytest.approx((first + second) / 2, rel=1e-6)
    one = torch.tensor([[False, True], [False, False]])
    assert float(info_nce(queries, documents, one, 0.5)) == pytest.approx((0 + second) / 2, rel=1e-6)


def test_a_querys_own_positive_is_never_masked() -> None:
    queries, documents = torch.eye(3), torch.eye(3)
    everything = torch.ones(3, 3, dtype=torch.bool)
    assert float(info_nce(queries, documents, everything, 0.05)) == 0.0


def test_loss_is_that_of_the_formula_with_mined_negatives_too() -> None:
    rng = np.random.default_rng(0)
    queries, documents = rng.normal(size=(4, 5)), rng.normal(size=(8, 5))
    blocked = rng.random((4, 8)) < 0.3
    found = float(info_nce(torch.tensor(queries), torch.tensor(documents), torch.tensor(blocked), 0.2))
    assert found == pytest.approx(by_hand(queries, documents, blocked, 0.2), rel=1e-5)


def blocking(batch: Ints) -> Bools:
    out = np.zeros((len(batch), len(batch)), dtype=bool)
    out[0, 2] = out[3, 1] = True
    return out


@pytest.fixture(scope="module")
def bert(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_bert(tmp_path_factory.mktemp("bert"))


def gradients(folder: Path, size: int, blocked: Callable[[Ints], Bools]) -> tuple[float, dict[str, Any]]:
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(str(folder), device="cpu").eval()
    features = [model.preprocess(TEXTS), model.preprocess(TEXTS[::-1])]
    loss = masked_loss(model, blocked, temperature=0.1, mini_batch=size)(features, torch.arange(len(TEXTS)))
    loss.backward()
    return float(loss.detach()), {
        name: weight.grad for name, weight in model.named_parameters() if weight.grad is not None
    }


def test_mini_batches_change_neither_loss_nor_gradients(bert: Path) -> None:
    whole, grads = gradients(bert, len(TEXTS), blocking)
    cached, others = gradients(bert, 2, blocking)
    assert cached == pytest.approx(whole, rel=1e-5)
    assert grads.keys() == others.keys()
    for name, grad in grads.items():
        torch.testing.assert_close(others[name], grad, rtol=1e-3, atol=1e-5)


def test_a_batch_of_one_mini_batch_is_read_once(bert: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from sentence_transformers import SentenceTransformer

    read: list[int] = []
    forward = SentenceTransformer.forward

    def counted(self: Any, features: Any, *values: Any, **named: Any) -> Any:
        read.append(len(features["input_ids"]))
        return forward(self, features, *values, **named)

    monkeypatch.setattr(SentenceTransformer, "forward", counted)
    gradients(bert, len(TEXTS), blocking)
    assert read == [5, 5]
    read.clear()
    gradients(bert, len(TEXTS) - 1, blocking)
    assert sum(read) == 2 * 2 * 5, "both sides forward twice"


def test_cached_loss_and_gradient_are_those_of_one_plain_pass(bert: Path) -> None:
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(str(bert), device="cpu").eval()
    queries, documents = (model(model.preprocess(texts))["sentence_embedding"] for texts in (TEXTS, TEXTS[::-1]))
    plain = info_nce(queries, documents, torch.from_numpy(blocking(np.arange(5))), 0.1)
    plain.backward()
    cached, grads = gradients(bert, 2, blocking)
    assert cached == pytest.approx(float(plain.detach()), rel=1e-5)
    assert cached == pytest.approx(
        by_hand(queries.detach().numpy(), documents.detach().numpy(), blocking(np.arange(5)), 0.1), rel=1e-4
    )
    name = next(name for name in grads if name.endswith("query.weight"))
    torch.testing.assert_close(grads[name], dict(model.named_parameters())[name].grad, rtol=1e-3, atol=1e-5)


def test_masking_changes_the_loss(bert: Path) -> None:
    masked_value, _ = gradients(bert, 2, blocking)
    bare, _ = gradients(bert, 2, lambda batch: np.zeros((len(batch), len(batch)), dtype=bool))
    assert masked_value < bare


def test_a_static_model_takes_the_batch_at_once(tmp_path: Path) -> None:
    from sentence_transformers import SentenceTransformer

    from patbench_lib.models.card import Card
    from patbench_lib.models.static import load_static

    folder = tiny_plain_bert(tmp_path / "plain")
    module = load_static(Card(name="tiny static", kind="static", path=folder, dim=32)).module
    model = SentenceTransformer(modules=[module], device="cpu")
    features = [model.preprocess(TEXTS), model.preprocess(TEXTS[::-1])]
    loss = masked_loss(model, blocking, temperature=0.1, mini_batch=1)(features, torch.arange(5))
    vectors = model.encode(TEXTS)
    assert float(loss.detach()) == pytest.approx(by_hand(vectors, vectors[::-1], blocking(np.arange(5)), 0.1), rel=1e-4)
    loss.backward()
    assert float(module.embedding.weight.grad.abs().sum()) > 0
