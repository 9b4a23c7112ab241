"""How far this study's verdicts are to be trusted: its own scores without an effect, and with effects put into them."""

from __future__ import annotations

import pandas as pd

from patbench_lib.bench.bench import Bench
from patbench_lib.bench.keys import made_by
from patbench_lib.bench.results import keep_tables
from patbench_lib.bench.views import leading_scores
from patbench_lib.evaluate.claims_calibration import COLUMNS, calibrate
from patbench_lib.study import digest

DRAWS = 2000
"""Sign flips and resamples of a test at most: there are many of them, and seeds decide what is seen."""


def calibration(bench: Bench) -> pd.DataFrame:
    """Compute or find how often rules call a claim true and false, on the main measure and the leading view.

    Returns
    -------
    pandas.DataFrame
        As `evaluate.claims_calibration.calibrate` gives it.
    """
    study, arena = bench.study, bench.arena
    view = arena.views[0]
    files = [bench.scores_file(system, arena, view).name for system in study.systems]
    key = digest(files, study.main_measure, study.statistics, study.seed, made_by("bench", "evaluate"))

    def make() -> dict[str, pd.DataFrame]:
        scores = leading_scores(bench, study.systems)
        fewer = {name: min(getattr(study.statistics, name), DRAWS) for name in ("resamples", "permutations")}
        statistics = study.statistics.model_copy(update=fewer)
        return {"calibration": calibrate(scores[scores["measure"] == study.main_measure], statistics, seed=study.seed)}

    return keep_tables(bench, "claims", key, make)["calibration"][list(COLUMNS)].astype(COLUMNS)
