"""PatenTEB: test sets of retrieval, classification and clustering of patents.

Ayaou and others, *PatenTEB: A Comprehensive Benchmark and Model Family for Patent Text Embedding* (arXiv:2510.22264).
Each test set is a repository of its own under `datalyes/`. The layouts are those that its cards describe; no file of it
was at hand here.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from types import MappingProxyType

import numpy as np

from patbench_lib.errors import PatbenchError
from patbench_lib.landscape.codes import parse_symbol
from patbench_lib.landscape.given import make_given
from patbench_lib.landscape.origins.named_files import all_files
from patbench_lib.landscape.origins.origin import Options, Origin, asked_part, file_digest
from patbench_lib.landscape.origins.patenteb_layouts import Tables, read_tables
from patbench_lib.landscape.origins.relations import usable_pairs
from patbench_lib.landscape.schema import Landscape, Provenance
from patbench_lib.landscape.validate import validate

DOMAINS = MappingProxyType({"retrieval_IN": 1, "retrieval_MIXED": 1, "retrieval_OUT": 0})
"""What is known of the domains of a part's pairs: in IN and MIXED they share an IPC class, in OUT none."""


def read(files: Sequence[Path], options: Options) -> Landscape:
    """Read one test set into a landscape, with given judgements where it is of retrieval and labels where it has some.

    Parameters
    ----------
    options : `part` says the domain of all pairs, as the test set is named. `codes` choose among IPC classes where the
        test set tells these, and among nothing else.

    Raises
    ------
    PatbenchError
        Where the files are of no layout that is read here, the part is none, or no patent or relevant pair is left.
    """
    asked_part(ORIGIN, options)
    paths = all_files(files)
    tables = _chosen(read_tables(paths), options.codes)
    name = options.name or options.part or "patenteb"
    labels = ("label",) if "label" in tables.rows else ()
    rows = tables.rows.assign(family_id=tables.rows["publication_number"])
    patents, report = validate(rows, name=name, label_sets=labels, duplicates="first")
    given = None
    if tables.pairs is not None:
        listed = tables.pairs.assign(in_domain=np.int8(DOMAINS.get(options.part, -1)))
        there = set(patents["publication_number"])
        asked, found = (set(some) & there for some in (tables.queries, tables.documents))
        pairs = usable_pairs(listed, asked, found, report, name=name)
        given = make_given(patents["publication_number"].tolist(), asked, found, pairs)
    note = f"part {options.part or 'not said'}, classes {', '.join(options.codes) or 'all'}"
    provenance = Provenance("patenteb", sha256=file_digest(paths), note=note, licence=ORIGIN.licence)
    return Landscape(name, patents, labels, provenance, report, given)


def _chosen(tables: Tables, codes: tuple[str, ...]) -> Tables:
    if not codes:
        return tables
    if "ipc" not in tables.rows:
        raise PatbenchError(
            f"This test set of PatenTEB cannot be cut to {', '.join(codes)}: it tells no IPC class.",
            todo="Leave it whole.",
        )
    symbols = [[parse_symbol(entry) or "" for entry in entries] for entries in tables.rows["ipc"]]
    kept = [any(symbol.startswith(codes) for symbol in row) for row in symbols]
    return Tables(tables.rows[kept].reset_index(drop=True), tables.queries, tables.documents, tables.pairs)


ORIGIN = Origin(
    name="patenteb",
    about="PatenTEB's public test sets, one at a time: retrieval, classification, clustering; real files not tried",
    licence="CC BY-NC-SA 4.0",
    version="layouts of the cards under datalyes/ in late 2025; files and revisions unverified, retrieval sets gated",
    read=read,
    parts=tuple(DOMAINS),
)
