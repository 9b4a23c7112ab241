"""A landscape as a folder: Parquet for the patents, JSON for where they come from, NumPy for given judgements."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import pandas as pd

from patbench_lib.files import replacing, write_json
from patbench_lib.landscape.given import Given
from patbench_lib.landscape.quality import Finding, QualityReport
from patbench_lib.landscape.schema import LISTS, Landscape, Provenance

DESCRIBED = "landscape.json"
"""Says what a folder holds; written last, so that a folder without it is not complete."""

GIVEN = "given.npz"


def save_landscape(landscape: Landscape, folder: Path) -> None:
    """Write a landscape; `landscape.json` comes last and marks the folder as complete."""
    with replacing(folder / "patents.parquet") as temporary:
        landscape.patents.to_parquet(temporary, compression="zstd", index=False)
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
    write_json(folder / DESCRIBED, meta)


def load_landscape(folder: Path) -> Landscape | None:
    """Read a landscape that `save_landscape` wrote; None where the folder is not complete."""
    described = folder / DESCRIBED
    if not described.is_file():
        return None
    meta = json.loads(described.read_text(encoding="utf-8"))
    patents = pd.read_parquet(folder / "patents.parquet")
    for column in (*LISTS, *meta["label_sets"]):
        patents[column] = pd.Series([list(map(str, entries)) for entries in patents[column]], dtype=object)
    findings = [Finding(**{**entry, "rows": tuple(entry["rows"])}) for entry in meta["findings"]]
    provenance = Provenance(**{**meta["provenance"], "licensed": tuple(meta["provenance"]["licensed"])})
    given = Given.load(folder / GIVEN) if meta["given"] else None
    sets, by_rules = (
        tuple(meta["label_sets"]),
        tuple(meta.get("rule_based", ())),
    )  # folders of before have no such entry
    landscape = Landscape(meta["name"], patents, sets, provenance, QualityReport(findings), given, by_rules)
    vars(landscape)["fingerprint"] = meta["fingerprint"]  # as computed when saved: fills the cached property
    return landscape


def load_citations(folder: Path) -> tuple[pd.Series, bool] | None:
    """Return whom each publication of a landscape cites, and whether it brings judgements; None where not complete."""
    described = folder / DESCRIBED
    if not described.is_file():
        return None
    cited = pd.read_parquet(folder / "patents.parquet", columns=["cited"])["cited"]
    return cited, bool(json.loads(described.read_text(encoding="utf-8"))["given"])
