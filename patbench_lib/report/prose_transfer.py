"""Words of notebook 11 whose every number comes from the settings or a result."""

from __future__ import annotations

import pandas as pd
from IPython.display import Markdown

from patbench_lib.bench.bench import Bench
from patbench_lib.bench.drift import ZERO_SHOT
from patbench_lib.bench.held_out import held_out
from patbench_lib.bench.trainings import trainings
from patbench_lib.report.change_tables import signed
from patbench_lib.report.labels import plain
from patbench_lib.report.transfer_tables import TESTED_ON, correlation, remedied, traded
from patbench_lib.report.tuning_marks import REMEDIES, WHO, titled
from patbench_lib.report.tuning_tables import why_none

NO_AWAY = "This study has no external landscape, so nothing is known of what tuning does elsewhere."


def say_transfer(bench: Bench) -> Markdown:
    """Say what models were tuned on, and on how much of which landscape they are tested."""
    if not trainings(bench):
        return Markdown(why_none(bench))
    if len(bench.arenas) < 2:
        return Markdown(NO_AWAY)
    settings, (own, away) = bench.study.finetuning, bench.arenas
    here, there = held_out(bench, own, whole=False), held_out(bench, away, whole=True)
    text = (
        f"Tuned on *{plain(own.name)}*, tested there on {len(here.queries):,} queries that were held out, and on "
        f"*{plain(away.name)}* on all its {len(there.queries):,} queries."
    )
    tried = {
        "gentle": f"{settings.gentle:g} of the learning rate",
        "both": f"pairs of both landscapes, then tested on the held-out part of *{plain(away.name)}* alone",
        "blend": f"weights that are {settings.blend:.0%} tuned and {1 - settings.blend:.0%} zero-shot",
    }
    remedies = "; ".join(tried[remedy] for remedy in settings.remedies)
    return Markdown(f"{text} Remedies tried: {remedies or 'none'}.")


def close_transfer(bench: Bench, changes: pd.DataFrame, losses: pd.DataFrame, moved: pd.DataFrame) -> Markdown:
    """Say how many tuned models lose elsewhere, whether the stronger lose more, what helps, and how far vectors moved.

    Parameters
    ----------
    changes : of both landscapes, all kinds; see `bench.changes`.
    losses : of recipes as they are on all of the external landscape; see `bench.tuning_findings.losses`.
    moved : as `bench.drift.drift` gives it.
    """
    home, landscapes = bench.arena.name, len(bench.arenas)
    if changes.empty:
        return Markdown(why_none(bench))
    if landscapes < 2:
        return Markdown(f"{NO_AWAY} Landscapes: {landscapes}. {_moved(moved, home)}")
    parts = [_losses(bench, losses), _trade(changes, home), _remedies(changes, home), _moved(moved, home)]
    return Markdown("\n\n".join(filter(None, parts)))


def _losses(bench: Bench, losses: pd.DataFrame) -> str:
    synthetic = "synthetic " if bench.arenas[1].landscape.provenance.synthetic else ""
    said = [
        f"{titled(row['measure'], row['stratum'])}: {row['worse']} of {row['n']} worse, {row['better']} better"
        for _, row in losses.iterrows()
    ]
    text = (
        f"Models tuned on *{plain(bench.arena.name)}* and tested on the {synthetic}landscape "
        f"*{plain(bench.arenas[1].name)}*, significantly different from zero-shot: {'; '.join(said)}."
    )
    every = losses[(losses["task"] == "retrieval") & (losses["stratum"] == "ALL")]
    return f"{text} {_strength(every.iloc[0])}" if len(every) else text


def _strength(row: pd.Series) -> str:
    """Say whether models that were stronger lose more in retrieval, or why that cannot be judged."""
    if row["why"]:
        return f"Whether stronger models lose more cannot be judged: {row['why']}."
    verdict = "not decided" if row["low"] <= 0 <= row["high"] else "true" if row["rho"] > 0 else "the other way round"
    return (
        f"That stronger models lose more is {verdict} here: Spearman's rank correlation of zero-shot {row['measure']} "
        f"and loss is {correlation(row)} over {row['n']} models and recipes."
    )


def _trade(changes: pd.DataFrame, home: str) -> str:
    """Say how many models and recipes gain at home and lose away, by measure."""
    said = [
        f"{measure} {int(((rows['difference_own'] > 0) & (rows['difference_external'] < 0)).sum())} of {len(rows)}"
        for measure, rows in traded(changes, home).groupby("measure", sort=False)
    ]
    return f"Better at home and worse elsewhere, significant or not: {'; '.join(said)}." if said else ""


def _remedies(changes: pd.DataFrame, home: str) -> str:
    """Say what each remedy does to the mean change, beside the same recipes as they are on the same queries."""
    mine = remedied(changes, home)
    said = []
    for kind, name in REMEDIES.items():
        parts = []
        for part, tested in mine.groupby(TESTED_ON, sort=False):
            wide = tested.pivot(index=WHO, columns="kind", values="difference")
            if kind != "plain" and kind in wide:
                before, after = wide[["plain", kind]].dropna().mean()
                parts.append(f"{plain(str(part))} {signed(before)} → {signed(after)}")
        if parts:
            said.append(f"- {name}: {', '.join(parts)}")
    if not said:
        return ""
    lines = "\n".join(said)
    return f"Mean change in {mine['measure'].iloc[0]} over models and recipes, as they are → with a remedy:\n\n{lines}"


def _moved(moved: pd.DataFrame, home: str) -> str:
    """Say how far vectors moved, and how much of what ranks texts stayed."""
    tuned = moved[moved["recipe"] != ZERO_SHOT]
    said = [
        f"{'at home' if landscape == home else 'elsewhere'} a text's vector moved by {rows['moved'].mean():.4f} in "
        f"cosine, the cosines between two texts correlate at {rows['correlation'].mean():.3f} with those before, and a "
        f"text kept {rows['kept'].mean():.0%} of its nearest neighbours"
        for landscape, rows in tuned.groupby("landscape", sort=False)
    ]
    return f"In the mean over tuned models, {'; '.join(said)}." if said else ""
