"""Figures and tables of notebook 04: which view wins, what is cut off, mixed views, and passages."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from great_tables import GT
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from patbench_lib.bench.passages import READINGS, WHOLE
from patbench_lib.report.style import finish, panels, words_figure
from patbench_lib.report.tables import table

VIEW_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
VIEW_MARKERS = "osD^vP"
"""Colours and markers of views, in the study's order."""


def winners(means: pd.DataFrame, differences: pd.DataFrame, lead: str, *, synthetic: bool = False) -> GT:
    """Return for each system its best view, and what every other view gains or loses against the leading one.

    Parameters
    ----------
    means : system, view, value, low, high, for one landscape, stratum and measure.
    differences : `bench.views.view_differences`.
    """
    views = list(dict.fromkeys(means["view"]))
    best = means.loc[means.groupby("system")["value"].idxmax()].set_index("system")
    best = best.sort_values("value", ascending=False)
    marked = differences.set_index(["system", "view"])
    frame = pd.DataFrame(
        {
            "system": best.index,
            "best view": best["view"].to_numpy(),
            "value": [f"{row.value:.3f} [{row.low:.3f}, {row.high:.3f}]" for row in best.itertuples()],
        }
    )
    others = [view for view in views if view != lead]
    for view in others:
        frame[f"{view} − {lead}"] = [_marked(marked.loc[(system, view)]) for system in best.index]
    notes = [
        f"Value: {means['measure'].iloc[0]} of the best view, with its interval over families.",
        f"▲ above, ▼ below {lead}: paired randomisation test over families, Holm-corrected for the views of a system.",
    ]
    shown = table(frame, unbroken=list(frame.columns), notes=notes if others else notes[:1], synthetic=synthetic)
    return shown.cols_align("right", columns=list(frame.columns[2:]))


def _marked(row: pd.Series) -> str:
    mark = "\u2007" if not row["significant"] else "▲" if row["difference"] > 0 else "▼"
    shown = f"{row['difference']:+.3f}".replace("-", "−")
    return f"{'0.000' if shown[1:] == '0.000' else shown} {mark}"


def differences_figure(differences: pd.DataFrame, lead: str, measure: str, *, synthetic: bool) -> Figure:
    """Draw how far each view is from the leading one, a panel a view, with intervals; filled where significant.

    Parameters
    ----------
    differences : `bench.views.view_differences`.
    """
    if differences.empty:
        return words_figure(f"{lead} is the only view of this study.", synthetic=synthetic)
    views, systems = (list(dict.fromkeys(differences[name])) for name in ("view", "system"))
    figure, grid = panels(len(views), 0.27 * len(systems) + 0.75, margin=0.4)
    for axes, view in zip(grid, views, strict=True):
        axes.axvline(0, color="#555555", linewidth=1)
        mine = differences[differences["view"] == view].set_index("system").loc[systems[::-1]]
        for height, row in enumerate(mine.itertuples()):
            colour = "#777777" if not row.significant else "#0072B2" if row.difference > 0 else "#D55E00"
            axes.plot([row.low, row.high], [height, height], color=colour, linewidth=1.6)
            face = colour if row.significant else "white"
            axes.plot(row.difference, height, "o", color=colour, markerfacecolor=face)
        axes.set_title(view)
        axes.set(ylim=(-0.6, len(systems) - 0.4))
        axes.set_yticks(range(len(systems)), systems[::-1])
    figure.suptitle(f"{measure} less that on {lead}", fontsize=10.5)
    return finish(figure, synthetic=synthetic)


def cut_figure(means: pd.DataFrame, readings: pd.DataFrame, *, synthetic: bool) -> Figure:
    """Draw quality over text length, a panel a system: a marker where reading ended, a line to where the text does.

    Parameters
    ----------
    means : system, view, measure, value, for one landscape, stratum and measure.
    readings : `report.model_figures.readings`; systems without tokens (lexical ones) are left out.
    """
    counted = means.merge(readings[readings["tokens"].notna()], on=["system", "view"])
    if counted.empty:
        return words_figure("No system of this study counts tokens: all read every view whole.", synthetic=synthetic)
    systems, views = (list(dict.fromkeys(counted[name])) for name in ("system", "view"))
    figure, grid = panels(len(systems), 2.1, margin=0.8, xlabel="tokens of a text")
    for axes, system in zip(grid, systems, strict=True):
        _cut_panel(axes, counted[counted["system"] == system].set_index("view"), views)
        axes.set_title(system)
    grid[0].set_xlim(0, 1.05 * counted["tokens"].max())
    handles, labels = grid[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=len(views))
    figure.supylabel(means["measure"].iloc[0], fontsize=10.5)
    return finish(figure, synthetic=synthetic)


def _cut_panel(axes: Axes, mine: pd.DataFrame, views: list[str]) -> None:
    limit = mine["limit"].dropna()
    if len(limit):
        axes.axvline(limit.iloc[0], color="#999999", linestyle=":", linewidth=1.2)
    for position, view in enumerate(views):
        row, colour = mine.loc[view], VIEW_COLOURS[position]
        read = row["tokens"] * row["read"]
        axes.plot([read, row["tokens"]], [row["value"]] * 2, color=colour, linewidth=1.4, alpha=0.7)
        axes.plot(read, row["value"], VIEW_MARKERS[position], color=colour, linestyle="none", label=view)


def matrix_figure(values: pd.DataFrame, measure: str, *, synthetic: bool) -> Figure:
    """Draw each system's scores by query view and document view; a frame marks the best pair, dots the same view.

    Parameters
    ----------
    values : the first table of `bench.views.matrix_results`.
    """
    if values.empty:
        return words_figure("No system of this study can ask with another view.", synthetic=synthetic)
    systems, views = list(dict.fromkeys(values["system"])), list(dict.fromkeys(values["held"]))
    if len(views) == 1:
        return words_figure(f"{views[0]} is the only view of this study.", synthetic=synthetic)
    size = (max(4.2, 0.62 * len(views) + 1.6), len(systems) * (0.42 * len(views) + 1.0) + 0.3)
    figure, grid = plt.subplots(len(systems), 1, figsize=size, squeeze=False)
    low, high = values["value"].min(), values["value"].max()
    for axes, system in zip(grid[:, 0], systems, strict=True):
        mine = values[values["system"] == system].pivot(index="asked", columns="held", values="value")
        shown = mine.loc[views, views].to_numpy()
        image = axes.imshow(shown, cmap="cividis", vmin=low, vmax=high, aspect="auto")
        _annotate(axes, shown, (low + high) / 2)
        axes.set_xticks(range(len(views)), views)
        axes.set_yticks(range(len(views)), views)
        axes.set(xlabel="documents' view", ylabel="queries' view")
        axes.set_title(system)
        axes.grid(visible=False)
    figure.colorbar(image, ax=list(grid[:, 0]), label=measure)
    return finish(figure, synthetic=synthetic)


def _annotate(axes: Axes, shown: np.ndarray, middle: float) -> None:
    best = np.unravel_index(int(shown.argmax()), shown.shape)
    for (row, column), value in np.ndenumerate(shown):
        weight = "bold" if (row, column) == best else "normal"
        colour = "white" if value < middle else "black"
        axes.text(column, row, f"{value:.3f}", ha="center", va="center", fontsize=9, color=colour, fontweight=weight)
        if row == column:
            inside = Rectangle((column - 0.44, row - 0.42), 0.88, 0.84, fill=False, edgecolor=colour, linestyle=":")
            axes.add_patch(inside)
    frame = Rectangle((best[1] - 0.48, best[0] - 0.47), 0.96, 0.94, fill=False, edgecolor="#D55E00", linewidth=2.4)
    axes.add_patch(frame)


def mixed_table(values: pd.DataFrame, differences: pd.DataFrame, *, synthetic: bool = False) -> GT:
    """Return for each system and document view the other query view that serves best, against asking with the same.

    Parameters
    ----------
    values, differences : the tables of `bench.views.matrix_results`.
    """
    columns = ["system", "documents", "asked alike", "best other view", "difference", "low", "high", "p"]
    notes = ["p: paired randomisation test over families, Holm-corrected for the query views tried on a document view."]
    if differences.empty:
        return table(pd.DataFrame(columns=columns), notes=["There is no other view to ask with."], synthetic=synthetic)
    alike = values[values["asked"] == values["held"]].set_index(["system", "held"])["value"]
    best = differences.loc[differences.groupby(["system", "held"])["difference"].idxmax()]
    best = best.set_index(["system", "held"]).loc[alike.index].reset_index()  # systems and views in their order
    frame = pd.DataFrame(
        {
            "system": best["system"],
            "documents": best["held"],
            "asked alike": alike.to_numpy(),
            "best other view": best["asked"],
            **{name: best[name] for name in ("difference", "low", "high")},
            "p": best["p_holm"],
        }
    )
    digits = {**dict.fromkeys(("asked alike", "difference", "low", "high"), 3), "p": 4}
    return table(frame, decimals=digits, unbroken=["system"], notes=notes, synthetic=synthetic)


def passages_figure(values: pd.DataFrame, differences: pd.DataFrame, measure: str, *, synthetic: bool) -> Figure:
    """Draw what each way of reading long texts scores, with intervals; filled where it differs from the beginning.

    Parameters
    ----------
    values, differences : of `bench.passages.PassageResults`.
    """
    if values.empty:
        return words_figure("No system of this study reads in passages.", synthetic=synthetic)
    systems = list(dict.fromkeys(values["system"]))
    height = 0.36 * len(READINGS) + 0.5
    figure, grid = panels(len(systems), height, margin=0.7, columns=1, width=7.2, xlabel=measure)
    apart = differences.set_index(["system", "reading"])["significant"]
    for axes, system in zip(grid, systems, strict=True):
        mine = values[values["system"] == system].set_index("reading").loc[list(READINGS[::-1])]
        axes.axvline(mine.loc[WHOLE, "value"], color="#777777", linestyle=":", linewidth=1.2)
        for height, (reading, row) in enumerate(mine.iterrows()):
            colour = "#4d4d4d" if reading == WHOLE else "#0072B2"
            filled = reading == WHOLE or bool(apart[system, reading])
            axes.plot([row["low"], row["high"]], [height, height], color=colour)
            axes.plot(row["value"], height, "o", color=colour, markerfacecolor=colour if filled else "white")
            axes.annotate(
                f"{row['value']:.3f}", (row["value"], height), xytext=(0, 7), textcoords="offset points", ha="center",
                fontsize=9, bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.3},
            )  # fmt: skip
        axes.set_yticks(range(len(mine)), list(mine.index))
        axes.set(ylim=(-0.6, len(mine) - 0.3))
        axes.set_title(system)
    return finish(figure, synthetic=synthetic)


def cost_table(
    costs: pd.DataFrame, differences: pd.DataFrame, refused: dict[str, str], *, synthetic: bool = False
) -> GT:
    """Return what each way of reading gains over the beginning alone, beside what it costs.

    Parameters
    ----------
    costs, differences, refused : of `bench.passages.PassageResults`.
    """
    reasons = [f"{system} is left out. {why}" for system, why in refused.items()]
    columns = {
        "vectors": "vectors",
        "tokens": "tokens read",
        "read": "of the text",
        "encoding": "encoding, s",
        "search": "search, ms a query",
        "mb": "vectors, MiB",
    }
    if costs.empty:
        empty = pd.DataFrame(columns=["system", "reading", *columns.values()])
        return table(empty, notes=reasons or ["`passages.systems` names no system."], synthetic=synthetic)
    gains = differences[["system", "reading", "difference", "low", "high", "p_holm"]]
    frame = costs.merge(gains.rename(columns={"difference": "gain", "p_holm": "p"}), how="left")
    frame = frame[["system", "reading", "gain", "low", "high", "p", *columns]].rename(columns=columns)
    notes = [
        "Vectors and tokens are those of a document, on average. p: Holm-corrected for the readings of a system.",
        "Seconds are those of the machine that filled the store; a mean passage is searched like any one vector.",
        *reasons,
    ]
    digits = {**dict.fromkeys(("gain", "low", "high"), 3), "p": 4, "vectors": 1, "tokens read": 0, "encoding, s": 1}
    digits |= {"search, ms a query": 2, "vectors, MiB": 1}
    return table(frame, decimals=digits, percent=["of the text"], unbroken=["system", "reading"], notes=notes,
                 synthetic=synthetic)  # fmt: skip
