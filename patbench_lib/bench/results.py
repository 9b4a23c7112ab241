"""Results: a long table with everything that made each number, kept as Parquet and asked in SQL."""

from __future__ import annotations

import glob
import json
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from patbench_lib.bench.arena import Arena
from patbench_lib.bench.bench import Bench
from patbench_lib.bench.keys import code_digest
from patbench_lib.bench.provenance import commit, hardware, versions
from patbench_lib.errors import PatbenchError
from patbench_lib.evaluate.compare import against, means
from patbench_lib.kept import find_frame, find_json, save_frame, save_json
from patbench_lib.models.card import Card
from patbench_lib.study import digest

TABLES = ("results", "comparisons", "scores")
"""What can be asked: values of all tasks with provenance, differences to a baseline, retrieval's scores by query."""


def retrieval_results(bench: Bench) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Compute or find every system's retrieval scores, and write and return two tables.

    Returns
    -------
    (pandas.DataFrame, pandas.DataFrame)
        `results`: landscape, view, stratum, measure, system, value, low, high, n, and provenance; `comparisons`: as
        `evaluate.compare.against` gives them.
    """
    study, files = bench.study, _files(bench)
    key = digest(study.statistics, study.seed, study.baseline, code_digest("bench"), files)
    tables = keep_tables(bench, "retrieval", key, lambda: _compute(bench))
    return tables["results"], tables["comparisons"]


def keep_tables(
    bench: Bench, task: str, key: str, make: Callable[[], Mapping[str, pd.DataFrame]]
) -> dict[str, pd.DataFrame]:
    """Return the tables of a task, made or found; each gets the columns study and task in front.

    Parameters
    ----------
    key : digest of all that changes the tables.
    make : makes the tables, by name: `results`, `comparisons`. `query_results` asks those of all tasks together.
    """
    described = bench.paths.tables / f"{task}.json"
    if (found := _found_tables(described, key)) is not None:
        return found
    tables = {name: _named(bench, task, table) for name, table in make().items()}
    save_json(described, {"key": ""})  # from here to the end the tables belong to no key
    for name, table in tables.items():
        save_frame(table, described.with_suffix(f".{name}.parquet"))
    save_json(described, {"key": key, "tables": sorted(tables)})
    return tables


def _found_tables(described: Path, key: str) -> dict[str, pd.DataFrame] | None:
    """Return the tables of a key; None where they are another's, or one of them is missing or damaged."""
    kept = find_json(described) or {}
    if kept.get("key") != key:
        return None
    tables = {name: find_frame(described.with_suffix(f".{name}.parquet")) for name in kept["tables"]}
    whole = {name: table for name, table in tables.items() if table is not None}
    return whole if len(whole) == len(tables) else None


def keep_tables_by_task(
    bench: Bench, name: str, key: str, make: Callable[[], Mapping[str, pd.DataFrame]]
) -> dict[str, pd.DataFrame]:
    """Return tables that tell of several tasks, made or found, as `make` gives them.

    On disk their own column `task` is called `tested`: there `task` says what all of the tables are of.
    """

    def renamed() -> dict[str, pd.DataFrame]:
        return {each: table.rename(columns={"task": _TESTED}) for each, table in make().items()}

    kept = keep_tables(bench, name, key, renamed)
    return {
        each: table.drop(columns=["study", "task"]).rename(columns={_TESTED: "task"}) for each, table in kept.items()
    }


_TESTED = "tested"


def _named(bench: Bench, task: str, table: pd.DataFrame) -> pd.DataFrame:
    named = table.copy()
    named.insert(0, "task", task)
    named.insert(0, "study", bench.study.name)
    return named


def _files(bench: Bench) -> list[str]:
    return [bench.scores_file(s, a, v).name for a in bench.arenas for v in a.views for s in bench.study.systems]


def _compute(bench: Bench) -> dict[str, pd.DataFrame]:
    study, scores = bench.study, bench.all_scores()
    measured = means(scores, study.statistics, seed=study.seed)
    results = measured.merge(_provenance(bench), on=["landscape", "view", "system"])
    comparisons = against(scores, study.baseline, study.statistics, seed=study.seed)
    comparisons.insert(0, "baseline", study.baseline)
    return {"results": results, "comparisons": comparisons}


def run_provenance(bench: Bench, arena: Arena) -> dict[str, Any]:
    """Return what all results of a study on a landscape share: seed, level, versions, machine, commit, landscape."""
    return {
        "seed": bench.study.seed,
        "level": bench.study.statistics.level,
        "versions": json.dumps(versions(), sort_keys=True),
        "hardware": hardware(),
        "commit": commit(bench.paths.root),
        "written": time.time(),
        "landscape_sha256": arena.landscape.fingerprint,
        "synthetic": arena.landscape.provenance.synthetic,
    }


def card_provenance(bench: Bench, system: str) -> dict[str, Any]:
    """Return what a system is: its kind, model, revision, prompts, and the settings that it read texts by."""
    study, card = bench.study, bench.study.card(system)
    return {
        "kind": card.kind,
        "model_id": card.hf_id or _place(card, bench.paths.root),
        "model_revision": card.revision or "",
        "query_prompt": card.prompt("query"),
        "document_prompt": card.prompt("document"),
        "settings": (study.bm25 if card.kind == "lexical" else study.encoding).model_dump_json(),
    }


def _place(card: Card, root: Path) -> str:
    """Return where a model of one's own lies: in the compendium from its folder on, so that it reads alike anywhere."""
    if card.path is None:
        return ""
    return (card.path.relative_to(root) if card.path.is_relative_to(root) else card.path).as_posix()


def _provenance(bench: Bench) -> pd.DataFrame:
    study, rows = bench.study, []
    for arena in bench.arenas:
        shared = run_provenance(bench, arena)
        for view in arena.views:
            for system in study.systems:
                reading = bench.reading(system, arena, view)
                rows.append(
                    {
                        "landscape": arena.name,
                        "view": view,
                        "system": system,
                        **card_provenance(bench, system),
                        "max_tokens": reading.get("limit"),
                        "truncated": reading.get("truncated", 0.0),
                        "read": reading.get("read", 1.0),
                        "seconds": reading["seconds"],
                        "scores_file": bench.scores_file(system, arena, view).name,
                        "depth": study.depth,
                        "relevance": arena.relevance.model_dump_json(),
                        **shared,
                    }
                )
    return pd.DataFrame(rows).astype({"max_tokens": "Int64"})


def query_results(folder: Path, sql: str) -> pd.DataFrame:
    """Answer a question in SQL over the tables `results`, `comparisons` and `scores` of a study's folder.

    Raises
    ------
    PatbenchError
        Where the study has no results yet, or DuckDB does not understand the question.
    """
    import duckdb

    if not any(folder.glob("*.results.parquet")):
        raise PatbenchError(f"There are no results in {folder}.", todo="Run the study first: make site STUDY=…")
    with duckdb.connect() as connection:
        try:
            _create_views(connection, folder)
            answer: pd.DataFrame = connection.sql(sql).df()
            return answer
        except (duckdb.Error, AttributeError) as error:
            raise PatbenchError(
                f"DuckDB cannot answer: {sql}",
                why=str(error),
                todo=f"Tables: {', '.join(TABLES)}. A damaged file is made again by `patbench tabulate`.",
            ) from error


def _create_views(connection: Any, folder: Path) -> None:
    for table in ("results", "comparisons"):
        if any(folder.glob(f"*.{table}.parquet")):
            files = f"{_quoted(folder)}/*.{table}.parquet"
            connection.execute(f"create view {table} as select * from read_parquet('{files}', union_by_name = true)")
    if (retrieved := folder / "retrieval.results.parquet").is_file():
        rows = connection.sql(f"select distinct scores_file from read_parquet('{_quoted(retrieved)}') order by 1")
        files = ", ".join(f"'{_quoted(folder / 'scores' / name)}'" for (name,) in rows.fetchall())
        connection.execute(f"create view scores as select * from read_parquet([{files}])")


def _quoted(path: Path) -> str:
    """Return a path as DuckDB reads it in quotes: a bracket in a folder's name is none of a pattern."""
    return glob.escape(str(path)).replace("'", "''")
