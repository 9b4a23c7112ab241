"""The layouts of PatenTEB's tables: rows of the schema, who asks, who is asked for, and relevant pairs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from patbench_lib.errors import PatbenchError
from patbench_lib.landscape.origins.named_files import column_names, read_columns
from patbench_lib.landscape.validate import plain_cell

SOURCE = "PatenTEB"
TRIPLETS = ("q", "pos", "neg", "q_text", "pos_text", "neg_text")
FRAGMENTS = {"title": "full_text", "problem": "full_text", "effect": "full_text"}
ANSWERS = {"problem": "solution", "effect": "substance"}
LABELS = ("label", "labels", "cluster_id")
ID, TEXT = ("_id", "id", "q"), ("text", "sentences")
QUERY, DOCUMENT = ("query-id", "query_id"), ("corpus-id", "corpus_id")


@dataclass(frozen=True)
class Tables:
    """What a test set holds.

    Attributes
    ----------
    rows : publication_number, title, abstract, and `ipc` and `label` where there are such.
    queries, documents : ids that ask, and that may be retrieved; empty where there are labels instead.
    pairs : query, document, score: the relevant pairs and others.
    """

    rows: pd.DataFrame
    queries: frozenset[str] = frozenset()
    documents: frozenset[str] = frozenset()
    pairs: pd.DataFrame | None = None


def read_tables(files: Sequence[Path]) -> Tables:
    """Read the tables of one test set, by the layout that their names or columns tell.

    Raises
    ------
    PatbenchError
        Where they are of none of the layouts.
    """
    parts = {part: [file for file in files if part in file.name.lower()] for part in ("corpus", "queries", "qrels")}
    if any(parts.values()):
        return _three_tables(parts)
    if len(files) != 1:
        raise PatbenchError(
            f"{SOURCE} is read one test set at a time; there are {len(files)} tables: {', '.join(map(str, files))}.",
            todo="Give one file, or corpus, queries and qrels.",
        )
    path, columns = files[0], column_names(files[0])
    if set(TRIPLETS) <= set(columns):
        return _triplets(read_columns(path, TRIPLETS, source=SOURCE))
    for asks, answers in (*FRAGMENTS.items(), *ANSWERS.items()):
        if {"q", asks, answers} <= set(columns):
            return _fragments(read_columns(path, ["q", asks, answers], source=SOURCE), asks, answers)
    label, text = _first(columns, LABELS), _first(columns, TEXT)
    if label and text:
        return _labelled(path, columns, text, label)
    raise PatbenchError(
        f"{path} is of no layout of {SOURCE} that is read here.",
        why=f"It has the columns {', '.join(columns)}. Pairs of texts with a label, as of paraphrase, are not read.",
        todo=f"Read are {', '.join(TRIPLETS)}; q with title, problem or effect and the text asked for; {TEXT[0]} with "
        f"{' or '.join(LABELS)}; and tables of corpus, queries and qrels.",
    )


def sections(text: Any) -> tuple[str, str]:
    """Return a text's title and the rest, which view TA joins again.

    Parts are told by `[SEP]`; where there is none the first line is the title, or the first sentence, or all of it.
    """
    whole = plain_cell(text)
    for mark in ("[SEP]", "\n", ". "):
        first, found, rest = whole.partition(mark)
        if found:
            parts = [part.strip() for part in rest.split("[SEP]")]
            return (first + found).strip() if mark == ". " else first.strip(), "\n".join(filter(None, parts))
    return whole, ""


def _rows(ids: Any, texts: Any) -> pd.DataFrame:
    numbers = [plain_cell(value) for value in ids]
    titles, abstracts = zip(*(sections(text) for text in texts), strict=True) if numbers else ((), ())
    return pd.DataFrame({"publication_number": numbers, "title": list(titles), "abstract": list(abstracts)})


def _triplets(table: pd.DataFrame) -> Tables:
    """Read query, relevant and irrelevant document on each line; all documents of the file may be retrieved."""
    sides = {side: _rows(*_exploded(table, side)) for side in ("pos", "neg", "q")}
    rows = pd.concat(list(sides.values()), ignore_index=True).drop_duplicates("publication_number")
    relevant = table[["q", "pos"]].explode("pos")
    pairs = pd.DataFrame(
        {"query": relevant["q"].map(plain_cell), "document": relevant["pos"].map(plain_cell), "score": 1.0}
    )
    documents = frozenset(sides["pos"]["publication_number"]) | frozenset(sides["neg"]["publication_number"])
    pairs = pairs.drop_duplicates(["query", "document"])  # a relevant document stands beside each irrelevant one
    return Tables(rows, frozenset(sides["q"]["publication_number"]), documents, pairs)


def _exploded(table: pd.DataFrame, side: str) -> tuple[pd.Series, pd.Series]:
    """Return ids and texts of a side, of which a line may hold several."""
    flat = table[[side, f"{side}_text"]].explode([side, f"{side}_text"]).dropna(subset=[side])
    return flat[side], flat[f"{side}_text"]


def _fragments(table: pd.DataFrame, asks: str, answers: str) -> Tables:
    """Read a fragment of a patent and the text it was taken out of, which is its one relevant document.

    Both are of one family. A query's family is never a candidate, so the fragment is named after its role and stands
    as a family of its own.
    """
    ids = table["q"].map(plain_cell)
    asking = ids + f":{asks}"
    rows = pd.concat([_rows(ids, table[answers]), _rows(asking, table[asks])], ignore_index=True)
    pairs = pd.DataFrame({"query": asking, "document": ids, "score": 1.0})
    return Tables(rows, frozenset(asking), frozenset(ids), pairs)


def _labelled(path: Path, columns: Sequence[str], text: str, label: str) -> Tables:
    key, ipc = _first(columns, ID), "first_ipcr3" if "first_ipcr3" in columns else None
    wanted = [column for column in (key, text, label, ipc) if column]
    table = read_columns(path, wanted, source=SOURCE)
    ids = table[key] if key else pd.Series([f"text-{i + 1:06d}" for i in range(len(table))])
    rows = _rows(ids, table[text])
    rows["label"] = pd.Series([_entries(value) for value in table[label]], dtype=object)
    if ipc:
        rows["ipc"] = pd.Series([_entries(value) for value in table[ipc]], dtype=object)
    return Tables(rows)


def _entries(value: Any) -> list[str]:
    several = hasattr(value, "__iter__") and not isinstance(value, str)
    return [written for entry in (value if several else [value]) if (written := plain_cell(entry))]


def _three_tables(parts: dict[str, list[Path]]) -> Tables:
    """Read corpus, queries and qrels as MTEB and BEIR keep them."""
    if wrong := [part for part, files in parts.items() if len(files) != 1]:
        raise PatbenchError(
            f"{SOURCE} needs one table each of corpus, queries and qrels; there is no or no one {' and '.join(wrong)}.",
            todo="Give the three files of one test set.",
        )
    corpus, queries = (_texts(parts[part][0]) for part in ("corpus", "queries"))
    path = parts["qrels"][0]
    columns = column_names(path)
    sides = [_first(columns, QUERY) or QUERY[0], _first(columns, DOCUMENT) or DOCUMENT[0], "score"]
    table = read_columns(path, sides, source=SOURCE)
    score = pd.to_numeric(table["score"], errors="coerce")
    if score.isna().any():
        raise PatbenchError(f"{path} has a score that is not a number: {table['score'][score.isna()].iloc[0]!r}.")
    pairs = pd.DataFrame({"query": table[sides[0]].map(plain_cell), "document": table[sides[1]].map(plain_cell)})
    asked, there = (frozenset(table["publication_number"]) for table in (queries, corpus))
    rows = pd.concat([corpus, queries[~queries["publication_number"].isin(there)]], ignore_index=True)
    return Tables(rows, asked, there, pairs.assign(score=score))


def _texts(path: Path) -> pd.DataFrame:
    columns = column_names(path)
    key, text = _first(columns, ID) or ID[0], _first(columns, TEXT) or TEXT[0]
    wanted = [key, text, *(["title"] if "title" in columns else [])]
    table = read_columns(path, wanted, source=SOURCE)
    rows = _rows(table[key], table[text])
    if "title" in table:
        titled = table["title"].map(plain_cell).to_numpy()
        whole = table[text].map(plain_cell).to_numpy()
        rows["abstract"] = [
            text if title else rest for title, text, rest in zip(titled, whole, rows["abstract"], strict=True)
        ]
        rows["title"] = [title or first for title, first in zip(titled, rows["title"], strict=True)]
    return rows


def _first(columns: Sequence[str], names: Sequence[str]) -> str | None:
    return next((name for name in names if name in columns), None)
