"""On scores and landscapes without any effect, claims are called true no more often than chance allows.

A claim that is not true may be called so in 1 of 20 studies. Counts over seeds are held against the upper end of the
central 99 % of the binomial distribution; that rules are not timid either is held against its lower end where the rule
is exact, and over 400 seeds, since over 40 that end is 0.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binom

from patbench_lib.bench.bench import Bench
from patbench_lib.bench.claims import judged
from patbench_lib.evaluate.claims_calibration import SEEDS, calibrate
from patbench_lib.evaluate.settings import Statistics
from patbench_lib.landscape.spec import DemoSource
from patbench_lib.study import Study

pytestmark = pytest.mark.slow

LEVEL = 0.05
STATISTICS = Statistics(level=1 - LEVEL, resamples=400, permutations=1000)


def scores(seed: int, queries: int = 240, systems: int = 4) -> pd.DataFrame:
    """Draw nDCG@10 of systems over queries whose difficulty they share, in families of two that are near-copies."""
    rng = np.random.default_rng(seed)
    hard = np.repeat(rng.beta(1.0, 2.0, queries // 2), 2)[:, None]
    noise = np.repeat(rng.normal(0, 0.2, (queries // 2, systems)), 2, axis=0) + rng.normal(0, 0.05, (queries, systems))
    values = np.clip(hard + noise, 0, 1)
    tables = []
    for stratum, every in (("ALL", 1), ("IN", 2), ("OUT", 3)):
        rows = np.arange(0, queries, every)
        wide = pd.DataFrame(values[rows], columns=[f"S{i}" for i in range(systems)])
        wide = wide.assign(query=[f"q{row:04d}" for row in rows], family=rows // 2, stratum=stratum)
        tables.append(wide.melt(id_vars=["query", "family", "stratum"], var_name="system"))
    return pd.concat(tables, ignore_index=True).assign(landscape="own", view="TA", measure="nDCG@10")


def test_nothing_is_found_where_nothing_is_and_more_the_stronger_it_is() -> None:
    found = calibrate(scores(0), STATISTICS, seed=0)
    print(found.to_string())
    false = found[found["planted"] != "effect"]
    assert (false["holds"] <= binom.ppf(0.995, SEEDS, LEVEL)).all()
    nothing = found[found["planted"] == "nothing"]
    assert (nothing["fails"] <= binom.ppf(0.995, SEEDS, LEVEL)).all()
    for _, rows in found[found["planted"] == "effect"].groupby("rule"):
        assert rows["holds"].is_monotonic_increasing
        assert rows["holds"].iloc[-1] > 0.8 * SEEDS and rows["holds"].iloc[0] < rows["holds"].iloc[-1]


def test_rules_are_not_timid_where_they_are_exact() -> None:
    several, alone = (calibrate(scores(1, systems=n), STATISTICS, seed=1, seeds=400) for n in (4, 1))
    found = pd.concat([several, alone]).set_index(["rule", "planted"])["holds"]
    low, high = binom.interval(0.99, 400, LEVEL)
    exact = [("one comparison", "nothing"), ("gap of 1 system", "nothing"), ("some of 3 comparisons", "nothing")]
    exact += [(f"{scope} of 3 comparisons", "edge") for scope in ("every", "most")]
    for rule, planted in exact:
        (count,) = found.loc[[(rule, planted)]]
        print(f"{rule}, {planted}: {count} of 400; by chance {low:.0f} to {high:.0f}")
        assert low <= count <= high, (rule, planted)


def test_the_papers_claims_on_null_landscapes(tmp_path: Path) -> None:
    """No claim of an effect holds on patents that cite each other at random."""
    holds: Counter[str] = Counter()
    asked: Counter[str] = Counter()
    for seed in range(SEEDS):
        study = Study.model_validate(
            {
                "name": f"null{seed}",
                "seed": seed,
                "landscape": DemoSource(name="null", publications=120, effects="none", seed=seed),
                "external": None,
                "views": ["TAC", "TA"],
                "systems": ["BM25", "LSA"],
                "depth": 50,
                "measures": ["nDCG@10", "Recall@50"],
                "statistics": STATISTICS,
                "finetuning": {"models": []},
                "claims": [
                    {
                        "name": f"own-{measure}",
                        "says": "LSA beats BM25.",
                        "measure": measure,
                        "a": {"system": "LSA"},
                        "b": {"system": "BM25"},
                    }
                    for measure in ("nDCG@10", "Recall@50")
                ],
            }
        )
        verdicts = judged(Bench(study, tmp_path, progress=False)).verdicts.set_index("claim")["verdict"]
        asked.update(verdicts[verdicts != "cannot be judged"].index)
        holds.update(verdicts[verdicts == "holds"].index)
    print({claim: (holds[claim], asked[claim]) for claim in asked})
    effects = {"C6", "C7a", "C9a", "own-nDCG@10", "own-Recall@50"}
    assert effects <= set(asked)
    for claim in effects:
        assert holds[claim] <= binom.ppf(0.995, asked[claim], LEVEL), claim
