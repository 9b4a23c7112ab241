"""Closing paragraph of notebook 04, whose every number comes from a result."""

from __future__ import annotations

import pandas as pd
from IPython.display import Markdown

from patbench_lib.bench.passages import WHOLE, PassageResults

CLAIMED = "TAC"
"""The view that the published study found best nearly everywhere."""


def close_views(
    means: pd.DataFrame, differences: pd.DataFrame, matrix: pd.DataFrame, mixed: pd.DataFrame, passages: PassageResults
) -> Markdown:
    """Say which view wins, whether the published claim holds here, what mixing views does, and what passages bring.

    Parameters
    ----------
    means : system, view, measure, value, low, high, n, for one landscape, all queries and the main measure.
    differences : `bench.views.view_differences`.
    matrix, mixed : the tables of `bench.views.matrix_results`.
    passages : `bench.passages.passage_results`.
    """
    parts = [_winners(means, differences), _claim(means, differences), _mixed(matrix, mixed), _passages(passages)]
    return Markdown("\n\n".join(part for part in parts if part))


def _best(means: pd.DataFrame) -> pd.Series:
    """Return the best view of each system."""
    best: pd.Series[str] = means.loc[means.groupby("system")["value"].idxmax()].set_index("system")["view"]
    return best


def _winners(means: pd.DataFrame, differences: pd.DataFrame) -> str:
    top = means.sort_values("value").iloc[-1]
    said = (
        f"The highest {top['measure']} of any system and view is {top['value']:.3f} "
        f"[{top['low']:.3f}, {top['high']:.3f}], of {top['system']} on {top['view']}, over {top['n']:,} queries."
    )
    lead = means["view"].iloc[0]
    if differences.empty:
        return f"{said} {lead} is the only view, so views cannot be compared."
    wins = ", ".join(f"{view} for {n}" for view, n in _best(means).value_counts().items())
    apart = differences[differences["significant"]]
    above, below = (apart["difference"] > 0).sum(), (apart["difference"] < 0).sum()
    return (
        f"{said} The best view, by systems: {wins}. Of {len(differences)} comparisons of another view with "
        f"{lead}, significantly above it: {above}; below: {below}."
    )


def _claim(means: pd.DataFrame, differences: pd.DataFrame) -> str:
    lead, best = means["view"].iloc[0], _best(means)
    if CLAIMED not in set(means["view"]) or differences.empty:
        return f"That {CLAIMED} is the best view cannot be checked on this study's views."
    wins, total = int((best == CLAIMED).sum()), len(best)
    said = f"{CLAIMED}, published as the best view nearly everywhere, is best for {wins} of {total} systems here"
    if lead != CLAIMED:
        return f"{said}."
    beaten = differences[differences["significant"] & (differences["difference"] > 0)]["system"].nunique()
    return f"{said}; for {beaten} of {total} another view is significantly better."


def _mixed(matrix: pd.DataFrame, mixed: pd.DataFrame) -> str:
    if mixed.empty:
        return ""
    sentences = []
    for system, mine in matrix.groupby("system", sort=False):
        top = mine.sort_values("value").iloc[-1]
        asked, held = top["asked"], top["held"]
        pair = (
            f"with {asked} for documents in {asked} too" if asked == held else f"with {asked} for documents in {held}"
        )
        tried = mixed[mixed["system"] == system]
        apart = tried[tried["significant"]]
        above, below = (apart["difference"] > 0).sum(), (apart["difference"] < 0).sum()
        sentences.append(
            f"{system} does best when asked {pair} ({top['value']:.3f}); of {len(tried)} mixed pairs, "
            f"significantly above asking with the documents' own view: {above}; below: {below}."
        )
    return " ".join(sentences)


def _passages(passages: PassageResults) -> str:
    refused = [f"{system} could not read in passages. {why}" for system, why in passages.refused.items()]
    if passages.values.empty:
        return " ".join(refused) or "No system was asked to read in passages."
    sentences = []
    for system, mine in passages.differences.groupby("system", sort=False):
        best = mine.sort_values("difference").iloc[-1]
        costs = passages.costs[passages.costs["system"] == system]
        whole, cut = (costs[costs["reading"] == reading].iloc[0] for reading in (WHOLE, best["reading"]))
        verdict = "significant" if best["significant"] else "not significant"
        sentences.append(
            f"{system} reads {whole['read']:.0%} of the text from its beginning and {cut['read']:.0%} in passages. "
            f"The best scoring of passages, {best['reading']}, changes its score by {best['difference']:+.3f} "
            f"[{best['low']:+.3f}, {best['high']:+.3f}], which is {verdict} once corrected for the "
            f"three, for {_times(cut, whole, 'tokens')} the tokens and {_times(cut, whole, 'vectors')} the vectors."
        )
    return " ".join([*sentences, *refused])


def _times(one: pd.Series, other: pd.Series, what: str) -> str:
    return f"{one[what] / other[what]:.1f} times"
