"""The one schema that every source of patents is brought into."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
import pandas as pd

from patbench_lib.landscape.given import Given
from patbench_lib.landscape.quality import QualityReport
from patbench_lib.types import Ints

SECTIONS = ("title", "abstract", "claims", "description", "dwpi_title", "dwpi_abstract")
"""Columns of text; one that a source lacks is empty throughout."""

CODES = ("ipc", "cpc")
LISTS = (*CODES, "cited", "citation_category")
SCALARS = ("office", "publication_date", "family_id")
COLUMNS = ("publication_number", *SECTIONS, *LISTS, *SCALARS)
"""Every column of the schema; `source_row` is added, label sets and free columns may follow."""

NOT_SHOWN = "text not shown: licensed"
"""Stands wherever a text of a licensed section would be shown."""


BY_RULES = "(by rules)"
"""Stands behind the name of a label set that nobody assigned."""


@dataclass(frozen=True)
class Provenance:
    """Where a landscape comes from, so that it can be told and recomputed.

    Attributes
    ----------
    licensed : sections whose text must never be shown: figures, tables and pages have numbers about them alone.
    """

    source: str
    path: str = ""
    sha256: str = ""
    synthetic: bool = False
    note: str = ""
    licence: str = ""
    revision: str = ""
    licensed: tuple[str, ...] = ()


@dataclass(frozen=True)
class Landscape:
    """Patents with families, citations and labels.

    Attributes
    ----------
    patents : one row a publication, sorted by publication number, with the columns of `COLUMNS`, `source_row`, the
        label sets (lists of strings) and any free columns. Row numbers of this frame are the documents of all runs.
    label_sets : names of the label columns.
    report : what validation found and repaired.
    given : judgements that came with the patents, None where there are only citations to make some of.
    rule_based : label sets that rules on symbols and words gave, where the source has no labels of its own.
    """

    name: str
    patents: pd.DataFrame
    label_sets: tuple[str, ...]
    provenance: Provenance
    report: QualityReport = field(default_factory=QualityReport)
    given: Given | None = None
    rule_based: tuple[str, ...] = ()

    def __len__(self) -> int:
        """Return the number of publications."""
        return len(self.patents)

    @property
    def numbers(self) -> list[str]:
        """Publication numbers in row order, which is ascending."""
        return [str(number) for number in self.patents["publication_number"]]

    @cached_property
    def family(self) -> Ints:
        """Family of each publication as an integer code, shape [n]."""
        codes, _ = pd.factorize(self.patents["family_id"])
        return codes.astype(np.int32)

    def has(self, section: str) -> bool:
        """Tell whether any publication has text in a section."""
        return bool((self.patents[section] != "").any())

    def marked(self, label_set: str) -> str:
        """Return the name of a label set as it is to be shown: one that rules gave says so wherever it is listed."""
        return f"{label_set} {BY_RULES}" if label_set in self.rule_based else label_set

    def may_show(self, *sections: str) -> bool:
        """Tell whether the text of all these sections may be shown: none of them is licensed."""
        return not set(sections) & set(self.provenance.licensed)

    @cached_property
    def shown(self) -> Landscape:
        """The landscape as it may be shown: every text of a licensed section replaced by `NOT_SHOWN`.

        Whatever shows texts of patents, in a table, a figure, a page or a file of these, takes them from here.
        """
        licensed = [section for section in SECTIONS if not self.may_show(section)]
        hidden = {name: self.patents[name].where(self.patents[name] == "", NOT_SHOWN) for name in licensed}
        return replace(self, patents=self.patents.assign(**hidden)) if hidden else self

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 over all columns but `source_row`, and given judgements: equal for equal content, in any order."""
        digest = hashlib.sha256()
        for column in sorted(set(self.patents.columns) - {"source_row"}):
            values = self.patents[column]
            flat = values.map(lambda value: "\x1f".join(map(str, value)) if isinstance(value, list) else str(value))
            digest.update(column.encode())
            digest.update(pd.util.hash_pandas_object(flat, index=False).to_numpy().tobytes())
        if self.given is not None:
            digest.update(self.given.fingerprint.encode())
        return digest.hexdigest()
