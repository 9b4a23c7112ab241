"""Words of notebooks 10 and 11: what they conclude from tables, and what they leave open."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from fixtures import studies, tuned
from fixtures.tuned import AWAY, HOME, MODELS, RECIPES, change

from patbench_lib.bench.bench import Bench
from patbench_lib.bench.changes import CHANGES, ORDERS, stacked
from patbench_lib.bench.tuning_findings import best, losses, survives
from patbench_lib.evaluate.settings import Statistics
from patbench_lib.landscape.leakage import Finding
from patbench_lib.report import prose_tuning, tuning_tables
from patbench_lib.report.prose_transfer import NO_AWAY, close_transfer, say_transfer
from patbench_lib.report.prose_tuning import close_tuning, say_split
from patbench_lib.report.transfer_tables import away_of

FEW = Statistics(resamples=100, permutations=100)
ALL = tuned.changes()
EXTERNAL: dict[str, Any] = {"source": "demo", "name": AWAY, "kind": "external", "publications": 60}
NO_ORDERS = stacked([], ORDERS)


def small(root: Path, **changes: Any) -> Bench:
    return studies.bench(root, **{"external": EXTERNAL, **changes})


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    """Return the bench of a study with an external landscape that tunes nothing itself."""
    return small(tmp_path_factory.mktemp("bench"))


def closed(bench: Bench, changes: pd.DataFrame) -> str:
    own = changes[changes["landscape"] == HOME]
    text = close_tuning(bench, own, best(own, NO_ORDERS), survives(own, FEW, seed=0)).data
    assert not re.search(r"\bnan\b|None|<NA>", text)
    return str(text)


def moved_on(bench: Bench, changes: pd.DataFrame, moved: pd.DataFrame) -> str:
    lost = losses(away_of(changes, HOME), FEW, seed=0)
    text = close_transfer(bench, changes, lost, moved).data
    assert not re.search(r"\bnan\b|None|<NA>", text)
    return str(text)


def test_the_closing_counts_what_is_significant_and_names_the_best(bench: Bench) -> None:
    text = closed(bench, ALL)
    assert "the held-out part of the synthetic landscape *assistive*, under the inductive protocol: 2 models" in text
    assert " tuned by 4 recipes. " in text
    assert "nDCG@10 6 above and 0 below (60 tested)" in text, "R2 gains 0.01, less than its interval"
    assert (
        "No recipe is best in all. By the mean change over 2 models: nDCG@10 R3 (+0.050), micro-F1 R4 (+0.100)" in text
    )


def test_one_best_recipe_is_told_from_several(bench: Bench) -> None:
    assert "One recipe gains most wherever one gains." in closed(bench, ALL[ALL["task"] == "retrieval"])


def test_of_one_recipe_none_is_the_best(bench: Bench) -> None:
    text = closed(bench, ALL[(ALL["recipe"] == "R1") & (ALL["model"] == MODELS[0])])
    assert "protocol: 1 model tuned by 1 recipe. " in text
    assert "gains most" not in text and "over 1 training." in text


def test_no_recipe_is_the_best_where_none_gains(bench: Bench) -> None:
    rows = pd.DataFrame([change(model, recipe, -0.01) for model in MODELS for recipe in RECIPES])
    assert "In the mean over models no recipe gains in any of 1 measures." in closed(bench, rows)


def test_the_best_recipe_is_apart_where_the_second_is_significantly_below(bench: Bench) -> None:
    rows = pd.DataFrame([change("MiniLM-2L", "R1", 0.05), change("MiniLM-2L", "R2", 0.01)])
    pair = {name: rows.iloc[0].get(name) for name in ORDERS} | {"first": "R1", "second": "R2", "significant": True}
    found = best(rows, pd.DataFrame([pair]).astype(ORDERS))
    text = close_tuning(bench, rows, found, survives(rows, FEW, seed=0)).data
    assert "In 1 of 1 cases of a model and a measure is the best recipe significantly above the second best." in text


def test_the_control_is_judged_from_enough_changes(bench: Bench) -> None:
    text = closed(bench, ALL)
    # In the tables made by hand every matched gain is the plain one less the same, so their order is the same.
    assert "the order of 8 changes, recipes of one model against each other, agrees with that of all pairs" in text
    assert "as follows: nDCG@10 τ = 1.00 (p = 0.0" in text, "2 of 576 orders are as far"
    assert "The best recipe stays the best in 10 of 10 cases of a model and a measure." in text
    few = ALL[(ALL["model"] == MODELS[0]) & ALL["recipe"].isin(["R1", "R2"])]
    assert "cannot be judged from 2 changes" in closed(bench, few)
    assert "cannot be judged. No recipes were trained on equally many pairs." in closed(
        bench, ALL[ALL["kind"] == "plain"]
    )


def test_the_looser_protocol_stands_beside_the_strict_one(bench: Bench) -> None:
    three = ALL[ALL["recipe"] != "R4"]
    # Gains of 0.03, 0.01 and 0.05 have the mean 0.03; the third kind has 0.008 less.
    assert "would be reported as +0.022 in place of +0.030, over 6 trainings" in closed(bench, three)
    assert "transductive" not in closed(bench, ALL[ALL["kind"] != "transductive"])


def test_losses_elsewhere_are_counted_by_stratum(bench: Bench) -> None:
    text = moved_on(bench, ALL, tuned.drift())
    # Of 0.03, 0.01, 0.05 and 0.04 times 0.8, then twice that, all but 0.008 and 0.016 are more than 0.02.
    assert "nDCG@10: 6 of 8 worse, 0 better" in text
    assert "nDCG@10, OUT: 0 of 8 worse, 0 better" in text
    assert "Whether stronger models lose more cannot be judged: 2 distinct zero-shot scores, and 4 are needed." in text
    assert "Better at home and worse elsewhere, significant or not: nDCG@10 8 of 8" in text


@pytest.mark.parametrize(("sign", "verdict"), [(-1, "true"), (1, "the other way round")])
def test_stronger_models_lose_more_or_less(bench: Bench, sign: int, verdict: str) -> None:
    rows = pd.DataFrame(
        [change(MODELS[0], "R1", sign * i / 100, landscape=AWAY, whole=True, zero_shot=0.1 * i) for i in range(1, 13)]
    )
    text = moved_on(bench, rows, tuned.drift().iloc[:0])
    rho = "1.00" if sign < 0 else "−1.00"
    assert f"That stronger models lose more is {verdict} here" in text
    assert f"and loss is {rho} [{rho}, {rho}] over 12 models and recipes" in text


def test_a_correlation_whose_interval_holds_zero_decides_nothing(bench: Bench) -> None:
    gaps = np.random.default_rng(3).normal(size=8)
    rows = pd.DataFrame(
        [change(MODELS[0], "R1", gap, landscape=AWAY, whole=True, zero_shot=0.1 * i) for i, gap in enumerate(gaps)]
    )
    assert "That stronger models lose more is not decided here" in moved_on(bench, rows, tuned.drift().iloc[:0])


def test_each_remedy_stands_beside_the_recipes_as_they_are(bench: Bench) -> None:
    text = moved_on(bench, ALL, tuned.drift())
    lines = [line for line in text.splitlines() if line.startswith("- ")]
    assert [line.split(":")[0] for line in lines] == ["- lower rate", "- both landscapes", "- blended weights"]
    assert "held-out part of external" in lines[1] and "all of external" not in lines[1]
    assert "all of external" in lines[0]


def test_how_far_vectors_moved_is_told_for_both_landscapes(bench: Bench) -> None:
    text = moved_on(bench, ALL, tuned.drift())
    # 0.1 to 0.4, half of it after a rotation, and a tenth of the neighbours lost with each tenth.
    told = (
        "a text's vector moved by 0.2500 in cosine, the cosines between two texts correlate at 0.875 with those before"
    )
    assert f"at home {told}" in text and f"elsewhere {told}" in text


def test_without_an_external_landscape_nothing_is_said_of_it(tmp_path: Path) -> None:
    alone = small(tmp_path, external=None)
    text = moved_on(alone, ALL[ALL["landscape"] == HOME], tuned.drift().query("landscape == @HOME"))
    assert text.startswith(NO_AWAY) and "at home" in text and "elsewhere a" not in text


def test_a_study_that_tunes_nothing_says_so(bench: Bench) -> None:
    none, made = stacked([], CHANGES), bench
    assert tuning_tables.pairs_of(made) == []
    why = "This study names no model to fine-tune, so 0 trainings were run."
    said = [
        say_split(made, []),
        say_transfer(made),
        close_tuning(made, none, best(none, NO_ORDERS), survives(none, FEW, seed=0)),
        close_transfer(made, none, losses(none, FEW, seed=0), tuned.drift().iloc[:0]),
    ]
    assert [each.data for each in said] == [why] * 4
    shown = [tuning_tables.parts_table, tuning_tables.pairs_table, tuning_tables.examples_table]
    assert all(why in table(made, [], synthetic=True).as_raw_html() for table in shown)


def test_recipes_that_a_landscape_does_not_give_are_named(tmp_path: Path) -> None:
    settings = {"models": ["MiniLM-static"], "recipes": ["R2"]}
    made = small(tmp_path, labels={"sets": ["no_such_set"]}, finetuning=settings)
    why = tuning_tables.why_none(made)
    assert why.startswith("None of 1 recipes can be trained here. R2 cannot be trained on landscape")
    assert "has none of the label sets" in why


def test_a_finding_of_the_audit_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    settings = {"models": ["MiniLM-static"], "recipes": ["R3"], "batch": 4}
    made = small(tmp_path, finetuning=settings)
    pairs = tuning_tables.pairs_of(made)
    assert "The audit finds 0 families" in say_split(made, pairs).data
    leak = Finding("near-duplicate", "view TA", True, np.array([[0, 1], [2, 3]]))
    harmless = Finding("shared citations", "1 or more", False, np.array([[0, 1]]))
    monkeypatch.setattr(prose_tuning, "audited", lambda *_: [leak, harmless])
    text = say_split(made, pairs).data
    assert "2 pairs by near-duplicate (view TA). Gains" in text
    copy = Finding("publication", f"in landscape {AWAY}", True, np.array([[0, 1]]))
    monkeypatch.setattr(prose_tuning, "copies", lambda *_: [(made.arenas[1], [copy])])
    assert f"(view TA); 1 pairs by publication (in landscape {AWAY}). Gains" in say_split(made, pairs).data
