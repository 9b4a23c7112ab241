"""Tables of notebook 16: every system in every task, every view, and what others published."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
from great_tables import GT, loc, style

from patbench_lib.bench.bench import Bench
from patbench_lib.bench.cited import GROUPS, LEADING, PAPER, of_paper, published
from patbench_lib.bench.leaderboard import ranks
from patbench_lib.errors import PatbenchError
from patbench_lib.models.card import Card
from patbench_lib.models.registry import find_card
from patbench_lib.reference.expected import groups
from patbench_lib.report.tables import table

HERE, CITED = "● run here", "○ cited"
"""Marks that differ without colour: whether a row's values were measured by this run."""

RANK = "mean rank"


def board_frame(bench: Bench, values: pd.DataFrame, rates: pd.DataFrame) -> pd.DataFrame:
    """Return the leaderboard: systems that were run, the best mean rank first, then those that are only cited.

    Parameters
    ----------
    values : of `bench.leaderboard.board`.
    rates : of `bench.rates.encoding_rates`.

    Returns
    -------
    pandas.DataFrame
        system, values (how they were come by), mean rank, a column for each task's measures on its leading view,
        "published …" of the published study, parameters (millions), dimensions, texts a second; nothing where a
        system has none.
    """
    study, placed = bench.study, ranks(values)
    leads = values[(values["view"] == values["task"].map(_leads(values))) & values["value"].notna()]
    columns = {name: cell.set_index("system")["value"] for name, cell in _columns(leads)}
    view, cited = of_paper(str(bench.arena.views[0]))
    order = [*placed.index, *(name for name in study.systems if name not in placed.index)]
    others = [name for name in groups()[PAPER].values if name not in study.systems]
    order += sorted(others, key=lambda name: -cited.get(name, 0.0))
    frame = pd.DataFrame({"system": order})
    frame["values"] = [HERE if name in study.systems else CITED for name in order]
    frame[RANK] = frame["system"].map(placed["mean"])
    for name, cells in columns.items():
        frame[name] = frame["system"].map(cells)
    frame[f"published {groups()[PAPER].measure}, {view}"] = frame["system"].map(cited)
    cards = {name: _card(bench, name) for name in order}
    for name, part in (("parameters, millions", "params_m"), ("dimensions", "dim")):
        frame[name] = pd.array([getattr(cards[system], part, None) for system in order], dtype="Float64")
    frame["texts a second"] = frame["system"].map(rates.set_index("system")["texts_per_second"])
    return frame


def _leads(values: pd.DataFrame) -> dict[str, str]:
    """Return the view that each task is ranked on."""
    deciding = values[values["decides"]]
    return dict(zip(deciding["task"], deciding["view"], strict=True))


def _columns(leads: pd.DataFrame) -> list[tuple[str, pd.DataFrame]]:
    """Return the heading and the values of each column: a task's measure, and the stratum where it is one."""
    order = leads.assign(place=leads["stratum"].map({"ALL": 0, "IN": 1, "OUT": 2}))
    named = []
    for (task, _, measure, stratum), cell in order.groupby(["task", "place", "measure", "stratum"], sort=False):
        elsewhere = str(task).partition(": ")[2]
        if elsewhere and stratum != "ALL":
            continue
        of = f", {elsewhere}" if elsewhere else "" if stratum == "ALL" else f", {stratum}"
        named.append((f"{measure}{of}", cell))
    return named


def _card(bench: Bench, name: str) -> Card | None:
    """Return the card of a system that was run, or that the registry has; the published rows name some it has not."""
    try:
        return bench.study.card(name) if name in bench.study.systems else find_card(name)
    except PatbenchError:
        return None


def board_table(frame: pd.DataFrame, values: pd.DataFrame, *, synthetic: bool) -> GT:
    """Return the leaderboard as a table, what was run here in bold where it is the best of a column."""
    measured = list(map(str, frame.columns[3:-4]))
    cited = str(frame.columns[-4])
    tasks = list(dict.fromkeys(values["task"]))
    notes = [
        f"{HERE}: measured by this run. {CITED}: published by others, and not measured here.",
        f"{RANK}: over {' and '.join(tasks)}, by the first measure of each, among systems with a "
        "value in every task; others have none.",
        "Classification: probes, mean over label sets. Bold: best of those run here.",
        f"{cited}: of {groups()[PAPER].data.name}; all other values are of this study's own landscapes.",
    ]
    shown = table(
        frame,
        decimals={RANK: 2, **dict.fromkeys(measured, 3), cited: 4, "parameters, millions": 1, "texts a second": 1},
        whole=["dimensions"],
        unbroken=["system", "values"],
        notes=notes,
        synthetic=synthetic,
    )
    return _best(shown, frame, measured)


def views_frame(bench: Bench, values: pd.DataFrame) -> pd.DataFrame:
    """Return retrieval on the study's landscape by view, each view's published value beside it where there is one.

    Only systems that were run have a row; columns are the views and "published VIEW".
    """
    mine = values[(values["task"] == "retrieval") & (values["stratum"] == "ALL")]
    frame = pd.DataFrame({"system": list(dict.fromkeys(mine["system"]))})
    for view in dict.fromkeys(mine["view"]):
        frame[view] = frame["system"].map(mine[mine["view"] == view].set_index("system")["value"])
        name, cited = of_paper(view)
        if name == view and set(cited) & set(frame["system"]):
            frame[f"published {view}"] = frame["system"].map(cited)
    return frame.sort_values(frame.columns[1], ascending=False) if len(frame) else frame


def views_table(frame: pd.DataFrame, measure: str, *, synthetic: bool) -> GT:
    """Return retrieval by view as a table."""
    cited = [name for name in map(str, frame.columns) if name.startswith("published ")]
    own = [name for name in map(str, frame.columns[1:]) if name not in cited]
    notes = [f"{measure}. Bold: best of the view."]
    notes += [f"published: of {groups()[PAPER].data.name}."] if cited else []
    if frame.empty:
        notes = ["Nothing is retrieved in this study: its landscape has neither citations nor judgements."]
    digits = {**dict.fromkeys(own, 3), **dict.fromkeys(cited, 4)}
    frame = frame.reset_index(drop=True)
    return _best(table(frame, decimals=digits, unbroken=["system"], notes=notes, synthetic=synthetic), frame, own)


def _best(shown: GT, frame: pd.DataFrame, columns: Sequence[str]) -> GT:
    for name in columns:
        cells = frame[name].astype(float)
        if cells.notna().any():
            best = [int(row) for row in (cells == cells.max()).to_numpy().nonzero()[0]]
            shown = shown.tab_style(style.text(weight="bold"), loc.body(columns=name, rows=best))
    return shown


def published_frame(answered: pd.DataFrame) -> pd.DataFrame:
    """Return what others published: a row a system, a column a group's column, ours in brackets where there is one."""
    cited = published(answered)
    cited = cited.assign(
        name=cited["group"] + " " + cited["column"], cell=[_cell(row) for row in cited.to_dict("records")]
    )
    order = [f"{name} {column}" for name in GROUPS for column in groups()[name].columns]
    wide = cited.pivot(index="system", columns="name", values="cell")[order]
    first = wide[f"{PAPER} {LEADING}"]
    return wide.loc[first.sort_values(ascending=False, kind="stable").index].reset_index()


def _cell(row: dict[Any, Any]) -> str:
    said = f"{row['expected']:.{row['digits']}f}"
    return said if pd.isna(row["value"]) else f"{said} (here {row['value']:.4f})"


def published_table(frame: pd.DataFrame) -> GT:
    """Return what others published as a table."""
    notes = [
        f"{name}: {groups()[name].measure}. {groups()[name].about} Source: {groups()[name].source}." for name in GROUPS
    ]
    notes.append("In brackets: the same number computed here, by this study or by `patbench reproduce`.")
    return table(frame, unbroken=["system"], notes=notes).cols_align("right", columns=list(map(str, frame.columns[1:])))
