"""The abstract of a study's paper, whose every number comes from the settings or a result."""

from __future__ import annotations

from collections import Counter

import pandas as pd
from IPython.display import Markdown

from patbench_lib.bench.bench import Bench
from patbench_lib.bench.claims import judged
from patbench_lib.bench.finetuning import finetuning_results
from patbench_lib.bench.leaderboard import board, ranks
from patbench_lib.bench.results import retrieval_results
from patbench_lib.bench.tuning_findings import MEAN, best
from patbench_lib.report.change_tables import signed
from patbench_lib.report.labels import counted, plain
from patbench_lib.report.prose_claims import VERDICTS
from patbench_lib.report.prose_views import CLAIMED

KINDS = {
    "lexical": "lexical",
    "lsa": "latent-semantic",
    "static": "static",
    "dense": "dense",
    "late-interaction": "late-interaction",
}
"""What an abstract calls the kinds of systems that rank."""


def abstract(bench: Bench) -> Markdown:
    """Say in one paragraph what was run on what, and what came of each task that the study has."""
    values = board(bench)
    parts = [_subject(bench), _retrieval(bench), _tasks(values)]
    if not bench.arena.unjudged:
        parts += [_tuning(bench), _claims(bench)]
    return Markdown(" ".join(part for part in parts if part))


def _subject(bench: Bench) -> str:
    arena, study = bench.arena, bench.study
    kinds = Counter(KINDS[study.card(system).kind] for system in study.systems)
    systems = ", ".join(f"{count} {kind}" for kind, count in kinds.items())
    patents = f"{len(arena.landscape):,} publications of {arena.landscape.patents['family_id'].nunique():,} families"
    asked = "" if arena.unjudged else f", {len(arena.judgements.queries):,} of them queries"
    made = "synthetic " if arena.landscape.provenance.synthetic else ""
    return (
        f"On the {made}landscape *{plain(arena.name)}* ({patents}{asked}), {counted(len(study.systems), 'system')} "
        f"({systems}) read {counted(len(arena.views), 'text view')}."
    )


def _retrieval(bench: Bench) -> str:
    """Say who leads in retrieval, who differs from the baseline, which view is best, and how far OUT falls behind."""
    if bench.arena.unjudged:
        return "Nobody is cited in it, so that retrieval and fine-tuning cannot be judged."
    results, comparisons = retrieval_results(bench)
    study, home = bench.study, bench.arena.name
    mine = results[(results["landscape"] == home) & (results["measure"] == study.main_measure)]
    every = mine[mine["stratum"] == "ALL"]
    lead = every[every["view"] == bench.arena.views[0]]
    first = lead.sort_values("value", kind="stable").iloc[-1]
    tests = comparisons[(comparisons["landscape"] == home) & (comparisons["measure"] == study.main_measure)]
    tests = tests[(tests["stratum"] == "ALL") & (tests["view"] == bench.arena.views[0]) & tests["significant"]]
    above, below = int((tests["difference"] > 0).sum()), int((tests["difference"] < 0).sum())
    text = (
        f"In retrieval by view {first['view']}, {plain(str(first['system']))} leads with {study.main_measure} "
        f"{first['value']:.3f} [{first['low']:.3f}, {first['high']:.3f}]; systems significantly above "
        f"{plain(study.baseline)}: {above}, below it: {below}."
    )
    return f"{text} {_views(every)} {_strata(mine[mine['view'] == bench.arena.views[0]])}".strip()


def _views(every: pd.DataFrame) -> str:
    wide = every.pivot(index="system", columns="view", values="value")
    if CLAIMED not in wide or wide.shape[1] < 2:
        return ""
    wins = int((wide[CLAIMED] == wide.max(axis=1)).sum())
    return f"Of {wide.shape[1]} views {CLAIMED} is the best for {wins} of {counted(len(wide), 'system')}."


def _strata(mine: pd.DataFrame) -> str:
    """Say how much lower systems score outside of the domain, those that find something inside it."""
    wide = mine.pivot(index="system", columns="stratum", values="value")
    if not {"IN", "OUT"} <= set(wide):
        return ""
    wide = wide[wide["IN"] > 0].dropna()
    if wide.empty:
        return ""
    gap = 1 - wide["OUT"] / wide["IN"]
    low, high = gap.min(), gap.max()
    return f"Answers outside of a query's domain score {low:.0%} to {high:.0%} lower than answers inside, by system."


def _tasks(values: pd.DataFrame) -> str:
    """Say who leads in labels and clusters, and over all tasks."""
    said = []
    deciding = values[values["decides"] & values["task"].isin(["classification", "clustering"])]
    for task, mine in deciding.groupby("task", sort=False):
        top = mine.sort_values("value", kind="stable").iloc[-1]
        said.append(f"in {task} {plain(str(top['system']))} ({top['measure']} {top['value']:.3f})")
    text = f"Highest {' and '.join(said)}." if said else ""
    placed, tasks = ranks(values), values[values["decides"]]["task"].nunique()
    if len(placed) < 2 or tasks < 2:
        return text
    name, mean = plain(str(placed.index[0])), placed["mean"].iloc[0]
    return f"{text} {name} has the best mean rank over {tasks} tasks ({mean:.3g})."


def _tuning(bench: Bench) -> str:
    """Say which recipe gains most in what, and what becomes of it elsewhere."""
    found = finetuning_results(bench)
    changes = found["changes"]
    plainly = changes[(changes["kind"] == "plain") & (changes["stratum"] == "ALL")]
    here = plainly[plainly["landscape"] == bench.arena.name]
    if here.empty:
        return ""
    winners = best(here, found["orders"])
    means = winners[winners["model"] == MEAN]
    said = [f"{row['measure']} {row['best']} ({signed(row['difference'])})" for _, row in means.iterrows()]
    sure = here[here["significant"]]
    gains, losses = int((sure["difference"] > 0).sum()), int((sure["difference"] < 0).sum())
    text = (
        f"{counted(here['model'].nunique(), 'model')} fine-tuned by {counted(here['recipe'].nunique(), 'recipe')}: the "
        f"greatest mean change is {'; '.join(said)}; significant of {counted(len(here), 'change')}: {gains} up, "
        f"{losses} down."
    )
    away = plainly[(plainly["landscape"] != bench.arena.name) & plainly["whole"] & (plainly["task"] == "retrieval")]
    if away.empty:
        return text
    apart = away[away["significant"]]
    worse, better = int((apart["difference"] < 0).sum()), int((apart["difference"] > 0).sum())
    return (
        f"{text} On *{plain(str(away['landscape'].iloc[0]))}*, which they were not tuned on, retrieval is "
        f"significantly worse than before in {worse} of {counted(len(away), 'case')}, better in {better}."
    )


def _claims(bench: Bench) -> str:
    found = judged(bench)
    counts = found.verdicts["verdict"].value_counts()
    said = [f"{verdict}: {counts[verdict]}" for verdict in VERDICTS if verdict in counts]
    return f"Of {counted(len(found.verdicts), 'statement')} judged here, {', '.join(said)}."
