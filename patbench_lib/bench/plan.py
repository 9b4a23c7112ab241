"""The plan of a study for the workflow engine: its steps and the key of each, known before anything is computed."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path

from patbench_lib.bench.bench import Bench
from patbench_lib.bench.classification import classification_results, classify_system
from patbench_lib.bench.clustering import cluster_system, clustering_results
from patbench_lib.bench.keys import code_digest, landscape_key, model_key
from patbench_lib.bench.late import encoded_tokens
from patbench_lib.bench.results import retrieval_results
from patbench_lib.encode.encode import Reading
from patbench_lib.errors import unknown_name
from patbench_lib.models.card import SINGLE_VECTOR, TASKS, Task
from patbench_lib.study import Study, digest

LEXICAL = "lexical"


@dataclass(frozen=True)
class Plan:
    """The steps of a study. Keys tell the engine what to run again: a step whose key changed.

    Attributes
    ----------
    landscapes, encode, retrieve, assess : name of each step's landscape, model or system, and the step's key.
    report : key of everything that is drawn.
    threads : processor cores that each encoding step should take.
    """

    landscapes: dict[str, str]
    encode: dict[str, str]
    retrieve: dict[str, str]
    assess: dict[str, str]
    report: str
    threads: dict[str, int]


def make_plan(study: Study, root: Path, cores: int) -> Plan:
    """Return the plan of a study.

    With at least as many transformers as cores, each is encoded on one core beside the others; fewer of them have all
    cores to themselves in turn. Other models are light and take one.
    """
    specs = [study.landscape, *([study.external] if study.external else [])]
    landscapes = {spec.name: landscape_key(spec, root) for spec in specs}
    where = digest(landscapes, study.relevance, study.views, study.description_words)
    cards = {name: study.card(name) for name in study.systems}
    models = {name: model_key(study, card) for name, card in cards.items()}
    encode = {
        name: digest(where, key, code_digest("encode")) for name, key in models.items() if cards[name].kind != LEXICAL
    }
    asked = digest(where, study.depth, study.search.backend, study.measured())
    code = [code_digest(room) for room in ("encode", "retrieve", "evaluate")]
    retrieve = {name: digest(asked, key, code) for name, key in models.items()}
    assessed = digest(where, study.labels, study.classification, study.clustering, study.seed)
    code = [code_digest(room) for room in ("encode", "classify", "cluster", "bench")]
    learners = [name for name, card in cards.items() if card.kind in SINGLE_VECTOR]
    assess = {name: digest(assessed, models[name], code) for name in learners}
    assess |= {name: digest(assessed, study.bm25, code) for name in study.classification.baselines}
    heavy = [name for name, card in cards.items() if card.kind in ("dense", "late-interaction")]
    share = 1 if len(heavy) >= cores else cores
    threads = {name: share if name in heavy else 1 for name in encode}
    return Plan(landscapes, encode, retrieve, assess, digest(study, code_digest("")), threads)


def encode_step(bench: Bench, system: str) -> dict[str, object]:
    """Encode every view of every landscape with one model, the study's order of views deciding the order."""
    late, done = bench.study.card(system).kind == "late-interaction", {}
    read = partial(encoded_tokens, bench, system) if late else partial(bench.encoded, system)
    for arena in bench.arenas:
        for view in arena.views:
            roles: list[Reading] = [read(arena, view, role) for role in ("document", "query")]
            if arena.main and not late:
                roles += [bench.encoded(system, arena, view, task=task) for task in _own_prompts(bench, system)]
            done[f"{arena.name}.{view}"] = {"truncated": roles[0].truncated, "read": roles[0].read}
    return {"model": system, "views": done}


def _own_prompts(bench: Bench, system: str) -> list[Task]:
    """Return the tasks for which a model reads documents in another way than for retrieval."""
    card = bench.study.card(system)
    ways = {task: (card.prompt("document", task), card.encode_task("document", task)) for task in TASKS}
    return [task for task in TASKS if ways[task] != ways["retrieval"]]


def retrieve_step(bench: Bench, system: str) -> dict[str, object]:
    """Rank and score every view of every landscape with one system."""
    for arena in bench.arenas:
        for view in arena.views:
            bench.scores(system, arena, view)
    return {"system": system, "files": [bench.scores_file(system, a, v).name for a in bench.arenas for v in a.views]}


def assess_step(bench: Bench, system: str) -> dict[str, object]:
    """Classify the study's own landscape by one system's vectors or by a baseline, and cluster it by vectors."""
    if system not in (known := [*bench.study.systems, *bench.study.classification.baselines]):
        raise unknown_name("system", system, known, where="the study")
    classified = classify_system(bench, system)
    if system in bench.study.systems:
        cluster_system(bench, system)
    return classified


def tabulate_step(bench: Bench) -> None:
    """Write the tables of results of every task."""
    for tabulated in (retrieval_results, classification_results, clustering_results):
        tabulated(bench)
