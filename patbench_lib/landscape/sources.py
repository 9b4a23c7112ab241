"""Opening a landscape: from its source into the schema, validated."""

from __future__ import annotations

import hashlib
from pathlib import Path

from patbench_lib.landscape.demo import generate
from patbench_lib.landscape.schema import Landscape, Provenance
from patbench_lib.landscape.spec import DemoSource, TableSource
from patbench_lib.landscape.table import map_columns, read_table
from patbench_lib.landscape.validate import validate

DEMO_LABELS = {
    "assistive": ("at_domain", "at_product", "enabling_technology"),
    "external": ("field", "product", "enabling_technology"),
}


def open_source(spec: TableSource | DemoSource, root: Path) -> Landscape:
    """Read or generate a landscape, relative paths starting at `root`."""
    return _open_demo(spec) if isinstance(spec, DemoSource) else _open_table(spec, root)


def _open_demo(spec: DemoSource) -> Landscape:
    raw = generate(spec.kind, publications=spec.publications, seed=spec.seed, effects=spec.strengths())
    labels = DEMO_LABELS[spec.kind]
    patents, report = validate(raw, name=spec.name, label_sets=labels)
    note = f"generated with seed {spec.seed}; planted effects: {spec.strengths().model_dump()}"
    return Landscape(spec.name, patents, labels, Provenance("demo", synthetic=True, note=note), report)


def _open_table(spec: TableSource, root: Path) -> Landscape:
    path = root / spec.path
    table = map_columns(read_table(path), spec.columns, spec.labels, spec.separator)
    patents, report = validate(table, name=spec.name, label_sets=spec.labels, duplicates=spec.duplicates)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return Landscape(spec.name, patents, spec.labels, Provenance("table", spec.path, digest), report)
