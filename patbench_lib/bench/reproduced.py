"""What `patbench reproduce` computed, kept with provenance, and what the results of a study answer by themselves."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from patbench_lib.bench.bench import Bench
from patbench_lib.bench.reproduce import Computed, Outcome, measured, row_key, study_of, verdict
from patbench_lib.kept import find_frame, save_frame
from patbench_lib.reference.expected import Row, rows
from patbench_lib.study import Study, digest

COLUMNS = ["id", "state", "expected", "value", "lowest", "highest", "queries", "from"]


def kept_file(root: Path) -> Path:
    """Return where reproductions are kept, those of all groups together."""
    return root / "results" / "reproduction.parquet"


def keep(outcomes: Sequence[Outcome], root: Path) -> None:
    """Write what was computed; a row computed again takes the place of its last."""
    done = [
        {
            "id": outcome.row.id,
            "key": row_key(outcome.row),
            "origin": outcome.row.group.origin,
            "source": outcome.row.group.source,
            "expected": outcome.row.value,
            "tolerance": outcome.row.group.tolerance,
            "value": outcome.computed.value,
            **_span(outcome.computed),
            "state": outcome.state,
            "queries": outcome.computed.queries,
            "seconds": outcome.seconds,
            **outcome.computed.provenance,
        }
        for outcome in outcomes
        if outcome.computed is not None
    ]
    if not done:
        return
    path, table = kept_file(root), pd.DataFrame(done).astype({"queries": "Int64"})
    if (before := find_frame(path)) is not None:
        table = pd.concat([before[~before["id"].isin(table["id"])], table], ignore_index=True)
    save_frame(table.sort_values("id"), path)


def _span(computed: Computed) -> dict[str, float]:
    lowest, highest = computed.tied or (np.nan, np.nan)
    return {"lowest": lowest, "highest": highest}


def answered(bench: Bench) -> pd.DataFrame:
    """Return the expected numbers that have one of ours beside them, without computing any that costs.

    A row is answered by the study of the bench where that study reads the same landscape, judgements and texts in the
    same way, and names the row's system, view and measure. Other rows are answered by what `patbench reproduce` kept,
    where neither the row nor the code that computes it has changed since.

    Returns
    -------
    pandas.DataFrame
        id, state (OK, OKish or FAIL), expected, value, lowest and highest (of orders of tied documents), queries, from
        ("this study" or "patbench reproduce").
    """
    found = [_of_study(row, bench) for row in rows() if _is_of(row, bench)]
    mine = {str(entry["id"]) for entry in found}
    if (before := find_frame(kept_file(bench.paths.root))) is not None:
        keys = {row.id: row_key(row) for row in rows()}
        current = before[(before["id"].map(keys) == before["key"]) & ~before["id"].isin(mine)]
        kept = current.assign(**{"from": "patbench reproduce"}).reindex(columns=COLUMNS)
        found += [{str(name): value for name, value in entry.items()} for entry in kept.to_dict("records")]
    return pd.DataFrame(found, columns=COLUMNS).astype({"queries": "Int64"})


def _is_of(row: Row, bench: Bench) -> bool:
    """Tell whether a study computes a row anyway: everything that makes the number is the same in both."""
    study, group = bench.study, row.group
    if group.way != "retrieval" or group.unprompted or not group.synthetic:
        return False  # only the demonstration is certain to be computed, and read, by the study of a page
    asked = study_of(row)
    same = digest(*_decisive(asked)) == digest(*_decisive(study))
    return (
        same
        and row.system in study.systems
        and study.card(row.system) == asked.card(row.system)
        and row.column.view in study.views
        and group.measure in study.measured()
    )


def _decisive(study: Study) -> list[object]:
    fields = ("landscape", "relevance", "bm25", "encoding", "search", "description_words")
    return [getattr(study, name) for name in fields]


def _of_study(row: Row, bench: Bench) -> dict[str, object]:
    computed = measured(row, bench, bench.arena)
    return {
        "id": row.id,
        "state": verdict(row, computed)[0],
        "expected": row.value,
        "value": computed.value,
        **_span(computed),
        "queries": computed.queries,
        "from": "this study",
    }
