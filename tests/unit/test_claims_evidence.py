"""What claims are judged by: parts from the study's tables, by hand and on small benches."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from fixtures.grids import drawn_grid
from fixtures.studies import bench
from fixtures.tuned import AWAY, HOME, MODELS, changes

from patbench_lib.bench import claims_fusion, claims_retrieval, claims_tuning
from patbench_lib.bench.bench import Bench
from patbench_lib.bench.changes import ORDERS, stacked
from patbench_lib.bench.claims import EVIDENCE, judged
from patbench_lib.bench.claims_evidence import Evidence, differences, moved
from patbench_lib.evaluate import compare
from patbench_lib.evaluate.assessment import assess
from patbench_lib.evaluate.claims import PARTS
from patbench_lib.evaluate.gap import relative_gap
from patbench_lib.evaluate.rank_agreement import spearman
from patbench_lib.evaluate.settings import Statistics
from patbench_lib.reference.claims import statements
from patbench_lib.reference.expected import groups

TUNED = {"finetuning": {"models": list(MODELS)}, "external": {"source": "demo", "name": AWAY, "publications": 40}}


def order(first: str, second: str, difference: float, **fields: Any) -> dict[str, Any]:
    row = {
        "landscape": HOME, "model": MODELS[0], "kind": "plain", "task": "retrieval", "measure": "nDCG@10",
        "first": first, "second": second, "difference": difference, "low": difference - 0.01,
        "high": difference + 0.03, "p": 0.02, "p_holm": 0.2, "significant": False, "n": 60,
    }  # fmt: skip
    return row | fields


@pytest.fixture
def tuned(tmp_path: Path) -> Bench:
    """Return a bench that knows tables of tunings made by hand, and needs to train nothing."""
    made = bench(tmp_path, **TUNED)
    orders = [
        order("R1", "R3", -0.02),
        order("R3", "R4", 0.05),
        order("R1", "R2", 0.5),
        order("R3", "R4", 9.0, kind="matched"),
    ]
    tables = {"changes": changes(), "orders": stacked([pd.DataFrame(orders)], ORDERS)}
    made.once("tables of fine-tuning", lambda: tables)
    made.once(f"possible {HOME}", lambda: (["R1", "R2", "R3", "R4"], {}))
    return made


def test_a_recipe_is_held_against_each_other_of_its_model_the_right_way_round(tuned: Bench) -> None:
    parts = claims_tuning.recipe_above(tuned, {"recipe": "R3", "task": "retrieval"}).parts.set_index("part")
    assert parts["effect"].to_dict() == {f"{MODELS[0]}, R3 − R1": 0.02, f"{MODELS[0]}, R3 − R4": 0.05}
    turned, kept = parts[["low", "high"]].to_numpy()
    assert turned == pytest.approx([-0.01, 0.03]), "R1 − R3 was from −0.03 to 0.01"
    assert kept == pytest.approx([0.04, 0.08])
    assert list(parts["p"]) == [0.02, 0.02], "before Holm's correction: the rule has its own"


def test_a_gain_is_of_plain_trainings_on_all_queries_at_home(tuned: Bench) -> None:
    found = claims_tuning.recipe_gain(tuned, {"recipe": "R4", "task": "clustering"}).parts
    assert len(found) == len(MODELS) and found["effect"].tolist() == pytest.approx([0.10, 0.10])
    share = claims_tuning.recipe_gain(tuned, {"recipe": "R3", "task": "retrieval", "relative": True}).parts
    assert share["effect"].tolist() == pytest.approx([0.05 / 0.3, 0.05 / 0.35])
    assert share["high"].tolist() == pytest.approx([0.07 / 0.3, 0.07 / 0.35])


def test_losses_are_of_plain_trainings_on_all_of_the_other_landscape(tuned: Bench) -> None:
    found = claims_tuning.change_elsewhere(tuned, {}).parts
    assert len(found) == 8 and (found["effect"] < 0).all()
    rho = claims_tuning.loss_by_strength(tuned, {})
    assert "distinct zero-shot scores" in rho.why and rho.parts.empty, "two models are no order"


def test_the_order_of_recipes_is_told_by_task(tuned: Bench) -> None:
    found = claims_tuning.order_kept(tuned, {}).parts
    assert found["part"].tolist() == ["nDCG@10", "micro-F1", "V-measure"]
    assert found["effect"].tolist() == pytest.approx([1, 1, 1]) and found["low"].isna().all()


@pytest.mark.parametrize("name", ["recipe_above", "recipe_gain", "order_kept", "change_elsewhere", "loss_by_strength"])
def test_without_tuning_the_reason_is_told(tmp_path: Path, name: str) -> None:
    found = EVIDENCE[name](bench(tmp_path), {"recipe": "R3", "task": "retrieval"})
    assert found.parts.empty and found.why == "This study fine-tunes no model."


def test_a_recipe_that_is_not_trained_is_named(tuned: Bench) -> None:
    tuned._known[f"possible {HOME}"] = (["R1"], {"R3": "No text has claims."})
    assert claims_tuning.recipe_gain(tuned, {"recipe": "R3", "task": "retrieval"}).why == "No text has claims."
    assert "does not train by R4" in claims_tuning.recipe_above(tuned, {"recipe": "R4", "task": "retrieval"}).why


def test_sizes_are_compared_within_and_across_families(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = bench(tmp_path, systems=["BM25", "LSA", "MiniLM-static"])
    sizes = {"BM25": ("X", 3.0), "LSA": ("X", 1.0), "MiniLM-static": ("Y", 2.0)}
    monkeypatch.setattr(claims_retrieval, "_sizes", lambda bench: sizes)
    within, across = claims_retrieval.larger_in_family(made, {}).parts, claims_retrieval.smaller_across(made, {}).parts
    assert within["part"].tolist() == ["BM25 − LSA"]
    assert sorted(across["part"]) == ["LSA − MiniLM-static", "MiniLM-static − BM25"]
    arena = made.arena
    scores = pd.concat([made.scores(name, arena, "TA") for name in ("BM25", "LSA")])
    wide, families = compare.by_query(scores[(scores["stratum"] == "ALL") & (scores["measure"] == "nDCG@10")])
    by_hand = compare.tested((wide["BM25"] - wide["LSA"]).to_numpy()[:, None], families, made.study.statistics, seed=0)
    first = within.iloc[0]
    assert first["effect"] == pytest.approx(by_hand["difference"][0]) and first["p"] == by_hand["p"][0]
    monkeypatch.setattr(claims_retrieval, "_sizes", lambda bench: {"BM25": ("X", 3.0)})
    assert "No two systems" in claims_retrieval.larger_in_family(made, {}).why


def test_a_view_is_held_against_the_others_whichever_leads(tmp_path: Path) -> None:
    made = bench(tmp_path, systems=["BM25"], views=["TA", "TAC"])
    (part,) = claims_retrieval.best_view(made, {"view": "TAC"}).parts.to_dict("records")
    asked = "stratum == 'ALL' and measure == 'nDCG@10'"
    mean = {view: made.scores("BM25", made.arena, view).query(asked)["value"].mean() for view in made.arena.views}
    assert part["part"] == "BM25, TAC − TA" and part["effect"] == pytest.approx(mean["TAC"] - mean["TA"])
    cells = groups()["paper"].values["BM25"]
    assert part["published"] == pytest.approx(cells["TAC"] - cells["TA"])
    assert claims_retrieval.best_view(made, {"view": "TAD"}).why == "TAD is no view of this study."
    alone = bench(tmp_path, systems=["BM25"], views=["TA"])
    assert claims_retrieval.best_view(alone, {"view": "TA"}).why == "TA is the only view of this study."


def test_the_gap_is_that_of_notebook_03(tmp_path: Path) -> None:
    made = bench(tmp_path, landscape={"source": "demo", "publications": 120}, measures=["nDCG@10", "Recall@20"])
    both = claims_retrieval.domain_gap(made, {"recall": True}).parts
    main = claims_retrieval.domain_gap(made, {}).parts
    assert len(both) == 4 and len(main) == 2
    scores = pd.concat([made.scores(name, made.arena, "TA") for name in made.study.systems])
    gaps = relative_gap(scores[scores["measure"] == "nDCG@10"], made.study.statistics, seed=0)
    assert main["effect"].tolist() == pytest.approx(gaps["gap"].tolist()) and main["p"].isna().all()
    assert main["n"].tolist() == gaps[["n_in", "n_out"]].min(axis=1).tolist()


def test_fusion_is_that_of_notebook_05(tmp_path: Path) -> None:
    made = bench(tmp_path)
    statistics = Statistics(resamples=200, permutations=500)
    grids = [drawn_grid(i, 120, dense=name) for i, name in enumerate(["D", "Octen-8B"])]
    assessed = assess(grids, 0.5, statistics, seed=0)
    made.once("assessment of fusion", lambda: assessed)
    gap = claims_fusion.gap_change(made, {}).parts
    assert gap["effect"].tolist() == assessed.gaps["change"].tolist() and gap["part"].tolist() == ["D", "Octen-8B"]
    assert "the study tries no normalisation" in claims_fusion.interpolation_gain(made, {}).why.lower(), (
        "the grid has rank"
    )
    assert claims_fusion.gain_by_strength(made, {}).why == "Dense systems whose gain is known: 2; 4 are needed."


def test_interpolation_is_held_against_the_dense_system(tmp_path: Path) -> None:
    made = bench(tmp_path, fusion={"normalisations": ["rank"]})
    grids = [drawn_grid(i, 120, dense=name) for i, name in enumerate(["D", "Octen-8B"])]
    assessed = assess(grids, 0.5, Statistics(resamples=200, permutations=500), seed=0)
    made.once("assessment of fusion", lambda: assessed)
    gain = claims_fusion.interpolation_gain(made, {}).parts
    assert gain["effect"].tolist() == assessed.gained(method="rank")["difference"].tolist()
    assert math.isnan(gain["published"][0]) and gain["published"][1] == pytest.approx(0.0151)


def test_without_a_pair_nothing_is_fused_and_without_a_cross_encoder_nothing_reranked(tmp_path: Path) -> None:
    made = bench(tmp_path, systems=["BM25"])
    for name in ("gap_change", "interpolation_gain", "gain_by_strength"):
        assert EVIDENCE[name](made, {}).why == claims_fusion.NO_PAIR
    assert claims_retrieval.reranking(made, {}).why == "This study reranks with no cross-encoder."
    cut = claims_retrieval.kept_when_cut(made, statements()["C10"].about)
    assert cut.why == "No system of this study has vectors of 2,048 to 4,096 dimensions."


def test_what_cut_vectors_keep_is_told_as_a_distance_from_what_was_published(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = bench(tmp_path, systems=["MiniLM-static"], baseline="MiniLM-static", truncation={"dims": [128, 64, 32]})
    group = groups()["truncation"].model_copy(update={"widths": {"five-models": (256, 4096)}})
    monkeypatch.setattr(claims_retrieval, "groups", lambda: {"truncation": group})
    found = claims_retrieval.kept_when_cut(made, statements()["C10"].about).parts
    kept = claims_retrieval.cheaper_vectors(made).set_index("variant")
    assert found["part"].tolist() == ["MiniLM-static, 128 dimensions", "MiniLM-static, 64 dimensions"]
    assert found["effect"].tolist() == pytest.approx(
        [kept["retention"]["128"] - 0.832, kept["retention"]["64"] - 0.716]
    )
    assert found["low"].tolist() == pytest.approx([kept["low"]["128"] - 0.832, kept["low"]["64"] - 0.716])


def test_rows_turned_round_and_moved() -> None:
    table = pd.DataFrame({"difference": [0.2, 0.2], "low": [0.1, 0.1], "high": [0.5, 0.5], "n": [9, 9]})
    made = differences(table, ["a", "b"], sign=[1, -1])
    assert made.parts[["effect", "low", "high"]].to_numpy().tolist() == [[0.2, 0.1, 0.5], [-0.2, -0.5, -0.1]]
    assert moved(made, 1.0).parts[["effect", "low", "high"]].to_numpy() == pytest.approx(
        np.array([[1.2, 1.1, 1.5], [0.8, 0.5, 0.9]])
    )
    assert made.parts["p"].isna().all() and list(made.parts) == list(PARTS)


def test_every_claim_of_the_paper_has_evidence_and_a_rule() -> None:
    found = statements()
    assert {name.rstrip("abcd") for name in found} == {f"C{i}" for i in range(1, 12)}
    assert {each.evidence for each in found.values()} == set(EVIDENCE)
    cells = groups()["rerank"].values["bge-reranker-v2-m3"]
    assert found["C11"].published == pytest.approx((cells["reranked"] - cells["BM25"],))
    assert (found["C7b"].least, found["C7b"].most) == found["C7b"].published


def test_a_small_study_is_judged_as_far_as_it_goes(tmp_path: Path) -> None:
    found = judged(bench(tmp_path, landscape={"source": "demo", "publications": 120}))
    rows = found.verdicts.set_index("claim")
    absent = rows["verdict"] == "cannot be judged"
    assert list(rows.index) == list(statements())
    assert (rows["why"] != "").equals(absent) and rows.loc[absent, "effect"].isna().all()
    assert set(rows.index[~absent]) == {"C7a", "C7b", "C8", "C9a"} and rows["n"][~absent].min() > 0
    assert set(found.parts["claim"]) == set(rows.index[~absent])
    assert rows["published_low"]["C1b"] == 0.071, "what cannot be judged shows what was published"


def test_a_claim_whose_model_is_not_here_cannot_be_judged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from patbench_lib.errors import PatbenchError

    def gone(bench: Bench, about: object) -> Evidence:
        raise PatbenchError("The weights of X are not here.", todo="Fetch them.")

    monkeypatch.setitem(EVIDENCE, "domain_gap", gone)
    rows = judged(bench(tmp_path)).verdicts.set_index("claim")
    assert rows.loc["C7a", ["verdict", "why"]].tolist() == ["cannot be judged", "The weights of X are not here."]


def test_spearman_of_losses_goes_with_a_permutation_test(tuned: Bench) -> None:
    table = changes().query("landscape == @AWAY and whole and kind == 'plain' and measure == 'nDCG@10'")
    rows = table[table["stratum"] == "ALL"].reset_index(drop=True)
    rows["zero_shot"], rows["difference"] = np.linspace(0.2, 0.5, len(rows)), -(np.linspace(0.01, 0.08, len(rows)) ** 2)
    tuned._known["tables of fine-tuning"] = {"changes": rows}
    (part,) = claims_tuning.loss_by_strength(tuned, {}).parts.to_dict("records")
    rho, _, _ = spearman(
        rows["zero_shot"].to_numpy(), -rows["difference"].to_numpy(), level=0.95, resamples=100, seed=0
    )
    assert part["effect"] == pytest.approx(rho) == pytest.approx(1) and part["n"] == 8
    assert part["p"] < 0.05
