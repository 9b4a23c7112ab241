"""The assistive-technology landscape of WIPO, from what a user can export of it.

WIPO, *Technology Trends 2021: Assistive Technology* (publication 1055), rests on searches that were not at hand here.
Who repeats them, or has the patents in another way, exports them from Lens.org, PATENTSCOPE or Derwent Innovation; any
number of files of any of these is read as one landscape. Labels are the export's own where it has columns of them, and
else those of rules, which `at_taxonomy.yaml` lists; a label set of rules is marked as such wherever it is shown.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from patbench_lib.errors import PatbenchError
from patbench_lib.landscape.codes import is_under
from patbench_lib.landscape.origins.at_taxonomy import DOMAIN, GROUP, PRODUCT, SETS, TECHNOLOGY, taxonomy
from patbench_lib.landscape.origins.exports import Export, read_export
from patbench_lib.landscape.origins.exports_merge import family_ids, merge, rows_of
from patbench_lib.landscape.origins.named_files import all_files
from patbench_lib.landscape.origins.origin import Options, Origin, asked_codes, asked_part, file_digest
from patbench_lib.landscape.quality import QualityReport
from patbench_lib.landscape.schema import Landscape, Provenance
from patbench_lib.landscape.validate import validate

OWN = {
    DOMAIN: ("at_domain", "at domain", "domain"),
    PRODUCT: ("at_product", "at product", "product"),
    TECHNOLOGY: ("enabling_technology", "enabling technology", "enabling technologies"),
}
"""Names, in any case, of columns that hold an export's own labels, several in a cell parted by semicolons."""

READ_BY_RULES = ("title", "abstract", "dwpi_title", "dwpi_abstract")
"""Sections in which key words are looked for."""


def read(files: Sequence[Path], options: Options) -> Landscape:
    """Read exports, in the order given, into one landscape.

    A publication that is in several is one row: of each section what the first file has that has any. A label set is
    the exports' own where at least one of them has a column of it, and of rules elsewhere: never of both.

    Raises
    ------
    PatbenchError
        Where a file is none of the exports known, or no patent is left.
    """
    asked_part(ORIGIN, options)
    codes, paths = asked_codes(options), all_files(files, (".csv", ".tsv", ".txt"))
    if not paths:
        raise PatbenchError("There is no export among the files given.", todo="Give .csv files, or a folder of them.")
    found = [read_export(path) for path in paths]
    for path, (export, table) in zip(paths, found, strict=True):
        options.say(f"{path.name}: {export.name}, {len(table):,} rows")
    labels = [_own_labels(table) for _, table in found]
    merged = QualityReport()
    frames = [rows_of(*one, path, own) for one, path, own in zip(found, paths, labels, strict=True)]
    rows = merge(frames, merged)
    rows["family_id"] = family_ids(rows)
    rows = _chosen(rows.drop(columns="members"), codes)
    by_rules = tuple(name for name in OWN if not any(name in own for own in labels))
    rows, by_rules = _labelled(rows, by_rules)
    name = options.name or ORIGIN.name
    patents, report = validate(rows, name=name, label_sets=SETS)
    report.findings[:0] = merged.findings
    _tell(by_rules, patents, labels, report)
    exports = list(dict.fromkeys(export for export, _ in found))
    provenance = _provenance(paths, exports, by_rules, options.codes)
    return Landscape(name, patents, SETS, provenance, report, rule_based=by_rules)


def _own_labels(table: pd.DataFrame) -> dict[str, str]:
    """Return the table's column of each label set that it has."""
    folded = {name.casefold(): name for name in table.columns}
    return {
        label: folded[next(name for name in names if name in folded)]
        for label, names in OWN.items()
        if any(name in folded for name in names)
    }


def _chosen(rows: pd.DataFrame, codes: tuple[str, ...]) -> pd.DataFrame:
    if not codes:
        return rows
    symbols = zip(rows["ipc"], rows["cpc"], strict=True)
    kept = np.array([any(is_under(symbol, codes) for symbol in [*ipc, *cpc]) for ipc, cpc in symbols], dtype=bool)
    if not kept.any():
        raise PatbenchError(
            f"No patent is left: none of {len(rows):,} is of {', '.join(codes)}.", todo="Name other `--codes`, or none."
        )
    return rows[kept].reset_index(drop=True)


def _labelled(rows: pd.DataFrame, by_rules: tuple[str, ...]) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Fill the label sets that are left to rules; the group follows from the product, whoever named that."""
    known = taxonomy()
    rows = rows.assign(**{name: _lists(rows[name]) for name in OWN if name in rows})
    texts = rows[[section for section in READ_BY_RULES if section in rows]].agg("\n".join, axis=1)
    ruled = [known.labels([*ipc, *cpc], text) for ipc, cpc, text in zip(rows["ipc"], rows["cpc"], texts, strict=True)]
    sets = {name: pd.Series([labels[name] for labels in ruled], index=rows.index, dtype=object) for name in by_rules}
    rows = rows.assign(**sets)
    groups = pd.Series([known.groups(products) for products in rows[PRODUCT]], index=rows.index, dtype=object)
    return rows.assign(**{GROUP: groups}), ((*by_rules, GROUP) if PRODUCT in by_rules else by_rules)


def _lists(values: pd.Series) -> pd.Series:
    """Return labels as lists: of files without the column there is nothing."""
    lists = [value if isinstance(value, list) else [] for value in values]
    return pd.Series(lists, index=values.index, dtype=object)


def _tell(
    by_rules: Sequence[str], patents: pd.DataFrame, labels: Sequence[dict[str, str]], report: QualityReport
) -> None:
    every = patents["source_row"].tolist()
    for name in by_rules:
        report.add("note", name, "labels by rules on symbols and words", every, "nobody assigned them; marked as such")
    for name in OWN:
        if 0 < (n := sum(name in own for own in labels)) < len(labels):
            where = patents.loc[patents[name].map(len) == 0, "source_row"].tolist()
            report.add(
                "note", name, f"a column in {n} of {len(labels)} exports alone", where, "the others left without"
            )


def _provenance(
    paths: Sequence[Path], exports: Sequence[Export], by_rules: Sequence[str], codes: Sequence[str]
) -> Provenance:
    note = f"exports of {', '.join(export.name for export in exports)}"
    note += f"; of the classes {', '.join(codes)}" if codes else ""
    note += f"; labels by rules, which nobody assigned: {', '.join(by_rules)}" if by_rules else ""
    return Provenance(
        "wipo_at",
        ", ".join(path.name for path in paths),
        file_digest(paths),
        note=note,
        licence="; ".join(export.licence for export in exports),
        licensed=tuple(dict.fromkeys(section for export in exports for section in export.licensed)),
    )


ORIGIN = Origin(
    name="wipo_at",
    about="WIPO's assistive-technology landscape, from exports (CSV) of Lens.org, PATENTSCOPE or Derwent Innovation",
    licence="that of the database you export from; DWPI text of Derwent is licensed, and never shown or shared",
    version="columns of these exports in English, as of 2025; real exports not tried",
    read=read,
)
