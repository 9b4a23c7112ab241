"""Words of notebook 17 whose every number comes from the study or a result."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
from IPython.display import Markdown

from patbench_lib.bench.bench import Bench
from patbench_lib.bench.trainings import trainings
from patbench_lib.reference.expected import groups
from patbench_lib.report.labels import counted, plain
from patbench_lib.report.prose_tuning import say_split
from patbench_lib.report.tuning_tables import pairs_of


def say_audit(bench: Bench) -> Markdown:
    """Say whether anything was trained, and what the audit of it finds."""
    if reason := bench.arena.unjudged:
        return Markdown(f"0 models were trained, so nothing can leak: {plain(reason)}.")
    made = pairs_of(bench)
    count = f"{counted(len(trainings(bench)), 'training')} planned. " if made else ""
    return Markdown(f"{count}{say_split(bench, made).data}")


def say_recompute(bench: Bench) -> Markdown:
    """Say by which lines a figure, a number or the whole study is computed again."""
    name = bench.study.name
    lines = [
        (f"patbench figure --study {name}", "lists the figures of these pages"),
        (
            f"patbench figure NAME --study {name}",
            "draws one again from the scores of single queries and publications, and says whether it is the same",
        ),
        (f"patbench audit --study {name}", "repeats the audit, with the publications concerned"),
        ("patbench reproduce", "computes what of the published numbers can be computed on the machine"),
        (f"patbench results --study {name} --sql …", "asks the tables of results"),
        (f"make site STUDY={name}", "runs what is not up to date, and nothing else"),
    ]
    return Markdown(
        "\n".join(["| line | what it does |", "|:--|:--|", *(f"| `{one}` | {what} |" for one, what in lines)])
    )


def close_review(bench: Bench, results: Mapping[str, pd.DataFrame], readings: pd.DataFrame) -> Markdown:
    """Say how many numbers there are, how they were made, and what of the published protocol is not known."""
    numbers = sum(map(len, results.values()))
    commits = {commit for table in results.values() for commit in table["commit"]}
    machines = {machine for table in results.values() for machine in table["hardware"]}
    text = f"{numbers:,} numbers in {counted(len(results), 'table')} of results, from seed {bench.study.seed}: "
    text += f"{counted(len(commits - {''}), 'commit')}, {counted(len(machines), 'machine')}. "
    if "" in commits:
        text += "Some were computed outside a checkout, so that their commit is not known. "
    if any(commit.endswith("+changes") for commit in commits):
        text += "Some were computed by code that differed from its commit. "
    cut = readings[readings["truncated"] > 0]
    text += f"{len(cut)} of {len(readings)} pairs of a system and a view have texts that were cut off"
    if len(cut):
        worst = cut.sort_values("truncated").iloc[-1]
        text += (
            f", most of them {plain(str(worst['system']))} on {worst['view']} ({worst['truncated']:.0%} of the texts)"
        )
    published = [group for group in groups().values() if group.origin == "published"]
    open_ = sum(bool(group.unknown or group.why) for group in published)
    return Markdown(
        f"{text}. Of {len(published)} groups of published numbers, {open_} leave something open that is not known here."
    )
