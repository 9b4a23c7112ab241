"""Words of notebook 08 whose every number comes from the settings or a result."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
from IPython.display import Markdown

from patbench_lib.bench.bench import Bench
from patbench_lib.bench.classification import MAIN, usable_sets
from patbench_lib.bench.classified import splits
from patbench_lib.bench.variants import single_vector
from patbench_lib.landscape.label_sets import available
from patbench_lib.models.card import Card
from patbench_lib.report.labels import plain


def say_protocol(bench: Bench) -> Markdown:
    """Say how this study splits, fits and decides, what vectors are made with, and which systems take no part."""
    settings, systems = bench.study.classification, single_vector(bench)
    standardised = "brought to mean 0 and deviation 1 over training" if settings.standardise else "as they are"
    threshold = "tuned for each label on validation" if settings.threshold == "tuned" else "0.5 for every label"
    cut = "down to the frequency that is best for micro-F1 on validation"
    prior = cut if settings.threshold == "tuned" else "that more than half of the training publications have"
    without = [system for system in bench.study.systems if system not in systems]
    said = [
        _parts(bench),
        f"The probe takes vectors {standardised}, tries C = {', '.join(f'{c:g}' for c in settings.strengths)} and "
        f"keeps the one with the least log-loss on validation; its threshold is {threshold}. kNN takes the vectors as "
        f"they are and gives a label that most of the {settings.neighbours} nearest training publications have.",
        f"Baselines: {', '.join(settings.baselines)}; all others are tested against {settings.baseline}."
        + (f" The prior gives every publication the labels {prior}." if "prior" in settings.baselines else ""),
    ]
    if systems:
        said.append(_prompts({system: bench.study.card(system) for system in systems}))
    if without:
        said.append(f"{', '.join(without)}: without one vector a text, so no features to learn from.")
    return Markdown("\n\n".join(said))


def _prompts(cards: Mapping[str, Card]) -> str:
    """Say which models read a text with words, or an adapter, of their own for this task."""
    own = [name for name, card in cards.items() if _own(card)]
    which = f"here {', '.join(own)}" if own else "here none"
    return (
        f"Vectors are made with the prompt or adapter for classification where a model's card has one ({which}), else "
        "with what retrieval puts before documents."
    )


def _own(card: Card) -> bool:
    return "classification" in card.task_prompts or "classification" in card.encode_tasks


def _parts(bench: Bench) -> str:
    settings, arena = bench.study.classification, bench.arena
    train = 1 - settings.validation - settings.test
    shares = f"{train:.0%} of families to train, {settings.validation:.0%} to choose, {settings.test:.0%} to test"
    if settings.split == "stratified":
        drawn = f"drawn {settings.repeats} times" if settings.repeats > 1 else "drawn once"
        return f"Split: {shares}, by iterative stratification, {drawn}."
    left = {}
    for labels in usable_sets(bench, arena)[0]:
        (split,) = splits(bench, arena, labels)
        left[labels.name] = f"{plain(labels.name)} {len(split.straddling)} and {len(split.undated)}"
    told = f" Left out, publications of families on both sides and without a date: {'; '.join(left.values())}."
    return f"Split: {shares}, by date, the latest families to test.{told if left else ''}"


def close_classification(
    bench: Bench,
    results: pd.DataFrame,
    comparisons: pd.DataFrame,
    curve: pd.DataFrame,
    differences: pd.DataFrame,
    chosen: pd.DataFrame,
) -> Markdown:
    """Say who leads on each label set, who beats the baseline, what kNN, size, examples and views change.

    Parameters
    ----------
    results, comparisons : as `bench.classification.classification_results` gives them.
    curve, differences : of the leading label set, as `bench.classification_by` gives them.
    chosen : as its `chosen` gives it.
    """
    if results.empty:
        return Markdown(_nothing(bench))
    main = results[results["measure"] == MAIN]
    tests = comparisons[comparisons["measure"] == MAIN]
    cards = {system: bench.study.card(system) for system in bench.study.systems}
    lead = main["label_set"].iloc[0]
    of_lead = main[main["label_set"] == lead].set_index("classifier")
    parts = [
        _leaders(main, tests, bench.study.classification.baseline),
        " ".join(part for part in (_neighbours(main), _size(of_lead, cards, lead)) if part),
        " ".join(part for part in (_examples(curve, lead), _views(differences), _edge(chosen)) if part),
    ]
    return Markdown("\n\n".join(part for part in parts if part))


def _nothing(bench: Bench) -> str:
    reasons = usable_sets(bench, bench.arena)[1]
    why = "; ".join(f"{plain(name)}: {plain(reason)}" for name, reason in reasons.items())
    known = ", ".join(map(plain, available(bench.arena.landscape))) or "none"
    count = len(bench.arena.landscape)
    return (
        f"None of the study's {len(reasons)} label sets can be used on {count:,} publications. {why}. "
        f"Available: {known}."
    )


def _leaders(main: pd.DataFrame, tests: pd.DataFrame, baseline: str) -> str:
    sentences = []
    for name, mine in main.groupby("label_set", sort=False):
        ordered = mine.sort_values("value", ascending=False)
        first, tested = ordered.iloc[0], tests[tests["label_set"] == name]
        apart = tested[tested["significant"]]
        above, below = (apart["difference"] > 0).sum(), (apart["difference"] < 0).sum()
        spread = f", ± {first['spread']:.3f} over {first['repeats']} splits" if first["repeats"] > 1 else ""
        sentences.append(
            f"**{plain(str(name))}** ({first['labels']:,} labels, {first['n']:,} publications tested): "
            f"{first['classifier']} leads with {MAIN} {first['value']:.3f} [{first['low']:.3f}, "
            f"{first['high']:.3f}]{spread}; of {len(tested)} classifiers, significantly above "
            f"{baseline}: {above}, below: {below}."
        )
    return "\n".join(f"- {sentence}" for sentence in sentences)


def _neighbours(main: pd.DataFrame) -> str:
    wide = main[main["method"] != "baseline"].pivot(index=["label_set", "system"], columns="method", values="value")
    if wide.empty:
        return "No system of the study gives a text one vector, so there is no probe."
    wins = int((wide["probe"] > wide["kNN"]).sum())
    return f"The probe is above kNN on the same vectors in {wins} of {len(wide)} pairs of a system and a label set."


def _size(of_lead: pd.DataFrame, cards: Mapping[str, Card], name: str) -> str:
    """Say for each family of several sizes what its members reach on the leading label set, the smallest first."""
    values = of_lead[of_lead["method"] == "probe"].set_index("system")["value"]
    sized = [system for system in values.index if cards[system].family and cards[system].params_m]
    sentences = []
    for family in dict.fromkeys(cards[system].family for system in sized):
        members = sorted((s for s in sized if cards[s].family == family), key=lambda s: cards[s].params_m or 0)
        if len(members) > 1:
            steps = " → ".join(f"{system} {values[system]:.3f}" for system in members)
            sentences.append(f"Family {family}, probe, {MAIN} on {plain(name)} in the order of size: {steps}.")
    return " ".join(sentences)


def _examples(curve: pd.DataFrame, name: str) -> str:
    """Say who is best with the fewest examples, and who with the most."""
    mine = curve[curve["measure"] == MAIN]
    if mine["share"].nunique() < 2:
        return ""
    sentences = []
    for share in (mine["share"].min(), mine["share"].max()):
        best = mine[mine["share"] == share].sort_values("value").iloc[-1]
        sentences.append(f"from {best['train']:,.0f} training publications, {best['classifier']} ({best['value']:.3f})")
    return f"Of probes and baselines, the best on {plain(name)}: {'; '.join(sentences)}."


def _views(differences: pd.DataFrame) -> str:
    mine = differences[differences["measure"] == MAIN]
    if mine.empty:
        return ""
    apart = mine[mine["significant"]]
    above, below = (apart["difference"] > 0).sum(), (apart["difference"] < 0).sum()
    return (
        f"Of {len(mine)} comparisons of another view with the leading one, {above} are significantly above it and "
        f"{below} below."
    )


def _edge(chosen: pd.DataFrame) -> str:
    if chosen.empty:
        return ""
    at_edge = int(chosen["at_edge"].sum())
    if not at_edge:
        return "No chosen strength is the first or the last one tried."
    return (
        f"Of {len(chosen)} chosen strengths {at_edge} are the first or the last one tried: a wider range may do better."
    )
