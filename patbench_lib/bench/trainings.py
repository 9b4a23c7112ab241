"""The trainings of a study: which there are, and the model that each gives, trained once or found."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from patbench_lib.bench.arena import Arena
from patbench_lib.bench.bench import Bench
from patbench_lib.bench.keys import files_key, made_by, model_key
from patbench_lib.bench.partitions import label_sets, pairs, partition, views_read
from patbench_lib.evaluate.statistics import seed_of
from patbench_lib.finetune.alone import alone
from patbench_lib.finetune.blend import blend
from patbench_lib.finetune.develop import Development, lowest, make_development
from patbench_lib.finetune.folder import found_tuned, remove_tuned, saved_files
from patbench_lib.finetune.join import joined
from patbench_lib.finetune.lesson import Lesson
from patbench_lib.finetune.pairs import Pairs, matched
from patbench_lib.finetune.settings import Finetuning, Kind, Recipe, UntrainableError
from patbench_lib.finetune.signals import label_names
from patbench_lib.finetune.train import train
from patbench_lib.models.card import Card
from patbench_lib.models.weights import locate
from patbench_lib.study import digest

LIBRARIES = ("torch", "transformers", "sentence-transformers")
"""Whose versions may change weights."""

_PREPARED_BY = ("bench/partitions.py", "bench/trainings.py")

_NOT_OF_ALL = {"models", "recipes", "repeats", "looser", "remedies", "closely", "device", "gentle", "blend"}
"""Settings that say which trainings there are, or concern some alone."""


@dataclass(frozen=True)
class Training:
    """One training on the study's own landscape.

    Attributes
    ----------
    repeat : number of the seed, of the matched control alone.
    """

    model: str
    recipe: Recipe
    kind: Kind = "plain"
    repeat: int = 0

    @property
    def name(self) -> str:
        """What the tuned model is called: "MiniLM-2L+R1", "MiniLM-2L+R1+matched-2"."""
        return f"{self.model}+{self.recipe}{_ENDINGS[self.kind].format(self.repeat)}"


_ENDINGS: dict[Kind, str] = {
    "plain": "",
    "matched": "+matched-{}",
    "transductive": "+transductive",
    "gentle": "+gentle",
    "both": "+both",
    "blend": "+blend",
}


def possible(bench: Bench, arena: Arena | None = None) -> tuple[list[Recipe], dict[Recipe, str]]:
    """Return the study's recipes that a landscape, its own or another, has pairs for, and why others are left out."""
    asked = arena or bench.arena
    return bench.once(f"possible {asked.name}", lambda: _tried(bench, asked))


def _tried(bench: Bench, arena: Arena) -> tuple[list[Recipe], dict[Recipe, str]]:
    found: list[Recipe] = []
    reasons: dict[Recipe, str] = {}
    for recipe in bench.study.finetuning.recipes:
        try:
            pairs(bench, arena, recipe)
            found.append(recipe)
        except UntrainableError as error:
            reasons[recipe] = error.what
    return found, reasons


def trainings(bench: Bench, *kinds: Kind) -> list[Training]:
    """Return the trainings of a study, of these kinds, or of all where none is named.

    A study without models to tune, or whose landscape no recipe fits, has none. Those on both landscapes are for the
    recipes that both give.
    """
    settings = bench.study.finetuning
    if not settings.models:
        return []
    recipes, _ = possible(bench)
    made = [Training(model, recipe) for model in settings.models for recipe in recipes]
    for recipe in recipes if settings.closely else ():
        further = _further(bench, recipe, len(recipes))
        made += [Training(model, recipe, *one) for model in settings.models[: settings.closely] for one in further]
    return [each for each in made if not kinds or each.kind in kinds]


def trainings_of(bench: Bench, model: str, recipe: str) -> list[Training]:
    """Return the trainings of a model by a recipe, of all kinds."""
    return [each for each in trainings(bench) if (each.model, each.recipe) == (model, recipe)]


def _further(bench: Bench, recipe: Recipe, recipes: int) -> list[tuple[Kind, int]]:
    """Return the kinds of training beside the plain one, each with the number of its seed."""
    settings = bench.study.finetuning
    found: list[tuple[Kind, int]] = []
    if recipes > 1:  # one alone has nothing to be matched with
        found += [("matched", repeat) for repeat in range(settings.repeats)]
    if settings.looser and settings.protocol == "inductive":
        found.append(("transductive", 0))
    if len(bench.arenas) > 1:
        elsewhere = possible(bench, bench.arenas[1])[0] if "both" in settings.remedies else []
        found += [(remedy, 0) for remedy in settings.remedies if remedy != "both" or recipe in elsewhere]
    return found


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


def lesson_of(bench: Bench, training: Training) -> Lesson:
    """Return the pairs of a training and their texts."""
    if training.kind == "matched":
        return _matched(bench, training)
    arenas = bench.arenas if training.kind == "both" else [bench.arena]
    loosened = training.kind == "transductive"
    parts = [_lesson(arena, pairs(bench, arena, training.recipe, loosened=loosened)) for arena in arenas]
    if len(parts) == 1:
        return parts[0]
    names = [label_names(label_sets(bench, arena)) for arena in arenas]
    anchors, positives = ([text for part in parts for text in getattr(part, side)] for side in ("anchors", "positives"))
    where = " + ".join(arena.name for arena in arenas)
    return Lesson(joined([part.pairs for part in parts], names), anchors, positives, where)


def _lesson(arena: Arena, made: Pairs) -> Lesson:
    return Lesson(made, *made.texts(arena.landscape, arena.texts(arena.views[0])), arena.name)


def _matched(bench: Bench, training: Training) -> Lesson:
    """Return the lesson of a recipe in the matched control; all models have the same pairs."""
    (recipes, _), settings = possible(bench), bench.study.finetuning
    lessons = [_lesson(bench.arena, pairs(bench, bench.arena, recipe)) for recipe in recipes]
    texts = [lesson.beginnings(_least_read(bench)).numbers() for lesson in lessons]
    seed = seed_of(bench.study.seed, "matched", training.repeat)
    cut = matched([lesson.pairs for lesson in lessons], texts, settings.batch, seed)
    return _lesson(bench.arena, cut[recipes.index(training.recipe)])


def _least_read(bench: Bench) -> int | None:
    """Return the lowest token limit of the models that are tuned, None where none has one."""
    settings = bench.study.finetuning
    return lowest([settings.max_tokens, *(bench.study.card(model).max_tokens for model in settings.models)])


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
        return possible(bench)[0], _least_read(bench)
    return {"gentle": settings.gentle, "blend": settings.blend}.get(kind)
