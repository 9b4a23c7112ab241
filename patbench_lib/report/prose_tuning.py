"""Words of notebook 10 whose every number comes from the settings or a result."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
from IPython.display import Markdown

from patbench_lib.bench.bench import Bench
from patbench_lib.bench.partitions import audited, copies, partition
from patbench_lib.bench.tuning_findings import FEWEST, MEAN
from patbench_lib.finetune.pairs import Pairs
from patbench_lib.landscape.leakage import Finding
from patbench_lib.report.change_tables import NO_CONTROL, PROTOCOLS, signed
from patbench_lib.report.labels import counted, plain
from patbench_lib.report.tuning_marks import SMALLEST, WHO
from patbench_lib.report.tuning_tables import why_none


def say_split(bench: Bench, made: Sequence[Pairs]) -> Markdown:
    """Say how the landscape was parted, and what the audit finds."""
    if not made:
        return Markdown(why_none(bench))
    parts = partition(bench, bench.arena)
    found = [finding for finding in audited(bench, bench.arena) if finding.leak]
    copied = [finding for _, findings in copies(bench, bench.arena, parts) for finding in findings]
    return Markdown(f"{parts.told()}\n\n{_audit(found, copied, others=len(bench.arenas) > 1)}")


def _audit(found: Sequence[Finding], copied: Sequence[Finding], *, others: bool) -> str:
    if not found and not copied:
        text = "The audit finds 0 families, citations and near-duplicate texts that training shares with development "
        return text + ("and test, and 0 of its publications and texts elsewhere." if others else "and test.")
    said = [
        f"{len(each.pairs):,} pairs by {each.kind}{f' ({plain(each.what)})' if each.what else ''}"
        for each in (*found, *copied)
    ]
    return f"The audit finds what training should not share: {'; '.join(said)}. Gains are to be read with that in mind."


def close_tuning(bench: Bench, changes: pd.DataFrame, best: pd.DataFrame, kept_order: pd.DataFrame) -> Markdown:
    """Say which recipe gains most in what, how sure that is, and whether the amount of data explains it.

    Parameters
    ----------
    changes : of the study's own landscape, all kinds; see `bench.changes`.
    best, kept_order : of these, as `bench.tuning_findings` gives them.
    """
    own = changes[(changes["kind"] == "plain") & (changes["stratum"] == "ALL")]
    if own.empty:
        return Markdown(why_none(bench))
    synthetic = "synthetic " if bench.arena.landscape.provenance.synthetic else ""
    models, recipes = own["model"].nunique(), own["recipe"].nunique()
    opening = (
        f"Tested on the held-out part of the {synthetic}landscape *{plain(bench.arena.name)}*, under the "
        f"{bench.study.finetuning.protocol} protocol: {counted(models, 'model')} tuned by "
        f"{counted(recipes, 'recipe')}. {_significant(own)}"
    )
    winners = _best(best[best["kind"] == "plain"]) if recipes > 1 else ""
    return Markdown("\n\n".join(filter(None, [opening, winners, _control(kept_order), _protocols(changes)])))


def _significant(rows: pd.DataFrame) -> str:
    """Say of each measure how many changes are significant, and on how much they were tested."""
    said = []
    for measure, mine in rows.groupby("measure", sort=False):
        sure = mine[mine["significant"]]
        above, below = int((sure["difference"] > 0).sum()), int((sure["difference"] < 0).sum())
        said.append(f"{measure} {above} above and {below} below ({mine['n'].max():,} tested)")
    return f"Significantly different from zero-shot, after Holm's correction: {'; '.join(said)}."


def _best(best: pd.DataFrame) -> str:
    """Say which of several recipes gains most in the mean over models, and whether it is one for all measures.

    Parameters
    ----------
    best : of one kind; means are there where a model has all recipes.
    """
    rows, models = best[best["model"] == MEAN], best[best["model"] != MEAN]
    gains = rows[rows["difference"] >= SMALLEST]
    if gains.empty:
        return f"In the mean over models no recipe gains in any of {len(rows)} measures."
    said = [f"{row['measure']} {row['best']} ({signed(row['difference'])})" for _, row in gains.iterrows()]
    none = rows.loc[rows["difference"] < SMALLEST, "measure"].tolist()
    said += [f"{', '.join(none)} none"] if none else []
    verdict = "One recipe gains most wherever one gains" if gains["best"].nunique() == 1 else "No recipe is best in all"
    over = counted(models["model"].nunique(), "model")
    text = f"{verdict}. By the mean change over {over}: {', '.join(said)}."
    if models["apart"].notna().any():
        text += (
            f" In {int(models['apart'].fillna(value=False).sum())} of {len(models)} cases of a model and a measure is "
            "the best recipe significantly above the second best."
        )
    return text


def _control(kept_order: pd.DataFrame) -> str:
    if kept_order.empty:
        return f"Whether the amount of data explains the order of recipes cannot be judged. {NO_CONTROL}"
    judged = kept_order[(kept_order["n"] >= FEWEST) & kept_order["tau"].notna()]
    if judged.empty:
        most = int(kept_order["n"].max())
        return f"Whether the amount of data explains the order of recipes cannot be judged from {most} changes."
    said = [f"{row['measure']} τ = {_number(row['tau'])} (p = {row['p']:.3f})" for _, row in judged.iterrows()]
    return (
        f"With equally many pairs and steps for all, the order of {judged['n'].max()} changes, recipes of one model "
        f"against each other, agrees with that of all pairs as follows: {'; '.join(said)}. The best recipe stays the "
        f"best in {judged['same_best'].sum()} of {judged['models'].sum()} cases of a model and a measure."
    )


def _protocols(changes: pd.DataFrame) -> str:
    """Say how much more the looser protocol would report."""
    mine = changes[(changes["stratum"] == "ALL") & (changes["task"] == "retrieval")]
    wide = mine.pivot(index=WHO, columns="kind", values="difference")
    if not set(PROTOCOLS) <= set(wide):
        return ""
    both = wide[[*PROTOCOLS]].dropna()
    strict, loose = both["plain"].mean(), both["transductive"].mean()
    return (
        f"Had the documents of test queries been seen in training, as under the transductive protocol, the mean change "
        f"in {mine['measure'].iloc[0]} would be reported as {signed(loose)} in place of {signed(strict)}, over "
        f"{counted(len(both), 'training')}."
    )


def _number(value: float) -> str:
    return f"{value:.2f}".replace("-", "−")
