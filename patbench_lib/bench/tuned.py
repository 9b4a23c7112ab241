"""The model that each training of a study gives, trained once or found."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from pathlib import Path

from patbench_lib.bench.bench import Bench
from patbench_lib.bench.keys import files_key, made_by, model_key
from patbench_lib.bench.lessons import least_read, lesson_of
from patbench_lib.bench.partitions import partition, views_read
from patbench_lib.bench.trainings import Training, possible
from patbench_lib.evaluate.statistics import seed_of
from patbench_lib.finetune.alone import alone
from patbench_lib.finetune.blend import blend
from patbench_lib.finetune.develop import Development, make_development
from patbench_lib.finetune.folder import found_tuned, remove_tuned, saved_files
from patbench_lib.finetune.settings import Finetuning, Kind
from patbench_lib.finetune.train import train
from patbench_lib.models.card import Card
from patbench_lib.models.weights import locate
from patbench_lib.study import digest

LIBRARIES = ("torch", "transformers", "sentence-transformers")
"""Whose versions may change weights."""

_PREPARED_BY = tuple(f"bench/{name}.py" for name in ("partitions", "trainings", "lessons", "tuned"))

_NOT_OF_ALL = {"models", "recipes", "repeats", "looser", "remedies", "closely", "device", "gentle", "blend"}
"""Settings that say which trainings there are, or concern some alone."""


def tuned(bench: Bench, training: Training, *, say: Callable[[str], None] = print) -> Card:
    """Return the card of a tuned model; its folder is trained now, gone on with, or found.

    Parameters
    ----------
    say : takes what a training needs, before it starts.

    Raises
    ------
    PatbenchError
        Where the model or its pairs cannot be trained, or the loss diverges.
    """
    folder, key = folder_of(bench, training), _key(bench, training)
    if (kept := _found(folder, key)) is not None:
        return kept
    with alone(folder, training.name, say):
        if (kept := _found(folder, key)) is not None:  # another process made it meanwhile
            return kept
        made = _blended if training.kind == "blend" else _trained
        return made(bench, training, folder, key, say)


def _blended(bench: Bench, training: Training, folder: Path, key: str, say: Callable[[str], None]) -> Card:
    plain = Training(training.model, training.recipe)
    tuned(bench, plain, say=say)
    return blend(
        bench.study.card(training.model),
        folder_of(bench, plain),
        bench.study.finetuning.blend,
        folder,
        name=training.name,
        key=key,
        allow_remote_code=bench.study.allow_remote_code,
    )


def _trained(bench: Bench, training: Training, folder: Path, key: str, say: Callable[[str], None]) -> Card:
    lesson, settings = lesson_of(bench, training), _settings(bench, training)
    # Weights kept at the best look would have been trained for other numbers of steps than those of other recipes.
    even = training.kind == "matched"
    return train(
        bench.study.card(training.model),
        lesson,
        settings,
        folder,
        name=training.name,
        key=key,
        seed=seed_of(bench.study.seed, "training", training.model, training.repeat),
        development=None if even else _development(bench),
        steps=settings.epochs * (len(lesson.pairs) // settings.batch) if even else None,
        allow_remote_code=bench.study.allow_remote_code,
        say=say,
    )


def _found(folder: Path, key: str) -> Card | None:
    """Return the card of a tuned model whose files are as they were saved; a folder of others is told and removed."""
    card = found_tuned(folder, key)
    saved = saved_files(folder) if card else None
    if card is None or saved is None or (locate(card) and files_key(card) == saved):
        return card
    warnings.warn(f"{folder} is damaged: its files are not those that were saved. It is tuned again.", stacklevel=2)
    remove_tuned(folder)
    return None


def with_tuned(bench: Bench, which: Sequence[Training], *, say: Callable[[str], None] = print) -> Bench:
    """Return the bench of the same study that also knows tuned models, trained now or found."""
    trusted = [each.name for each in which if each.model in bench.study.allow_remote_code]
    return bench.with_models([tuned(bench, each, say=say) for each in which], trusted)


def folder_of(bench: Bench, training: Training) -> Path:
    """Return where a tuned model lies."""
    return bench.paths.tuned / training.name


def _settings(bench: Bench, training: Training) -> Finetuning:
    """Return the settings of a training, which differ from the study's in what its kind is about."""
    settings = bench.study.finetuning
    if training.kind == "transductive":
        return settings.model_copy(update={"protocol": "transductive"})
    if training.kind != "gentle":
        return settings
    slower = {rate: getattr(settings, rate) * settings.gentle for rate in ("learning_rate", "static_learning_rate")}
    lora = settings.lora.model_copy(update={"learning_rate": settings.lora.learning_rate * settings.gentle})
    return settings.model_copy(update={**slower, "lora": lora})


def _development(bench: Bench) -> Development:
    """Return the development queries of the study's own landscape, on its leading view."""
    arena = bench.arena
    texts = arena.texts(arena.views[0])
    asked = partition(bench, arena).queries_of("development")
    seed = seed_of(bench.study.seed, "development", arena.name)
    return make_development(arena.judgements, asked, texts, texts, pool=bench.study.finetuning.pool, seed=seed)


def _key(bench: Bench, training: Training) -> str:
    """Return the key of all that changes the weights; nothing has to be read or trained to know it."""
    study, arenas = bench.study, bench.arenas
    settings = study.finetuning.model_dump(mode="json", exclude=_NOT_OF_ALL)
    return digest(
        [training.model, training.recipe, training.kind, training.repeat, _own(bench, training.kind)],
        model_key(study, study.card(training.model)),
        [[arena.key for arena in arenas], study.relevance, views_read(bench), study.labels, study.seed],
        settings,
        made_by("finetune", "landscape", "models", *_PREPARED_BY, libraries=LIBRARIES),
    )


def _own(bench: Bench, kind: Kind) -> object:
    """Return what trainings of a kind alone depend on."""
    settings = bench.study.finetuning
    if kind == "matched":
        return possible(bench)[0], least_read(bench)
    return {"gentle": settings.gentle, "blend": settings.blend}.get(kind)
