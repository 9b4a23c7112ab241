"""Figure and closing paragraph of notebook 15."""

from __future__ import annotations

import matplotlib.pyplot as plt
import pandas as pd
from IPython.display import Markdown
from matplotlib.figure import Figure

from patbench_lib.models.registry import find_card
from patbench_lib.reference.expected import groups, rows
from patbench_lib.report.style import KIND_COLOURS, finish

_MARKERS = {"TA": "o", "TAC": "s", "C1": "^", "DWPI": "D"}


def published_figure() -> Figure:
    """Draw the published nDCG@10 of each system on each view, the best on title, abstract and claims at the top."""
    group = groups()["paper"]
    order = sorted(group.values, key=lambda system: max(group.values[system].values()))
    figure, axes = plt.subplots(figsize=(7.2, 0.27 * len(order) + 1.6))
    for view, marker in _MARKERS.items():
        known = [(place, group.values[system]) for place, system in enumerate(order) if view in group.values[system]]
        axes.scatter(
            [cells[view] for _, cells in known], [place for place, _ in known], marker=marker, s=26, label=view,
            facecolors="none", edgecolors=[KIND_COLOURS[find_card(order[place]).kind] for place, _ in known],
        )  # fmt: skip
    axes.set_yticks(range(len(order)), order, fontsize=8.5)
    axes.set(xlabel=f"{group.measure}, as published", ylim=(-0.7, len(order) - 0.3))
    legend = figure.legend(loc="outside upper center", ncols=len(_MARKERS))
    for handle in legend.legend_handles:
        if handle is not None:
            handle.set_edgecolor("#4d4d4d")
    return finish(figure, synthetic=False)


def close_reproduction(answered: pd.DataFrame) -> Markdown:
    """Say how many numbers there are, which have one of ours beside them, and how those compare."""
    known = rows()
    runnable = sum(row.group.way != "cited" for row in known)
    text = (
        f"Of {len(known)} numbers, {runnable} can be computed by a command of this compendium once their data and "
        f"models are at hand, and {len(known) - runnable} are only cited. "
    )
    if answered.empty:
        return Markdown(text + "No number has one of ours beside it on this page: nothing was reproduced.")
    counts = answered["state"].value_counts()
    states = ", ".join(f"{counts[state]} {state}" for state in ("OK", "OKish", "FAIL") if state in counts)
    published = {row.id for row in known if row.group.origin == "published"}
    of_others = int(answered["id"].isin(published).sum())
    text += f"{len(answered)} have a value of ours beside them: {states}. "
    apart = (answered["value"] - answered["expected"]).abs()
    text += f"The largest difference is {apart.max():.5f}, of {answered['id'].to_numpy()[apart.argmax()]}. "
    told = f"{of_others} of these are" if of_others else "None of these is"
    return Markdown(text + f"{told} published; the others are this compendium's own reference values.")
