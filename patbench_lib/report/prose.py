"""Closing paragraphs whose every number comes from a result."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
from IPython.display import Markdown

from patbench_lib.bench.arena import Arena
from patbench_lib.models.card import Card
from patbench_lib.report.labels import counted, plain


def close_landscape(arena: Arena) -> Markdown:
    """Say what the landscape is, what was repaired, and what its judgements can decide."""
    landscape = arena.landscape
    patents = landscape.patents
    repaired = [finding for finding in landscape.report.findings if finding.level == "repaired"]
    entries = sum(finding.count for finding in repaired)
    mended = (
        f"Validation repaired {entries:,} of its entries, in {counted(len(repaired), 'way')}."
        if repaired
        else "Validation had nothing to repair."
    )
    lacking = "".join(
        f" View {view} is left out: the landscape has no {' and no '.join(missing)}."
        for view, missing in arena.views_missing.items()
    )
    kind = "synthetic " if landscape.provenance.synthetic else ""
    offices = len(set(patents["office"]) - {""})
    where = f"from {counted(offices, 'office')}" if offices else "from offices that are not told"
    return Markdown(
        f"The {kind}landscape *{landscape.name}* has {len(patents):,} publications of "
        f"{patents['family_id'].nunique():,} families {where}. "
        f"{_judged(arena)} {mended}{lacking}"
    )


def _judged(arena: Arena) -> str:
    if arena.unjudged:
        return (
            f"Retrieval and fine-tuning, which are judged by it, are left out: {plain(arena.unjudged)}. "
            "Classification and clustering, which ask labels alone, are not."
        )
    judged = arena.judgements
    inside, outside = (len(judged.stratum(name).queries) for name in ("IN", "OUT"))
    return (
        f"{len(judged.queries):,} of them are queries, with {judged.pairs:,} relevant pairs "
        f"({judged.pairs / len(judged.queries):.1f} a query); {inside:,} have an answer in their own domain and "
        f"{outside:,} one outside of it."
    )


def close_models(readings: pd.DataFrame, rates: pd.DataFrame, view: str) -> Markdown:
    """Say who read how much of the leading view, and how fast the models are."""
    mine = readings[(readings["view"] == view) & readings["limit"].notna()].sort_values("read")
    whole = readings[(readings["view"] == view) & readings["limit"].isna()]["system"].tolist()
    parts = []
    if len(mine):
        worst, best = mine.iloc[0], mine.iloc[-1]
        spread = (
            f"between {worst['read']:.0%} and {best['read']:.0%}"
            if worst["read"] < best["read"]
            else f"{best['read']:.0%}"
        )
        parts.append(
            f"On view {view} the models with a limit read {spread} of the tokens, and had to cut "
            f"{worst['truncated']:.0%} of the texts where they cut most ({worst['system']})."
        )
    if whole:
        parts.append(f"Without a limit, so reading everything: {', '.join(whole)}.")
    if len(rates) > 1:
        ordered = rates.sort_values("texts_per_second")
        slow, fast = ordered.iloc[0], ordered.iloc[-1]
        factor = fast["texts_per_second"] / slow["texts_per_second"]
        parts.append(
            f"{fast['system']} encodes {fast['texts_per_second']:,.0f} texts a second, {factor:,.0f} times as many as "
            f"{slow['system']} ({slow['texts_per_second']:,.0f}), on the machine that ran this study."
        )
    return Markdown(" ".join(parts))


def close_retrieval(
    means: pd.DataFrame, comparisons: pd.DataFrame, gaps: pd.DataFrame, cards: Mapping[str, Card], baseline: str
) -> Markdown:
    """Say who leads, who differs from the baseline, how far OUT falls behind IN, and what scale does.

    Parameters
    ----------
    means, comparisons : for the leading view, all queries and the main measure.
    gaps : `relative_gap` for the leading view and the main measure.
    """
    ordered = means.sort_values("value", ascending=False)
    first = ordered.iloc[0]
    better = comparisons[comparisons["significant"] & (comparisons["difference"] > 0)]["system"].tolist()
    worse = comparisons[comparisons["significant"] & (comparisons["difference"] < 0)]["system"].tolist()
    text = (
        f"On {first['n']:,} queries and view {first['view']}, {first['system']} leads with {first['measure']} "
        f"{first['value']:.3f} [{first['low']:.3f}, {first['high']:.3f}]. "
        f"Significantly above {baseline}: {', '.join(better) or 'none'}; below: {', '.join(worse) or 'none'}. "
    )
    if len(gaps):
        low, high = gaps["gap"].min(), gaps["gap"].max()
        text += f"Outside their domain systems score {_percent(low)} to {_percent(high)} lower than inside it. "
    return Markdown(text + _scale(means, cards))


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"


def _scale(means: pd.DataFrame, cards: Mapping[str, Card]) -> str:
    """Say for each family of several sizes whether the larger member always scores higher."""
    sentences = []
    sized = [s for s in means["system"] if cards[s].family and cards[s].params_m]
    for family in dict.fromkeys(cards[s].family for s in sized):
        members = sorted((s for s in sized if cards[s].family == family), key=lambda s: cards[s].params_m or 0)
        if len(members) > 1:
            values = means.set_index("system")["value"].loc[members]
            verdict = (
                "each larger model has a higher mean" if values.is_monotonic_increasing else "means do not follow size"
            )
            steps = " → ".join(f"{name} {values[name]:.3f}" for name in members)
            sentences.append(f"In the family {family} {verdict} ({steps}).")
    return " ".join(sentences)
