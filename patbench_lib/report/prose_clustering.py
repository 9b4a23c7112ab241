"""Words of notebook 09 whose every number comes from the settings or a result."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from IPython.display import Markdown

from patbench_lib.bench.bench import Bench
from patbench_lib.bench.cluster_cases import Case, ways
from patbench_lib.bench.cluster_map import Looked
from patbench_lib.bench.clustering import select
from patbench_lib.cluster.choose_k import FEWEST, SHARE
from patbench_lib.cluster.mteb_protocol import DOCUMENTS, EXPERIMENTS
from patbench_lib.models.card import Card
from patbench_lib.report.clustering_tables import NO_GOLD, NO_VECTORS, chance
from patbench_lib.report.labels import plain

_DOES = {
    "k-means": "k-means is told the number of classes, starts {starts} times and keeps the tightest result.",
    "ward": "Ward's method is told the number of classes and takes a sample of {sample:,} publications where there are "
    "more.",
    "hdbscan": "HDBSCAN finds its own number of clusters, of {min_cluster_size} publications at least, leaves sparse "
    "publications in none, which count here as one cluster more, so that leaving out what is hard does not pay, and "
    "takes a sample of {sample:,} publications where there are more.",
}


def say_protocol(bench: Bench) -> Markdown:
    """Say how this study clusters, what leads, and how often what is random is repeated."""
    settings = bench.study.clustering
    if settings.protocol == "mteb":
        share = "all" if settings.mteb_share == 1 else f"a share of {settings.mteb_share:g}, drawn once, of the"
        return Markdown(
            f"Protocol of MTEB: {EXPERIMENTS} experiments, each on {DOCUMENTS:,} documents drawn with replacement from "
            f"{share} publications with a class, by mini-batch k-means with one start and the number of classes, on "
            "raw vectors and under one seed. V-measure alone is reported. Values stand beside published ones only "
            "where vectors were made alike: here with the prompt that a model's card has for clustering, else with "
            "that for documents."
        )
    (method, transform), seeds = ways(settings)[0], settings.repeats
    repeated = (
        f"What is random is repeated with {seeds} seeds, and tables give mean and standard deviation over them: chance "
        "of the algorithm, or of the sample that it takes. With other patents the numbers would move further."
        if seeds > 1
        else "What is random is run with one seed, so nothing is known of its spread."
    )
    told = settings.model_dump(include={"starts", "sample", "min_cluster_size"})
    does = " ".join(_DOES[algorithm].format(**told) for algorithm in settings.algorithms)
    if seeds > 1 and set(settings.algorithms) != {"k-means"}:
        repeated += " Ward's method and HDBSCAN leave nothing to chance where they take all publications: one run,"
        repeated += " no spread."
    return Markdown(f"{does} {method} on {transform} vectors leads.\n\n{repeated}")


def say_numbers(bench: Bench, looked: Looked | None) -> Markdown:
    """Say on what numbers of clusters are compared, and what each criterion takes."""
    if looked is None:
        return Markdown(NO_VECTORS)
    settings = bench.study.clustering
    samples = max(FEWEST, settings.repeats)
    return Markdown(
        f"Two criteria are tried on {looked.system}, by k-means on {samples} subsamples of {SHARE:.0%} of the "
        "publications, the same ones for every number of clusters."
    )


def say_map(bench: Bench, looked: Looked | None) -> Markdown:
    """Say what is on the map, how it was clustered and how it was laid out."""
    if looked is None:
        return Markdown(f"{NO_VECTORS} So there is no map.")
    settings, every = bench.study.clustering, len(bench.arena.landscape)
    which = f"All {every:,}" if len(looked.shown) == every else f"A sample of {len(looked.shown):,} of {every:,}"
    algorithm = settings.algorithms[0]
    if algorithm == "hdbscan":
        number = "into as many clusters as HDBSCAN finds"
    elif looked.case:
        number = f"by {algorithm} into as many clusters as there are gold classes"
    else:
        number = f"by {algorithm} into as many clusters as silhouette chooses"
    drawn = {
        "umap": "UMAP, which keeps neighbours together. It keeps neither sizes nor distances between "
        "groups, and it draws gaps where there may be none",
        "pca": "two principal components, which keep the widest directions and lay all others on top of each other",
    }[settings.map.method]
    return Markdown(
        f"{which} publications, with classes or without, are clustered once more by the vectors of {looked.system}, "
        f"{number}, and drawn in the plane by {drawn}; so a map is for asking questions, and the tables above answer "
        "them."
    )


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
    """Return a value with its spread where it has one, which it has not where it is of one run."""
    return _value(row["value"]) + (f" ± {row['spread']:.3f}" if row["repeats"] > 1 else "")


def _value(value: float) -> str:
    return f"{value:.3f}".replace("-", "−")


def _best(mine: pd.DataFrame) -> pd.Series:
    best: pd.Series = mine.iloc[int(mine["value"].to_numpy().argmax())]
    return best


def _lead(results: pd.DataFrame, case: Case | None) -> str:
    if case is None:
        return f"{NO_GOLD} So 0 clusterings are held against labels."
    if results.empty:
        return f"{NO_VECTORS} So there are 0 clusterings."
    lead = select(results, case)
    by_v = _best(lead[lead["measure"] == "V-measure"])
    over = f" over {by_v['repeats']} {chance(case.method)[0]}" if by_v["repeats"] > 1 else ""
    text = (
        f"Held against {by_v['classes']} classes of {plain(case.labels.name)} on {by_v['n']:,} publications (gold "
        f"{case.gold}, view {case.view}, {case.method} on {case.transform} vectors), {by_v['system']} clusters best by "
        f"V-measure, {_pm(by_v)}{over}"
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
        f"({_value(means.max())}), the lowest that of {worst[0]} on {worst[1]} ones ({_value(means.min())})."
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
            sentences += [_family(lead, case, str(family), members, measure) for measure in ("V-measure", "ARI")]
    return " ".join(filter(None, sentences))


def _family(lead: pd.DataFrame, case: Case, family: str, members: list[str], measure: str) -> str:
    mine = lead[lead["measure"] == measure].set_index("system")
    if mine.empty:
        return ""
    ordered = mine.loc[members].sort_values("value", ascending=False)
    first, second, best = ordered.iloc[0], ordered.iloc[1], ordered.index[0]
    what = {members[0]: "smallest", members[-1]: "largest"}.get(str(best), "middle")
    ahead, spreads = first["value"] - second["value"], first["spread"] + second["spread"]
    apart = f", ahead of the next by {ahead:.3f}"
    if min(first["repeats"], second["repeats"]) > 1:
        than = "more" if ahead > spreads else "no more"
        apart += f", {than} than their two spreads together, which are {chance(case.method)[1]}"
    steps = " → ".join(f"{name} {_value(value)}" for name, value in mine.loc[members, "value"].items())
    return f"In the family {family} the {what} member has the best {measure} ({steps}){apart}."


def _views(views: pd.DataFrame) -> str:
    if views["view"].nunique() < 2:
        return ""
    sentences = []
    for task, mine in views.groupby("task", sort=False):
        best = mine.loc[mine.groupby("system", sort=False)["value"].idxmax(), "view"].value_counts()
        wins = ", ".join(f"{view} for {count}" for view, count in best.items())
        sentences.append(f"{task}: {wins} of {mine['system'].nunique()}")
    return f"The best view by systems, for each task: {'; '.join(sentences)}."
