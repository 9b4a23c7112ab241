"""A training from its pairs to the folder of the tuned model."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Collection
from functools import partial
from pathlib import Path

import numpy as np

from patbench_lib.files import make_folder
from patbench_lib.finetune.develop import Development, encode_plainly, lowest
from patbench_lib.finetune.estimate import Estimate, count_weights, estimate
from patbench_lib.finetune.facts import about, outcome
from patbench_lib.finetune.folder import found_tuned, save_tuned, tuned_card
from patbench_lib.finetune.lesson import Lesson
from patbench_lib.finetune.loss import masked_loss
from patbench_lib.finetune.mine import mine_negatives
from patbench_lib.finetune.sampler import plan_batches
from patbench_lib.finetune.settings import Finetuning
from patbench_lib.finetune.trainable import Trainable, load_trainable
from patbench_lib.finetune.trainer import arguments, make_trainer, run
from patbench_lib.kept import find_json, save_json
from patbench_lib.models.card import Card
from patbench_lib.types import Ints

_JOB = "job.json"
_TIMED = 32


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
    if (kept := found_tuned(folder, key)) is not None:
        return kept
    lesson, development = _read_part(card, lesson, settings, development)
    plan = plan_batches(
        lesson.numbers(), lesson.pairs.signals, batch=settings.batch, epochs=settings.epochs, seed=seed, steps=steps
    )
    _seed_everything(seed)
    trainable = load_trainable(card, settings, allow_remote_code=allow_remote_code)
    # Under `accelerate launch` each process takes its part of the batches, and all would say the same.
    processes, rank = (int(os.environ.get(of, alone)) for of, alone in (("WORLD_SIZE", 1), ("RANK", 0)))
    if rank == 0:
        say(f"{name}: {expected(trainable, lesson, settings, plan, development)}")
    negatives = _negatives(trainable, lesson, settings.hard_negatives)
    columns, blocked = lesson.columns(negatives), lesson.blocked(negatives)
    work, watched = _work_folder(folder, key), development is not None
    args = arguments(
        trainable, settings, work, seed=seed, steps=len(plan) // processes, watched=watched, columns=list(columns)[:-1]
    )
    loss = masked_loss(trainable.model, blocked, temperature=settings.temperature, mini_batch=settings.mini_batch)
    look = partial(development.score, trainable.encoder) if development else None
    trainer = make_trainer(trainable, columns, plan, loss, args, patience=settings.patience, look=look)
    began = time.perf_counter()
    run(trainer, work)
    seconds = time.perf_counter() - began
    if trainer.is_world_process_zero():
        told = about(card, lesson.pairs, lesson.landscape, settings, seed=seed, key=key)
        save_tuned(trainable.finished(), card, folder, name=name, about=told | outcome(trainer.state, seconds))
        shutil.rmtree(work, ignore_errors=True)
    trainer.accelerator.wait_for_everyone()
    return tuned_card(folder)


def _read_part(
    card: Card, lesson: Lesson, settings: Finetuning, development: Development | None
) -> tuple[Lesson, Development | None]:
    """Cut the texts down to what is read of them."""
    words = None if card.kind == "static" else lowest([card.max_tokens, settings.max_tokens])
    return lesson.beginnings(words), development.beginnings(words) if development else None


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
    cached = config is not None and settings.batch > settings.mini_batch
    return estimate(
        parameters=parameters,
        trained=trained,
        shape=(config.num_hidden_layers, config.hidden_size) if config else None,
        longest=int(lengths.max()),
        held=settings.mini_batch if cached else settings.batch * sides,
        cached=cached,
        half=settings.precision != "float32",
        steps=len(plan),
        tokens=int(lengths.mean() * plan.size * sides),
        looked=settings.looks * development.tokens(encoder) if development else 0,
        rate=rate,
        device=trainable.device,
    )


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


def _work_folder(folder: Path, key: str) -> Path:
    """Return the folder of the checkpoints, emptied where they are those of another training."""
    work = folder.parent / f".{folder.name}.training"
    job = work / _JOB
    wanted = {"key": key}
    if work.is_dir() and find_json(job) != wanted:
        shutil.rmtree(work, ignore_errors=True)
    make_folder(work)
    save_json(job, wanted)
    return work
