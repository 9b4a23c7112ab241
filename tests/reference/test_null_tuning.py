"""On the null landscape there is nothing to learn: no recipe ends above or below another, nor the untrained model."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from scipy.stats import binom

from patbench_lib.bench.bench import Bench
from patbench_lib.bench.finetuning import finetuning_results
from patbench_lib.study import Study

SEEDS = 10


def null_bench(folder: Path, seed: int) -> Bench:
    study = {
        "name": f"null{seed}",
        "seed": seed,
        "landscape": {"source": "demo", "name": "null", "publications": 300, "seed": seed, "effects": "none"},
        "external": {
            "source": "demo",
            "name": "elsewhere",
            "kind": "external",
            "publications": 120,
            "seed": seed,
            "effects": "none",
        },
        "views": ("TA",),
        "systems": ("BM25",),
        "depth": 50,
        "labels": {"sets": ("at_domain",), "min_support": 10},
        "classification": {"repeats": 2, "strengths": (0.1, 1.0)},
        "clustering": {"starts": 2, "repeats": 2},
        "statistics": {"resamples": 100, "permutations": 1000},
        "finetuning": {"models": ("MiniLM-static",), "closely": 0, "test": 0.3, "batch": 8, "looks": 1},
    }
    return Bench(Study.model_validate(study), folder, progress=False)


@pytest.mark.slow
def test_no_recipe_is_better_or_worse_than_another(tmp_path: Path) -> None:
    found: dict[str, list[pd.DataFrame]] = {"changes": [], "orders": []}
    for seed in range(SEEDS):
        tables = finetuning_results(null_bench(tmp_path, seed))
        for name, seeded in found.items():
            seeded.append(tables[name].assign(seed=seed))
    most = binom.interval(0.99, SEEDS, 0.05)[1]
    for name, seeded in found.items():
        together = pd.concat(seeded)
        cell = ["landscape", *(["stratum"] if name == "changes" else []), "measure"]
        # Holm holds the chance of any false finding at 5 % for each cell of a seed, and cells share their models.
        for where, mine in together.groupby(cell):
            seeds = int(mine.groupby("seed")["significant"].any().sum())
            print(
                f"{name}, {' '.join(where)}: {seeds} of {SEEDS} seeds with a significant difference, {most:.0f} at most"
            )
            assert mine["seed"].nunique() == SEEDS or where[1] in ("IN", "OUT")
            assert seeds <= most, where
    assert set(pd.concat(found["orders"])["measure"]) == {"nDCG@10", "micro-F1", "macro-F1", "V-measure", "ARI"}
