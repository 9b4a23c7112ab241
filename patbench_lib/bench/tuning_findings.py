"""What the tables of fine-tuning say of the study's claims: the best recipe, the matched control, loss and strength."""

from __future__ import annotations

import numpy as np
import pandas as pd

from patbench_lib.evaluate.rank_agreement import ROUNDING, kendall, spearman
from patbench_lib.evaluate.settings import Statistics

PLACE = ["landscape", "whole", "kind", "task", "measure"]
FEWEST = 4
"""Distinct strengths of models below which their order against losses says nothing."""

MEAN = "mean"
"""What stands in the column `model` for the mean over models."""


def best(changes: pd.DataFrame, orders: pd.DataFrame) -> pd.DataFrame:
    """Return the recipe that each model gains most by, over all queries.

    Parameters
    ----------
    changes, orders : as `bench.changes` gives them.

    Returns
    -------
    pandas.DataFrame
        landscape, whole, kind, task, measure, model (or "mean", over the models that have all recipes), best (several
        with commas where they gain the same), difference, significant (above zero-shot), apart (significantly above the
        second best; missing where they were not held against each other). Both are missing for the mean, which is not
        tested.
    """
    rows = []
    for place, group in changes[changes["stratum"] == "ALL"].groupby(PLACE, sort=False):
        for model, own in group.groupby("model", sort=False):
            ranked = own.sort_values("difference", ascending=False, kind="stable")
            gain, significant = ranked[["difference", "significant"]].iloc[0]
            told = gain, bool(significant) and gain > 0, _apart(orders, place, str(model), ranked["recipe"].tolist())
            rows.append((*place, model, ", ".join(_leading(ranked.set_index("recipe")["difference"])), *told))
        mean = group.pivot(index="model", columns="recipe", values="difference").dropna().mean()
        if mean.notna().any():
            rows.append((*place, MEAN, ", ".join(_leading(mean)), mean.max(), pd.NA, pd.NA))
    columns = [*PLACE, "model", "best", "difference", "significant", "apart"]
    types = {"whole": "bool", "difference": "float64", "significant": "boolean", "apart": "boolean"}
    return pd.DataFrame(rows, columns=columns).astype(types)


def _leading(gains: pd.Series) -> list[str]:
    """Return the recipes with the greatest of gains, by recipe; several where they gain the same."""
    return [str(recipe) for recipe in gains.index[gains >= gains.max() - ROUNDING]]


def _apart(orders: pd.DataFrame, place: tuple[object, ...], model: str, recipes: list[str]) -> object:
    """Tell whether the first of recipes is significantly above the second, missing where that was not tested."""
    landscape, whole, kind, _, measure = place
    if len(recipes) < 2 or whole:
        return pd.NA
    own = orders[(orders["landscape"] == landscape) & (orders["kind"] == kind) & (orders["measure"] == measure)]
    pair = own[(own["model"] == model) & own["first"].isin(recipes[:2]) & own["second"].isin(recipes[:2])]
    return bool(pair["significant"].iloc[0]) if len(pair) else pd.NA


def survives(changes: pd.DataFrame, statistics: Statistics, *, seed: int) -> pd.DataFrame:
    """Return whether gains keep their order where all recipes have as many pairs and steps.

    Returns
    -------
    pandas.DataFrame
        landscape, whole, task, measure, tau (Kendall's, between the gains of plain and matched trainings, over pairs of
        recipes of one model: that one model gains more than another is no order of recipes), p (of its permutation
        test, which takes the recipes of a model for interchangeable), n (models x recipes that have both),
        same_best (models that have a best recipe in common), models. tau and p are nan where gains do not vary.
    """
    rows, place = [], [name for name in PLACE if name != "kind"]
    kinds = changes[(changes["stratum"] == "ALL") & changes["kind"].isin(["plain", "matched"])]
    for where, group in kinds.groupby(place, sort=False):
        wide = group.pivot(index=["model", "recipe"], columns="kind", values="difference")
        if {"plain", "matched"} - set(wide.columns) or (both := wide.dropna()).empty:
            continue
        plain, matched = (both[kind].to_numpy() for kind in ("plain", "matched"))
        models = both.index.get_level_values("model").tolist()
        tau, p = kendall(plain, matched, models, draws=statistics.permutations, seed=seed)
        same = [
            bool(set(_leading(own["plain"])) & set(_leading(own["matched"])))
            for _, own in both.droplevel("model").groupby(both.index.get_level_values("model"))
        ]
        rows.append((*where, tau, p, len(both), sum(same), len(same)))
    columns = [*place, "tau", "p", "n", "same_best", "models"]
    types = {"whole": "bool", "tau": "float64", "p": "float64", "n": "int64", "same_best": "int64", "models": "int64"}
    return pd.DataFrame(rows, columns=columns).astype(types)


def losses(changes: pd.DataFrame, statistics: Statistics, *, seed: int) -> pd.DataFrame:
    """Return how many tuned models are worse than zero-shot, and whether the stronger ones lose more.

    Returns
    -------
    pandas.DataFrame
        landscape, whole, kind, task, stratum, measure, n (models x recipes), worse, better (of them, significantly),
        rho (Spearman's rank correlation of zero-shot score and loss, positive where the stronger lose more), low, high
        (bootstrap over models x recipes), why (rho is missing, else empty). The recipes of a model share its strength,
        so the interval is too narrow rather than too wide.
    """
    place = ["landscape", "whole", "kind", "task", "stratum", "measure"]
    rows = []
    for where, group in changes.groupby(place, sort=False):
        gap, judged = group["difference"].to_numpy(), group["significant"].to_numpy(dtype=bool)
        counts = len(group), int((judged & (gap < 0)).sum()), int((judged & (gap > 0)).sum())
        strength = group["zero_shot"].to_numpy()
        why = _why_not(strength, gap)
        found = (float("nan"),) * 3
        if not why:
            found = spearman(strength, -gap, level=statistics.level, resamples=statistics.resamples, seed=seed)
        rows.append((*where, *counts, *found, why))
    columns = [*place, "n", "worse", "better", "rho", "low", "high", "why"]
    whole = {"whole": "bool", "n": "int64", "worse": "int64", "better": "int64"}
    return pd.DataFrame(rows, columns=columns).astype(whole | dict.fromkeys(["rho", "low", "high"], "float64"))


def _why_not(strength: np.ndarray, gap: np.ndarray) -> str:
    if (distinct := len(np.unique(strength))) < FEWEST:
        return f"{distinct} distinct zero-shot score{'s' if distinct != 1 else ''}, and {FEWEST} are needed"
    return "all losses are equal" if np.ptp(gap) == 0 else ""
