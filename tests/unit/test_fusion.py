"""Choosing a fusion on development queries, testing it on others, and telling of it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from fixtures.grids import CONFIGURATIONS, drawn_grid, grid_of
from fixtures.landscapes import as_csv, cited_in_a_row

from patbench_lib.bench.bench import Bench
from patbench_lib.bench.fusion import configurations, fuse, fusion_grids
from patbench_lib.evaluate.assessment import Assessment, assess, gain_by_strength, gains
from patbench_lib.evaluate.fusion import ANY, Configuration, Split, choose, curves
from patbench_lib.evaluate.settings import Statistics
from patbench_lib.report import fusion_figures as figures
from patbench_lib.report.prose_fusion import close_fusion
from patbench_lib.retrieve.fuse import fuse_linear, fuse_rrf
from patbench_lib.retrieve.settings import Fusion
from patbench_lib.study import Study

STATISTICS = Statistics(resamples=300, permutations=1000)
COLUMNS = {"sparse": 0.2, "dense": 0.1, "rrf 10": 0.3, "rank 0": 0.2, "rank 0.5": 0.3, "rank 1": 0.1}


def flat(**changed: list[float]) -> dict[str, list[float]]:
    """Return four queries' scores, each column the same for all of them unless changed."""
    return {name: changed.get(name.replace(" ", "_").replace(".", ""), [value] * 4) for name, value in COLUMNS.items()}


def test_the_configurations_of_a_study_stand_in_the_order_that_decides_ties() -> None:
    fusion = Fusion(k=(60, 10), alphas=(0.7, 0.1), normalisations=("rank", "min-max"))
    labels = [each.label for each in configurations(fusion)]
    assert labels == ["rrf 10", "rrf 60", "min-max 0.1", "min-max 0.7", "rank 0.1", "rank 0.7"]


def test_only_the_development_queries_choose() -> None:
    # On the families of development alpha 0 is best, on all queries 0.5 is.
    grid = grid_of(flat(rank_0=[0.4, 0.4, 0.0, 0.0], rank_05=[0.3, 0.3, 1.0, 1.0]), [0, 0, 1, 1])
    chosen = choose([grid], Split(np.array([0]))).set_index("method")
    assert chosen["chosen"].to_dict() == {"rrf": "rrf 10", "rank": "rank 0", ANY: "rank 0"}
    assert chosen.loc["rank", ["value", "mean", "n"]].tolist() == [0.0, pytest.approx(0.4), 2]


def test_among_equals_the_smaller_alpha_and_the_first_method() -> None:
    even = grid_of({name: [0.3, 0.3] for name in COLUMNS}, [0, 1])
    even.scores["rank 0.5"] = 0.1 + 0.2  # higher in the last bit
    chosen = choose([even], Split(np.array([0, 1]))).set_index("method")
    assert chosen["chosen"].to_dict() == {"rrf": "rrf 10", "rank": "rank 0", ANY: "rrf 10"}
    assert chosen.loc[ANY, "better"] == "dense"


def test_the_better_of_the_two_is_told_on_development_queries() -> None:
    grid = grid_of(flat(dense=[0.1, 0.1, 0.9, 0.9]), [0, 0, 1, 1])
    assert set(choose([grid], Split(np.array([0])))["better"]) == {"sparse"}
    assert set(choose([grid], Split(np.array([1])))["better"]) == {"dense"}


def test_gains_are_of_the_test_queries() -> None:
    grid = grid_of(flat(rrf_10=[0.9, 0.9, 0.5, 0.3], dense=[0.0, 0.0, 0.1, 0.3]), [0, 0, 1, 2])
    split = Split(np.array([0]))
    found = gains([grid], choose([grid], split), split, STATISTICS, seed=0).set_index(["method", "reference"])
    over_dense, over_better = found.loc[(ANY, "dense")], found.loc[(ANY, "better")]
    assert (over_dense["chosen"], over_dense["n"]) == ("rrf 10", 2)
    assert [over_dense[name] for name in ("fused", "alone", "difference")] == pytest.approx([0.4, 0.2, 0.2])
    assert [over_better[name] for name in ("fused", "alone", "difference")] == pytest.approx([0.4, 0.2, 0.2])
    assert over_better["low"] == pytest.approx(0.1) and over_dense["low"] == pytest.approx(0.0)


def test_a_grids_own_rows_are_paired_whatever_their_order() -> None:
    one, other = drawn_grid(0, 60, dense="D"), drawn_grid(0, 60, dense="E")
    mixed = replace(other, scores=other.scores.sample(frac=1, random_state=0))
    ours = assess([one, mixed], 0.5, STATISTICS, seed=0).gains.set_index("system")
    assert ours.loc["D", "difference"].tolist() == pytest.approx(ours.loc["E", "difference"].tolist())
    assert ours.loc["D", "low"].tolist() == pytest.approx(ours.loc["E", "low"].tolist())


def test_no_family_is_chosen_and_tested_on() -> None:
    grid = drawn_grid(1, 80)
    for seed in range(10):
        split = Split.of(grid, 0.5, seed=seed)
        for stratum in ("ALL", "IN", "OUT"):
            development, test = split.parts(grid.stratum(stratum))
            assert not set(development["family"]) & set(test["family"])
            assert len(development) + len(test) == len(grid.stratum(stratum))


def test_a_planted_gain_is_found_in_every_stratum() -> None:
    found = assess([drawn_grid(0, 400, lift=0.2)], 0.5, STATISTICS, seed=0)
    assert found.choices.set_index("method")["chosen"][ANY] == "rank 0.5"
    for stratum in ("ALL", "IN", "OUT"):
        (row,) = found.gained(stratum=stratum).to_dict("records")
        assert row["significant"] and row["low"] > 0
    # IN and OUT are multiples of the same scores, so no fusion changes the gap by much
    (gap,) = found.gaps.to_dict("records")
    assert gap["low"] < 0 < gap["high"] and gap["dense"] == pytest.approx(0.6, abs=0.1)


def test_hindsight_is_never_below_what_it_may_choose_from() -> None:
    (row,) = assess([drawn_grid(3, 200)], 0.5, STATISTICS, seed=0).oracle.to_dict("records")
    assert row["chosen"] <= row["hindsight"] <= row["each"]
    assert max(row["sparse"], row["dense"]) <= row["run"] <= row["each"], "alpha 0 and 1 are among the fusions"


def test_curves_are_means_over_all_queries() -> None:
    grid = grid_of(flat(rank_05=[0.0, 1.0, 0.0, 1.0]), [0, 0, 1, 1])
    found = curves([grid]).set_index(["method", "value"])
    assert found.loc[("rank", 0.5), "mean"] == 0.5
    assert found.loc[("rrf", 10), ["mean", "sparse", "dense"]].tolist() == pytest.approx([0.3, 0.2, 0.1])


def test_weaker_systems_that_gain_more_correlate_downwards() -> None:
    grids = []
    for i in range(5):
        own, noise = 0.1 + 0.1 * i, np.random.default_rng(i).normal(0, 0.001, (2, 40))
        fixed = {name: [0.65] * 40 for name in COLUMNS}
        grids.append(grid_of({**fixed, "dense": own + noise[0]}, range(40), dense=f"D{i}"))
    assessed = assess(grids, 0.5, STATISTICS, seed=0)
    rho, p, systems = gain_by_strength(assessed, STATISTICS, seed=0)
    assert (rho, p, systems) == (pytest.approx(-1), pytest.approx(2 / 120), 5)
    few = assess(grids[:3], 0.5, STATISTICS, seed=0)
    assert np.isnan(gain_by_strength(few, STATISTICS, seed=0)[0])


@pytest.fixture
def bench(home: Path) -> Bench:
    as_csv(cited_in_a_row(30), home / "t.csv")
    study = Study(
        name="small",
        landscape={"source": "table", "name": "mine", "path": "t.csv"},  # type: ignore[arg-type]
        external=None,
        views=("TA",),
        systems=("BM25", "LSA", "MiniLM-static"),
        depth=20,
        measures=("nDCG@5",),
        main_measure="nDCG@5",
        fusion=Fusion(k=(60,), alphas=(0.0, 0.3, 1.0), normalisations=("min-max",)),
        statistics=STATISTICS,
    )
    return Bench(study, home, progress=False)


def test_a_grid_has_the_scores_of_the_fused_runs(bench: Bench) -> None:
    lsa, static = fusion_grids(bench)
    assert [(grid.sparse, grid.dense) for grid in (lsa, static)] == [("BM25", "LSA"), ("BM25", "MiniLM-static")]
    runs = [bench.run(system, bench.arena, "TA") for system in ("BM25", "LSA")]
    expected = {
        "sparse": runs[0],
        "dense": runs[1],
        "rrf 60": fuse_rrf(runs, 20, k=60),
        "min-max 0.3": fuse_linear(runs, 20, [0.7, 0.3], "min-max"),
    }
    for name, run in expected.items():
        scores = bench.score(run, bench.arena, system="any", view="TA")
        assert lsa.scores[name].tolist() == scores["value"].tolist(), name
        for column in ("query", "family", "stratum"):
            assert lsa.scores[column].tolist() == scores[column].tolist()


def test_the_ends_of_alpha_are_the_systems_alone(bench: Bench) -> None:
    sparse, dense = (bench.run(system, bench.arena, "TA") for system in ("BM25", "MiniLM-static"))
    for alpha, alone in ((0.0, sparse), (1.0, dense)):
        fused = fuse(Configuration("min-max", alpha), sparse, dense, 20)
        assert np.array_equal(fused.documents[:, :5], alone.documents[:, :5])


def test_grids_are_kept(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    first = fusion_grids(bench)[0].scores
    monkeypatch.setattr("patbench_lib.bench.fusion.fuse_rrf", None)
    assert fusion_grids(bench)[0].scores.equals(first)


@pytest.mark.parametrize(("systems", "baseline"), [(("BM25",), "BM25"), (("LSA", "MiniLM-static"), "LSA")])
def test_one_kind_of_system_cannot_be_fused(bench: Bench, systems: tuple[str, ...], baseline: str) -> None:
    alone = bench.study.model_copy(update={"systems": systems, "baseline": baseline})
    grids = fusion_grids(Bench(alone, bench.paths.root, progress=False))
    assert grids == []
    assessed = assess(grids, 0.5, STATISTICS, seed=0)
    told = show(assessed, alone)
    assert f"make no pair ({len(systems)}: {', '.join(systems)})" in told


def show(assessed: Assessment, study: Study) -> str:
    """Draw and tell everything, and return the closing paragraph."""
    drawn = [
        figures.curves_figure(assessed, "B", "MRR", synthetic=True),
        figures.gains_figure(assessed, "MRR", synthetic=True),
        figures.gap_figure(assessed, synthetic=True),
    ]
    for figure in drawn:
        figure.draw_without_rendering()
    tables = [
        figures.rrf_table(assessed, "B", synthetic=True),
        figures.methods_table(assessed, synthetic=True),
        figures.strata_table(assessed, synthetic=True),
        figures.oracle_table(assessed, "B", synthetic=True),
    ]
    for shown, empty in zip(tables, [assessed.curves.empty, *[assessed.gains.empty] * 3], strict=True):
        assert ("Nothing to show" in shown.as_raw_html()) == empty
    return str(close_fusion(assessed, study, "B").data)


def test_a_single_family_has_nothing_to_be_tested_on() -> None:
    assessed = assess([grid_of(flat(), [5, 5, 5, 5])], 0.5, STATISTICS, seed=0)
    assert assessed.gains.empty and assessed.oracle.empty and assessed.gaps.empty
    assert "All 4 queries are of one family" in show(assessed, Study())


def test_without_in_and_out_the_gap_is_not_told() -> None:
    assessed = assess([grid_of(flat(), [0, 1, 2, 3])], 0.5, STATISTICS, seed=0)
    told = show(assessed, Study())
    assert "no test queries on both sides" in told and "With 1 dense system one cannot tell" in told


def test_the_paragraph_tells_the_tables_numbers() -> None:
    assessed = assess([drawn_grid(0, 400, lift=0.2), drawn_grid(0, 400, dense="E", lift=0.3)], 0.5, STATISTICS, seed=0)
    told = show(assessed, Study(main_measure="nDCG@10"))
    over_dense = assessed.gained()["difference"]
    assert f"changes nDCG@10 by +{over_dense.min():.3f} to +{over_dense.max():.3f} against the dense" in told
    assert "significantly up: D, E; down: none" in told
    assert f"would give {assessed.oracle.sort_values('chosen')['run'].iloc[-1]:.3f}" in told
    assert "nan" not in told and "None" not in told


def test_the_choice_of_one_part_alone_is_told() -> None:
    best_alone = {**flat(), "rank 0": [0.9, 0.8, 0.9, 0.8], "sparse": [0.9, 0.8, 0.9, 0.8]}
    told = show(assess([grid_of(best_alone, [0, 1, 2, 3])], 0.5, STATISTICS, seed=0), Study())
    assert "For D the choice is B alone." in told


def test_the_methods_table_marks_what_differs() -> None:
    assessed = assess([drawn_grid(0, 400, lift=0.2)], 0.5, STATISTICS, seed=0)
    (row,) = assessed.gained(method="rank").to_dict("records")
    assert f"{row['fused']:.3f} ▲ (0.5)" in figures.methods_table(assessed, synthetic=False).as_raw_html()


def test_every_configuration_has_its_label() -> None:
    assert [each.label for each in CONFIGURATIONS] == ["rrf 10", "rank 0", "rank 0.5", "rank 1"]
    assert Configuration("rrf", 1234567).label == "rrf 1234567"
