"""The trainings of a study: which there are."""

from __future__ import annotations

from dataclasses import dataclass

from patbench_lib.bench.arena import Arena
from patbench_lib.bench.bench import Bench
from patbench_lib.bench.partitions import pairs
from patbench_lib.finetune.settings import Kind, Recipe, UntrainableError


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
