"""What PatBench calls a thing, and what MTEB calls it."""

from __future__ import annotations

from collections.abc import Sequence

from patbench_lib.bench.arena import Arena
from patbench_lib.landscape.judgements import Stratum
from patbench_lib.models.card import Task
from patbench_lib.study import Study, digest

_MEASURES = {"nDCG": "ndcg", "Recall": "recall", "MAP": "map", "MRR": "mrr", "P": "precision"}


def score_name(measure: str, depth: int) -> str:
    """Return MTEB's name of a measure; one without a cutoff looks as deep as the runs are.

    Examples
    --------
    >>> score_name("nDCG@10", 100), score_name("MAP", 100)
    ('ndcg_at_10', 'map_at_100')
    """
    name, _, cutoff = measure.partition("@")
    return f"{_MEASURES[name]}_at_{cutoff or depth}"


def cutoffs(measures: Sequence[str], depth: int) -> tuple[int, ...]:
    """Return the depths that measures look to, ascending, 1 among them: MTEB reads accuracy off there."""
    return tuple(sorted({1, depth, *(int(score_name(measure, depth).rpartition("_")[2]) for measure in measures)}))


def retrieval_name(arena: Arena, view: str, stratum: Stratum = "ALL") -> str:
    """Return the name of the retrieval task of a view."""
    return f"{arena.name}-{view}-Retrieval" + ("" if stratum == "ALL" else f"-{stratum}")


def revision_of(arena: Arena, study: Study) -> str:
    """Return a digest of a landscape and of what a study makes of it: it stands where MTEB has a commit of the hub."""
    return digest(arena.landscape.fingerprint, arena.relevance, study.description_words, study.labels)


def task_of(kind: str) -> Task:
    """Return what vectors are for, from the type of a task of MTEB.

    Examples
    --------
    >>> task_of("MultilabelClassification"), task_of("Reranking")
    ('classification', 'retrieval')
    """
    if kind.endswith("Classification") and kind != "PairClassification":
        return "classification"
    return "clustering" if kind == "Clustering" else "retrieval"
