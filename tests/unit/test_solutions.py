"""What the solutions of the exercises say is what happens, computed without the notebooks where that is cheap."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fixtures.studies import TUNING, bench

from patbench_lib.bench.bench import Bench

SEEDS = (0, *(pytest.param(seed, marks=pytest.mark.slow) for seed in (1, 2)))
LABELS: dict[str, Any] = {
    "labels": {"sets": ["at_domain"], "min_support": 8},
    "classification": {"repeats": 2, "strengths": [1.0, 100.0], "baselines": ["prior", "TF-IDF"]},
    "clustering": {"algorithms": ["k-means"], "transforms": ["normalised"], "starts": 2, "repeats": 2},
    "systems": ["BM25", "LSA", "MiniLM-static"],
}


def planted(seed: int = 0, publications: int = 120, **effects: float) -> dict[str, Any]:
    """Return a synthetic landscape with some strengths changed."""
    return {"source": "demo", "publications": publications, "seed": seed, "effects": effects or "default"}


@pytest.mark.parametrize("seed", SEEDS)
def test_citations_that_follow_nothing_leave_the_domain_but_not_all(tmp_path: Path, seed: int) -> None:
    def share(**effects: float) -> float:
        return float((bench(tmp_path, landscape=planted(seed, **effects)).arena.judgements.in_domain == 1).mean())

    assert 0 < share(citations_follow_text=0.0) < share()


@pytest.mark.slow
def test_a_quarter_of_the_limit_reads_a_quarter_of_long_texts_and_all_words(tmp_path: Path) -> None:
    from patbench_lib.report.model_figures import readings

    def read(limit: int) -> dict[str, float]:
        systems = ["BM25", "LSA", "MiniLM-1L"]
        made = bench(tmp_path, landscape=planted(), systems=systems, encoding={"max_tokens": limit})
        return dict(readings(made)[["system", "read"]].itertuples(index=False))

    more, less = read(64), read(16)
    assert less["MiniLM-1L"] == pytest.approx(more["MiniLM-1L"] / 4)
    assert more["BM25"] == less["BM25"] == more["LSA"] == less["LSA"] == 1


@pytest.mark.parametrize("seed", SEEDS)
def test_one_word_for_all_domains_narrows_the_gap_and_does_not_raise_in(tmp_path: Path, seed: int) -> None:
    def means(**effects: float) -> dict[str, float]:
        scores = bench(tmp_path, landscape=planted(seed, 300, **effects), systems=["BM25"]).all_scores()
        return dict(scores[scores["measure"] == "nDCG@10"].groupby("stratum")["value"].mean())

    default, shared = means(), means(domain_vocabulary_gap=0.0)
    assert shared["OUT"] / shared["IN"] > default["OUT"] / default["IN"]
    assert shared["OUT"] < shared["IN"] <= default["IN"]


def test_two_views_that_begin_alike_are_the_same_to_a_model_with_a_short_limit(tmp_path: Path) -> None:
    from patbench_lib.bench.views import view_differences, view_scores

    changes = {"systems": ["BM25", "MiniLM-1L"], "views": ["TAC", "TA"], "encoding": {"max_tokens": 16}}
    made = bench(tmp_path, landscape=planted(), **changes)
    scores = view_scores(made)
    found = view_differences(made, scores).set_index("system")["difference"]
    assert found["MiniLM-1L"] == 0 != found["BM25"]
    each = scores[scores["system"] == "MiniLM-1L"].pivot(index="query", columns="view", values="value")
    assert (each["TA"] == each["TAC"]).all()


def test_fusion_with_its_ends_alone_is_one_of_the_two(tmp_path: Path) -> None:
    from patbench_lib.bench.fusion import fusion_grids
    from patbench_lib.evaluate.assessment import assess

    ends = {"k": [60], "alphas": [0.0, 1.0], "normalisations": ["min-max"]}
    made = bench(tmp_path, landscape=planted(), systems=["BM25", "LSA", "MiniLM-static"], depth=50, fusion=ends)
    grids = fusion_grids(made)
    for grid in grids:
        assert np.array_equal(grid.scores["min-max 0"], grid.scores["sparse"])
        assert np.array_equal(grid.scores["min-max 1"], grid.scores["dense"])
    gains = assess(grids, 0.5, made.study.statistics, seed=0).gains
    gained = gains[(gains["method"] == "min-max") & (gains["reference"] == "better")]
    assert len(gained) > 1 and (gained["difference"] == 0).all()


@pytest.mark.slow
def test_reranking_a_single_document_changes_nothing(tmp_path: Path) -> None:
    from patbench_lib.bench.rerank import rerank_scores

    reranking = {"systems": ["MiniLM-tokens"], "depth": 1}
    scores = rerank_scores(bench(tmp_path, systems=["BM25"], reranking=reranking))
    each = scores.pivot(index=["query", "stratum", "measure"], columns="system", values="value")
    assert each.shape[1] == 2 and (each.iloc[:, 0] == each.iloc[:, 1]).all()


def test_a_second_look_at_all_by_the_full_vectors_keeps_everything(tmp_path: Path) -> None:
    from patbench_lib.bench.variants import cheaper_vectors

    truncation = {"dims": [128], "rescored": 120}
    made = bench(tmp_path, landscape=planted(), systems=["BM25", "LSA", "MiniLM-static"], truncation=truncation)
    kept = cheaper_vectors(made).set_index(["variant", "system"])["retention"]
    assert (kept["binary + full"] == 1).all() and (kept["binary + signs"] != 1).all()


@pytest.mark.parametrize("seed", SEEDS)
def test_labels_that_follow_nothing_cannot_be_read_off_the_text(tmp_path: Path, seed: int) -> None:
    from patbench_lib.bench.classification import classification_results
    from patbench_lib.bench.clustering import clustering_results

    made = bench(tmp_path, landscape=planted(seed, labels_follow_text=0.0), **LABELS)
    results, _ = classification_results(made)
    micro = results[results["measure"] == "micro-F1"].set_index("classifier")["value"]
    assert micro["prior"] > 0
    assert (micro < micro["prior"] + 0.08).all(), "no better than without reading, but for chance"
    clusters = clustering_results(made).groupby(["gold", "system", "measure"])["value"].mean().unstack()
    assert (clusters["ARI"].abs() < 0.04).all()
    assert (clusters["V-measure"] > 0.05).all()


@pytest.mark.parametrize("seed", SEEDS)
def test_claims_in_the_words_of_the_abstract_are_found_untuned(tmp_path: Path, seed: int) -> None:
    from patbench_lib.bench.finetuning import finetuning_results

    def untuned(**effects: float) -> float:
        tuning = {**TUNING, "recipes": ["R3"], "looser": False, "remedies": []}
        across = finetuning_results(bench(tmp_path, landscape=planted(seed, **effects), finetuning=tuning))["across"]
        return float(across.set_index("measure")["zero_shot"]["MRR"])

    assert untuned(abstract_claims_gap=0.0) > untuned()


def test_a_landscape_that_is_its_own_abroad_leaves_nothing_to_learn_from(tmp_path: Path) -> None:
    from patbench_lib.bench.trainings import possible

    same = {"source": "demo", "name": "again", "publications": 120}
    recipes, why = possible(bench(tmp_path, landscape=planted(), external=same, finetuning=TUNING))
    assert recipes == [] and set(why) == {"R1", "R3"} and all("0 pairs" in reason for reason in why.values())


@pytest.mark.parametrize("seed", SEEDS)
def test_without_noise_a_static_model_hardly_prefers_untranslated_texts(tmp_path: Path, seed: int) -> None:
    from patbench_lib.bench.jurisdictions import jurisdiction_tables

    def preference(**effects: float) -> dict[str, float]:
        changes = {"systems": ["BM25", "MiniLM-static"], "depth": 50, "jurisdictions": {"min_queries": 8}}
        families = jurisdiction_tables(bench(tmp_path, landscape=planted(seed, **effects), **changes))["families"]
        documents = families[families["side"] == "document"].set_index("system")
        return dict(documents["difference"].abs())

    noisy, clean = preference(), preference(translation_noise=0.0)
    assert clean["MiniLM-static"] < noisy["MiniLM-static"] / 2
    assert noisy["BM25"] < noisy["MiniLM-static"]


def copied(home: Path) -> Bench:
    """Return the bench of a landscape whose expert copies."""
    changes = {**LABELS, "systems": ["BM25", "MiniLM-static"], "views": ["TA", "DWPI"]}
    return bench(home, landscape=planted(expert_rewriting=0.0), **changes)


def test_an_expert_who_copies_makes_no_difference(tmp_path: Path) -> None:
    from patbench_lib.bench.expert_text import expert_tables

    found = expert_tables(copied(tmp_path))
    assert set(found["differences"]["task"]) == {"retrieval", "classification", "clustering"}
    assert (found["differences"]["difference"].abs() < 1e-12).all()
    assert (found["wording"]["jaccard"] == 1).all()


def test_no_value_of_the_small_study_stands_beside_an_expected_one(tmp_path: Path) -> None:
    from patbench_lib.bench.reproduced import answered
    from patbench_lib.parameters import read_study

    tiny = read_study(Path(__file__).parents[2] / "params" / "tiny.yaml")
    assert answered(Bench(tiny, tmp_path, progress=False)).empty
