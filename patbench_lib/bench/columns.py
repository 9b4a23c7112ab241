"""Which columns of a user's table are those of the schema by another name, and which are labels."""

from __future__ import annotations

import re

import pandas as pd

from patbench_lib.landscape.schema import COLUMNS
from patbench_lib.landscape.table import split_cells

SYNONYMS: dict[str, tuple[str, ...]] = {
    "publication_number": ("publicationnumber", "pubno", "pn", "patentnumber", "publicationid", "docid", "documentid"),
    "title": ("titleen", "inventiontitle", "ti"),
    "abstract": ("abstracten", "ab", "abstracttext"),
    "claims": ("claimstext", "claimsen", "claim", "cl", "claimtext"),
    "description": ("descriptionen", "descriptiontext", "desc", "fulltext"),
    "ipc": ("ipcs", "ipccodes", "ipcr", "ipcclassifications", "ipcrclassifications", "classificationsipc"),
    "cpc": ("cpcs", "cpccodes", "cpcclassifications", "classificationscpc"),
    "office": ("authority", "jurisdiction", "country", "countrycode", "publicationcountry"),
    "publication_date": ("date", "pubdate", "publicationdate", "datepublished", "pd"),
    "family_id": ("family", "familyid", "simplefamily", "docdbfamilyid", "inpadocfamilyid", "fid"),
    "cited": ("citations", "citedpatents", "backwardcitations", "citedpatentnumbers", "references", "citespatents"),
    "citation_category": ("citationcategories", "categories"),
    "dwpi_title": ("titledwpi", "dwpititle"),
    "dwpi_abstract": ("abstractdwpi", "dwpiabstract"),
}
"""Other names that exports give to the schema's columns, in lower case without punctuation."""

LABEL_MOST_VALUES = 400
LABEL_LEAST_SUPPORT = 5
LABEL_WORDS = 6


def find_columns(table: pd.DataFrame) -> dict[str, str]:
    """Map schema columns to a table's columns that go by another spelling or a known synonym."""
    folded = {re.sub(r"[^a-z]", "", str(column).lower()): str(column) for column in table.columns}
    found: dict[str, str] = {}
    for target in COLUMNS:
        if target in table:
            continue
        names = (target.replace("_", ""), *SYNONYMS.get(target, ()))
        match = next((folded[name] for name in names if name in folded and folded[name] not in COLUMNS), None)
        if match and match not in found.values():
            found[target] = match
    return found


def find_labels(table: pd.DataFrame, columns: dict[str, str]) -> tuple[str, ...]:
    """Return columns outside the schema that read like label sets: few distinct short values, each often used."""
    free = [str(c) for c in table.columns if c not in COLUMNS and c not in columns.values()]
    return tuple(column for column in free if _is_label_set(split_cells(table[column])))


def _is_label_set(values: pd.Series) -> bool:
    entries = [entry for cell in values for entry in cell]
    counts = pd.Series(entries, dtype=object).value_counts()
    if not 2 <= len(counts) <= LABEL_MOST_VALUES or len(entries) < LABEL_LEAST_SUPPORT * len(counts):
        return False
    wordy = max(len(entry.split()) for entry in counts.index) > LABEL_WORDS
    return not wordy and not all(re.fullmatch(r"[A-Z]{2}|[A-Z]\d?|[\d./-]+", entry) for entry in counts.index)
