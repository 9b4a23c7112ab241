from __future__ import annotations

import os
import shutil
import subprocess
import sys
import warnings
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.sparse as sp
import yaml
from fixtures.faults import flipped_halfway
from fixtures.landscapes import cited_in_a_row, landscape
from fixtures.tiny_models import DIM, WORDS, tiny_bert, tiny_card, tiny_plain_bert, tiny_qwen
from hypothesis import given
from hypothesis import strategies as st

from patbench_lib.errors import PatbenchError
from patbench_lib.finetune import trainable as loading
from patbench_lib.finetune.develop import Development, beginning, encode_plainly, make_development
from patbench_lib.finetune.estimate import count_weights, estimate
from patbench_lib.finetune.folder import model_card, training_of, tuned_card
from patbench_lib.finetune.lesson import Lesson
from patbench_lib.finetune.masks import Relations
from patbench_lib.finetune.pairs import Pairs
from patbench_lib.finetune.settings import Finetuning, Lora
from patbench_lib.finetune.train import train
from patbench_lib.finetune.trainable import check_trainable, uses_lora
from patbench_lib.landscape.judgements import Relevance, judge
from patbench_lib.models.card import Card
from patbench_lib.models.encoder import load_encoder
from patbench_lib.study import Study

PAIRS = 24
TUNING = Finetuning(batch=4, mini_batch=3, looks=3, epochs=1, learning_rate=1e-3, max_tokens=16, device="cpu")
TEXTS = ["a cane with two wheels", "one sensor near the handle", "", "the lamp and the query text near one handle"]


def lesson() -> Lesson:
    """Return pairs of texts that share a word, of publications that have nothing to do with each other."""
    numbers = np.arange(PAIRS)
    pairs = Pairs(
        "R3",
        np.array(["view"] * PAIRS, dtype=object),
        numbers,
        numbers,
        np.full(PAIRS, "", dtype=object),
        Relations(numbers, sp.csr_matrix((PAIRS, PAIRS))),
        ("abstract", "claims"),
    )
    anchors = [f"{WORDS[number % 14]} number {number} of a cane" for number in numbers]
    return Lesson(pairs, anchors, [f"{WORDS[number % 14]} claim {number}" for number in numbers], "hand")


@dataclass
class Watch:
    """Counts looks at a model, scores them as told, and may stop the process as a kill would."""

    scores: tuple[float, ...]
    killed_at: int | None = None
    looks: int = 0

    def beginnings(self, words: int) -> Watch:
        return self

    def tokens(self, encoder: Any) -> int:
        return 0

    def score(self, encoder: Any) -> float:
        self.looks += 1
        if self.looks == self.killed_at:
            raise KeyboardInterrupt
        return self.scores[min(self.looks, len(self.scores)) - 1]


def learn(card: Card, folder: Path, settings: Finetuning = TUNING, **named: Any) -> Card:
    return train(
        card, named.pop("lesson", lesson()), settings, folder,
        **{"name": "tiny+R3", "key": "k", "seed": 5, "say": lambda _: None, **named},
    )  # fmt: skip


def vectors(card: Card) -> np.ndarray:
    return encode_plainly(load_encoder(card, device="cpu"), TEXTS, "query")


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Card:
    folder = tiny_bert(tmp_path_factory.mktemp("bert"))
    return tiny_card(folder, prompts={"query": "query: ", "document": "text: "}, licence="Apache-2.0")


@pytest.fixture(scope="module")
def static(tmp_path_factory: pytest.TempPathFactory) -> Card:
    folder = tiny_plain_bert(tmp_path_factory.mktemp("static"))
    return Card(name="tiny static", kind="static", path=folder, dim=DIM)


@pytest.fixture(scope="module")
def tuned(base: Card, tmp_path_factory: pytest.TempPathFactory) -> Card:
    return learn(base, tmp_path_factory.mktemp("tuned") / "model")


def test_training_changes_the_vectors_and_lowers_the_loss(base: Card, tuned: Card) -> None:
    assert tuned.path is not None
    assert np.abs(vectors(tuned) - vectors(base)).max() > 1e-3
    told = training_of(tuned.path)
    assert told["steps"] == PAIRS // TUNING.batch
    assert _loss(tuned) < _loss(base)
    assert {"base": "tiny", "recipe": "R3", "landscape": "hand", "pairs": {"view": PAIRS}, "seed": 5}.items() <= (
        told.items()
    )


def _loss(card: Card) -> float:
    """Compute the loss over all pairs at once by its formula."""
    encoder, made = load_encoder(card, device="cpu"), lesson()
    sides = [encode_plainly(encoder, made.anchors, "query"), encode_plainly(encoder, made.positives, "document")]
    scores = sides[0] @ sides[1].T / TUNING.temperature
    return float(np.mean(np.log(np.exp(scores).sum(axis=1)) - np.diag(scores)))


def test_looking_at_the_development_queries_changes_no_vector(base: Card, tuned: Card, tmp_path: Path) -> None:
    watched = learn(base, tmp_path / "model", development=Watch((0.1, 0.2, 0.3)))
    np.testing.assert_array_equal(vectors(watched), vectors(tuned))


def test_the_tuned_card_keeps_how_the_model_is_run(base: Card, tuned: Card) -> None:
    assert (tuned.name, tuned.kind, tuned.pooling, tuned.dim) == ("tiny+R3", "dense", "mean", DIM)
    assert (tuned.prompts, tuned.max_tokens) == (base.prompts, base.max_tokens)
    encoder = load_encoder(tuned, device="cpu")
    assert encoder.max_tokens == base.max_tokens, "the training's shorter limit is not the model's"


def test_same_seed_same_vectors_bit_for_bit_and_stopped_in_between(base: Card, tuned: Card, tmp_path: Path) -> None:
    watch = Watch((0.1, 0.2, 0.3), killed_at=2)
    with pytest.raises(KeyboardInterrupt):
        learn(base, tmp_path / "model", development=watch)
    assert not (tmp_path / "model").exists()
    (tmp_path / ".model.training" / "checkpoint-3").mkdir()  # cut short: without its checksums
    again = learn(base, tmp_path / "model", development=Watch((0.2, 0.3)))
    np.testing.assert_array_equal(vectors(again), vectors(tuned))
    told = training_of(tmp_path / "model")
    assert told["steps"] == PAIRS // TUNING.batch
    assert told["development_ndcg10"] == {2: 0.1, 4: 0.2, 6: 0.3}, "the first look was before it was stopped"
    assert [path.name for path in tmp_path.iterdir()] == ["model"]


@pytest.mark.parametrize("file", ["trained.safetensors", "optimizer.pt", "trainer_state.json", "checksums.json"])
def test_a_damaged_checkpoint_is_named_and_the_training_starts_anew(
    base: Card, tuned: Card, tmp_path: Path, file: str
) -> None:
    with pytest.raises(KeyboardInterrupt):
        learn(base, tmp_path / "model", development=Watch((0.1, 0.2, 0.3), killed_at=3))
    flipped_halfway(tmp_path / ".model.training" / "checkpoint-4" / file)
    watch = Watch((0.1, 0.2, 0.3))
    with pytest.warns(UserWarning, match=rf"checkpoint-4.{file} is damaged. The training starts anew"):
        again = learn(base, tmp_path / "model", development=watch)
    assert watch.looks == 3, "all of them, from the first step on"
    np.testing.assert_array_equal(vectors(again), vectors(tuned))


def test_a_kill_while_an_old_checkpoint_is_removed_leaves_the_newer_one(
    base: Card, tuned: Card, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from patbench_lib.finetune import checkpoints

    def killed(folder: Path, **_: Any) -> None:
        next(folder.glob("*.safetensors")).unlink()
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(checkpoints.shutil, "rmtree", killed)
        with pytest.raises(KeyboardInterrupt):
            learn(base, tmp_path / "model")
    work = tmp_path / ".model.training"
    assert {path.name for path in work.glob("checkpoint-*")} == {"checkpoint-2", "checkpoint-4"}
    with warnings.catch_warnings():
        warnings.filterwarnings("error", message=".*is damaged")
        again = learn(base, tmp_path / "model")
    assert training_of(tmp_path / "model")["steps"] == 6
    np.testing.assert_array_equal(vectors(again), vectors(tuned))


def test_checkpoints_of_a_clock_that_was_ahead_are_gone_on_with(base: Card, tuned: Card, tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        learn(base, tmp_path / "model", development=Watch((0.3, 0.2, 0.1), killed_at=3))
    for path in (tmp_path / ".model.training").rglob("*"):
        os.utime(path, (4e9, 4e9))
    learn(base, tmp_path / "model", development=Watch((0.1,)))
    assert training_of(tmp_path / "model")["best_step"] == 2, "the first look, of before, was the best"


def test_best_weights_that_are_gone_stop_a_training_and_are_not_passed_over(base: Card, tmp_path: Path) -> None:
    @dataclass
    class Lost(Watch):
        def score(self, encoder: Any) -> float:
            if self.looks == 2:
                shutil.rmtree(tmp_path / ".model.training" / "checkpoint-2")
            return super().score(encoder)

    with pytest.raises(FileNotFoundError):
        learn(base, tmp_path / "model", development=Lost((0.3, 0.2, 0.1)))
    assert not (tmp_path / "model").exists()


def test_finished_work_is_not_repeated_and_another_key_starts_anew(base: Card, tmp_path: Path) -> None:
    said: list[str] = []
    for key, seed in (("one", 1), ("one", 2), ("two", 2)):
        learn(base, tmp_path / "model", key=key, seed=seed, say=said.append, steps=2)
    assert len(said) == 2
    assert training_of(tmp_path / "model")["seed"] == 2


def test_checkpoints_of_another_key_are_not_gone_on_with(base: Card, tmp_path: Path) -> None:
    for name, keys in (("same", ("k1", "k1")), ("other", ("k1", "k"))):
        with pytest.raises(KeyboardInterrupt):
            learn(base, tmp_path / name, key=keys[0], development=Watch((0.1,), killed_at=2))
        learn(base, tmp_path / name, key=keys[1], development=Watch((0.2, 0.3, 0.4)))
    scores = [training_of(tmp_path / name)["development_ndcg10"][2] for name in ("same", "other")]
    assert scores == [0.1, 0.2], "the first look of what is gone on with, and another"


@pytest.mark.parametrize("scores", [None, (0.1, 0.9, 0.2), (0.5, 0.4, 0.3, 0.9)])
def test_a_process_killed_while_it_saves_leaves_a_training_that_only_has_to_be_saved(
    base: Card, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, scores: tuple[float, ...] | None
) -> None:
    from patbench_lib.finetune import train as module

    def killed(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    settings = TUNING.model_copy(update={"looks": 6, "patience": 2})
    watch = Watch(scores) if scores else None
    with monkeypatch.context() as patched:
        patched.setattr(module, "save_tuned", killed)
        with pytest.raises(KeyboardInterrupt):
            learn(base, tmp_path / "killed", settings, development=watch)
    looks = watch.looks if watch else 0
    again = learn(base, tmp_path / "killed", settings, development=watch)
    whole = learn(base, tmp_path / "whole", settings, development=Watch(scores) if scores else None)
    np.testing.assert_array_equal(vectors(again), vectors(whole))
    told = [training_of(tmp_path / name) | {"seconds": 0} for name in ("killed", "whole")]
    assert told[0] == told[1] and (watch is None or watch.looks == looks), "nothing is learnt or looked at again"


def test_training_stops_early_and_keeps_the_best_weights(base: Card, tmp_path: Path) -> None:
    settings = TUNING.model_copy(update={"looks": 6, "patience": 2})
    card = learn(base, tmp_path / "stopped", settings, development=Watch((0.5, 0.4, 0.3)))
    told = training_of(tmp_path / "stopped")
    assert (told["steps"], told["best_step"]) == (3, 1)
    short = learn(base, tmp_path / "short", settings, development=Watch((0.1, 0.2, 0.3, 0.4, 0.5, 0.6)))
    assert training_of(tmp_path / "short")["best_step"] == 6
    assert np.abs(vectors(card) - vectors(short)).max() > 1e-4


@dataclass
class Seen(Watch):
    """Keeps the vectors that the model gives at each look."""

    vectors: list[np.ndarray] = field(default_factory=list)

    def score(self, encoder: Any) -> float:
        self.vectors.append(encode_plainly(encoder, TEXTS, "query"))
        return super().score(encoder)


@pytest.mark.parametrize("best", [0, 1, 2, 3])
def test_the_model_that_is_kept_is_the_one_that_looked_best(base: Card, tmp_path: Path, best: int) -> None:
    """Looks are at steps 2, 4, 6 and at the last one, 7; a model is looked at without dropout."""
    seen = Seen(tuple(0.5 if place == best else 0.1 for place in range(4)))
    settings = TUNING.model_copy(update={"looks": 4, "patience": 9})
    card = learn(base, tmp_path / "model", settings, development=seen, steps=7)
    assert training_of(tmp_path / "model")["best_step"] == (2, 4, 6, 7)[best]
    np.testing.assert_allclose(vectors(card), seen.vectors[best], atol=1e-6)
    assert all(
        np.abs(seen.vectors[best] - other).max() > 1e-5 for place, other in enumerate(seen.vectors) if place != best
    )


def test_a_static_model_is_tuned_and_found_again(static: Card, tmp_path: Path) -> None:
    settings = TUNING.model_copy(update={"static_learning_rate": 0.01})
    card = learn(static, tmp_path / "model", settings)
    assert (card.kind, load_encoder(card).dim) == ("static", DIM)
    assert np.abs(vectors(card) - vectors(static)).max() > 1e-3
    learn(static, tmp_path / "again", settings)
    np.testing.assert_array_equal(vectors(tuned_card(tmp_path / "again")), vectors(card))


PLAIN = """
import sys, numpy as np
from sentence_transformers import SentenceTransformer
model = SentenceTransformer(sys.argv[1], device="cpu")
texts = sys.argv[3:]
np.savez(sys.argv[2], query=model.encode_query(texts), document=model.encode_document(texts))
"""


def test_a_tuned_model_is_one_of_a_studys_systems(tuned: Card) -> None:
    study = Study(models=(tuned,), systems=("BM25", tuned.name))
    assert study.card(tuned.name).path == tuned.path


def test_layers_that_were_cut_off_stay_off(base: Card, tmp_path: Path) -> None:
    from sentence_transformers import SentenceTransformer

    card = learn(base.model_copy(update={"layers": 1}), tmp_path / "model", steps=1)
    assert card.layers is None
    plain = SentenceTransformer(str(card.path), device="cpu")
    assert plain.transformers_model.config.num_hidden_layers == 1
    np.testing.assert_allclose(plain.encode_query(TEXTS[:2]), vectors(card)[:2], atol=1e-6)


def test_a_model_of_the_last_token_is_tuned(tmp_path: Path) -> None:
    from sentence_transformers import SentenceTransformer

    folder = tiny_qwen(tmp_path / "qwen")
    card = learn(tiny_card(folder, pooling="last token"), tmp_path / "model", steps=1)
    words = [TEXTS[0], TEXTS[3]]
    plain = SentenceTransformer(str(card.path), device="cpu").encode_document(words)
    np.testing.assert_allclose(plain, encode_plainly(load_encoder(card), words, "document"), atol=1e-6)


@pytest.mark.slow
def test_the_folder_loads_in_plain_sentence_transformers_in_a_fresh_interpreter(
    tuned: Card, static: Card, tmp_path: Path
) -> None:
    words = [text for text in TEXTS if text]
    out = tmp_path / "vectors.npz"
    subprocess.run([sys.executable, "-c", PLAIN, str(tuned.path), str(out), *words], check=True, cwd=tmp_path)
    encoder = load_encoder(tuned, device="cpu")
    for role in ("query", "document"):
        np.testing.assert_allclose(np.load(out)[role], encode_plainly(encoder, words, role), atol=1e-6)  # type: ignore[arg-type]


def test_a_static_folder_gives_plain_sentence_transformers_the_same_vectors(static: Card, tmp_path: Path) -> None:
    from sentence_transformers import SentenceTransformer

    card = learn(static, tmp_path / "model", steps=2)
    words = [text for text in TEXTS if text]
    plain = SentenceTransformer(str(card.path), device="cpu").encode(words)
    np.testing.assert_allclose(plain, encode_plainly(load_encoder(card), words, "query"), atol=1e-6)


def test_the_model_card_is_one_that_the_hub_reads(tuned: Card) -> None:
    from huggingface_hub import ModelCard

    assert tuned.path is not None
    files = {path.name for path in tuned.path.iterdir()}
    assert {"modules.json", "model.safetensors", "tokenizer.json", "README.md", "patbench.yaml"} <= files
    card = ModelCard.load(tuned.path / "README.md")
    assert (card.data.license, card.data.library_name, card.data.datasets) == (
        "apache-2.0",
        "sentence-transformers",
        ["hand"],
    )
    assert "patents" in card.data.tags
    assert "| recipe | R3 |" in card.text
    assert "`query: ` before a query" in card.text


def test_landscapes_of_a_training_on_several_are_datasets_each(base: Card) -> None:
    text = model_card(base, "m", {"landscape": "assistive + external"}, {})
    assert yaml.safe_load(text.split("---")[1])["datasets"] == ["assistive", "external"]


def test_a_licence_the_hub_has_no_name_for_is_named_beside_other(base: Card) -> None:
    text = model_card(base.model_copy(update={"licence": "to check", "path": None, "hf_id": "a/b"}), "x", {}, {})
    data = yaml.safe_load(text.split("---")[1])
    assert (data["license"], data["license_name"], data["base_model"]) == ("other", "to-check", "a/b")


def test_a_loss_that_is_no_number_stops_with_its_step_and_keeps_the_last_good_checkpoint(
    base: Card, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from patbench_lib.finetune import loss

    plain, calls = loss.info_nce, [0]

    def exploding(*values: Any) -> Any:
        calls[0] += 1
        return plain(*values) * (float("nan") if calls[0] == 4 else 1.0)

    monkeypatch.setattr(loss, "info_nce", exploding)
    with pytest.raises(PatbenchError, match=r"diverged at step 4 of 6: its loss is nan[\s\S]*checkpoint-2"):
        learn(base, tmp_path / "model")
    assert (tmp_path / ".model.training" / "checkpoint-2" / "trained.safetensors").is_file()
    assert not (tmp_path / "model").exists()


def test_weights_that_are_no_numbers_are_not_kept(base: Card, tmp_path: Path) -> None:
    settings = TUNING.model_copy(update={"learning_rate": float("inf"), "warmup": 0.0})
    with pytest.raises(PatbenchError, match=r"diverged at step [12] of 6"):
        learn(base, tmp_path / "model", settings)
    assert not list((tmp_path / ".model.training").glob("checkpoint-*/trainer_state.json"))


def test_adapters_are_merged_into_the_weights(base: Card, tmp_path: Path) -> None:
    settings = TUNING.model_copy(update={"lora": Lora(use="on", rank=2, alpha=8, learning_rate=0.01)})
    said: list[str] = []
    watch = Watch((0.1,), killed_at=2)
    with pytest.raises(KeyboardInterrupt):
        learn(base, tmp_path / "model", settings, development=watch)
    card = learn(base, tmp_path / "model", settings, say=said.append)
    assert np.abs(vectors(card) - vectors(base)).max() > 1e-4
    assert "adapter_config.json" not in {path.name for path in (tmp_path / "model").iterdir()}
    whole = learn(base, tmp_path / "whole", settings)
    np.testing.assert_array_equal(vectors(card), vectors(whole))
    adapted = loading.load_trainable(base, settings)
    of, trained = count_weights(adapted.model)
    # Rank 2 beside each linear layer: 4 of 32 by 32 and two of 32 by 64 in both layers, and the pooler of 32 by 32.
    assert trained == 2 * (2 * (4 * (32 + 32) + 2 * (32 + 64)) + 32 + 32)
    assert trained < of


def test_adapters_are_for_large_transformers_unless_told() -> None:
    small, large = tiny_card(Path("x"), params_m=22), tiny_card(Path("x"), params_m=600)
    assert [uses_lora(card, Lora()) for card in (small, large)] == [False, True]
    assert [uses_lora(small, Lora(use="on")), uses_lora(large, Lora(use="off"))] == [True, False]
    assert not uses_lora(Card(name="s", kind="static", path="x", dim=4), Lora(use="on"))


def test_what_cannot_be_trained_is_refused_by_name(base: Card, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(PatbenchError, match="is a lsa model"):
        check_trainable(Card(name="LSA", kind="lsa", dim=8), TUNING)
    with pytest.raises(PatbenchError, match="adapters of its own"):
        check_trainable(tiny_card(Path("x"), encode_tasks={"query": "retrieval.query"}), TUNING)
    half = TUNING.model_copy(update={"precision": "float16"})
    with pytest.raises(PatbenchError, match="float16 on a CPU"):
        loading.load_trainable(base, half)
    monkeypatch.setattr(loading, "find_spec", lambda name: None)
    with pytest.raises(PatbenchError, match="accelerate and datasets"):
        check_trainable(base, TUNING)
    monkeypatch.setattr(loading, "find_spec", lambda name: None if name == "peft" else name)
    with pytest.raises(PatbenchError, match=r"patbench\[lora\]"):
        check_trainable(base, TUNING.model_copy(update={"lora": Lora(use="on")}))


def test_mixed_precision_trains_on_a_cpu(base: Card, tmp_path: Path) -> None:
    card = learn(base, tmp_path / "model", TUNING.model_copy(update={"precision": "bfloat16"}), steps=2)
    assert np.isfinite(vectors(card)).all()


def test_mined_negatives_take_part(base: Card, tmp_path: Path) -> None:
    settings = TUNING.model_copy(update={"hard_negatives": 2})
    learn(base, tmp_path / "mined", settings, steps=2)
    learn(base, tmp_path / "plain", steps=2)
    first, second = (next(iter(training_of(tmp_path / name)["losses"].values())) for name in ("mined", "plain"))
    assert first > second, "more documents to tell the positive from"


def test_development_queries_are_scored_by_what_the_encoder_gives(base: Card) -> None:
    made = landscape(*cited_in_a_row(8))
    judgements = judge(made, Relevance())
    texts = [
        f"{title} {abstract}" for title, abstract in zip(made.patents["title"], made.patents["abstract"], strict=True)
    ]
    development = Development(judgements, [texts[row] for row in judgements.queries], texts)
    assert 0 < development.score(load_encoder(base, device="cpu")) < 1

    @dataclass
    class Knowing:
        """Gives each query the mean of its answers' vectors."""

        dim: int = 8
        max_tokens: int = 8

        def count_tokens(self, texts: Any, role: str) -> np.ndarray:
            return np.ones(len(texts), dtype=np.int32)

        def encode_batch(self, some: Any, role: str) -> np.ndarray:
            rows = np.array([texts.index(text) for text in some])
            if role == "document":
                return np.eye(8, dtype=np.float32)[rows]
            found = np.zeros((len(rows), 8), dtype=np.float32)
            for place, row in enumerate(rows):
                query = int(np.flatnonzero(judgements.queries == row)[0])
                found[place, judgements.documents[judgements.indptr[query] : judgements.indptr[query + 1]]] = 1
            return found

    assert development.score(Knowing()) == 1.0  # type: ignore[arg-type]


@given(st.lists(st.sampled_from(["cane", "sensor,", "x7", "é", "\n", "  ", "\t"]), max_size=30), st.integers(1, 12))
def test_the_beginning_of_a_text_is_its_first_words_as_they_stand(parts: list[str], words: int) -> None:
    text = " ".join(parts)
    cut = beginning(text, words)
    assert text.startswith(cut) and cut.split() == text.split()[:words]
    assert (cut == text) or len(text.split()) >= words


def test_as_many_words_as_tokens_are_read_give_the_same_vectors(base: Card, tmp_path: Path) -> None:
    long = [f"{text} {' '.join(WORDS[3:])} {text}" for text in lesson().anchors]
    encoder = load_encoder(base, max_tokens=8, device="cpu")
    cut = [beginning(text, 8) for text in long]
    assert cut != long
    np.testing.assert_array_equal(encode_plainly(encoder, cut, "query"), encode_plainly(encoder, long, "query"))
    settings = TUNING.model_copy(update={"max_tokens": 8})
    cards = [
        learn(base, tmp_path / name, settings, lesson=replace(lesson(), anchors=anchors), steps=2)
        for name, anchors in (("long", long), ("cut", cut))
    ]
    np.testing.assert_array_equal(vectors(cards[0]), vectors(cards[1]))


def test_texts_that_read_the_same_are_in_no_batch_together() -> None:
    """Where a model reads three words, the last two of these anchors are one text to it."""
    taught = replace(lesson(), anchors=["a b c d", "a c", "a c e f", "a c e g"] + ["x"] * (PAIRS - 4))
    numbers = taught.beginnings(3).numbers()[:4, 0]
    assert [int(each) for each in numbers] == [0, 1, 2, 2]
    assert len({int(each) for each in taught.numbers()[:4, 0]}) == 4


def test_development_texts_are_cut_too(base: Card) -> None:
    judgements = judge(landscape(*cited_in_a_row(4)), Relevance())
    whole = Development(judgements, ["one two three"] * len(judgements.queries), ["a b", "c d e", "", "f"])
    short = whole.beginnings(2)
    assert set(short.queries) == {"one two"} and short.documents == ["a b", "c d", "", "f"]
    assert short.judgements is judgements
    encoder = load_encoder(base, max_tokens=8, device="cpu")
    counts = [encoder.count_tokens(short.queries, "query"), encoder.count_tokens(short.documents, "document")]
    assert short.tokens(encoder) == sum(min(8, int(count)) for side in counts for count in side)


def test_development_queries_are_ranked_among_a_pool_that_holds_their_answers() -> None:
    made = landscape(*cited_in_a_row(20))
    judgements = judge(made, Relevance(earlier_only=True))
    texts = [f"text {row}" for row in range(20)]
    queries = judgements.queries[[3, 5]]
    small = make_development(judgements, queries, [f"asks {row}" for row in range(20)], texts, pool=9, seed=0)
    assert small.queries == [f"asks {row}" for row in queries]
    assert len(small.documents) == 9
    for place, query in enumerate(queries):
        full = int(np.flatnonzero(judgements.queries == query)[0])
        wanted = judgements.documents[judgements.indptr[full] : judgements.indptr[full + 1]]
        found = small.judgements.documents[small.judgements.indptr[place] : small.judgements.indptr[place + 1]]
        assert [small.documents[row] for row in found] == [texts[row] for row in wanted]
        kept = [texts.index(text) for text in small.documents]
        banned = small.judgements.excluded(int(small.judgements.queries[place]))
        np.testing.assert_array_equal(banned, judgements.excluded(int(query))[kept])
    with pytest.raises(PatbenchError, match="no development queries"):
        make_development(judgements, np.array([], dtype=np.int64), texts, texts, pool=5, seed=0)


def test_a_folder_of_another_kind_is_no_tuned_model(tmp_path: Path) -> None:
    with pytest.raises(PatbenchError, match="not the folder of a model tuned here"):
        tuned_card(tmp_path)
    for broken in ("[]", "{card: {}", "card: x\ntraining: y", "training: {}"):
        (tmp_path / "patbench.yaml").write_text(broken)
        with pytest.raises(PatbenchError, match="does not describe a tuned model"):
            tuned_card(tmp_path)


def test_the_prompts_of_the_card_are_trained_with(base: Card, tmp_path: Path) -> None:
    bare = replace(lesson(), anchors=[f"query: {text}" for text in lesson().anchors])
    bare = replace(bare, positives=[f"text: {text}" for text in bare.positives])
    with_prompts = learn(base, tmp_path / "with", steps=3)
    by_hand = learn(base.model_copy(update={"prompts": {}}), tmp_path / "hand", lesson=bare, steps=3)
    again = by_hand.model_copy(update={"prompts": base.prompts})
    np.testing.assert_allclose(vectors(again), vectors(with_prompts), atol=1e-6)


def test_what_a_training_needs_is_its_weights_gradients_states_and_activations() -> None:
    facts: dict[str, Any] = {"parameters": 1000, "trained": 600, "longest": 16, "held": 4, "steps": 5}
    facts |= {"half": True, "tokens": 8000, "looked": 500, "rate": 100.0, "device": "cpu", "cached": True}
    found = estimate(shape=(2, 32), **facts)
    assert (found.weights, found.gradients, found.optimiser) == (4000, 2400, 4800)
    assert found.activations == 34 * 2 * 32 * 16 * 4
    assert found.memory == 4000 + 2400 + 4800 + 34 * 2 * 32 * 16 * 4
    # Forward twice, backward as long as two, and each look forward once.
    assert found.seconds == pytest.approx(8000 / 100 * 4 + 5, rel=1e-3)
    assert estimate(shape=(2, 32), **facts | {"half": False}).activations == 2 * found.activations
    plain = estimate(shape=(2, 32), **facts | {"cached": False})
    assert plain.seconds == pytest.approx(8000 / 100 * 3 + 5, rel=1e-3)
    static = estimate(shape=None, **facts | {"rate": None})
    assert (static.activations, static.seconds) == (0, None)
    assert "5 steps over 8,000 tokens, about 5 min." in str(found)
    assert str(static).endswith("5 steps over 8,000 tokens.")
