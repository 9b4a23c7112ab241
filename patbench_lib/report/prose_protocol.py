"""Protocol and limits of a study in words, whose every number comes from the settings or a result."""

from __future__ import annotations

import pandas as pd
from IPython.display import Markdown

from patbench_lib.bench.bench import Bench
from patbench_lib.bench.cited import PAPER
from patbench_lib.bench.results import retrieval_results
from patbench_lib.landscape.judgements import Relevance
from patbench_lib.reference.expected import groups
from patbench_lib.report.labels import counted, plain

_RELATIONS = {
    "cites": "the patents that it cites",
    "cited_by": "the patents that cite it",
    "both": "the patents that it cites or that cite it",
    "given": "those that the landscape's own judgements name",
}


def say_protocol(bench: Bench) -> Markdown:
    """Say how each task of the study is judged, a line a task."""
    lines = [_retrieval(bench), _classification(bench), _clustering(bench), _tuning(bench), _statistics(bench)]
    return Markdown("\n".join(f"- {line}" for line in lines if line))


def _retrieval(bench: Bench) -> str:
    study = bench.study
    if bench.arena.unjudged:
        return f"**Retrieval** is left out: {plain(bench.arena.unjudged)}."
    earlier = ", and of the others only those published before the query are" if study.relevance.earlier_only else ""
    measures, level = ", ".join(study.measured()), study.relevance.domain_level
    return (
        f"**Retrieval.** Relevant to a query are {_relevant(study.relevance)}, inside the landscape. A query's own "
        f"family is no candidate{earlier}. Systems rank {study.depth:,} documents for each query; measures are "
        f"{measures}, and {study.main_measure} decides. IN are pairs that share an IPC {level}, OUT those that do not."
    )


def _relevant(relevance: Relevance) -> str:
    if relevance.relation == "coupling":
        return f"the patents that cite at least {counted(relevance.min_shared, 'patent')} that it cites as well"
    return _RELATIONS[relevance.relation]


def _classification(bench: Bench) -> str:
    settings, sets = bench.study.classification, bench.study.labels.sets
    split = "iterative stratification" if settings.split == "stratified" else "date"
    repeats = f", {settings.repeats} times over" if settings.repeats > 1 and settings.split == "stratified" else ""
    return (
        f"**Classification.** Frozen vectors, a logistic probe for all labels at once, {settings.test:.0%} of families "
        f"for testing and {settings.validation:.0%} for choosing strength and thresholds, parted by {split}{repeats}; "
        f"label sets asked for: {', '.join(map(plain, sets))}. Beside it a kNN of {settings.neighbours} neighbours, "
        f"and {', '.join(settings.baselines)}, which need no vectors."
    )


def _clustering(bench: Bench) -> str:
    settings = bench.study.clustering
    gold = (
        "publications with one label alone" if settings.gold == "single" else "all publications, by their first label"
    )
    return (
        f"**Clustering.** {settings.algorithms[0]} on {settings.transforms[0]} vectors, as many clusters as classes, "
        f"{settings.starts} starts of which the best counts, {counted(settings.repeats, 'seed')}; gold: {gold}."
    )


def _tuning(bench: Bench) -> str:
    settings = bench.study.finetuning
    if bench.arena.unjudged or not settings.models:
        return ""
    known = "no document or family of a test query" if settings.protocol == "inductive" else "no pair of a test query"
    return (
        f"**Fine-tuning.** {', '.join(map(plain, settings.models))} by {', '.join(settings.recipes)}, on at most "
        f"{settings.pairs_most:,} pairs of a signal, batches of {settings.batch} with each other's documents as "
        f"negatives, temperature {settings.temperature:g}, {counted(settings.epochs, 'epoch')} at most; "
        f"{settings.test:.0%} of queries are held out for testing and {settings.development:.0%} for stopping. "
        f"{settings.protocol.title()}: {known} is learnt from."
    )


def _statistics(bench: Bench) -> str:
    settings = bench.study.statistics
    return (
        f"**Intervals and tests.** Intervals are at {settings.level:.0%}, over {settings.resamples:,} bootstrap "
        f"resamples of whole families; tests are paired randomisation tests of {settings.permutations:,} sign flips at "
        f"{1 - settings.level:.0%}, corrected by Holm's method. Everything is drawn from seed {bench.study.seed}."
    )


def say_limits(bench: Bench, readings: pd.DataFrame) -> Markdown:
    """Say what the study cannot tell: because of its data, its size, its systems, and what they read.

    Parameters
    ----------
    readings : of `report.model_figures.readings`.
    """
    lines = [_data(bench), _precision(bench), _systems(bench), _cut(readings), _elsewhere(bench)]
    return Markdown("\n".join(f"- {line}" for line in lines if line))


def _data(bench: Bench) -> str:
    name = plain(bench.arena.name)
    if bench.arena.landscape.provenance.synthetic:
        return (
            f"The landscape *{name}* is synthetic. What was planted in it can be found again; of real patents nothing "
            "follows."
        )
    return (
        f"The landscape *{name}* is one landscape. Citations stand for relevance, and a patent that should have been "
        "cited and was not counts as not relevant."
    )


def _precision(bench: Bench) -> str:
    """Say how wide intervals are: a smaller difference than that is hardly seen here."""
    if bench.arena.unjudged:
        return ""
    results, _ = retrieval_results(bench)
    mine = results[(results["landscape"] == bench.arena.name) & (results["stratum"] == "ALL")]
    mine = mine[(mine["measure"] == bench.study.main_measure) & (mine["view"] == bench.arena.views[0])]
    half = float((mine["high"] - mine["low"]).mean() / 2)
    return (
        f"Over {int(mine['n'].max()):,} queries the intervals of {bench.study.main_measure} reach {half:.3f} to either "
        "side in the mean over systems."
    )


def _systems(bench: Bench) -> str:
    cited = set(groups()[PAPER].values)
    ran = len(cited & set(bench.study.systems))
    return (
        f"Of the published study's {len(cited)} systems this run had {ran}; what is said of systems is said of those "
        f"{len(bench.study.systems)} that were run."
    )


def _cut(readings: pd.DataFrame) -> str:
    cut = readings[readings["truncated"] > 0]
    if cut.empty:
        return "No text was cut off."
    worst = cut.sort_values("truncated", kind="stable").iloc[-1]
    return (
        f"{plain(str(worst['system']))} cut {worst['truncated']:.0%} of the texts of view {worst['view']}, more "
        f"than any other system and view, and read {worst['read']:.0%} of their tokens."
    )


def _elsewhere(bench: Bench) -> str:
    if bench.arena.unjudged:
        return ""
    others = [plain(arena.name) for arena in bench.arenas[1:]]
    if not others:
        return "There is no other landscape, so nothing is known of what carries over."
    return f"What carries over was looked at on one other landscape, *{others[0]}*."
