"""Texts of BIGPATENT, from its own files or from MTEB's clustering set, as rows of the schema."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from patbench_lib.errors import PatbenchError
from patbench_lib.landscape.numbers import one_spelling
from patbench_lib.landscape.origins.archives import Member
from patbench_lib.landscape.origins.uspto_xml import UnreadableError
from patbench_lib.landscape.parquet import readable_parquet

SECTIONS = tuple("ABCDEFGHY")
SPLITS = ("train", "val", "test")

OWN, CLUSTERS = ("publication_number", "abstract", "description"), ("sentences", "labels")
"""Fields of BIGPATENT's own records, and of MTEB's."""

Place = tuple[str, str]
"""Split and section, empty where they are not told."""


def place(member: Member) -> Place:
    """Return split and section from where a file lies: `test/a/data_0.gz`, `test.zip/a/data_0.gz`."""
    inner = member.name.split("/")
    parts = [*member.path.parent.parts, *inner] if len(inner) == 1 else [*member.path.parts, *inner[1:]]
    section = parts[-2].upper() if len(parts) > 1 else ""
    folders = [part.split(".")[0].lower() for part in parts[-4:-2]]
    split = next((name for name in reversed(folders) if name in SPLITS), "")
    return split, section if section in SECTIONS else ""


def read_line(line: bytes, section: str) -> Iterator[dict[str, Any]]:
    """Yield the texts of a line as rows: one of BIGPATENT's own, one or many of MTEB's, which have no number.

    Parameters
    ----------
    section : that the file's folder names, in capitals.

    Raises
    ------
    UnreadableError
        Where it is no JSON, of neither layout, or BIGPATENT's own in a folder that names no section.
    """
    try:
        found = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise UnreadableError(f"no JSON: {error}") from error
    fields = set(found) if isinstance(found, dict) else set()
    if set(CLUSTERS) <= fields:
        yield from clusters(found["sentences"], found["labels"])
    elif set(OWN) <= fields:
        if not section:
            raise UnreadableError("it lies in no folder of a section, a to h or y")
        yield {
            "publication_number": one_spelling(str(found["publication_number"])),
            "abstract": str(found["abstract"] or "").strip(),
            "description": str(found["description"] or "").strip(),
            "section": [section],
            "application_number": str(found.get("application_number") or ""),
        }
    else:
        raise UnreadableError(f"neither {', '.join(OWN)} nor {', '.join(CLUSTERS)} are in it")


def clusters(texts: Any, labels: Any) -> Iterator[dict[str, Any]]:
    """Yield rows of MTEB's texts, which are descriptions; a label that is a letter is a section, a number stays one.

    Raises
    ------
    UnreadableError
        Where there are not as many labels as texts.
    """
    some, theirs = ([value] if isinstance(value, str | int) else list(value) for value in (texts, labels))
    if len(some) != len(theirs):
        raise UnreadableError(f"{len(some)} texts with {len(theirs)} labels")
    for text, label in zip(some, theirs, strict=True):
        yield {
            "publication_number": "",
            "abstract": "",
            "description": str(text).strip(),
            "section": [str(label).strip().upper()],
            "application_number": "",
        }


def read_parquet(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the rows of MTEB's set in Parquet, some hundred texts in memory at a time.

    Raises
    ------
    PatbenchError
        Where it is damaged, or has other columns.
    """
    import pyarrow.parquet as pq

    with readable_parquet(path), pq.ParquetFile(path) as file:
        if missing := [name for name in CLUSTERS if name not in file.schema_arrow.names]:
            raise PatbenchError(
                f"{path} has no column {' and no '.join(missing)}.",
                why=f"It has {', '.join(file.schema_arrow.names)}.",
                todo="Take the files of mteb/big-patent as they are published.",
            )
        for batch in file.iter_batches(batch_size=256, columns=list(CLUSTERS)):
            for row in batch.to_pylist():
                yield from clusters(row["sentences"], row["labels"])
