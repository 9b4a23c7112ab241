"""What a training learns from: its pairs, and their texts."""

from __future__ import annotations

from patbench_lib.bench.arena import Arena
from patbench_lib.bench.bench import Bench
from patbench_lib.bench.partitions import label_sets, pairs
from patbench_lib.bench.trainings import Training, possible
from patbench_lib.evaluate.statistics import seed_of
from patbench_lib.finetune.develop import lowest
from patbench_lib.finetune.join import joined
from patbench_lib.finetune.lesson import Lesson
from patbench_lib.finetune.pairs import Pairs, matched
from patbench_lib.finetune.signals import label_names


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
    texts = [lesson.beginnings(least_read(bench)).numbers() for lesson in lessons]
    seed = seed_of(bench.study.seed, "matched", training.repeat)
    cut = matched([lesson.pairs for lesson in lessons], texts, settings.batch, seed)
    return _lesson(bench.arena, cut[recipes.index(training.recipe)])


def least_read(bench: Bench) -> int | None:
    """Return the lowest token limit of the models that are tuned, None where none has one."""
    settings = bench.study.finetuning
    return lowest([settings.max_tokens, *(bench.study.card(model).max_tokens for model in settings.models)])
