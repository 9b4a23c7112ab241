"""Evidence on fine-tuning (C1 to C4), from the kept tables of what it changes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from patbench_lib.bench.bench import Bench
from patbench_lib.bench.claims_evidence import Evidence, differences, lacking
from patbench_lib.bench.classification import MAIN
from patbench_lib.bench.finetuning import finetuning_results
from patbench_lib.bench.trainings import possible
from patbench_lib.bench.tuning_findings import FEWEST, losses, survives
from patbench_lib.evaluate.claims import parts_of
from patbench_lib.evaluate.gains import rank_correlation

NONE = "This study fine-tunes no model."


def recipe_above(bench: Bench, about: Mapping[str, Any]) -> Evidence:
    """Hold a recipe against every other of the same model, in one task.

    Parameters
    ----------
    about : recipe, task.
    """
    recipe, task = about["recipe"], about["task"]
    if why := _missing(bench, recipe):
        return lacking(why)
    rows = _of_task(bench, _tables(bench)["orders"], task)
    rows = rows[(rows["kind"] == "plain") & ((rows["first"] == recipe) | (rows["second"] == recipe))]
    if rows.empty:
        return lacking(f"No other recipe was tested against {recipe} in {task}.")
    leads = (rows["first"] == recipe).to_numpy()
    others = np.where(leads, rows["second"], rows["first"])
    named = [f"{model}, {recipe} − {other}" for model, other in zip(rows["model"], others, strict=True)]
    return differences(rows, named, sign=np.where(leads, 1, -1).tolist())


def recipe_gain(bench: Bench, about: Mapping[str, Any]) -> Evidence:
    """Hold every model tuned by a recipe against the model as it was, in one task.

    Parameters
    ----------
    about : recipe, task, and `relative` where the change is told as a share of zero-shot.
    """
    recipe, task = about["recipe"], about["task"]
    if why := _missing(bench, recipe):
        return lacking(why)
    rows = _of_task(bench, _at_home(bench), task)
    rows = rows[(rows["kind"] == "plain") & (rows["stratum"] == "ALL") & (rows["recipe"] == recipe)]
    if about.get("relative"):
        rows = rows[rows["zero_shot"] > 0]
        rows = rows.assign(**{name: rows[name] / rows["zero_shot"] for name in ("difference", "low", "high")})
    if rows.empty:
        return lacking(f"No model tuned by {recipe} was tested in {task}.")
    return differences(rows, [f"{model}, {recipe} − zero-shot" for model in rows["model"]])


def order_kept(bench: Bench, about: Mapping[str, Any]) -> Evidence:
    """Return how the order of recipes with all pairs agrees with that with equally many, task by task."""
    if not bench.study.finetuning.models:
        return lacking(NONE)
    study = bench.study
    kept = survives(_at_home(bench), study.statistics, seed=study.seed)
    kept = kept[kept["measure"].isin(_measures(bench).values())]
    if kept.empty:
        return lacking("No recipe was trained with equally many pairs as the others.")
    judged = kept[(kept["n"] >= FEWEST) & kept["tau"].notna()]
    if judged.empty:
        return lacking(
            f"An order takes {FEWEST} changes that differ; with a matched control there are {kept['n'].max()}."
        )
    return Evidence(
        parts_of(
            [
                {"part": row["measure"], "effect": row["tau"], "p": row["p"], "n": row["n"]}
                for _, row in judged.iterrows()
            ]
        )
    )


def change_elsewhere(bench: Bench, about: Mapping[str, Any]) -> Evidence:
    """Hold every tuned model against the model as it was in retrieval on the external landscape."""
    rows = _away(bench)
    if rows.empty:
        return lacking(_nothing_away(bench))
    return differences(rows, [f"{row['model']}, {row['recipe']} − zero-shot" for _, row in rows.iterrows()])


def loss_by_strength(bench: Bench, about: Mapping[str, Any]) -> Evidence:
    """Return how losses in retrieval on the external landscape go with the zero-shot scores there.

    The interval is that of `tuning_findings.losses`, the p-value that of a permutation test.
    """
    rows, study = _away(bench), bench.study
    if rows.empty:
        return lacking(_nothing_away(bench))
    lost = losses(rows, study.statistics, seed=study.seed).iloc[0]
    if lost["why"]:
        return lacking(f"Models cannot be put in order: {lost['why']}.")
    strength, loss = rows["zero_shot"].to_numpy(dtype=float), -rows["difference"].to_numpy(dtype=float)
    _, p = rank_correlation(strength, loss, permutations=study.statistics.permutations, seed=study.seed)
    row = {
        "part": lost["measure"],
        "effect": lost["rho"],
        "low": lost["low"],
        "high": lost["high"],
        "p": p,
        "n": lost["n"],
    }
    return Evidence(parts_of([row]))


def _tables(bench: Bench) -> dict[str, pd.DataFrame]:
    return bench.once("tables of fine-tuning", lambda: finetuning_results(bench))


def _at_home(bench: Bench) -> pd.DataFrame:
    changes = _tables(bench)["changes"]
    return changes[changes["landscape"] == bench.arena.name]


def _away(bench: Bench) -> pd.DataFrame:
    """Return the changes of plain trainings in retrieval on all of the external landscape, all queries."""
    if not bench.study.finetuning.models:
        return pd.DataFrame()
    rows = _of_task(bench, _tables(bench)["changes"], "retrieval")
    away = (rows["landscape"] != bench.arena.name) & rows["whole"]
    return rows[away & (rows["kind"] == "plain") & (rows["stratum"] == "ALL")]


def _measures(bench: Bench) -> dict[str, str]:
    """Return the measure that claims are judged by, by task."""
    return {"retrieval": bench.study.main_measure, "classification": MAIN, "clustering": "V-measure"}


def _of_task(bench: Bench, table: pd.DataFrame, task: str) -> pd.DataFrame:
    return table[(table["task"] == task) & (table["measure"] == _measures(bench)[task])]


def _missing(bench: Bench, recipe: str) -> str:
    """Return why no model was tuned by a recipe, nothing where one was."""
    if not bench.study.finetuning.models:
        return NONE
    recipes, reasons = possible(bench)
    if recipe in recipes:
        return ""
    return next((why for name, why in reasons.items() if name == recipe), f"This study does not train by {recipe}.")


def _nothing_away(bench: Bench) -> str:
    if not bench.study.finetuning.models:
        return NONE
    return "This study has no external landscape." if len(bench.arenas) < 2 else "No recipe could be trained here."
