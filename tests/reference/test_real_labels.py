"""Labels and clusters of real patents: what MiniLM's vectors say of IPC subclasses, against knowing nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from patbench_lib.bench.bench import Bench
from patbench_lib.bench.classification import classification_results
from patbench_lib.bench.clustering import clustering_results
from patbench_lib.parameters import make_study

SETS: dict[str, dict[str, Any]] = {
    "patsnap": {"relevance": {"relation": "cites"}, "views": ["TA"]},
    "us-week-2007": {"relevance": {"relation": "coupling", "min_shared": 2}, "views": ["TAC"]},
}
LABELS = {"us-week-2007": 41}
MARGIN = 0.2


@pytest.mark.slow
@pytest.mark.parametrize("name", SETS)
def test_vectors_say_more_of_ipc_subclasses_than_their_frequency_does(name: str, home: Path, shared: Path) -> None:
    content = {
        "name": name,
        "landscape": {"source": "table", "name": name, "path": str((shared / f"{name}.parquet").resolve())},
        "external": None,
        **SETS[name],
        "systems": ["BM25", "MiniLM-L6"],
        "labels": {"sets": ["ipc_subclass"], "min_support": 20},
        "classification": {"curve": [1.0]},
        "clustering": {"algorithms": ["k-means"], "transforms": ["normalised"]},
        "statistics": {"resamples": 200, "permutations": 200},
    }
    bench = Bench(make_study(content, where=name), home, progress=False)
    if name in LABELS:  # the number that the set's own description gives
        assert len(bench.arena.label_sets[0][0].labels) == LABELS[name]
    results, _ = classification_results(bench)
    values = results.set_index(["classifier", "measure"])["value"]
    for measure in ("micro-F1", "macro-F1", "LRAP"):
        print(name, measure, {each: round(values[each, measure], 3) for each in ("MiniLM-L6 probe", "TF-IDF", "prior")})
        assert values["MiniLM-L6 probe", measure] > values["prior", measure] + MARGIN
    clusters = clustering_results(bench).set_index(["gold", "measure"])["value"]
    print(name, {measure: round(clusters["single", measure], 3) for measure in ("V-measure", "ARI", "AMI")})
    assert clusters["single", "ARI"] > 0.1 and clusters["single", "AMI"] > MARGIN
