"""Tables of notebook 13: lengths, what was read, values and differences, mixed pairs. Numbers alone, no text."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
from great_tables import GT, loc, style

from patbench_lib.landscape.views import EXPERT
from patbench_lib.report.change_tables import mark, signed
from patbench_lib.report.tables import table

ALL_READ = "No system of this study that counts tokens has a limit: all read both texts whole."
TESTED = f"▲ {EXPERT} significantly above, ▼ below, by paired tests over families, Holm-corrected"


def texts_table(wording: pd.DataFrame, own: str, *, why: str, synthetic: bool) -> GT:
    """Return how long both texts are and how far their words overlap, means over publications.

    Parameters
    ----------
    wording : as `landscape.wording.wording` gives it; the other text is the expert's.
    """
    if wording.empty:
        return table(pd.DataFrame({"text": []}), notes=[why], synthetic=synthetic)
    rows = [
        {"text": name, "words": wording[f"{side}_words"].mean(), "characters": wording[f"{side}_characters"].mean()}
        for name, side in ((own, "own"), (EXPERT, "other"))
    ]
    notes = [
        f"{len(wording):,} publications have both; in {wording['same'].sum():,} of them ({wording['same'].mean():.0%}) "
        "the two are the same, word for word.",
        f"Of the distinct words in either text {wording['jaccard'].mean():.0%} are in both; of those in {EXPERT} "
        f"{wording['new'].mean():.0%} are not in {own} (means over publications).",
    ]
    return table(pd.DataFrame(rows), decimals={"words": 1, "characters": 0}, notes=notes, synthetic=synthetic)


def reading_table(reading: pd.DataFrame, *, why: str, synthetic: bool) -> GT:
    """Return by system and view how many tokens a text has and how many texts were cut.

    Parameters
    ----------
    reading : as `bench.expert_views.text_tables` gives it.
    """
    if reading.empty:
        return table(pd.DataFrame({"system": [], "limit": []}), notes=[why or ALL_READ], synthetic=synthetic)
    cells = reading.assign(cell=[f"{row.tokens:,.0f} ({row.truncated:.0%})" for row in reading.itertuples()])
    views: list[str] = list(dict.fromkeys(reading["view"]))
    systems: list[str] = list(dict.fromkeys(reading["system"]))
    wide = cells.pivot(index="system", columns="view", values="cell").loc[systems, views].reset_index()
    wide.insert(1, "limit", reading.groupby("system")["limit"].first().loc[systems].to_numpy())
    notes = ["Mean tokens of a text; in brackets the share of texts whose end was not read."]
    return table(wide, whole=["limit"], unbroken=["system", *views], notes=notes, synthetic=synthetic)


def advantage_table(
    values: pd.DataFrame, differences: pd.DataFrame, tasks: Sequence[str], *, why: str, synthetic: bool
) -> GT:
    """Return by measure and system what the expert's view reaches and how far it is ahead of each own view.

    Parameters
    ----------
    values, differences : as `bench.expert_text.expert_tables` gives them.
    tasks : that are shown.
    """
    values, differences = (each[each["task"].isin(tasks)] for each in (values, differences))
    if values.empty:  # in words of its own: a page must not have the same table twice
        notes = [f"Nothing is compared in {' and '.join(tasks)}. {why}"]
        return table(pd.DataFrame({"system": []}), notes=notes, synthetic=synthetic)
    at = ["measure", "system"]
    reached = values[values["view"] == EXPERT].set_index(at)
    order = {measure: place for place, measure in enumerate(dict.fromkeys(values["measure"]))}
    reached = reached.sort_index(
        level="measure", key=lambda names: names.map(order), kind="stable", sort_remaining=False
    )
    rows = reached.index.to_frame(index=False)
    rows[EXPERT] = [f"{value:.3f}" for value in reached["value"]]
    cells = differences.assign(cell=[_cell(row) for _, row in differences.iterrows()])
    wide = cells.pivot(index=at, columns="view", values="cell").reindex(reached.index)
    own: list[str] = list(dict.fromkeys(differences["view"]))
    columns = [f"− {view}" for view in own]
    rows[columns] = wide[own].to_numpy()
    rows["measure"] = rows["measure"].mask(rows["measure"].duplicated(), "")
    counts = "; ".join(f"{measure} {n:,}" for measure, n in reached.groupby("measure", sort=False)["n"].max().items())
    notes = [
        f"{EXPERT}: what the expert's view reaches; then how far that is ahead of each own view, with its interval.",
        f"{TESTED} for all systems and views of a measure. Tested on: {counts}.",
    ]
    shown = table(rows, unbroken=["system"], notes=notes, synthetic=synthetic)
    return _two_lines(shown, columns)


def pairs_table(mixed: pd.DataFrame, own: str, *, why: str, synthetic: bool) -> GT:
    """Return how far each mixed pair is ahead of asking with the own view for the own view, by system.

    Parameters
    ----------
    mixed : as `bench.expert_text.expert_tables` gives it.
    """
    if mixed.empty:
        return table(pd.DataFrame({"system": [], "pair": []}), notes=[why], synthetic=synthetic)
    named = mixed.assign(
        pair=[f"{row.asked} asks {row.held}" for row in mixed.itertuples()],
        cell=[_cell(row) for _, row in mixed.iterrows()],
    )
    pairs: list[str] = list(dict.fromkeys(named["pair"]))
    systems: list[str] = list(dict.fromkeys(named["system"]))
    wide = named.pivot(index="system", columns="pair", values="cell").loc[systems, pairs].reset_index()
    notes = [
        f"Difference to queries and documents in {own}, over {mixed['n'].max():,} queries.",
        "▲ significantly above, ▼ below, by paired tests over families, Holm-corrected for all systems and both pairs.",
    ]
    shown = table(wide, unbroken=["system"], notes=notes, synthetic=synthetic)
    return _two_lines(shown, pairs)


def _cell(row: pd.Series) -> str:
    return f"{signed(row['difference'])} {mark(row)}\n[{signed(row['low'])}, {signed(row['high'])}]"


def _two_lines(shown: GT, columns: Sequence[str]) -> GT:
    """Return a table whose cells of some columns keep their line break: the interval stands below the difference."""
    return shown.tab_style(style.css("white-space: pre;"), loc.body(columns=list(columns))).cols_align(
        "right", list(columns)
    )
