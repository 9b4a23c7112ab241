"""What a study's fine-tuning may learn from, and the audit of it."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from patbench_lib.bench.arena import Arena
from patbench_lib.bench.bench import Bench
from patbench_lib.bench.keys import made_by
from patbench_lib.evaluate.statistics import seed_of
from patbench_lib.files import locked
from patbench_lib.finetune.expert import expert_texts, own_texts
from patbench_lib.finetune.pairs import Pairs, make_pairs, section_texts
from patbench_lib.finetune.partition import Partition, make_partition
from patbench_lib.finetune.settings import Recipe
from patbench_lib.kept import find_arrays, found_or_made, save_arrays
from patbench_lib.landscape.label_sets import LabelSet
from patbench_lib.landscape.leakage import Finding, find_copies, find_leaks, find_same
from patbench_lib.landscape.near_duplicates import near_duplicates
from patbench_lib.landscape.views import EXPERT, words_read
from patbench_lib.study import digest
from patbench_lib.types import Ints


def partition(bench: Bench, arena: Arena) -> Partition:
    """Return the parts of a landscape for fine-tuning, computed or found.

    No publication that is in the study's other landscape, or is a near-duplicate of one there, is trained on, so that a
    transfer to it is one.

    Raises
    ------
    PatbenchError
        Where a part would have no query.
    """
    path = _file(bench, arena)
    kept = found_or_made(path, find_arrays, lambda each: _keep(each, bench, arena))
    components, largest = map(int, kept["sizes"])
    protocol, queries = bench.study.finetuning.protocol, arena.judgements.queries
    family = arena.landscape.family
    return Partition(protocol, kept["part"], queries, family, components, largest, kept["copied"])


def _keep(path: Path, bench: Bench, arena: Arena) -> None:
    with locked(path.with_suffix(".lock")):  # steps that run at once all begin with it
        if not path.is_file():
            made = _parted(bench, arena)
            save_arrays(path, {"part": made.part, "sizes": [made.components, made.largest], "copied": made.copied})


def _parted(bench: Bench, arena: Arena) -> Partition:
    settings, landscape, alike = bench.study.finetuning, arena.landscape, None
    if settings.protocol == "inductive":
        found = [near_duplicates(texts, landscape.family) for texts in compared_texts(bench, arena).values()]
        alike = np.concatenate(found)
    seed = seed_of(bench.study.seed, "partition", arena.name)
    made = make_partition(landscape, arena.judgements, arena.cites, settings, seed, alike=alike)
    # Of all publications: those that test queries cite are trained on where the protocol is loosened.
    for _, findings in _copies(bench, arena, np.arange(len(landscape))):
        made = made.without(np.concatenate([finding.pairs[:, 0] for finding in findings]))
    return made


def audited(bench: Bench, arena: Arena) -> list[Finding]:
    """Return what the training publications of a landscape have in common with development and test."""
    parts = partition(bench, arena)
    held_out = np.sort(np.concatenate([parts.rows("development"), parts.rows("test")]))
    texts = compared_texts(bench, arena)
    return find_leaks(arena.landscape, parts.rows("train"), held_out, arena.relevance, texts)


def copies(bench: Bench, arena: Arena, parts: Partition) -> list[tuple[Arena, list[Finding]]]:
    """Return what training publications share with each other landscape of the study that has some of it.

    That is publications of the same number, and near-duplicates of their texts.
    """
    return _copies(bench, arena, parts.rows("train"))


def _copies(bench: Bench, arena: Arena, rows: Ints) -> list[tuple[Arena, list[Finding]]]:
    texts, found = compared_texts(bench, arena), []
    for other in bench.arenas:
        if other.name != arena.name:
            findings = find_same(arena.landscape, rows, other.landscape)
            findings += find_copies(texts, rows, compared_texts(bench, other), other.name)
            if findings:
                found.append((other, findings))
    return found


def pairs(bench: Bench, arena: Arena, recipe: Recipe, *, loosened: bool = False) -> Pairs:
    """Return the pairs of a recipe from the training publications of a landscape.

    Parameters
    ----------
    loosened : whether the documents of test queries may be learnt from; see `Partition.loosened`.

    Raises
    ------
    PatbenchError
        Where the landscape lacks what the recipe is made of, or has fewer pairs than a batch.
    """
    parts = partition(bench, arena)
    train = (parts.loosened() if loosened else parts).rows("train")
    seed, labels = seed_of(bench.study.seed, "pairs", arena.name), label_sets(bench, arena)
    return make_pairs(recipe, arena.landscape, train, arena.cites, labels, bench.study.finetuning, seed)


def label_sets(bench: Bench, arena: Arena) -> list[LabelSet]:
    """Return the label sets that pairs are drawn from: those of `finetuning.label_sets`, or the first there is."""
    named, (found, _) = bench.study.finetuning.label_sets, arena.label_sets
    return [each for each in found if each.name in named] if named else found[:1]


def compared_texts(bench: Bench, arena: Arena) -> dict[str, list[str]]:
    """Return the texts that a model is trained on, by name: none may have a near-duplicate on the other side."""
    leading = arena.views[0]
    sections = {
        section.replace("_", " "): section_texts(arena.landscape, section)
        for section in bench.study.finetuning.view_pair
    }
    texts = {f"view {leading}": arena.texts(leading), **sections}
    if bench.study.expert_models():
        texts |= {"title and abstract": own_texts(arena.landscape), "expert's text": expert_texts(arena.landscape)}
    return texts


def views_read(bench: Bench) -> list[tuple[str, int]]:
    """Return each landscape's leading view, and how many words of descriptions it holds; then the expert's, if any."""
    views = [arena.views[0] for arena in bench.arenas]
    views += [EXPERT] if bench.study.expert_models() else []
    return [(view, words_read(view, bench.study.description_words)) for view in views]


def _file(bench: Bench, arena: Arena) -> Path:
    study, settings = bench.study, bench.study.finetuning
    shape = settings.protocol, settings.development, settings.test, settings.view_pair
    code = made_by("finetune", "bench/partitions.py")
    key = digest([each.key for each in bench.arenas], study.relevance, views_read(bench), shape, study.seed, code)
    return bench.paths.results / "partitions" / f"{arena.name}.{settings.protocol}.{key}.npz"
