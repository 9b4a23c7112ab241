"""Tables of notebook 11: what tuned models are worth elsewhere, what remedies change, and how far vectors moved."""

from __future__ import annotations

import pandas as pd
from great_tables import GT

from patbench_lib.bench.drift import ZERO_SHOT
from patbench_lib.report.change_tables import kinds_table
from patbench_lib.report.tables import table
from patbench_lib.report.tuning_marks import REMEDIES, WHO, tested_on, titled

TESTED_ON = "tested on"

NO_TRANSFER = "No tuned model was tested on another landscape."
NO_LABELS_AWAY = "No tuned model was tested on labels of another landscape."
NO_REMEDY = "No remedy was tested on another landscape."
NO_DRIFT = "No model was tuned, so none has moved."


def away_of(changes: pd.DataFrame, home: str) -> pd.DataFrame:
    """Return the changes of recipes as they are on the external landscape, all of it."""
    return changes[(changes["landscape"] != home) & (changes["kind"] == "plain") & changes["whole"]]


def traded(changes: pd.DataFrame, home: str) -> pd.DataFrame:
    """Return what each recipe as it is changes at home and elsewhere, over all queries.

    Returns
    -------
    pandas.DataFrame
        measure, model, recipe, difference_own, difference_external.
    """
    keys = ["measure", *WHO, "difference"]
    every = changes[changes["stratum"] == "ALL"]
    own = every[(every["landscape"] == home) & (every["kind"] == "plain")]
    return own[keys].merge(away_of(every, home)[keys], on=keys[:-1], suffixes=("_own", "_external"))


def remedied(changes: pd.DataFrame, home: str) -> pd.DataFrame:
    """Return changes of retrieval on all queries for models and recipes that a remedy was tried with.

    Parameters
    ----------
    changes : of both landscapes and all kinds.
    home : name of the study's own landscape.

    Returns
    -------
    pandas.DataFrame
        Rows of recipes as they are and of remedies, with `tested on` in words; none without an external landscape.
    """
    mine = changes[(changes["task"] == "retrieval") & (changes["stratum"] == "ALL") & changes["kind"].isin(REMEDIES)]
    mine = mine.merge(mine.loc[mine["kind"] != "plain", WHO].drop_duplicates(), on=WHO)
    if mine["landscape"].nunique() < 2:
        mine = mine.iloc[:0]
    return mine.assign(**{TESTED_ON: tested_on(mine, home)})


def losses_table(losses: pd.DataFrame, level: float, *, synthetic: bool) -> GT:
    """Return by measure how many models and recipes are worse and better, and the correlation with strength.

    Parameters
    ----------
    losses : of recipes as they are on the external landscape, as `bench.tuning_findings.losses` gives it.
    level : of the intervals.
    """
    if losses.empty:
        return table(pd.DataFrame(columns=["measure"]), notes=[NO_TRANSFER], synthetic=synthetic)
    shown = pd.DataFrame(
        {
            "measure": [titled(*at) for at in zip(losses["measure"], losses["stratum"], strict=True)],
            "tested": losses["n"].to_numpy(),
            "worse": losses["worse"].to_numpy(),
            "better": losses["better"].to_numpy(),
            "Spearman's ρ": [correlation(row) for _, row in losses.iterrows()],
        }
    )
    why = dict.fromkeys(losses.loc[losses["why"] != "", "why"])
    notes = [
        "worse, better: models and recipes that are significantly so, of those tested. ρ: of zero-shot score and loss, "
        f"positive where stronger models lose more, with the {level:.0%} interval.",
        *(f"–: {reason}." for reason in why),
    ]
    return table(shown, whole=["tested", "worse", "better"], unbroken=["measure"], notes=notes, synthetic=synthetic)


def correlation(row: pd.Series) -> str:
    """Return a correlation with its interval, a dash where there is none."""
    if row["why"]:
        return "–"
    return f"{row['rho']:.2f} [{row['low']:.2f}, {row['high']:.2f}]".replace("-", "−")


def remedies_table(changes: pd.DataFrame, home: str, *, synthetic: bool) -> GT:
    """Return the change of retrieval with each remedy, on the own and on the external landscape; see `remedied`."""
    return kinds_table(remedied(changes, home), REMEDIES, TESTED_ON, why=NO_REMEDY, synthetic=synthetic)


def drift_table(moved: pd.DataFrame, *, synthetic: bool) -> GT:
    """Return how far the vectors of each tuned model moved, and what they kept.

    Parameters
    ----------
    moved : as `bench.drift.drift` gives it.
    """
    if moved.empty:
        return table(pd.DataFrame(columns=["landscape", *WHO]), notes=[NO_DRIFT], synthetic=synthetic)
    tuned = moved[moved["recipe"] != ZERO_SHOT]
    columns = ["landscape", *WHO, "moved", "correlation", "kept", "n"]
    shown = tuned[columns].rename(columns={"kept": "neighbours kept"})
    notes = [
        "moved: 1 − mean cosine of a text's vectors before and after; correlation: of the cosines between two texts, "
        "before and after; n: texts."
    ]
    return table(
        shown, decimals={"moved": 4, "correlation": 3}, percent=["neighbours kept"], whole=["n"],
        unbroken=["model"], notes=notes, synthetic=synthetic,
    )  # fmt: skip
