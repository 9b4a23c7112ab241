"""Words of notebook 13: what its text is, in the title too, and what its numbers say."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
from IPython.display import Markdown

from patbench_lib.bench.bench import Bench
from patbench_lib.bench.expert_tuning import EXPERTS
from patbench_lib.bench.expert_views import ExpertViews, expert_share
from patbench_lib.bench.partitions import pairs, partition
from patbench_lib.landscape.views import EXPERT, NEEDS
from patbench_lib.report.change_tables import signed
from patbench_lib.report.labels import plain

REWRITTEN = "the demo's rewritten text, synthetic, not Derwent's"
LICENSED = "a licensed export, of which numbers alone are shown"


def source_of(bench: Bench) -> str:
    """Return what the expert-written text of a study's landscape is."""
    landscape = bench.arena.landscape
    if not expert_share(bench)[0]:
        return "none in this landscape"
    if landscape.provenance.synthetic:
        return REWRITTEN
    return f"as landscape {bench.arena.name} brings it" if landscape.may_show(*NEEDS[EXPERT]) else LICENSED


def say_subtitle(bench: Bench) -> Markdown:
    """Say what the expert-written text is, as a heading: the site puts it into the page's title."""
    source = plain(source_of(bench))
    return Markdown(f"## {source[0].upper()}{source[1:]}")


def say_texts(bench: Bench) -> Markdown:
    """Say how many publications have an expert's text and which are compared."""
    views, (told, of) = ExpertViews(bench), expert_share(bench)
    source = f": {plain(source_of(bench))}" if told else ""
    shared = f"{told:,} of {of:,} publications ({told / of:.0%}) have expert-written text{source}."
    if views.lacking:
        return Markdown(f"{shared} {plain(views.lacking)} So there is nothing to compare on these pages.")
    asked, queries = len(views.judgements.queries), len(bench.arena.judgements.queries)
    rest = of - len(views.rows)
    left = f" The other {rest:,} are left out: no view takes one text for another." if rest else ""
    return Markdown(
        f"{shared} {len(views.rows):,} have a text in view {EXPERT} and in every own view ({', '.join(views.own)}), "
        f"and are compared; {asked:,} of {queries:,} queries are among them with an answer that is too.{left}"
    )


def close_expert(bench: Bench, tables: Mapping[str, pd.DataFrame]) -> Markdown:
    """Say in which tasks the expert's text serves better, what mixed pairs do, and how the two texts differ."""
    views = ExpertViews(bench)
    if views.lacking:
        told, of = expert_share(bench)
        return Markdown(f"{plain(views.lacking)} {told:,} of {of:,} publications have expert-written text.")
    parts = [_texts(tables["wording"], views.own[0], bench), _ahead(tables["differences"], views.own[0])]
    parts += [_others(tables["differences"], views.own[0]), _mixed(tables["mixed"], views.own[0])]
    return Markdown("\n\n".join(filter(None, parts)))


def close_expert_tuning(bench: Bench, changes: pd.DataFrame, why: str) -> Markdown:
    """Say what learning from both texts changes, and how often it gains most among the recipes beside it.

    Parameters
    ----------
    changes, why : as `bench.expert_tuning.expert_changes` gives them.
    """
    if changes.empty:
        return Markdown(f"{plain(why)} So 0 models were tuned by {EXPERTS}.")
    made = pairs(bench, bench.arena, EXPERTS)
    parts, told = partition(bench, bench.arena), []
    for (model, measure), rows in changes.groupby(["model", "measure"], sort=False):
        mine = rows[rows["recipe"] == EXPERTS].iloc[0]
        sure = "significant" if mine["significant"] else "not significant"
        rank = int((rows["difference"] > mine["difference"]).sum()) + 1
        place = f", place {rank} of {len(rows)} recipes" if len(rows) > 1 else ""
        ends = f"[{signed(mine['low'])}, {signed(mine['high'])}]"
        told.append(f"{plain(str(model))} {measure} {signed(mine['difference'])} {ends}, {sure}{place}")
    return Markdown(
        f"{EXPERTS} learnt from {len(made):,} pairs of {len(parts.rows('train')):,} training publications. Against "
        f"zero-shot, on the held-out part: {'; '.join(told)}."
    )


def _texts(wording: pd.DataFrame, own: str, bench: Bench) -> str:
    words = {side: wording[f"{side}_words"].mean() for side in ("own", "other")}
    return (
        f"On {plain(source_of(bench))}: {EXPERT} has {words['other']:.0f} words where {own} has {words['own']:.0f}, "
        f"and {wording['new'].mean():.0%} of its distinct words are not in {own} (means over {len(wording):,} "
        "publications)."
    )


def _ahead(differences: pd.DataFrame, own: str) -> str:
    """Say by measure how far the expert's view is above the first own view, and for how many systems surely."""
    mine = differences[differences["view"] == own]
    told = [f"{measure} {_span(rows)}" for measure, rows in mine.groupby("measure", sort=False)]
    return f"{EXPERT} less {own}, by systems: {'; '.join(told)}."


def _others(differences: pd.DataFrame, own: str) -> str:
    """Say of retrieval how the expert's view stands to the other own views."""
    rest = differences[(differences["view"] != own) & (differences["task"] == "retrieval")]
    told = [f"less {view} {_span(rows)}" for view, rows in rest.groupby("view", sort=False)]
    return f"In retrieval {EXPERT} {'; '.join(told)}." if told else ""


def _mixed(mixed: pd.DataFrame, own: str) -> str:
    """Say what mixed pairs change against own text on both sides."""
    told = [
        f"queries in {asked} for documents in {held} {_span(rows)}"
        for (asked, held), rows in mixed.groupby(["asked", "held"], sort=False)
    ]
    return f"Against {own} on both sides: {'; '.join(told)}." if told else ""


def _span(rows: pd.DataFrame) -> str:
    """Return the least and the greatest difference of systems, and how many of these are significant."""
    above, below = ((rows["significant"] & (sign * rows["difference"] > 0)).sum() for sign in (1, -1))
    low, high = (signed(end) for end in (rows["difference"].min(), rows["difference"].max()))
    between = f"{low} to {high}" if low != high else low
    return f"{between} (significantly above for {above}, below for {below} of {len(rows)})"
