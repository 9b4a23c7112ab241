"""DAPFAM: patent families with judgements that say whether query and answer share a technical domain.

Ayaou, Cavallucci and Chibane, *DAPFAM: A Domain-Aware Family-level Dataset to benchmark cross domain patent retrieval*
(arXiv:2506.22141). A query and a document share a domain, IN, where they have an IPC class in common (a symbol cut to
three characters), and do not, OUT, where they have none. Pairs marked NC are sampled negatives.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd

from patbench_lib.errors import PatbenchError
from patbench_lib.landscape.given import Given, make_given
from patbench_lib.landscape.origins.named_files import named_files, read_columns
from patbench_lib.landscape.origins.origin import Options, Origin, asked_part, counted, file_digest
from patbench_lib.landscape.origins.relations import usable_pairs
from patbench_lib.landscape.quality import Finding, QualityReport
from patbench_lib.landscape.schema import Landscape, Provenance
from patbench_lib.landscape.validate import plain_cell, validate

CORPUS, QUERIES, RELATIONS = FILES = ("corpus.parquet", "queries.parquet", "qrels_all.parquet")
IPC = "classifications_ipcr_list_first_three_chars_list"
SECTIONS = {
    "title_en": "title",
    "abstract_en": "abstract",
    "claims_text": "claims",
    "description_en": "description",
    IPC: "ipc",
}
DOMAINS = {"IN": 1, "OUT": 0, "NC": -1}


def read(files: Sequence[Path], options: Options) -> Landscape:
    """Read the three tables, in one folder or given one by one, into a landscape with given judgements.

    A family's id stands as its publication number, as it is; each is a family of its own, and its office is unknown. A
    query that is a document too is one row with both roles, and the corpus's text.

    Parameters
    ----------
    options : `codes` are IPC classes such as A61, for symbols are cut to these; there are no parts.

    Raises
    ------
    PatbenchError
        Where a table is missing or of another layout, or nothing is left to retrieve.
    """
    asked_part(ORIGIN, options)
    paths = named_files(files, FILES, source="DAPFAM")
    corpus, queries = (_patents(paths[name], key) for name, key in ((CORPUS, "relevant_id"), (QUERIES, "query_id")))
    relations = _relations(paths[RELATIONS])
    differing = counted(ORIGIN, counts(corpus, queries, relations))
    corpus, queries = (_chosen(table, options.codes) for table in (corpus, queries))
    asked, there = (set(table["publication_number"]) for table in (queries, corpus))
    rows = pd.concat([corpus, queries[~queries["publication_number"].isin(there)]], ignore_index=True)
    name = options.name or "dapfam"
    patents, report = validate(rows, name=name, duplicates="first")
    for finding in differing:
        report.findings.append(Finding("note", "counts", finding, "kept as it is", 1, ()))
    _compare(corpus, queries, report)
    pairs = usable_pairs(relations, asked, there, report, name=name)
    given = make_given(patents["publication_number"].tolist(), asked, there, pairs)
    _report_unanswered(given, patents, report)
    return Landscape(name, patents, (), _provenance(paths, differing, options.codes), report, given)


def counts(corpus: pd.DataFrame, queries: pd.DataFrame, relations: pd.DataFrame) -> dict[str, int]:
    """Return the counts that the pinned revision is known by, taken of the tables as they were read."""
    positive = relations[relations["score"] > 0]
    inside, outside = (positive[positive["in_domain"] == DOMAINS[domain]] for domain in ("IN", "OUT"))
    return {
        "documents": len(corpus),
        "queries": len(queries),
        "relations": len(relations),
        "relevant pairs": len(positive),
        "relevant pairs IN": len(inside),
        "relevant pairs OUT": len(outside),
        "queries with an answer": positive["query"].nunique(),
        "queries with an answer IN": inside["query"].nunique(),
        "queries with an answer OUT": outside["query"].nunique(),
    }


def _patents(path: Path, key: str) -> pd.DataFrame:
    table = read_columns(path, [key, *SECTIONS], source="DAPFAM")
    table = table.rename(columns={key: "publication_number", **SECTIONS})
    for column in table.columns.drop("ipc"):
        if wrong := [
            value for value in table[column] if not (isinstance(value, str | int | np.integer) or pd.isna(value))
        ]:
            raise _mistyped(path, column, "text", wrong[0])
    table["publication_number"] = table["publication_number"].map(plain_cell)
    table["ipc"] = pd.Series([_classes(value, path) for value in table["ipc"]], index=table.index, dtype=object)
    return table.assign(family_id=table["publication_number"])


def _classes(value: Any, path: Path) -> list[str]:
    if value is None or value is pd.NA or (isinstance(value, float) and np.isnan(value)):
        return []
    if isinstance(value, list | tuple | np.ndarray):
        return [str(entry) for entry in value]
    raise _mistyped(path, IPC, "a list of IPC classes", value)


def _relations(path: Path) -> pd.DataFrame:
    columns = ["query_id", "relevant_id", "relevance_score", "domain_rel"]
    table = read_columns(path, columns, source="DAPFAM")
    score = pd.to_numeric(table["relevance_score"], errors="coerce")
    if score.isna().any():
        raise _mistyped(path, "relevance_score", "a number", table["relevance_score"][score.isna()].iloc[0])
    domain = table["domain_rel"].map(DOMAINS)
    if domain.isna().any():
        raise _mistyped(path, "domain_rel", "one of IN, OUT and NC", table["domain_rel"][domain.isna()].iloc[0])
    ids = {"query": table["query_id"].map(plain_cell), "document": table["relevant_id"].map(plain_cell)}
    return pd.DataFrame({**ids, "score": score, "in_domain": domain.astype(np.int8)})


def _mistyped(path: Path, column: str, wanted: str, value: Any) -> PatbenchError:
    return PatbenchError(
        f"{path}, column {column}: {str(value)[:60]!r} is not {wanted}.",
        todo="Take the files of DAPFAM as they are published.",
    )


def _chosen(table: pd.DataFrame, codes: tuple[str, ...]) -> pd.DataFrame:
    if finer := [code for code in codes if len(code) > 3]:
        raise PatbenchError(
            f"DAPFAM cannot be cut to {', '.join(finer)}.",
            why="Its IPC symbols end at the class, three characters.",
            todo="Name classes: A61 for A61F.",
        )
    kept = [not codes or any(symbol.startswith(codes) for symbol in symbols) for symbols in table["ipc"]]
    return table[kept].reset_index(drop=True)


def _compare(corpus: pd.DataFrame, queries: pd.DataFrame, report: QualityReport) -> None:
    """Report queries that are documents too and whose texts there are others."""
    columns = ["title", "abstract", "claims", "description"]
    first = corpus.drop_duplicates("publication_number").set_index("publication_number")[columns].fillna("")
    both = queries[queries["publication_number"].isin(first.index)]
    differs = (both[columns].fillna("").to_numpy() != first.loc[both["publication_number"]].to_numpy()).any(axis=1)
    rows = [int(row) + 1 for row in both.index[differs]]
    report.add("note", "queries", "another text in the corpus", rows, "the corpus's kept")


def _report_unanswered(given: Given, patents: pd.DataFrame, report: QualityReport) -> None:
    answered = np.zeros(len(given.is_query), dtype=bool)
    answered[given.queries] = True
    rows = patents.loc[given.is_query & ~answered, "source_row"].tolist()
    report.add("note", "queries", "no relevant document", rows, "kept, and never asked")


def _provenance(paths: dict[str, Path], differing: list[str], codes: tuple[str, ...]) -> Provenance:
    digest = file_digest([paths[name] for name in FILES])
    compared = "other counts than" if differing else "the counts of"
    note = f"IPC classes {', '.join(codes)} alone; " if codes else ""
    note += f"files with {compared} revision {ORIGIN.revision}"
    return Provenance("dapfam", ORIGIN.repository, digest, note=note, licence=ORIGIN.licence)


ORIGIN = Origin(
    name="dapfam",
    about="DAPFAM: 1,247 query families and 45,336 documents, with relevant pairs inside and outside a query's domain",
    licence="CC BY-NC-SA 4.0",
    version="datalyes/DAPFAM_patent at 780f4011",
    read=read,
    repository="datalyes/DAPFAM_patent",
    revision="780f4011d60297fc6e97a4119b0c516d13afea2d",
    files=FILES,
    expected=MappingProxyType(
        {
            "documents": 45_336,
            "queries": 1_247,
            "relations": 49_869,
            "relevant pairs": 24_929,
            "relevant pairs IN": 19_736,
            "relevant pairs OUT": 5_193,
            "queries with an answer": 1_247,
            "queries with an answer IN": 1_217,
            "queries with an answer OUT": 905,
        }
    ),
)
