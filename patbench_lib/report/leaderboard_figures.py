"""Figure and closing paragraph of notebook 16."""

from __future__ import annotations

from collections.abc import Sequence

import matplotlib.pyplot as plt
import pandas as pd
import seaborn as sns
from IPython.display import Markdown
from matplotlib.figure import Figure

from patbench_lib.bench.cited import PAPER
from patbench_lib.bench.leaderboard import ranks
from patbench_lib.reference.expected import groups
from patbench_lib.report.labels import counted, plain
from patbench_lib.report.style import finish, words_figure

NO_RANK = "No system of this study has a value in every task."


def ranks_figure(values: pd.DataFrame, *, synthetic: bool) -> Figure:
    """Draw the rank of each system in each task, the best mean rank at the top.

    Parameters
    ----------
    values : of `bench.leaderboard.board`.
    """
    placed = ranks(values)
    if placed.empty:
        return words_figure(NO_RANK, synthetic=synthetic)
    figure, axes = plt.subplots(figsize=(1.25 * placed.shape[1] + 2.4, 0.42 * len(placed) + 1.7))
    sns.heatmap(
        placed, ax=axes, cmap="cividis_r", vmin=1, vmax=max(len(placed), 2), annot=True, fmt=".3g", linewidths=0.6,
        cbar=False,
    )  # fmt: skip
    axes.set(xlabel="", ylabel="")
    axes.set_xticks(axes.get_xticks(), [name.replace(": ", ":\n") for name in placed.columns], rotation=0)
    axes.tick_params(axis="y", rotation=0)
    axes.grid(visible=False)
    return finish(figure, synthetic=synthetic)


def close_leaderboard(values: pd.DataFrame, ran: Sequence[str]) -> Markdown:
    """Say who leads in each task and over all, and how many systems are only cited.

    Parameters
    ----------
    ran : the systems of the study.
    """
    placed, deciding = ranks(values), values[values["decides"]]
    seen = [_leader(str(task), mine) for task, mine in deciding.groupby("task", sort=False)]
    told = f"{len(ran)} systems were run. " if len(ran) > 1 else "1 system was run. "
    told += f"The highest value: {'; '.join(seen)}. " if seen else "No task of this study has a value. "
    if len(placed):
        best = placed["mean"].iloc[0]
        first = [plain(str(name)) for name in placed.index[placed["mean"] == best]]
        who = f"{first[0]} has" if len(first) == 1 else f"{' and '.join(first)} share"
        tasks = counted(len(seen), "task")
        told += f"{who} the best mean rank, {best:.3g} over {tasks}, among {len(placed)} systems. "
    else:
        told += f"{NO_RANK} "
    cited = set(groups()[PAPER].values)
    both = len(cited & set(ran))
    return Markdown(
        f"{told}Of the published study's {len(cited)} systems this run had {both}; {len(cited) - both} are only cited."
    )


def _leader(task: str, mine: pd.DataFrame) -> str:
    best = mine[mine["value"] == mine["value"].max()]
    names = " and ".join(plain(str(name)) for name in best["system"])
    return f"{names} in {plain(task)} ({best['value'].iloc[0]:.3f} {best['measure'].iloc[0]})"
