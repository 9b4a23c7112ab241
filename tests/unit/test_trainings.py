"""The trainings of a study on the demonstration landscape; MiniLM-static is trained for three steps."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fixtures import studies

from patbench_lib.bench import tuned as module
from patbench_lib.bench.bench import Bench
from patbench_lib.bench.keys import model_key
from patbench_lib.bench.lessons import lesson_of
from patbench_lib.bench.partitions import pairs, partition
from patbench_lib.bench.trainings import Training, possible, trainings
from patbench_lib.bench.tuned import folder_of, tuned, with_tuned
from patbench_lib.finetune.folder import training_of

LANDSCAPES = {
    "landscape": {"source": "demo", "publications": 120},
    "external": {"source": "demo", "name": "external", "kind": "external", "publications": 60},
    "labels": {"min_support": 8},
}


def bench(root: Path, **tuning: Any) -> Bench:
    return studies.bench(root, **LANDSCAPES, finetuning={**studies.TUNING, **tuning})


def names(made: Bench, *kinds: Any) -> list[str]:
    return [each.name for each in trainings(made, *kinds)]


def silent(_: str) -> None:
    """Take what a training needs, and say nothing."""


def test_a_study_has_plain_trainings_then_those_looked_at_closely(tmp_path: Path) -> None:
    made = bench(tmp_path, models=["MiniLM-static", "MiniLM-2L"], repeats=2)
    first = [
        f"MiniLM-static+R1{end}" for end in ("+matched-0", "+matched-1", "+transductive", "+gentle", "+both", "+blend")
    ]
    plain = ["MiniLM-static+R1", "MiniLM-static+R3", "MiniLM-2L+R1", "MiniLM-2L+R3"]
    assert names(made) == [*plain, *first, *(name.replace("R1", "R3") for name in first)]
    assert names(made, "matched", "blend") == [name for name in names(made) if "matched" in name or "blend" in name]
    assert names(bench(tmp_path, closely=0)) == ["MiniLM-static+R1", "MiniLM-static+R3"]


def test_what_has_nothing_to_be_beside_is_left_out(tmp_path: Path) -> None:
    assert names(bench(tmp_path, models=[])) == []
    alone = names(bench(tmp_path, recipes=["R1"], remedies=[]))
    assert alone == ["MiniLM-static+R1", "MiniLM-static+R1+transductive"], "one recipe has nothing to be matched with"
    loose = names(bench(tmp_path, protocol="transductive", remedies=["gentle"], repeats=0))
    assert loose == ["MiniLM-static+R1", "MiniLM-static+R3", "MiniLM-static+R1+gentle", "MiniLM-static+R3+gentle"]
    no_other = studies.bench(tmp_path, **{**LANDSCAPES, "external": None}, finetuning=studies.TUNING)
    assert {each.kind for each in trainings(no_other)} == {"plain", "matched", "transductive"}


def test_a_recipe_without_pairs_is_left_out_and_said_why(tmp_path: Path) -> None:
    made = bench(tmp_path, recipes=["R1", "R2", "R3"], label_sets=["enabling_technology"])
    made.arena.landscape.patents["claims"] = ""
    found, reasons = possible(made)
    assert found == ["R1", "R2"]
    assert reasons == {"R3": "R3 cannot be trained on landscape 'assistive': Landscape 'assistive' has no claims."}


def test_a_model_is_trained_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made, one = bench(tmp_path), Training("MiniLM-static", "R3")
    card = tuned(made, one, say=silent)
    assert card.path == folder_of(made, one) == tmp_path / "tuned" / "small" / "MiniLM-static+R3"
    told = training_of(card.path)
    assert (told["base"], told["recipe"], told["landscape"], told["steps"]) == ("MiniLM-static", "R3", "assistive", 3)
    monkeypatch.setattr(module, "train", None)
    assert tuned(bench(tmp_path), one) == card
    with pytest.raises(TypeError):  # nothing to train it with
        tuned(bench(tmp_path, epochs=2), one)


def test_a_model_tuned_anew_in_the_same_process_has_another_key(tmp_path: Path) -> None:
    first, longer = bench(tmp_path), bench(tmp_path, epochs=2)
    cards, keys = [], []
    for made in (first, longer, longer):
        cards.append(tuned(made, Training("MiniLM-static", "R3"), say=silent))
        keys.append(model_key(made.study, cards[-1]))
    assert cards[0] == cards[1], "the card alone does not tell"
    assert keys[0] != keys[1] == keys[2]


def test_a_tuned_model_is_a_system_of_the_same_landscapes(tmp_path: Path) -> None:
    made, one = bench(tmp_path), Training("MiniLM-static", "R3")
    more = with_tuned(made, [one], say=silent)
    view = made.arena.views[0]
    before, after = (more.encoded(name, more.arena, view).vectors for name in ("MiniLM-static", one.name))
    assert before.shape == after.shape and not np.allclose(before, after)
    assert more.arena is made.arena
    assert more.paths == made.paths and more.study.name == made.study.name
    assert one.name in set(more.scores(one.name, more.arena, view)["system"])


def test_a_folder_that_moved_with_its_study_is_the_same_model(tmp_path: Path) -> None:
    one, keys = Training("MiniLM-static", "R3"), []
    for home in (tmp_path / "here", tmp_path / "there"):
        if not keys:
            tuned(bench(home), one, say=silent)
        else:
            shutil.copytree(tmp_path / "here" / "tuned", home / "tuned")
        more = with_tuned(bench(home), [one], say=silent)
        assert more.study.card(one.name).path == home / "tuned" / "small" / one.name
        keys.append(model_key(more.study, more.study.card(one.name)))
    assert keys[0] == keys[1]


def test_a_blend_lies_between_its_ends(tmp_path: Path) -> None:
    made = bench(tmp_path, blend=0.25)
    plain, half = Training("MiniLM-static", "R3"), Training("MiniLM-static", "R3", "blend")
    more = with_tuned(made, [half, plain], say=silent)
    told = training_of(folder_of(made, half))
    assert told["blend"] == 0.25
    vectors = [more.encoded(name, more.arena, "TA").vectors for name in ("MiniLM-static", half.name, plain.name)]
    start, between, end = vectors
    assert 0 < np.abs(between - start).mean() < 0.5 * np.abs(end - start).mean()


def test_matched_trainings_have_as_many_pairs_and_steps(tmp_path: Path) -> None:
    made = bench(tmp_path, recipes=["R1", "R3", "R4"], repeats=2)
    sizes = {each.name: len(lesson_of(made, each).pairs) for each in trainings(made, "matched")}
    assert len(set(sizes.values())) == 1 and len(sizes) == 6
    one, other = (lesson_of(made, Training("MiniLM-static", "R4", "matched", repeat)).pairs for repeat in (0, 1))
    assert sorted(one.anchors) != sorted(other.anchors), "another seed, other pairs"
    told = [training_of(folder_of(made, each)) for each in trainings(made, "matched") if tuned(made, each, say=silent)]
    assert len({each["steps"] for each in told}) == 1 and not any("best_step" in each for each in told)


def test_the_matched_control_is_made_anew_for_models_that_read_less(tmp_path: Path) -> None:
    one = Training("MiniLM-static", "R3", "matched")
    alone, beside = ["MiniLM-static"], ["MiniLM-static", "MiniLM-2L"]
    for limit, same in ((16, True), (None, False)):
        keys = [module._key(bench(tmp_path, models=models, max_tokens=limit), one) for models in (alone, beside)]
        assert (keys[0] == keys[1]) == same, "texts that begin alike are one text to a model that reads no more"


def test_texts_of_either_landscape_change_a_training(tmp_path: Path) -> None:
    made, one = bench(tmp_path), Training("MiniLM-static", "R3", "both")
    other = bench(tmp_path)
    other.arenas[1].__dict__["_split"] = (["TAC"], {})
    assert made.arena.views == other.arena.views
    assert module._key(made, one) != module._key(other, one)


def test_training_on_both_landscapes_reads_the_texts_of_both(tmp_path: Path) -> None:
    made = bench(tmp_path)
    own, external = (pairs(made, arena, "R3") for arena in made.arenas)
    lesson = lesson_of(made, Training("MiniLM-static", "R3", "both"))
    assert len(lesson.pairs) == len(lesson.anchors) == len(own) + len(external)
    assert lesson.landscape == "assistive + external"
    last = made.arenas[1].landscape.patents["abstract"].iloc[int(external.anchors[-1])]
    assert lesson.anchors[-1] == last


def test_transductive_training_sees_what_test_queries_cite_and_never_their_own_families(tmp_path: Path) -> None:
    made = bench(tmp_path, recipes=["R3"], pairs_most=500)
    arena, parts = made.arena, partition(made, made.arena)
    strict, loose = (
        set(lesson_of(made, Training("MiniLM-static", "R3", kind)).pairs.anchors) for kind in ("plain", "transductive")
    )
    families = set(arena.landscape.family[parts.queries_of("test")])
    assert strict < loose
    assert not families & set(arena.landscape.family[sorted(loose)])


def test_a_gentle_training_moves_less(tmp_path: Path) -> None:
    made = bench(tmp_path)
    plain, gentle = Training("MiniLM-static", "R3"), Training("MiniLM-static", "R3", "gentle")
    more = with_tuned(made, [plain, gentle], say=silent)
    start, far, near = (
        more.encoded(name, more.arena, "TA").vectors for name in ("MiniLM-static", plain.name, gentle.name)
    )
    assert 0 < np.abs(near - start).mean() < 0.5 * np.abs(far - start).mean()
