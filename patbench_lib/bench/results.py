"""Results: a long table with everything that made each number, kept as Parquet and asked in SQL."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pandas as pd

from patbench_lib.bench.bench import Bench
from patbench_lib.bench.keys import code_digest
from patbench_lib.bench.provenance import commit, hardware, versions
from patbench_lib.errors import PatbenchError
from patbench_lib.evaluate.compare import against, means
from patbench_lib.files import replacing, write_json
from patbench_lib.study import digest

TABLES = ("results", "comparisons", "scores")
"""What can be asked: means with provenance, differences to the baseline, and per-query scores."""


def retrieval_results(bench: Bench) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Compute or find every system's retrieval scores, and write and return two tables.

    Returns
    -------
    (pandas.DataFrame, pandas.DataFrame)
        `results`: landscape, view, stratum, measure, system, value, low, high, n, and provenance; `comparisons`: as
        `evaluate.compare.against` gives them.
    """
    files = {name: bench.paths.results / f"retrieval.{name}.parquet" for name in ("results", "comparisons")}
    key = digest(bench.study.statistics, bench.study.seed, bench.study.baseline, code_digest("bench"), _files(bench))
    described = bench.paths.results / "retrieval.json"
    if _is_current(described, key) and all(file.is_file() for file in files.values()):
        return pd.read_parquet(files["results"]), pd.read_parquet(files["comparisons"])
    tables = _compute(bench)
    write_json(described, {"key": ""})  # from here to the end the tables belong to no key
    for name, table in zip(files, tables, strict=True):
        with replacing(files[name]) as temporary:
            table.to_parquet(temporary, compression="zstd", index=False)
    write_json(described, {"key": key})
    return tables


def _files(bench: Bench) -> list[str]:
    return [bench.scores_file(s, a, v).name for a in bench.arenas for v in a.views for s in bench.study.systems]


def _is_current(described: Path, key: str) -> bool:
    return described.is_file() and json.loads(described.read_text(encoding="utf-8"))["key"] == key


def _compute(bench: Bench) -> tuple[pd.DataFrame, pd.DataFrame]:
    study, scores = bench.study, bench.all_scores()
    measured = means(scores, study.statistics, seed=study.seed)
    results = measured.merge(_provenance(bench), on=["landscape", "view", "system"])
    comparisons = against(scores, study.baseline, study.statistics, seed=study.seed)
    comparisons.insert(0, "baseline", study.baseline)
    for table in (results, comparisons):
        table.insert(0, "task", "retrieval")
        table.insert(0, "study", study.name)
    return results, comparisons


def _provenance(bench: Bench) -> pd.DataFrame:
    study = bench.study
    shared = {
        "seed": study.seed,
        "level": study.statistics.level,
        "depth": study.depth,
        "relevance": study.relevance.model_dump_json(),
        "versions": json.dumps(versions(), sort_keys=True),
        "hardware": hardware(),
        "commit": commit(bench.paths.root),
        "written": time.time(),
    }
    rows = []
    for arena in bench.arenas:
        for view in arena.views:
            for system in study.systems:
                card, reading = study.card(system), bench.reading(system, arena, view)
                settings = study.bm25 if card.kind == "lexical" else study.encoding
                rows.append(
                    {
                        "landscape": arena.name,
                        "view": view,
                        "system": system,
                        "kind": card.kind,
                        "model_id": card.hf_id or str(card.path or ""),
                        "model_revision": card.revision or "",
                        "query_prompt": card.prompt("query"),
                        "document_prompt": card.prompt("document"),
                        "settings": settings.model_dump_json(),
                        "max_tokens": reading.get("limit"),
                        "truncated": reading.get("truncated", 0.0),
                        "read": reading.get("read", 1.0),
                        "seconds": reading["seconds"],
                        "scores_file": bench.scores_file(system, arena, view).name,
                        "landscape_sha256": arena.landscape.fingerprint,
                        "synthetic": arena.landscape.provenance.synthetic,
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
                f"DuckDB cannot answer: {sql}", why=str(error), todo=f"Tables: {', '.join(TABLES)}."
            ) from error


def _create_views(connection: Any, folder: Path) -> None:
    for table in ("results", "comparisons"):
        files = _quoted(folder / f"*.{table}.parquet")
        connection.execute(f"create view {table} as select * from read_parquet('{files}')")
    named = connection.sql("select distinct scores_file from results order by 1").fetchall()
    files = ", ".join(f"'{_quoted(folder / 'scores' / name)}'" for (name,) in named)
    connection.execute(f"create view scores as select * from read_parquet([{files}])")


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")
