"""Tables for the site: one look, numbers aligned, notes under them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd
from great_tables import GT, loc, style

from patbench_lib.study import digest


def table(
    frame: pd.DataFrame,
    *,
    decimals: Mapping[str, int] | None = None,
    percent: Sequence[str] = (),
    whole: Sequence[str] = (),
    unbroken: Sequence[str] = (),
    notes: Sequence[str] = (),
    synthetic: bool = False,
) -> GT:
    """Return a frame as a table.

    Parameters
    ----------
    decimals : digits after the point, by column.
    percent : columns of shares, shown as percentages.
    whole : columns of counts, shown with thousands separators.
    unbroken : columns whose cells stay on one line.
    notes : sentences under the table; a synthetic landscape is always noted.
    """
    # Of all that it shows: a page may have several empty tables, and ids must differ.
    content = [list(map(str, frame.columns)), frame.astype(str).to_numpy().tolist(), list(notes)]
    shown = GT(frame, id=f"t{digest(content)}")
    for column, digits in (decimals or {}).items():
        shown = shown.fmt_number(column, decimals=digits)
    if percent:
        shown = shown.fmt_percent(list(percent), decimals=1)
    if whole:
        shown = shown.fmt_integer(list(whole))
    if unbroken:
        shown = shown.tab_style(style.css("white-space: nowrap;"), loc.body(columns=list(unbroken)))
    shown = shown.sub_missing(missing_text="–").opt_row_striping().tab_options(table_font_size="0.92em")
    for note in [*notes, *(["Synthetic landscape."] if synthetic else [])]:
        shown = shown.tab_source_note(note)
    return shown


def leaderboard(
    means: pd.DataFrame,
    comparisons: pd.DataFrame,
    baseline: str,
    *,
    across: str = "view",
    within: str = "",
    synthetic: bool = False,
) -> GT:
    """Return systems by views: mean, a mark where it differs from the baseline, the best of each view in bold.

    Parameters
    ----------
    means : system, view, value, for one landscape, stratum and measure.
    comparisons : system, view, significant, difference, for the same.
    across : what the column `view` holds, where it is something else.
    within : what p-values were corrected in, where that is not a column of the table.
    """
    views, wide = list(dict.fromkeys(means["view"])), means.pivot(index="system", columns="view", values="value")
    wide = wide[views].sort_values(views[0], ascending=False)
    marks = comparisons[comparisons["significant"]].set_index(["system", "view"])["difference"]
    cells = wide.apply(lambda column: [_cell(v, marks.get((s, column.name), 0.0)) for s, v in column.items()])
    shown = table(
        cells.reset_index(),
        unbroken=["system"],
        notes=[
            f"▲ above, ▼ below {baseline}: paired randomisation test over families, Holm-corrected within each "
            f"{within or across}.",
            f"Bold: best of the {across}.",
        ],
        synthetic=synthetic,
    )
    shown = shown.cols_align("right", columns=views)
    for view in views:
        best = int(wide[view].to_numpy().argmax())
        shown = shown.tab_style(style.text(weight="bold"), loc.body(columns=view, rows=[best]))
    return shown


def _cell(value: float, difference: float) -> str:
    mark = "▲" if difference > 0 else "▼" if difference < 0 else "\u2007"
    return f"{value:.3f} {mark}"
