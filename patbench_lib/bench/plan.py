"""The plan of a study for the workflow engine: its steps and the key of each, known before anything is computed."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from patbench_lib.bench.bench import Bench
from patbench_lib.bench.classification import classification_results, classify_system
from patbench_lib.bench.clustering import cluster_system, clustering_results
from patbench_lib.bench.expert_tuning import EXPERTS, expert_trainings
from patbench_lib.bench.finetuning import finetuning_results, test_trainings
from patbench_lib.bench.keys import code_digest, landscape_key, model_key
from patbench_lib.bench.resources import is_transformer
from patbench_lib.bench.results import retrieval_results
from patbench_lib.bench.searching import forget_parts, in_parts, search_part
from patbench_lib.bench.trainings import possible, trainings_of
from patbench_lib.bench.tuned import tuned
from patbench_lib.encode.cells import Shard
from patbench_lib.errors import unknown_name
from patbench_lib.finetune.settings import Recipe
from patbench_lib.landscape.sources import unjudged_source
from patbench_lib.models.card import SINGLE_VECTOR
from patbench_lib.study import Study, digest

LEXICAL = "lexical"

RETRIEVAL, FINETUNING = "retrieval", "finetuning"
"""Tasks that need judgements: both are judged by retrieval."""

WITHOUT_RETRIEVAL = (
    "01_landscape",
    "02_models",
    "08_classification",
    "09_clustering",
    "16_leaderboard",
    "17_review",
)
"""Notebooks that have something to say of a landscape on which nothing can be retrieved."""


@dataclass(frozen=True)
class Plan:
    """The steps of a study. Keys tell the engine what to run again: a step whose key changed.

    Attributes
    ----------
    landscapes, encode, retrieve, assess : name of each step's landscape, model or system, and the step's key.
    finetune : "model+recipe" of each step that trains a model and tests what came of it, and the step's key.
    report : key of everything that is drawn.
    left_out : what the study cannot do on its landscape, and why.
    threads : processor cores that each encoding or training step should take.
    shards : jobs that each encoding step is cut into: as many as were asked for where it takes long, else one.
    parts : jobs that each search is cut into, by documents: as many for transformers that are searched exactly.
    """

    landscapes: dict[str, str]
    encode: dict[str, str]
    retrieve: dict[str, str]
    assess: dict[str, str]
    finetune: dict[str, str]
    report: str
    threads: dict[str, int]
    shards: dict[str, int]
    parts: dict[str, int]
    left_out: dict[str, str]

    def notebooks(self, names: Sequence[str]) -> list[str]:
        """Return those of some notebooks that can be run: without retrieval, those that do not need it."""
        return [name for name in names if not self.left_out or name in WITHOUT_RETRIEVAL]

    def tables(self, tables: Mapping[str, list[str]]) -> dict[str, list[str]]:
        """Return, of the tables of results of each task, those that will be there."""
        return {task: names for task, names in tables.items() if task not in self.left_out}


def make_plan(study: Study, root: Path, cores: int, shards: int = 1) -> Plan:
    """Return the plan of a study, in which each transformer's encoding is cut into so many shards.

    Where the study's landscape has neither citations nor judgements, retrieval and fine-tuning are left out, and with
    them an external landscape, which only these use.

    With at least as many transformers as cores, each is encoded on one core beside the others; fewer of them have all
    cores to themselves in turn. Other models are light and take one.
    """
    reason = unjudged_source(study.landscape, root)
    left_out = dict.fromkeys((RETRIEVAL, FINETUNING), reason) if reason else {}
    specs = [study.landscape, *([study.external] if study.external and not reason else [])]
    landscapes = {spec.name: landscape_key(spec, root) for spec in specs}
    where = digest(landscapes, study.relevance, study.views, study.description_words)
    cards = {name: study.card(name) for name in study.systems}
    models = {name: model_key(study, card) for name, card in cards.items()}
    encode = {
        name: digest(where, key, code_digest("encode")) for name, key in models.items() if cards[name].kind != LEXICAL
    }
    asked = digest(where, study.depth, study.search.backend, study.measured())
    code = [code_digest(room) for room in ("encode", "retrieve", "evaluate")]
    retrieve = {} if reason else {name: digest(asked, key, code) for name, key in models.items()}
    assessed = digest(where, study.labels, study.classification, study.clustering, study.seed)
    code = [code_digest(room) for room in ("encode", "classify", "cluster", "bench")]
    learners = [name for name, card in cards.items() if card.kind in SINGLE_VECTOR]
    assess = {name: digest(assessed, models[name], code) for name in learners}
    assess |= {name: digest(assessed, study.bm25, code) for name in study.classification.baselines}
    finetune = {} if reason else _finetune_keys(study, digest(assessed, asked, study.finetuning, code))
    heavy = [name for name, card in cards.items() if is_transformer(card)]
    threads = {name: _share(len(heavy), cores) if name in heavy else 1 for name in encode}
    threads |= {name: _share(len(finetune), cores) for name in finetune}
    cut = {name: shards if name in heavy else 1 for name in encode}
    parts = {name: cut[name] if name in cut and in_parts(study, cards[name]) else 1 for name in retrieve}
    report = digest(study, code_digest(""))
    return Plan(landscapes, encode, retrieve, assess, finetune, report, threads, cut, parts, left_out)


def _share(steps: int, cores: int) -> int:
    """Return the cores of each of some steps: one where there are as many steps, else all in turn."""
    return 1 if steps >= cores else cores


def _finetune_keys(study: Study, shared: str) -> dict[str, str]:
    settings, code = study.finetuning, [code_digest(room) for room in ("finetune", "retrieve", "evaluate")]
    models = {*settings.models, *study.expert_models()}
    keys = {model: digest(shared, model_key(study, study.card(model)), code) for model in models}
    # R4 takes longest: it goes first, so that none waits for it alone.
    pairs: list[tuple[str, Recipe]]
    pairs = [(model, recipe) for recipe in sorted(settings.recipes)[::-1] for model in settings.models]
    pairs += [(model, EXPERTS) for model in study.expert_models()]
    return {f"{model}+{recipe}": keys[model] for model, recipe in pairs}


def retrieve_step(bench: Bench, system: str, shard: Shard | None = None) -> dict[str, object]:
    """Rank and score every view of every landscape with one system; say why where that cannot be judged.

    Parameters
    ----------
    shard : search this part of the documents alone; what is then asked without one merges all parts.
    """
    if reason := bench.arena.unjudged:
        return {"system": system, "left_out": reason}
    for arena in bench.arenas:
        for view in arena.views:
            if shard and not bench.run_file(system, arena, view).is_file():
                search_part(bench, system, arena, view, bench.study.depth, shard)
            elif not shard:
                bench.scores(system, arena, view)
                forget_parts(bench, bench.run_name(system, arena, view, bench.study.depth))
    if shard:
        return {"system": system, "shard": f"{shard.number}/{shard.of}"}
    return {"system": system, "files": [bench.scores_file(system, a, v).name for a in bench.arenas for v in a.views]}


def assess_step(bench: Bench, system: str) -> dict[str, object]:
    """Classify the study's own landscape by one system's vectors or by a baseline, and cluster it by vectors."""
    if system not in (known := [*bench.study.systems, *bench.study.classification.baselines]):
        raise unknown_name("system", system, known, where="the study")
    classified = classify_system(bench, system)
    if system in bench.study.systems:
        cluster_system(bench, system)
    return classified


def finetune_step(bench: Bench, name: str) -> dict[str, object]:
    """Train a model by a recipe, in all ways that the study asks for, and test every model that came of it.

    Parameters
    ----------
    name : model and recipe, "MiniLM-2L+R1". A recipe that the landscape has no pairs for is left out, and said so.
    """
    settings = bench.study.finetuning
    asked: list[tuple[str, Recipe]] = [(model, recipe) for model in settings.models for recipe in settings.recipes]
    asked += [(model, EXPERTS) for model in bench.study.expert_models()]
    known = {f"{model}+{recipe}": (model, recipe) for model, recipe in asked}
    if name not in known:
        raise unknown_name("training", name, list(known), where="the study")
    if reason := bench.arena.unjudged:
        return {"training": name, "left_out": reason}
    model, recipe = known[name]
    if recipe == EXPERTS:
        every, why = expert_trainings(bench)
        mine = [each for each in every if each.model == model]
    else:
        mine, why = trainings_of(bench, model, recipe), possible(bench)[1].get(recipe, "")
    if not mine:
        return {"training": name, "left_out": why}
    # Under `accelerate launch` all processes train, and the first does what is left.
    first = os.environ.get("RANK", "0") == "0"
    for each in mine:
        if first or each.kind != "blend":
            tuned(bench, each)
    if first:
        test_trainings(bench, mine)
    return {"training": name, "models": [each.name for each in mine]}


TABULATED: dict[str, Callable[[Bench], object]] = {
    RETRIEVAL: retrieval_results,
    "classification": classification_results,
    "clustering": clustering_results,
    FINETUNING: finetuning_results,
}


def tabulate_step(bench: Bench, task: str | None = None) -> None:
    """Write the tables of results of one task, or of every task that the study's landscape allows."""
    if task is not None and task not in TABULATED:
        raise unknown_name("task", task, TABULATED)
    left_out = (RETRIEVAL, FINETUNING) if bench.arena.unjudged else ()
    for name, tabulated in TABULATED.items():
        if name not in left_out and task in (None, name):
            tabulated(bench)
