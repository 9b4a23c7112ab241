from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from fixtures.rooms import WordHash
from fixtures.studies import bench

from patbench_lib.encode.encode import encode
from patbench_lib.models.deferred import Deferred, deferred, loaded
from patbench_lib.models.encoder import Encoder


class Loading:
    """Counts how often a model is loaded."""

    def __init__(self) -> None:
        self.times = 0

    def __call__(self) -> Encoder:
        self.times += 1
        return WordHash(max_tokens=8)


def test_the_second_time_an_encoder_is_loaded_only_to_read_a_text(tmp_path: Path) -> None:
    load, card = Loading(), WordHash(max_tokens=8).card
    first = deferred(card, tmp_path / "facts.json", load)
    assert load.times == 1 and not isinstance(first, Deferred) and loaded(first) is first
    again = deferred(card, tmp_path / "facts.json", load)
    assert (again.fingerprint, again.dim, again.max_tokens) == (first.fingerprint, first.dim, 8)
    assert load.times == 1
    texts = ["a cane", "a lamp"]
    assert again.count_tokens(texts, "query").tolist() == [2, 2] and load.times == 2
    np.testing.assert_array_equal(again.encode_batch(texts, "query"), first.encode_batch(texts, "query"))
    assert loaded(again) is loaded(again) and load.times == 2


def test_stored_vectors_are_found_without_loading(tmp_path: Path) -> None:
    load, card = Loading(), WordHash(max_tokens=8).card
    texts = [f"a cane with sensor {i}" for i in range(5)]
    stored = encode(deferred(card, tmp_path / "facts.json", load), texts, "document", tmp_path, progress=False)
    later = deferred(card, tmp_path / "facts.json", load)
    found = encode(later, texts, "document", tmp_path, progress=False)
    np.testing.assert_array_equal(found.vectors, stored.vectors)
    assert load.times == 1
    encode(later, [*texts, "a new one"], "document", tmp_path, progress=False)
    assert load.times == 2


def test_a_second_bench_loads_no_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = {"systems": ["BM25", "MiniLM-static", "LSA"], "views": ["TA", "C1"]}
    first = bench(tmp_path, **asked)
    wanted = {(s, v): first.encoded(s, first.arena, v) for s in ("MiniLM-static", "LSA") for v in first.arena.views}
    second = bench(tmp_path, **asked)

    def refuse(*args: object, **kwargs: object) -> Encoder:
        raise AssertionError("a model was loaded")

    monkeypatch.setattr("patbench_lib.bench.bench.load_encoder", refuse)
    for (system, view), encoded in wanted.items():
        found = second.encoded(system, second.arena, view)
        np.testing.assert_array_equal(found.vectors, encoded.vectors)
        assert (found.store, found.limit) == (encoded.store, encoded.limit)
    with pytest.raises(AssertionError, match="was loaded"):
        bench(tmp_path, **asked, encoding={"max_tokens": 16}).encoded("MiniLM-static", first.arena, "TA")
