"""Tables of notebook 17: what a reviewer asks, from results, cards and the published protocols."""

from __future__ import annotations

import pandas as pd
from great_tables import GT

from patbench_lib.reference.expected import groups
from patbench_lib.report.reproduction_tables import CERTAIN
from patbench_lib.report.tables import table

COMMIT = 12
"""Characters of a commit that are shown: enough to find it."""


def runs_table(runs: pd.DataFrame, *, synthetic: bool) -> GT:
    """Return what made the numbers of each task, commits shortened.

    Parameters
    ----------
    runs : of `bench.review.runs`.
    """
    short = runs["commit"].str.replace(rf"\b([0-9a-f]{{{COMMIT}}})[0-9a-f]{{28}}", r"\1", regex=True)
    notes = ["commit: +changes where files differed from it. first, last: when rows were written, UTC."]
    if runs.empty:
        notes = ["No task of this study has results."]
    return table(runs.assign(commit=short), whole=["systems", "numbers"], notes=notes, synthetic=synthetic)


def truncated_table(readings: pd.DataFrame, *, synthetic: bool) -> GT:
    """Return the share of texts that were cut off, systems by views.

    Parameters
    ----------
    readings : of `report.model_figures.readings`.
    """
    views = list(dict.fromkeys(readings["view"]))
    wide = readings.pivot(index="system", columns="view", values="truncated")
    wide = wide.loc[list(dict.fromkeys(readings["system"])), views]
    notes = ["Documents longer than what the system reads of one; 0 where it has no limit."]
    return table(wide.reset_index(), percent=views, unbroken=["system"], notes=notes, synthetic=synthetic)


def protocols_table() -> GT:
    """Return how the published numbers were made, as far as it is known, and what this compendium decided by itself."""
    lines = [
        {
            "group": name,
            "source": group.source,
            "certainty": group.certainty,
            "protocol": group.protocol,
            "not known": group.unknown or f"Only cited: {group.why}" if group.unknown or group.why else "",
        }
        for name, group in groups().items()
        if group.origin == "published"
    ]
    frame = pd.DataFrame(lines).replace("", None)
    notes = [f"{letter}: {CERTAIN[letter]}." for letter in dict.fromkeys(frame["certainty"])]
    notes.append("What is not known of a number that can be computed is decided by this compendium.")
    return table(frame, unbroken=["group"], notes=notes)


def data_table(landscapes: pd.DataFrame, *, synthetic: bool) -> GT:
    """Return the landscapes, their fingerprints and their terms.

    Parameters
    ----------
    landscapes : of `bench.review.landscapes_of`.
    """
    notes = ["licensed: sections whose text no page shows. sha256: of the patents as they were read, its beginning."]
    shown = landscapes.assign(sha256=landscapes["sha256"].str[:COMMIT])
    return table(shown, whole=["publications"], unbroken=["landscape"], notes=notes, synthetic=synthetic)


def models_table(models: pd.DataFrame) -> GT:
    """Return the weights and their terms.

    Parameters
    ----------
    models : of `bench.review.models_of`.
    """
    return table(models.assign(revision=models["revision"].str[:COMMIT]), unbroken=["system"])
