"""A training from its pairs to the folder of the tuned model."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from patbench_lib.files import make_folder, write_json
from patbench_lib.finetune.develop import Development, encode_plainly
from patbench_lib.finetune.estimate import Estimate, count_weights, estimate
from patbench_lib.finetune.folder import save_tuned, training_of, tuned_card
from patbench_lib.finetune.loss import masked_loss
from patbench_lib.finetune.masks import false_negatives
from patbench_lib.finetune.mine import mine_negatives
from patbench_lib.finetune.pairs import Pairs
from patbench_lib.finetune.sampler import plan_batches
from patbench_lib.finetune.settings import Finetuning
from patbench_lib.finetune.trainable import Trainable, load_trainable, uses_lora
from patbench_lib.finetune.trainer import METRIC, arguments, last_checkpoint, make_trainer
from patbench_lib.models.card import Card
from patbench_lib.types import Bools, Ints

_JOB = "job.json"
_TIMED = 32
_DIGITS = 6


@dataclass(frozen=True)
class Lesson:
    """What a model is taught.

    Attributes
    ----------
    pairs : publications and signal of each pair.
    anchors, positives : the two texts of each pair; see `Pairs.texts`.
    landscape : its name, for the model's card.
    """

    pairs: Pairs
    anchors: Sequence[str]
    positives: Sequence[str]
    landscape: str


def train(
    card: Card,
    lesson: Lesson,
    settings: Finetuning,
    folder: Path,
    *,
    name: str,
    key: str,
    seed: int,
    development: Development | None = None,
    steps: int | None = None,
    allow_remote_code: Collection[str] = (),
    say: Callable[[str], None] = print,
) -> Card:
    """Train a model and save it; a training that was stopped goes on from its last checkpoint.

    With the same arguments on the same CPU the vectors are the same bit for bit, stopped in between or not.

    Parameters
    ----------
    card : the model that training starts from.
    folder : where the tuned model goes; checkpoints lie beside it until it is there.
    name : what studies call the tuned model.
    key : changes with all that changes the result; checkpoints and a model of another key are not gone on with.
    seed : of batches, dropout and adapters.
    development : queries to stop on; without them the training runs to its end.
    steps : batches in place of `settings.epochs`, to give several recipes as many.
    say : takes the estimate of memory and time.

    Returns
    -------
    the card of the tuned model.

    Raises
    ------
    PatbenchError
        Where the pairs fill no batch, the model cannot be trained, or the loss is no longer a number; then it names the
        step and the last good checkpoint.
    """
    if folder.is_dir() and training_of(folder).get("key") == key:
        return tuned_card(folder)
    plan = plan_batches(
        _text_numbers(lesson),
        lesson.pairs.signals,
        batch=settings.batch,
        epochs=settings.epochs,
        seed=seed,
        steps=steps,
    )
    _seed_everything(seed)
    trainable = load_trainable(card, settings, allow_remote_code=allow_remote_code)
    # Under `accelerate launch` each process takes its part of the batches, and all would say the same.
    processes, rank = (int(os.environ.get(of, alone)) for of, alone in (("WORLD_SIZE", 1), ("RANK", 0)))
    if rank == 0:
        say(f"{name}: {expected(trainable, lesson, settings, plan, development)}")
    negatives = _negatives(trainable, lesson, settings.hard_negatives)
    columns = _columns(lesson, negatives)
    work = _work_folder(folder, key)
    args = arguments(
        trainable,
        settings,
        work,
        seed=seed,
        steps=len(plan) // processes,
        watched=development is not None,
        columns=[column for column in columns if column != "label"],
    )
    loss = masked_loss(
        trainable.model,
        _blocked(lesson.pairs, negatives),
        temperature=settings.temperature,
        mini_batch=settings.mini_batch,
    )
    look = None if development is None else lambda: development.score(trainable.encoder)
    trainer = make_trainer(trainable, columns, plan, loss, args, patience=settings.patience, look=look)
    checkpoint = last_checkpoint(work)
    began = time.perf_counter()
    trainer.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)
    about = _about(card, lesson, settings, seed, key) | _outcome(trainer.state, time.perf_counter() - began)
    if trainer.is_world_process_zero():
        save_tuned(trainable.finished(), card, folder, name=name, about=about)
        shutil.rmtree(work, ignore_errors=True)
    trainer.accelerator.wait_for_everyone()
    return tuned_card(folder)


def expected(
    trainable: Trainable, lesson: Lesson, settings: Finetuning, plan: Ints, development: Development | None
) -> Estimate:
    """Estimate memory and time of a training, from a forward pass over a few of its texts."""
    encoder, used = trainable.encoder, np.unique(plan)
    sample = used[np.linspace(0, len(used) - 1, min(_TIMED, len(used))).astype(int)]
    texts = [side[pair] for pair in sample for side in (lesson.anchors, lesson.positives)]
    lengths = np.clip(encoder.count_tokens(texts, "document"), 1, encoder.max_tokens)
    encoder.encode_batch(texts[:2], "document")
    began = time.perf_counter()
    encode_plainly(encoder, texts, "document")
    rate = float(lengths.sum()) / max(time.perf_counter() - began, 1e-9)
    parameters, trained = count_weights(trainable.model)
    config = getattr(trainable.model.transformers_model, "config", None)
    sides = 2 + settings.hard_negatives
    return estimate(
        parameters=parameters,
        trained=trained,
        shape=(config.num_hidden_layers, config.hidden_size) if config else None,
        longest=int(lengths.max()),
        mini_batch=settings.mini_batch,
        half=settings.precision != "float32",
        steps=len(plan),
        tokens=int(lengths.mean() * plan.size * sides),
        looked=settings.looks * development.tokens(encoder) if development else 0,
        rate=rate,
        device=trainable.device,
    )


def _text_numbers(lesson: Lesson) -> Ints:
    numbers: dict[str, int] = {}
    sides = [[numbers.setdefault(text, len(numbers)) for text in texts] for texts in (lesson.anchors, lesson.positives)]
    return np.array(sides, dtype=np.int64).T.reshape(-1, 2)


def _seed_everything(seed: int) -> None:
    # Adapters are drawn before the trainer sets its seed.
    from transformers import set_seed

    set_seed(seed)


def _negatives(trainable: Trainable, lesson: Lesson, count: int) -> Ints:
    if not count:
        return np.zeros((len(lesson.pairs), 0), dtype=np.int64)
    anchors = encode_plainly(trainable.encoder, lesson.anchors, "query")
    positives = encode_plainly(trainable.encoder, lesson.positives, "document")
    return mine_negatives(lesson.pairs, anchors, positives, count)


def _columns(lesson: Lesson, negatives: Ints) -> dict[str, list[Any]]:
    mined = {
        f"negative_{place}": [lesson.positives[pair] for pair in pairs] for place, pairs in enumerate(negatives.T, 1)
    }
    return {
        "anchor": list(lesson.anchors),
        "positive": list(lesson.positives),
        **mined,
        "label": list(range(len(lesson.pairs))),
    }


def _blocked(pairs: Pairs, negatives: Ints) -> Callable[[Ints], Bools]:
    def blocked(batch: Ints) -> Bools:
        documents = pairs.positives[np.concatenate([batch, *negatives[batch].T])]
        return false_negatives(
            pairs.relations, pairs.signals[batch], pairs.anchors[batch], pairs.positives[batch], documents
        )

    return blocked


def _work_folder(folder: Path, key: str) -> Path:
    """Return the folder of the checkpoints, emptied where they are those of another training."""
    work = folder.parent / f".{folder.name}.training"
    job = work / _JOB
    if work.is_dir() and not (job.is_file() and key in job.read_text(encoding="utf-8")):
        shutil.rmtree(work, ignore_errors=True)
    make_folder(work)
    write_json(job, {"key": key})
    return work


def _about(card: Card, lesson: Lesson, settings: Finetuning, seed: int, key: str) -> dict[str, Any]:
    counts = {
        str(signal): int((lesson.pairs.signals == signal).sum()) for signal in dict.fromkeys(lesson.pairs.signals)
    }
    static = card.kind == "static"
    return {
        "base": card.name,
        "recipe": lesson.pairs.recipe,
        "landscape": lesson.landscape,
        "pairs": counts,
        "seed": seed,
        "learning_rate": settings.static_learning_rate if static else settings.learning_rate,
        **settings.model_dump(mode="json", include=_TOLD),
        "max_tokens": None if static else settings.max_tokens,
        "lora_rank": settings.lora.rank if uses_lora(card, settings.lora) else None,
        "key": key,
    }


_TOLD = {"protocol", "temperature", "warmup", "epochs", "batch", "precision", "hard_negatives"}


def _outcome(state: Any, seconds: float) -> dict[str, Any]:
    """Return steps, losses and development scores of a training that has ended; seconds are those of its last start."""
    watched = f"eval_{METRIC}"
    losses: Mapping[int, float] = {
        int(entry["step"]): round(float(entry["loss"]), _DIGITS) for entry in state.log_history if "loss" in entry
    }
    scores = {
        int(entry["step"]): round(float(entry[watched]), _DIGITS) for entry in state.log_history if watched in entry
    }
    best = {"best_step": max(scores, key=lambda step: scores[step])} if scores else {}
    return {
        "steps": int(state.global_step),
        "losses": dict(losses),
        "development_ndcg10": scores,
        **best,
        "seconds": round(seconds, 1),
    }
