"""On the null landscape, whose labels follow no text, no view classifies better and clusters agree by chance."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from scipy.stats import binom

from patbench_lib.bench.bench import Bench
from patbench_lib.bench.classification import MAIN, classification_results
from patbench_lib.bench.classification_by import by_view
from patbench_lib.bench.clustering import clustering_results
from patbench_lib.study import Study

SEEDS = 40
SYSTEMS = ("LSA", "MiniLM-static")
VIEWS = ("TA", "C1", "DWPI")


def null_bench(folder: Path, seed: int, **landscape: object) -> Bench:
    study = {
        "name": f"null{seed}",
        "seed": seed,
        "landscape": {"source": "demo", "name": "null", "publications": 200, "seed": seed, **landscape},
        "external": None,
        "views": VIEWS,
        "systems": ("BM25", *SYSTEMS),
        "depth": 50,
        "labels": {"sets": ("at_domain",), "min_support": 10},
        "classification": {"repeats": 2, "strengths": (0.1, 1.0), "curve": (1.0,), "baselines": ("prior", "TF-IDF")},
        "clustering": {"algorithms": ("k-means",), "transforms": ("normalised",), "starts": 2, "repeats": 2},
        "statistics": {"resamples": 100, "permutations": 1000},
    }
    return Bench(Study.model_validate(study), folder, progress=False)


@pytest.mark.slow
def test_no_view_is_better_and_clusters_agree_by_chance(tmp_path: Path) -> None:
    tested, clustered = [], []
    for seed in range(SEEDS):
        bench = null_bench(tmp_path, seed, effects="none")
        labels = bench.arena.label_sets[0][0]
        differences = by_view(bench, bench.arena, labels)[1]
        tested.append(differences[differences["measure"] == MAIN])
        clustered.append(clustering_results(bench))
    found = pd.concat(tested)
    # p-values of the two views of one system share the leading view, and views share labels: each pair of system and
    # view is held against chance by itself, over independent landscapes
    low, high = binom.interval(0.99, SEEDS, 0.05)
    for (system, view), mine in found.groupby(["system", "view"]):
        significant = int((mine["p"] <= 0.05).sum())
        print(f"{system}, {view} against {VIEWS[0]}: {significant} of {len(mine)} significant; {low:.0f} to {high:.0f}")
        assert len(mine) == SEEDS and low <= significant <= high, (system, view)
    after = found.groupby("system")["significant"].sum()
    assert (after <= binom.interval(0.99, SEEDS, 0.05)[1]).all(), after
    agreement = pd.concat(clustered).query("measure == 'ARI'")["value"]
    print(f"ARI on {len(agreement)} clusterings: mean {agreement.mean():.4f}, largest {agreement.max():.3f}")
    assert abs(agreement.mean()) < 0.01


def test_labels_that_follow_the_text_are_found_and_labels_that_do_not_are_not(tmp_path: Path) -> None:
    """The same measures see labels where there are some, so that chance above is not blindness."""
    values = {}
    for name, effects in (("null", "none"), ("planted", "default")):
        bench = null_bench(tmp_path / name, 0, effects=effects)
        measured = classification_results(bench)[0].query(f"measure == '{MAIN}'").set_index("classifier")["value"]
        leading = f"measure == 'ARI' and gold == 'single' and view == '{VIEWS[0]}'"
        ari = clustering_results(bench).query(leading).set_index("system")["value"]
        values[name] = {"gain": measured["LSA probe"] - measured["prior"], "ari": ari["LSA"]}
    # over the labels that are best given to all; of seeds 0 to 2 at least 0.08 where planted, at most -0.02 where null
    assert values["planted"]["gain"] > 0.05 and values["planted"]["ari"] > 0.06, values
    assert values["null"]["gain"] < 0.02 and abs(values["null"]["ari"]) < 0.03, values
