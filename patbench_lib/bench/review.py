"""What a reviewer asks of a study: what was run, where, when and by which code, read off the tables of results."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

import pandas as pd

from patbench_lib.bench.bench import Bench
from patbench_lib.bench.classification import classification_results
from patbench_lib.bench.clustering import clustering_results
from patbench_lib.bench.results import retrieval_results

RUNS = ["task", "systems", "numbers", "seed", "commit", "hardware", "first", "last"]


def results_of(bench: Bench) -> dict[str, pd.DataFrame]:
    """Return the table of results of each task that the study has, computed or found, by task."""
    found = {} if bench.arena.unjudged else {"retrieval": retrieval_results(bench)[0]}
    found |= {"classification": classification_results(bench)[0], "clustering": clustering_results(bench)}
    return {task: table for task, table in found.items() if len(table)}


def runs(results: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Return what made the numbers of each task.

    Returns
    -------
    pandas.DataFrame
        task, systems and numbers (how many), seed, commit, hardware (each with all that there is of it), first and last
        (when the table's rows were written, in UTC).
    """
    rows = [
        {
            "task": task,
            "systems": table["system"].nunique(),
            "numbers": len(table),
            **{name: _all(table[name]) for name in ("seed", "commit", "hardware")},
            "first": _when(table["written"].min()),
            "last": _when(table["written"].max()),
        }
        for task, table in results.items()
    ]
    return pd.DataFrame(rows, columns=RUNS)


def versions_of(results: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Return the versions of packages that made the numbers: package, version; all of them where there are several."""
    made = [json.loads(text) for table in results.values() for text in table["versions"].unique()]
    packages = dict.fromkeys(package for versions in made for package in versions)
    rows = [(package, _all(versions.get(package, "absent") for versions in made)) for package in packages]
    return pd.DataFrame(rows, columns=["package", "version"])


def _all(values: Iterable[object]) -> str:
    return ", ".join(str(value) or "not known" for value in dict.fromkeys(values))


def _when(seconds: float) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M}"


def landscapes_of(bench: Bench) -> pd.DataFrame:
    """Return the data of a study; another landscape than its own only where retrieval, which alone reads it, is run.

    Returns
    -------
    pandas.DataFrame
        landscape, source, publications, synthetic, revision, sha256 (of what was read), licence, licensed (sections
        whose text is never shown), note; a field that the source does not tell says so.
    """
    rows = []
    for arena in [bench.arena] if bench.arena.unjudged else bench.arenas:
        told = arena.landscape.provenance
        rows.append(
            {
                "landscape": arena.name,
                "source": told.source,
                "publications": len(arena.landscape),
                "synthetic": "yes" if told.synthetic else "no",
                "revision": told.revision or "none told",
                "sha256": arena.landscape.fingerprint,
                "licence": told.licence or ("the compendium's" if told.synthetic else "not told by the source"),
                "licensed": ", ".join(told.licensed) or "none",
                "note": told.note,
            }
        )
    return pd.DataFrame(rows)


def models_of(bench: Bench) -> pd.DataFrame:
    """Return whose weights a study uses and under which terms.

    Returns
    -------
    pandas.DataFrame
        system, weights (on the hub, or a folder), revision, licence, own code (whether the model's own code was
        allowed to run), certainty (how sure the card is).
    """
    study = bench.study
    named = [*study.reranking.systems, *study.late_interaction.systems, *study.passages.systems]
    judged = [] if bench.arena.unjudged else [*named, *study.finetuning.models, *study.expert_models()]
    rows = []
    for card in map(study.card, dict.fromkeys([*study.systems, *judged])):
        rows.append(
            {
                "system": card.name,
                "weights": card.hf_id or str(card.path or "") or "none: fitted or counted here",
                "revision": (card.revision or "none told") if card.hf_id else "–",
                "licence": card.licence,
                "own code": "allowed" if card.name in study.allow_remote_code else "no",
                "certainty": card.certainty,
            }
        )
    return pd.DataFrame(rows)
