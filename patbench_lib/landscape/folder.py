"""A landscape as a folder: Parquet for the patents, JSON for where they come from, NumPy for given judgements."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import pandas as pd

from patbench_lib.kept import read_frame, read_json, save_frame, save_json, sound
from patbench_lib.landscape.given import Given
from patbench_lib.landscape.quality import Finding, QualityReport
from patbench_lib.landscape.schema import LISTS, Landscape, Provenance

DESCRIBED = "landscape.json"
"""Says what a folder holds; written last, so that a folder without it is not complete."""

GIVEN = "given.npz"
PATENTS = "patents.parquet"


def save_landscape(landscape: Landscape, folder: Path) -> None:
    """Write a landscape; `landscape.json` comes last and marks the folder as complete."""
    save_frame(landscape.patents, folder / PATENTS)
    if landscape.given is not None:
        landscape.given.save(folder / GIVEN)
    meta = {
        "name": landscape.name,
        "label_sets": list(landscape.label_sets),
        "rule_based": list(landscape.rule_based),
        "provenance": asdict(landscape.provenance),
        "findings": [asdict(finding) for finding in landscape.report.findings],
        "given": landscape.given is not None,
        "fingerprint": landscape.fingerprint,
    }
    save_json(folder / DESCRIBED, meta)


def load_landscape(folder: Path) -> Landscape | None:
    """Read a landscape that `save_landscape` wrote; None where the folder is not complete.

    Raises
    ------
    DamagedFileError
        Where one of its files is not as it was written.
    """
    described = folder / DESCRIBED
    if not described.is_file():
        return None
    with sound(described):
        meta = read_json(described)
        findings = [Finding(**{**entry, "rows": tuple(entry["rows"])}) for entry in meta["findings"]]
        provenance = Provenance(**{**meta["provenance"], "licensed": tuple(meta["provenance"]["licensed"])})
        name, sets, brings = meta["name"], tuple(meta["label_sets"]), meta["given"]
        by_rules = tuple(meta.get("rule_based", ()))  # folders of before have no such entry
        fingerprint = meta["fingerprint"]
    with sound(folder / PATENTS):
        patents = read_frame(folder / PATENTS)
        for column in (*LISTS, *sets):
            patents[column] = pd.Series([list(map(str, entries)) for entries in patents[column]], dtype=object)
    with sound(folder / GIVEN):
        given = Given.load(folder / GIVEN) if brings else None
    landscape = Landscape(name, patents, sets, provenance, QualityReport(findings), given, by_rules)
    vars(landscape)["fingerprint"] = fingerprint  # as computed when saved: fills the cached property
    return landscape


def load_citations(folder: Path) -> tuple[pd.Series, bool] | None:
    """Return whom each publication of a landscape cites, and whether it brings judgements; None where not complete.

    Raises
    ------
    DamagedFileError
        Where one of its files is not as it was written.
    """
    described = folder / DESCRIBED
    if not described.is_file():
        return None
    with sound(described):
        brings = bool(read_json(described)["given"])
    with sound(folder / PATENTS):
        return read_frame(folder / PATENTS, columns=["cited"])["cited"], brings
