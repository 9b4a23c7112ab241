from __future__ import annotations

from itertools import product

import numpy as np
import pandas as pd
import pytest
from fixtures.labelled import guesses, measured, prediction

from patbench_lib.classify import compare
from patbench_lib.classify.compare import against, intervals, randomisation_tests
from patbench_lib.classify.measures import MEASURES
from patbench_lib.classify.prediction import Prediction
from patbench_lib.classify.tally import Tally, tally
from patbench_lib.evaluate import statistics
from patbench_lib.evaluate.settings import Statistics

STATISTICS = Statistics(resamples=300, permutations=1000)


def world(seed: int = 0, families: int = 30, labels: int = 5) -> tuple[np.ndarray, np.ndarray]:
    """Draw the labels and families of publications, each of which has a label."""
    rng = np.random.default_rng(seed)
    family = np.repeat(np.arange(families), rng.integers(1, 4, families))
    gold = rng.random((families, labels)) < 0.3
    gold[np.arange(families), rng.integers(0, labels, families)] = True
    return gold[family], family


def repeats(skill: float, seed: int = 0, count: int = 2) -> tuple[list[Prediction], np.ndarray]:
    """Predict the test publications of several splits: those of two families in three."""
    gold, family = world()
    rows = [np.flatnonzero(family % 3 != repeat % 3) for repeat in range(count)]
    return [guesses(100 * seed + i, part, gold, family, skill) for i, part in enumerate(rows)], family


def copied(made: Prediction, family: np.ndarray, weights: dict[int, int]) -> Prediction:
    """Write each publication down as often as its family is drawn."""
    again = np.repeat(np.arange(len(made.rows)), [weights[int(code)] for code in family[made.rows]])
    return Prediction(made.rows[again], made.gold[again], made.scores[again], made.decided[again])


def mean_measures(predictions: list[Prediction]) -> np.ndarray:
    return np.mean([list(measured(each).values()) for each in predictions], axis=0)


def test_a_tally_sums_up_families() -> None:
    first = prediction([[1, 0], [1, 0], [0, 1]], [[1, 1], [0, 0], [0, 1]], rows=[0, 2, 5])
    second = prediction([[0, 1]], [[0, 1]], rows=[1])
    made = tally([first, second], np.array([7, 3, 9, 9, 9, 7]))
    assert made.family.tolist() == [3, 7, 9] and made.n == 4
    # hits of two labels, invented, missed; publications, LRAP, exact
    assert made.sums[0].toarray().tolist() == [
        [0] * 9,
        [1, 1, 0, 1, 0, 0, 2, 1 / 2 + 1, 1],
        [0, 0, 0, 0, 1, 0, 1, 1 / 2, 0],
    ]
    assert made.sums[1].toarray().tolist() == [[0, 1, 0, 0, 0, 0, 1, 1, 1], [0] * 9, [0] * 9]


def test_values_are_means_over_repeats_with_their_spread() -> None:
    predictions, family = repeats(0.4, count=3)
    found = intervals({"A": tally(predictions, family)}, STATISTICS, seed=0)
    each = np.array([list(measured(made).values()) for made in predictions])
    assert found["measure"].tolist() == list(MEASURES)
    assert found["value"].to_numpy() == pytest.approx(each.mean(0))
    assert found["spread"].to_numpy() == pytest.approx(each.std(0, ddof=1))
    assert set(found["n"]) == {len(family)} and set(found["repeats"]) == {3}
    assert (found["low"] <= found["value"]).all() and (found["value"] <= found["high"]).all()


def test_one_repeat_has_no_spread() -> None:
    predictions, family = repeats(0.4, count=1)
    found = intervals({"A": tally(predictions, family)}, STATISTICS, seed=0)
    assert found["spread"].tolist() == [0.0] * 4
    assert set(found["n"]) == {len(predictions[0].rows)}


def test_weights_are_copies_of_families() -> None:
    predictions, family = repeats(0.3)
    made, rng = tally(predictions, family), np.random.default_rng(1)
    weights = rng.integers(0, 3, (20, len(made.family)))
    for row, found in zip(weights, made.weighted(weights.astype(float)), strict=True):
        drawn = dict(zip(made.family.tolist(), row.tolist(), strict=True))
        assert found == pytest.approx(mean_measures([copied(each, family, drawn) for each in predictions]))


def test_a_repeat_without_a_family_does_not_count() -> None:
    first, second = prediction([[1, 0]], [[1, 0]], rows=[0]), prediction([[1, 0]], [[0, 1]], rows=[1])
    made = tally([first, second], np.array([0, 1]))
    found = made.weighted(np.array([[1.0, 1.0], [2.0, 0.0], [0.0, 0.0]]))
    assert found[:, 3].tolist() == pytest.approx([0.5, 1.0, np.nan], nan_ok=True)


def test_intervals_are_those_of_a_loop_over_drawn_families(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(statistics, "BLOCK", 1000)  # several blocks
    predictions, family = repeats(0.3)
    made = tally(predictions, family)
    found = intervals({"A": made}, STATISTICS, seed=5)
    rng, count = np.random.default_rng(5), len(made.family)
    drawn = []
    for _ in range(STATISTICS.resamples):
        weights = dict(zip(made.family.tolist(), rng.multinomial(count, [1 / count] * count).tolist(), strict=True))
        drawn.append(mean_measures([copied(each, family, weights) for each in predictions]))
    moved = np.array(drawn) - np.mean(drawn, axis=0) + mean_measures(predictions)
    assert found["low"].to_numpy() == pytest.approx(np.quantile(moved, 0.025, axis=0).clip(0, 1))
    assert found["high"].to_numpy() == pytest.approx(np.quantile(moved, 0.975, axis=0).clip(0, 1))


def swapped(a: Prediction, b: Prediction, which: np.ndarray) -> Prediction:
    """Return what `a` says, but for some publications what `b` does."""
    pick = which[:, None]
    return Prediction(a.rows, a.gold, np.where(pick, b.scores, a.scores), np.where(pick, b.decided, a.decided))


def test_the_test_is_that_of_all_swaps_of_families() -> None:
    # Six families, two repeats that test four and five of them: 64 swaps, gone through one by one.
    family = np.array([0, 0, 1, 2, 2, 3, 4, 5, 5])
    rng = np.random.default_rng(3)
    gold = np.eye(3, dtype=bool)[rng.integers(0, 3, 9)] | (rng.random((9, 3)) < 0.2)
    rows = [np.flatnonzero(np.isin(family, part)) for part in ([0, 1, 2, 3], [1, 2, 3, 4, 5])]
    a, b = (
        [guesses(7 * s + i, part, gold, family, skill) for i, part in enumerate(rows)]
        for s, skill in ((1, 0.5), (2, 0.2))
    )
    observed = np.abs(mean_measures(a) - mean_measures(b))
    as_far = np.zeros(4)
    for which in product([False, True], repeat=6):
        marks = [np.array(which)[family[part]] for part in rows]
        one = [swapped(x, y, mark) for x, y, mark in zip(a, b, marks, strict=True)]
        other = [swapped(y, x, mark) for x, y, mark in zip(a, b, marks, strict=True)]
        as_far += np.abs(mean_measures(one) - mean_measures(other)) >= observed - 1e-12
    p = randomisation_tests({"A": tally(a, family)}, tally(b, family), Statistics(permutations=40_000), seed=0)["A"]
    assert p == pytest.approx(as_far / 64, abs=0.01)
    assert 0 < as_far.min() < 64


def test_a_better_classifier_is_significantly_better_and_a_twin_is_not() -> None:
    made = {"base": 0.1, "better": 0.45, "twin": 0.1}
    tallies = {name: tally(*repeats(skill, seed)) for seed, (name, skill) in enumerate(made.items())}
    found = against(tallies, "base", STATISTICS, seed=0).set_index(["system", "measure"])
    assert list(dict.fromkeys(found.index.get_level_values("system"))) == ["better", "twin"]
    better, twin = found.loc["better"], found.loc["twin"]
    assert better["significant"].all() and (better["low"] > 0).all()
    assert better.loc["micro-F1", "p"] == 1 / 1001
    assert not twin["significant"].any()
    assert (better["difference"] <= better["high"]).all()
    values = {
        name: intervals({name: each}, STATISTICS, seed=0).set_index("measure")["value"]
        for name, each in tallies.items()
    }
    assert better["difference"].to_dict() == pytest.approx((values["better"] - values["base"]).to_dict())


def test_holm_counts_the_systems_of_one_measure() -> None:
    tallies = {f"s{seed}": tally(*repeats(0.1 + 0.02 * seed, seed)) for seed in range(4)}
    found = against(tallies, "s0", STATISTICS, seed=0)
    for _, cell in found.groupby("measure"):
        smallest = cell.loc[cell["p"].idxmin()]
        assert smallest["p_holm"] == pytest.approx(min(1, 3 * smallest["p"]))
    assert (found["significant"] == (found["p_holm"] <= 0.05)).all()


def test_the_same_predictions_do_not_differ() -> None:
    predictions, family = repeats(0.3)
    found = against({"A": tally(predictions, family), "B": tally(predictions, family)}, "A", STATISTICS, seed=0)
    assert found["p"].tolist() == [1.0] * 4
    assert (found[["difference", "low", "high"]] == 0).all(axis=None)


def test_the_seed_decides_and_blocks_do_not(monkeypatch: pytest.MonkeyPatch) -> None:
    tallies = {"A": tally(*repeats(0.2, 0)), "B": tally(*repeats(0.3, 1))}

    def tables(seed: int) -> tuple[pd.DataFrame, pd.DataFrame]:
        return intervals(tallies, STATISTICS, seed=seed), against(tallies, "A", STATISTICS, seed=seed)

    first, other = tables(0), tables(1)
    assert not first[0]["low"].equals(other[0]["low"]) and not first[1]["p"].equals(other[1]["p"])
    assert first[0]["value"].equals(other[0]["value"])
    monkeypatch.setattr(statistics, "BLOCK", 500)
    for table, again in zip(first, tables(0), strict=True):
        pd.testing.assert_frame_equal(table, again)


def test_a_baseline_alone_has_nothing_to_be_compared_with() -> None:
    found = against({"A": tally(*repeats(0.2))}, "A", STATISTICS, seed=0)
    assert found.empty and list(found.columns) == compare.COMPARED


def other_rows() -> Tally:
    predictions, family = repeats(0.2)
    return tally(predictions[::-1], family)


def other_labels() -> Tally:
    predictions, family = repeats(0.2)
    return tally([Prediction(p.rows, p.gold[:, :3], p.scores[:, :3], p.decided[:, :3]) for p in predictions], family)


def fewer_repeats() -> Tally:
    predictions, family = repeats(0.2)
    return tally(predictions[:1], family)


@pytest.mark.parametrize("made", [other_rows, other_labels, fewer_repeats])
def test_unlike_tests_are_not_compared(made: object) -> None:
    tallies = {"A": tally(*repeats(0.2)), "B": made()}  # type: ignore[operator]
    for call in (lambda: intervals(tallies, STATISTICS, seed=0), lambda: against(tallies, "A", STATISTICS, seed=0)):
        with pytest.raises(ValueError, match="A and B were not tested on the same publications and labels"):
            call()
