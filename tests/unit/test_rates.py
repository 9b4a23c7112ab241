"""How fast models encode, told by their stores."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from fixtures.studies import bench

from patbench_lib.bench.cost import costs
from patbench_lib.bench.rates import RATES, encoding_rate, encoding_rates, encoding_seconds
from patbench_lib.report.model_figures import rates


def test_the_encoding_rate_is_of_the_views_texts_whatever_else_the_store_holds(tmp_path: Path) -> None:
    made = bench(tmp_path)
    said: dict[str, Any] = {"tokens": 20.0, "read": 0.5, "stores": ["a", "b"]}  # ten tokens are read of a document
    for store, tokens, seconds in (("a", 600, 2.0), ("b", 300, 1.0)):
        folder = made.paths.embeddings / store
        folder.mkdir(parents=True)
        (folder / "000000.index.npy").touch()
        shard = {"texts": 5, "tokens_read": tokens, "seconds": seconds, "device": "cpu"}
        (folder / "000000.json").write_text(json.dumps(shard))
    told = encoding_rate(made, said)
    assert (told["tokens_per_second"], told["texts_per_second"]) == (900 / 3, 900 / 3 / 10)
    assert (told["texts"], told["tokens_read"], told["seconds"], told["device"]) == (10, 900, 3, "cpu")
    assert encoding_rate(made, said | {"stores": []}) == {}


def test_all_that_speak_of_a_systems_rate_say_the_same(tmp_path: Path) -> None:
    made = bench(tmp_path)
    table = encoding_rates(made)
    assert table["system"].tolist() == ["MiniLM-static"], "BM25 encodes nothing"
    told, cost = table.iloc[0], costs(made)[0].set_index("system").loc["MiniLM-static"]
    assert told["texts_per_second"] == pytest.approx(cost["texts_per_second"])
    # Queries and documents are read alike, so the one store holds each text of the view once, and nothing else.
    texts, encoder = made.arena.texts("TA"), made.encoder("MiniLM-static", made.arena, "TA")
    assert told["texts"] == len(set(texts))
    assert encoding_seconds(made, encoder, texts) == pytest.approx(told["seconds"])
    assert encoding_seconds(made, encoder, texts[:20]) < told["seconds"]


def test_a_study_that_encodes_nothing_has_a_figure_that_says_so(tmp_path: Path) -> None:
    table = encoding_rates(bench(tmp_path, systems=["BM25"]))
    assert table.empty and list(table.columns) == ["system", "kind", *RATES]
    (said,) = rates(table, synthetic=False).texts
    assert said.get_text() == "No system of this study encodes texts."
