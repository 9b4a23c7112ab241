"""Whether a model finds one section of a patent by another: what the recipe of two views teaches, on held-out patents.

Retrieval by citation asks for other patents; this asks for the same patent in other words, its claims by its abstract.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from patbench_lib.bench.arena import Arena
from patbench_lib.bench.bench import Bench
from patbench_lib.bench.changes import CHANGES, Subject, stacked, told
from patbench_lib.bench.contrasts import Contrast, compared, systems_of
from patbench_lib.bench.held_out import HeldOut
from patbench_lib.bench.keys import made_by, run_key, score_key
from patbench_lib.evaluate.retrieval import score_run
from patbench_lib.finetune.pairs import section_texts
from patbench_lib.kept import keep_frame
from patbench_lib.retrieve.counterparts import search_counterparts
from patbench_lib.study import digest
from patbench_lib.types import Ints

RANK = "MRR"
"""Told beside the main measure: the mean of 1 over the rank of the one document that is relevant."""


def across_views(bench: Bench, held: HeldOut, subjects: Sequence[Subject]) -> pd.DataFrame | None:
    """Return what tuning changes in finding the second section of `finetuning.view_pair` by the first.

    Queries are the first sections of publications held out, candidates the second sections of all publications that
    have two different ones. Relevant is the query's own; the others of its family are no candidates. Where a part is
    held out, models trained under the looser protocol are left out: they may have learnt from the very pairs asked for.

    Parameters
    ----------
    bench : knows the tuned models.

    Returns
    -------
    pandas.DataFrame
        In the columns of `changes`: the main measure and MRR, `task` "abstract→claims" or what the sections are,
        p-values corrected for the models and recipes of a kind, by measure. None where no publication held out has
        both sections.
    """
    rows, _ = _sections(bench, held.arena)
    if not np.isin(rows, held.rows).any():
        return None
    fair = [each for each in subjects if held.whole or each.kind != "transductive"]
    asked = [Contrast((each.model,), each.systems) for each in fair]
    if not asked:
        return stacked([], CHANGES)
    scores = pd.concat([across_scores(bench, held, system) for system in systems_of(asked)], ignore_index=True)
    tables = [
        compared(bench, group, asked).assign(measure=measure)
        for measure, group in scores.groupby("measure", sort=False)
    ]
    table = pd.concat(tables, ignore_index=True).assign(task=task(bench), stratum="ALL")
    return told(bench, held, fair, table)


def task(bench: Bench) -> str:
    """Return what is asked: "abstract→claims"."""
    return "→".join(section.replace("_", " ") for section in bench.study.finetuning.view_pair)


def across_scores(bench: Bench, held: HeldOut, system: str) -> pd.DataFrame:
    """Return a system's scores by query, in the columns of `Bench.scores`; computed or found.

    First sections are read as queries are, with the model's prompt for them, and second ones as documents. There is no
    row where no publication held out has both.
    """
    return keep_frame(_file(bench, held, system), lambda: _scored(bench, held, system))


def _scored(bench: Bench, held: HeldOut, system: str) -> pd.DataFrame:
    study, arena = bench.study, held.arena
    rows, (first, second) = _sections(bench, arena)
    places = np.flatnonzero(np.isin(rows, held.rows))
    encoder = bench.encoder(system, arena, arena.views[0])
    queries = bench.encode_texts(encoder, [first[place] for place in places], "query").vectors
    documents = bench.encode_texts(encoder, second, "document").vectors
    family = arena.landscape.family[rows]
    made = search_counterparts(queries, documents, places, family, study.depth, block_mb=study.search.block_mb)
    scores = score_run(*made, _measures(bench))
    scores = scores[scores["stratum"] == "ALL"].reset_index(drop=True)  # a patent shares its domain with itself
    return arena.named(scores, rows[scores["query"].to_numpy() - len(rows)], system=system, view=task(bench))


def _sections(bench: Bench, arena: Arena) -> tuple[Ints, tuple[list[str], list[str]]]:
    """Return the publications that have two different sections, ascending, and their texts of either."""
    one, other = (
        [text.strip() for text in section_texts(arena.landscape, section)]
        for section in bench.study.finetuning.view_pair
    )
    different = [bool(a and b and a != b) for a, b in zip(one, other, strict=True)]
    rows = np.flatnonzero(different)
    return rows, ([one[row] for row in rows], [other[row] for row in rows])


def _measures(bench: Bench) -> list[str]:
    return list(dict.fromkeys((bench.study.main_measure, RANK)))


def _file(bench: Bench, held: HeldOut, system: str) -> Path:
    """Return where a system's scores are kept; the name holds the key of all that changes them."""
    study, arena = bench.study, held.arena
    run = score_key(study, run_key(study, study.card(system), arena.views[0], arena.key))
    asked = [study.finetuning.view_pair, held.rows.tolist(), _measures(bench)]
    key = digest(run, asked, made_by("bench", "finetune"))
    return bench.paths.scores / f"{arena.name}.across.{system}.{key}.parquet"
