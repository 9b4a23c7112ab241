"""Fine-tuning on the bench: every tuned model on what was held out of both landscapes, and the tables of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pandas as pd

from patbench_lib.bench.across_views import across_views
from patbench_lib.bench.bench import Bench
from patbench_lib.bench.changes import CHANGES, ORDERS, Subject, changes, orders, ranked_alone, stacked, subjects_of
from patbench_lib.bench.classified import LIBRARIES as CLASSIFIED_BY
from patbench_lib.bench.clustering import LIBRARIES as CLUSTERED_BY
from patbench_lib.bench.held_out import HeldOut, agreements_by, held_out, predictions_by, retrieval_scores
from patbench_lib.bench.keys import made_by, model_key
from patbench_lib.bench.results import card_provenance, keep_tables_by_task, run_provenance
from patbench_lib.bench.trainings import Training, trainings
from patbench_lib.bench.tuned import folder_of, with_tuned
from patbench_lib.finetune.folder import tell_tested
from patbench_lib.study import digest


def finetuning_results(bench: Bench) -> dict[str, pd.DataFrame]:
    """Compute or find what every training of the study changes, and write and return three tables.

    Returns
    -------
    dict
        `changes` as `bench.changes.changes` gives it, on the test part of the study's own landscape, on the whole of
        the external one, and on its test part where a recipe was trained on both; then system, baseline, view,
        models' and runs' provenance. `orders` as `bench.changes.orders` gives it, and `across` as
        `bench.across_views.across_views` does, of the plain trainings. All are empty where nothing is tuned, `across`
        also where no held-out publication has both sections. On disk, for questions in SQL, `changes` are `comparisons`
        whose task is called `tested`.
    """
    every = trainings(bench)
    tuned = with_tuned(bench, every)
    subjects = subjects_of(every)

    def make() -> dict[str, pd.DataFrame]:
        tables = [changes(tuned, held, some) for held, some in places(tuned, subjects)]
        own = [held_out(tuned, tuned.arena, whole=False)] if subjects else []
        sections = [across_views(tuned, held, _plain(subjects)) for held in own]
        return {
            "comparisons": _described(tuned, stacked(tables, CHANGES), subjects),
            "orders": stacked([orders(tuned, held, subjects) for held in own], ORDERS),
            "across": stacked([table for table in sections if table is not None], CHANGES),
        }

    kept = keep_tables_by_task(bench, "finetuning", changes_key(tuned, subjects), make)
    return {"changes": kept.pop("comparisons"), **kept}


def places(bench: Bench, subjects: Sequence[Subject]) -> Iterator[tuple[HeldOut, list[Subject]]]:
    """Yield what is held out and who is tested on it.

    On the study's own landscape all are. Elsewhere plain trainings and remedies are, those trained on a part of the
    external landscape only on its test part; there the other remedies stand beside them, so that they can be compared.
    """
    if not subjects:
        return
    yield held_out(bench, bench.arena, whole=False), list(subjects)
    moved = [each for each in subjects if each.kind not in ("matched", "transductive")]
    for arena in bench.arenas[1:]:
        yield held_out(bench, arena, whole=True), [each for each in moved if each.kind != "both"]
        both = {(each.model, each.recipe) for each in moved if each.kind == "both"}
        if both:
            alike = [each for each in moved if (each.model, each.recipe) in both]
            yield held_out(bench, arena, whole=False), alike


def _plain(subjects: Sequence[Subject]) -> list[Subject]:
    return [each for each in subjects if each.kind == "plain"]


def test_trainings(bench: Bench, mine: Sequence[Training]) -> None:
    """Compute or find what the study's tables need of all trainings of a model by a recipe, trained now or found."""
    tested = list(places(bench, subjects_of(mine)))
    for training in mine:
        tuned = with_tuned(bench, [training])  # one at a time: a bench keeps the models in memory that it has loaded
        told: dict[str, str] = {}
        for held, subjects in tested:
            for subject in subjects:
                if training.name in subject.systems:
                    _test(tuned, held, subject, training.name)
                    told.update([_told(tuned, held, training)])
        tell_tested(folder_of(bench, training), bench.study.card(training.model), told)


def _test(bench: Bench, held: HeldOut, subject: Subject, system: str) -> None:
    retrieval_scores(bench, held, system)
    if not ranked_alone(held, subject):
        predictions_by(bench, held, [system])
        agreements_by(bench, held, [system])
    if subject.kind == "plain" and held.arena.main:
        across_views(bench, held, [subject])


def _told(bench: Bench, held: HeldOut, training: Training) -> tuple[str, str]:
    """Return what a tuned model reached in retrieval, for its model card, beside the model as it was."""
    measure, means = bench.study.main_measure, []
    for system in (training.model, training.name):
        scores = retrieval_scores(bench, held, system)
        own = scores[(scores["measure"] == measure) & (scores["stratum"] == "ALL")]["value"]
        means.append(float(own.mean()))
    where = f"{'all' if held.whole else 'the test part'} of {held.arena.name}, {len(own):,} queries"
    synthetic = " (synthetic patents)" if held.arena.landscape.provenance.synthetic else ""
    return f"{measure} on {where}{synthetic}", f"{means[0]:.4f} before, {means[1]:.4f} after"


def _described(bench: Bench, table: pd.DataFrame, subjects: Sequence[Subject]) -> pd.DataFrame:
    """Return changes with what made each: system, baseline, view, model, settings, versions, landscape."""
    if table.empty:
        return table
    first = {(each.model, each.recipe, each.kind): each.systems[0] for each in subjects}
    named = zip(table["model"], table["recipe"], table["kind"], strict=True)
    systems = pd.Series([first[about] for about in named])
    cards = pd.DataFrame([{"system": name, **card_provenance(bench, name)} for name in systems.unique()])
    runs = pd.DataFrame(
        [{"landscape": arena.name, "view": arena.views[0], **run_provenance(bench, arena)} for arena in bench.arenas]
    )
    about = table.assign(system=systems, baseline=table["model"])
    settings = bench.study.finetuning.model_dump_json()
    described = about.merge(cards.rename(columns={"kind": "card_kind"}), on="system").merge(runs, on="landscape")
    return described.assign(finetuning=settings)


def changes_key(bench: Bench, subjects: Sequence[Subject]) -> str:
    """Return the key of all that makes tables of changes others, the weights of every model included."""
    study = bench.study
    names = dict.fromkeys(name for each in subjects for name in (each.model, *each.systems))
    arenas = [(arena.key, arena.views[0]) for arena in bench.arenas] if subjects else []
    asked = [study.relevance, study.labels, study.classification, study.clustering, study.statistics]
    return digest(
        [(name, model_key(study, study.card(name))) for name in names],
        [(each.model, each.recipe, each.kind, each.systems) for each in subjects],
        [arenas, study.description_words, study.seed, study.depth, study.main_measure, study.search.backend],
        [each.model_dump(mode="json") for each in asked],
        study.finetuning.model_dump(mode="json"),
        made_by("bench", "classify", "cluster", "encode", "evaluate", "finetune", "landscape", "retrieve"),
        made_by(libraries=("iterative-stratification", *CLASSIFIED_BY, *CLUSTERED_BY)),
    )
