"""Closing paragraphs of notebook 09, whose every number comes from a result."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from IPython.display import Markdown

from patbench_lib.bench.cluster_map import Looked
from patbench_lib.bench.clustering import Case, select
from patbench_lib.models.card import Card


def close_clustering(
    results: pd.DataFrame, case: Case | None, views: pd.DataFrame, looked: Looked | None, cards: Mapping[str, Card]
) -> Markdown:
    """Say whose clusters agree best with labels, what the algorithm, size and view change, and what k is chosen.

    Parameters
    ----------
    results : of `bench.clustering.clustering_results`.
    views : of `bench.tasks.views_by_task`.
    """
    parts = [_lead(results, case), _ways(results, case), _numbers(looked), _sizes(results, case, cards), _views(views)]
    return Markdown("\n\n".join(part for part in parts if part))


def _pm(row: pd.Series) -> str:
    return f"{row['value']:.3f} ± {row['spread']:.3f}".replace("-", "−")


def _best(mine: pd.DataFrame) -> pd.Series:
    best: pd.Series = mine.iloc[int(mine["value"].to_numpy().argmax())]
    return best


def _lead(results: pd.DataFrame, case: Case | None) -> str:
    if case is None:
        return "No label set of this landscape gives 2 classes, so clusters are held against nothing."
    if results.empty:
        return "No system of this study makes one vector a text, so there are 0 clusterings."
    lead = select(results, case)
    by_v = _best(lead[lead["measure"] == "V-measure"])
    text = (
        f"Held against {by_v['classes']} classes of {case.labels.name} on {by_v['n']:,} publications (gold "
        f"{case.gold}, view {case.view}, {case.method} on {case.transform} vectors), {by_v['system']} clusters best by "
        f"V-measure, {_pm(by_v)} over {by_v['repeats']} seeds"
    )
    if (pairs := lead[lead["measure"] == "ARI"]).empty:
        return f"{text}."
    by_ari = _best(pairs)
    same = "also by ARI" if by_ari["system"] == by_v["system"] else f"by ARI it is {by_ari['system']}"
    text += f"; {same}, {_pm(by_ari)}. "
    return text + _other_gold(results, case, str(by_v["system"]))


def _other_gold(results: pd.DataFrame, case: Case, best: str) -> str:
    other = select(results, case, but="gold")
    other = other[(other["gold"] != case.gold) & (other["measure"] == "V-measure")]
    if other.empty:
        return ""
    first = _best(other)
    leads = "leads too" if first["system"] == best else f"does not lead, {first['system']} does"
    return f"By the {first['gold']} gold, on {first['n']:,} publications, it {leads}, at {_pm(first)}."


def _ways(results: pd.DataFrame, case: Case | None) -> str:
    if case is None or results.empty:
        return ""
    tried = select(results, case, but="method transform")
    tried = tried[tried["measure"] == "ARI"]
    means = tried.groupby(["method", "transform"], sort=False)["value"].mean()
    if len(means) < 2:
        return ""
    ways = list(means.index)
    best, worst = ways[int(means.to_numpy().argmax())], ways[int(means.to_numpy().argmin())]
    text = (
        f"Averaged over systems, the best ARI of {len(means)} combinations is that of {best[0]} on {best[1]} vectors "
        f"({means.max():.3f}), the lowest that of {worst[0]} on {worst[1]} ones ({means.min():.3f})."
    )
    noisy = tried[tried["method"] == "hdbscan"]
    if len(noisy):
        text += (
            f" HDBSCAN leaves {noisy['noise'].min():.0%} to {noisy['noise'].max():.0%} of publications in no cluster."
        )
    return text


def _numbers(looked: Looked | None) -> str:
    if looked is None or not looked.chosen:
        return ""
    most = looked.numbers["k"].max()
    said = " and ".join(
        f"{k} by {criterion}{' (the most that were tried)' if k == most else ''}"
        for criterion, k in looked.chosen.items()
    )
    text = f"Without gold, the numbers of clusters chosen for {looked.system} are {said}"
    if looked.case is None:
        return f"{text}."
    return f"{text}; the gold has {len(np.unique(looked.case.classes[1]))} classes."


def _sizes(results: pd.DataFrame, case: Case | None, cards: Mapping[str, Card]) -> str:
    """Say for each family whether its smallest member clusters best, as was published of one of them by ARI."""
    if case is None or results.empty:
        return ""
    lead, sentences = select(results, case), []
    sized = [s for s in dict.fromkeys(lead["system"]) if cards[s].family and cards[s].params_m]
    for family in dict.fromkeys(cards[s].family for s in sized):
        members = sorted((s for s in sized if cards[s].family == family), key=lambda s: cards[s].params_m or 0)
        if len(members) > 1:
            sentences += [_family(lead, str(family), members, measure) for measure in ("V-measure", "ARI")]
    return " ".join(filter(None, sentences))


def _family(lead: pd.DataFrame, family: str, members: list[str], measure: str) -> str:
    mine = lead[lead["measure"] == measure].set_index("system")
    if mine.empty:
        return ""
    ordered = mine.loc[members].sort_values("value", ascending=False)
    first, second, best = ordered.iloc[0], ordered.iloc[1], ordered.index[0]
    what = {members[0]: "smallest", members[-1]: "largest"}.get(str(best), "middle")
    apart = "more" if first["value"] - second["value"] > first["spread"] + second["spread"] else "no more"
    steps = " → ".join(f"{name} {value:.3f}" for name, value in mine.loc[members, "value"].items())
    return (
        f"In the family {family} the {what} member has the best {measure} ({steps}), ahead of the next by {apart} than "
        "their spreads."
    )


def _views(views: pd.DataFrame) -> str:
    if views["view"].nunique() < 2:
        return ""
    sentences = []
    for task, mine in views.groupby("task", sort=False):
        best = mine.loc[mine.groupby("system", sort=False)["value"].idxmax(), "view"].value_counts()
        wins = ", ".join(f"{view} for {count}" for view, count in best.items())
        sentences.append(f"{task}: {wins} of {mine['system'].nunique()}")
    return f"The best view by systems, for each task: {'; '.join(sentences)}."
