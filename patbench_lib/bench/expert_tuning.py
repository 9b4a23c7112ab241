"""Fine-tuning on the two texts of a patent, its own and the expert's: recipe R5 beside the study's other recipes."""

from __future__ import annotations

import pandas as pd

from patbench_lib.bench.bench import Bench
from patbench_lib.bench.changes import CHANGES, changes, stacked, subjects_of
from patbench_lib.bench.finetuning import changes_key
from patbench_lib.bench.held_out import held_out
from patbench_lib.bench.partitions import pairs
from patbench_lib.bench.results import keep_tables_by_task
from patbench_lib.bench.trainings import Training, trainings
from patbench_lib.bench.tuned import with_tuned
from patbench_lib.finetune.settings import Recipe, UntrainableError

EXPERTS: Recipe = "R5"
NOT_ASKED = "This study tunes no model on expert-written text."


def expert_trainings(bench: Bench) -> tuple[list[Training], str]:
    """Return the trainings by R5 that the study asks for, and where there are none, why.

    They have the settings, the split and the seeds of the study's fine-tuning, and are plain: no control, no remedy.
    """
    models = bench.study.expert_models()
    if not models:
        return [], NOT_ASKED
    why = bench.once("why no R5", lambda: _lacking(bench))
    return ([], why) if why else ([Training(model, EXPERTS) for model in models], "")


def _lacking(bench: Bench) -> str:
    try:
        pairs(bench, bench.arena, EXPERTS)
    except UntrainableError as error:
        return error.what
    return ""


def expert_changes(bench: Bench) -> tuple[pd.DataFrame, str]:
    """Compute or find what R5 changes against zero-shot, and the study's other recipes with the same models.

    Returns
    -------
    (pandas.DataFrame, str)
        As `bench.changes.changes` gives it, on the test part of the study's own landscape, over all queries; p-values
        are corrected for the models and recipes here. Without a training by R5 there is no row, and the text says why.
    """
    mine, why = expert_trainings(bench)
    if not mine:
        return stacked([], CHANGES), why
    models = [each.model for each in mine]
    beside = [each for each in trainings(bench, "plain") if each.model in models]
    every = sorted([*beside, *mine], key=lambda each: (models.index(each.model), each.recipe))
    tuned, subjects = with_tuned(bench, every), subjects_of(every)

    def make() -> dict[str, pd.DataFrame]:
        found = changes(tuned, held_out(tuned, tuned.arena, whole=False), subjects)
        return {"changes": found[found["stratum"] == "ALL"]}

    return keep_tables_by_task(bench, "expert-tuning", changes_key(tuned, subjects), make)["changes"], ""
