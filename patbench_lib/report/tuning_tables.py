"""Tables of notebook 10 on trainings: what was learnt from, and how it went."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
from great_tables import GT

from patbench_lib.bench.bench import Bench
from patbench_lib.bench.partitions import pairs, partition
from patbench_lib.bench.trainings import Training, possible
from patbench_lib.bench.tuned import tuned
from patbench_lib.finetune.folder import training_of
from patbench_lib.finetune.pairs import Pairs
from patbench_lib.report.labels import plain
from patbench_lib.report.tables import table
from patbench_lib.report.tuning_marks import NO_TUNING, WHO

LOSS, WATCHED = "loss", "development nDCG@10"
COURSE = [*WHO, "what", "step", "value", "kept"]

NO_SECTIONS = "Nothing was tuned, or no publication held out has both sections of `view_pair`."


def pairs_of(bench: Bench) -> list[Pairs]:
    """Return the pairs of every recipe that the study's own landscape gives; none where no model is tuned."""
    recipes = possible(bench)[0] if bench.study.finetuning.models else []
    return [pairs(bench, bench.arena, recipe) for recipe in recipes]


def why_none(bench: Bench) -> str:
    """Return why a study has nothing to tell of fine-tuning."""
    if not bench.study.finetuning.models:
        return "This study names no model to fine-tune, so 0 trainings were run."
    reasons = possible(bench)[1]
    return f"None of {len(reasons)} recipes can be trained here. {' '.join(map(plain, reasons.values()))}"


def parts_table(bench: Bench, made: Sequence[Pairs], *, synthetic: bool) -> GT:
    """Return what of the landscape is trained on, stopped on and tested on."""
    if not made:
        return table(pd.DataFrame(columns=["part"]), notes=[why_none(bench)], synthetic=synthetic)
    parts = partition(bench, bench.arena).summary()
    whole = ["publications", "families", "queries"]
    return table(parts, whole=whole, percent=["share"], notes=["share: of the queries."], synthetic=synthetic)


def pairs_table(bench: Bench, made: Sequence[Pairs], *, synthetic: bool) -> GT:
    """Return how many pairs each recipe has, by signal, and from how many publications, families and labels."""
    if not made:
        return table(pd.DataFrame(columns=["recipe"]), notes=[why_none(bench)], synthetic=synthetic)
    rows = pd.concat([each.summary() for each in made], ignore_index=True)
    rows["labels"] = rows["labels"].astype("Int64").mask(rows["signal"] != "label")
    lacking = {signal: reason for each in made for signal, reason in each.lacking.items()}
    notes = [f"Left out: {recipe}: {reason}" for recipe, reason in possible(bench)[1].items()]
    notes += [f"R4 goes without the signal {signal}: {reason}" for signal, reason in lacking.items()]
    whole = ["pairs", "publications", "families", "labels"]
    return table(rows, whole=whole, notes=notes, synthetic=synthetic)


def examples_table(bench: Bench, made: Sequence[Pairs], *, synthetic: bool) -> GT:
    """Return five pairs of each recipe of one signal, with how their texts begin."""
    arena = bench.arena
    texts = arena.shown_texts(arena.views[0])
    alone = [each for each in made if len(set(each.signals)) == 1] or list(made)[:1]
    if not alone:
        return table(pd.DataFrame(columns=["recipe"]), notes=[why_none(bench)], synthetic=synthetic)
    shown = [each.examples(arena.landscape.shown, texts).assign(recipe=each.recipe) for each in alone]
    rows = pd.concat(shown, ignore_index=True)
    for side in ("anchor", "positive"):
        rows[side] += ": " + rows[f"{side} text"]
    if not (rows["label"] != "").any():
        rows = rows.drop(columns="label")
    front = ["recipe", *(["label"] if "label" in rows else [])]
    return table(rows[[*front, "anchor", "positive"]], synthetic=synthetic)


def facts_of(bench: Bench, which: Sequence[Training]) -> dict[Training, Mapping[str, Any]]:
    """Return what the folder of each tuned model tells of its training; what is not trained yet is trained now."""
    cards = {training: tuned(bench, training) for training in which}
    return {training: training_of(card.path) for training, card in cards.items() if card.path}


def course_of(facts: Mapping[Training, Mapping[str, Any]]) -> pd.DataFrame:
    """Return how losses and development scores went.

    Returns
    -------
    pandas.DataFrame
        model, recipe, what, step, value, kept (whether these weights were kept, which a development score decides).
    """
    rows = [
        (training.model, training.recipe, what, step, value, what == WATCHED and step == told.get("best_step"))
        for training, told in facts.items()
        for what, values in ((LOSS, told["losses"]), (WATCHED, told["development_ndcg10"]))
        for step, value in values.items()
    ]
    return pd.DataFrame(rows, columns=COURSE)


def trainings_table(facts: Mapping[Training, Mapping[str, Any]], *, synthetic: bool) -> GT:
    """Return what each training needed and reached."""
    rows = [
        {
            "model": training.model,
            "recipe": training.recipe,
            "pairs": sum(told["pairs"].values()),
            "steps": told["steps"],
            "kept": told.get("best_step", told["steps"]),
            "first loss": next(iter(told["losses"].values()), None),
            "last loss": next(reversed(told["losses"].values()), None),
            WATCHED: told["development_ndcg10"].get(told.get("best_step")),
            "seconds": told["seconds"],
        }
        for training, told in facts.items()
    ]
    if not rows:
        return table(pd.DataFrame(columns=WHO), notes=[NO_TUNING], synthetic=synthetic)
    decimals = {**dict.fromkeys(["first loss", "last loss", WATCHED], 3), "seconds": 1}
    notes = [
        "kept: the step whose weights were kept, the best of the looks at the development queries. seconds: of the "
        "last start, where a training was stopped and gone on with."
    ]
    whole = ["pairs", "steps", "kept"]
    return table(
        pd.DataFrame(rows), decimals=decimals, whole=whole, unbroken=["model"], notes=notes, synthetic=synthetic
    )
