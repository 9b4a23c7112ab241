"""Opening a landscape: from its source into the schema, validated."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

from patbench_lib.errors import PatbenchError
from patbench_lib.landscape.demo import generate
from patbench_lib.landscape.folder import load_citations, load_landscape
from patbench_lib.landscape.schema import Landscape, Provenance
from patbench_lib.landscape.spec import DemoSource, FolderSource, Source, TableSource
from patbench_lib.landscape.table import map_columns, read_column, read_table, split_cells
from patbench_lib.landscape.unjudged import why
from patbench_lib.landscape.validate import validate

DEMO_LABELS = {
    "assistive": ("at_domain", "at_product", "enabling_technology"),
    "external": ("field", "product", "enabling_technology"),
}


def open_source(spec: Source, root: Path) -> Landscape:
    """Read or generate a landscape, relative paths starting at `root`."""
    if isinstance(spec, DemoSource):
        return _open_demo(spec)
    return _open_folder(spec, root) if isinstance(spec, FolderSource) else _open_table(spec, root)


def unjudged_source(spec: Source, root: Path) -> str:
    """Return why retrieval cannot be judged on a source's landscape, looking at its citations alone; else nothing.

    A source that is not there, or cannot be read, is not told here: opening it does that.
    """
    if isinstance(spec, DemoSource) or not (path := root / spec.path).exists():
        return ""
    if isinstance(spec, FolderSource):
        found = load_citations(path)
        return why(spec.name, found[0], brings=found[1]) if found else ""
    cited = read_column(path, spec.columns.get("cited", "cited"))
    return why(spec.name, () if cited is None else split_cells(cited, spec.separator), brings=False)


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
    licensed = tuple(section for section in spec.licensed if (patents[section] != "").any())
    about = Provenance("table", spec.path, digest, licensed=licensed)
    return Landscape(spec.name, patents, spec.labels, about, report)


def _open_folder(spec: FolderSource, root: Path) -> Landscape:
    found = load_landscape(root / spec.path)
    if found is None:
        raise PatbenchError(
            f"There is no landscape in {root / spec.path}.",
            why="A folder of a landscape has a landscape.json, which is written last.",
            todo="Make it with `patbench landscape build` or `patbench landscape fetch`; `patbench landscape list` "
            "names the sources.",
        )
    return replace(found, name=spec.name)
