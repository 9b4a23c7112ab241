"""Tables of notebooks 10 and 11 on what tuning changes: scores, the best recipe, and kinds of training compared."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
from great_tables import GT, loc, style

from patbench_lib.bench.drift import ZERO_SHOT
from patbench_lib.report.tables import table
from patbench_lib.report.tuning_marks import NO_TUNING, SMALLEST, WHO, titled

_ROOMY = 3
"""Columns of values that a page has room for in its own size of letters."""

NO_CONTROL = "No recipes were trained on equally many pairs."
PROTOCOLS = {"plain": "inductive", "transductive": "transductive"}
NO_LOOSER = "This study trains under one protocol alone."

TESTED = (
    "▲ above, ▼ below the zero-shot model: paired tests over families, Holm-corrected over the models and recipes of a "
    "measure."
)


def changes_table(changes: pd.DataFrame, level: float, *, why: str = NO_TUNING, synthetic: bool) -> GT:
    """Return scores of every tuned model under those of its zero-shot model, with the interval of the change.

    Parameters
    ----------
    changes : of one landscape and kind; see `bench.changes.changes`.
    level : of the intervals.
    """
    if changes.empty:
        return table(pd.DataFrame(columns=WHO), notes=[why], synthetic=synthetic)
    named = changes.assign(column=[titled(*at) for at in zip(changes["measure"], changes["stratum"], strict=True)])
    columns = list(dict.fromkeys(named["column"]))
    rows: list[dict[str, str]] = []
    for model, mine in named.groupby("model", sort=False):
        before = {row["column"]: f"{row['zero_shot']:.3f}" for _, row in mine.iterrows()}
        rows.append({"model": str(model), "recipe": ZERO_SHOT, **before})
        for recipe, own in mine.groupby("recipe", sort=False):
            cells = {row["column"]: _tuned_cell(row) for _, row in own.iterrows()}
            rows.append({"model": "", "recipe": str(recipe), **cells})
    counts = named.groupby("column", sort=False)["n"].max()
    tested = "; ".join(f"{column} {n:,}" for column, n in counts.items())
    notes = [TESTED, f"In brackets the {level:.0%} interval of the change. Tested on: {tested}."]
    shown = table(pd.DataFrame(rows, columns=[*WHO, *columns]), unbroken=WHO, notes=notes, synthetic=synthetic)
    shown = shown.tab_options(table_font_size="0.78em") if len(columns) > _ROOMY else shown
    return shown.tab_style(style.css("white-space: pre;"), loc.body(columns=columns)).cols_align("right", columns)


def _tuned_cell(row: pd.Series) -> str:
    return f"{row['tuned']:.3f} {mark(row)}\n[{signed(row['low'])}, {signed(row['high'])}]"


def mark(row: pd.Series) -> str:
    """Return the mark of a change that is significant, a space as wide where it is not."""
    return ("▲" if row["difference"] > 0 else "▼") if row["significant"] else "\u2007"


def signed(value: float) -> str:
    """Return a change with its sign, a real minus, and none where it is rounded away."""
    return f"{round(value, 3) + 0.0:+.3f}".replace("-", "−")


def best_table(best: pd.DataFrame, *, synthetic: bool) -> GT:
    """Return which recipe gains most, by measure and model.

    Parameters
    ----------
    best : of one kind, on the study's own landscape, as `bench.tuning_findings.best` gives it.
    """
    if best.empty:
        return table(pd.DataFrame(columns=["task", "measure"]), notes=[NO_TUNING], synthetic=synthetic)
    known = best.fillna({"significant": False, "apart": False})
    cells = known.assign(cell=[_best_cell(row) for _, row in known.iterrows()])
    models = list(dict.fromkeys(cells["model"]))
    wide = cells.pivot(index=["task", "measure"], columns="model", values="cell")[models]
    order = list(dict.fromkeys(zip(cells["task"], cells["measure"], strict=True)))
    notes = [
        "▲ significantly above zero-shot, ‡ significantly above the second best recipe, both Holm-corrected; means "
        "over models are not tested."
    ]
    rows = wide.loc[order].reset_index()
    rows["task"] = rows["task"].mask(rows["task"].duplicated(), "")
    return table(rows, unbroken=models, notes=notes, synthetic=synthetic)


def _best_cell(row: pd.Series) -> str:
    if row["difference"] < SMALLEST:
        return "none"
    return f"{row['best']} {signed(row['difference'])} {mark(row)}{'‡' if row['apart'] else ''}".rstrip()


def control_table(kept_order: pd.DataFrame, *, synthetic: bool) -> GT:
    """Return by measure how far the order of changes is the same with equally many pairs.

    Parameters
    ----------
    kept_order : of one landscape, as `bench.tuning_findings.survives` gives it.
    """
    if kept_order.empty:
        return table(pd.DataFrame(columns=["task", "measure"]), notes=[NO_CONTROL], synthetic=synthetic)
    shown = kept_order[["task", "measure", "tau", "p", "n"]].rename(columns={"tau": "Kendall's τ"})
    shown["same best recipe"] = [f"{row['same_best']} of {row['models']}" for _, row in kept_order.iterrows()]
    notes = [
        "τ: between the changes with all pairs and with equally many, of n models and recipes, recipes of one model "
        "against each other; p: of its permutation test. same best recipe: models for which it is."
    ]
    return table(shown, decimals={"Kendall's τ": 2, "p": 4}, whole=["n"], notes=notes, synthetic=synthetic)


def protocols_table(changes: pd.DataFrame, *, synthetic: bool) -> GT:
    """Return the change of every model and recipe under both protocols, for the first measure of each task.

    Parameters
    ----------
    changes : of the study's own landscape and one stratum.
    """
    first = changes.drop_duplicates("task")["measure"]
    mine = changes[changes["measure"].isin(first)]
    return kinds_table(mine, PROTOCOLS, "measure", why=NO_LOOSER, synthetic=synthetic)


def kinds_table(changes: pd.DataFrame, kinds: Mapping[str, str], within: str, *, why: str, synthetic: bool) -> GT:
    """Return the change of every model and recipe, by kind of training, with marks.

    Parameters
    ----------
    changes : one row for each value of `within`, model, recipe and kind.
    kinds : kinds in order, the one that all have first, and what they are called.
    within : a column whose values are shown below each other.
    why : there is nothing to compare, where that is so.
    """
    mine = changes[changes["kind"].isin(kinds)]
    mine = mine.merge(mine.loc[mine["kind"] != next(iter(kinds)), WHO].drop_duplicates(), on=WHO)
    if mine.empty:
        return table(pd.DataFrame(columns=WHO), notes=[why], synthetic=synthetic)
    cells = mine.assign(cell=[f"{signed(row['difference'])} {mark(row)}" for _, row in mine.iterrows()])
    at = [within, *WHO]
    wide = cells.pivot(index=at, columns="kind", values="cell")
    wide = wide.loc[pd.MultiIndex.from_frame(cells[at].drop_duplicates())]
    shown = wide.reindex(columns=[kind for kind in kinds if kind in wide]).rename(columns=dict(kinds))
    names = list(shown.columns.astype(str))
    rows = shown.reset_index()
    repeated = {name: rows.duplicated(at[:place]) for place, name in enumerate(at[:2], 1)}
    for name, again in repeated.items():
        rows[name] = rows[name].mask(again, "")
    made = table(rows, unbroken=[*at, *names], notes=[TESTED], synthetic=synthetic)
    return made.cols_align("right", columns=names)
