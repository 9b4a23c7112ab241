"""What jobs ask for: computed by hand, and what must grow with what."""

from __future__ import annotations

from typing import Any

import pytest

from patbench_lib.bench.resources import (
    BASE_MB,
    CORE_FLOPS,
    GPU_FLOPS,
    LONGEST,
    STARTING,
    Need,
    encoding_need,
    publications,
    searching_need,
    training_need,
)
from patbench_lib.models.card import Card
from patbench_lib.parameters import make_study
from patbench_lib.study import Study


def study(**fields: Any) -> Study:
    plain = {"landscape": {"source": "demo", "publications": 1000}, "external": None, "views": ["TA", "C1"]}
    return make_study({**plain, **fields}, where="test")


def card(**fields: Any) -> Card:
    return Card(
        **{"name": "m", "kind": "dense", "path": ".", "dim": 1000, "params_m": 1000, "max_tokens": 500, **fields}
    )


def test_encoding_takes_two_operations_a_parameter_and_token() -> None:
    # 2 x 10^9 parameters x 1,000 publications x 2 views x 500 tokens = 2 x 10^15 operations; two cores, half of it each
    minutes = 2e15 / (2 * CORE_FLOPS) / 60
    need = encoding_need(study(), card(), cores=2)
    # weights twice, 2 x 4 x 10^9 bytes; 40 vectors of 1,000 numbers of 4 bytes for each of 4,096 tokens
    assert need == Need(round(BASE_MB + 8000 + 40 * 4096 * 1000 * 4 / 1e6), round(STARTING + minutes))
    assert encoding_need(study(), card(), cores=2, shards=4).runtime == round(STARTING + minutes / 4)
    assert encoding_need(study(encoding={"max_tokens": 250}), card(), cores=2).runtime == round(STARTING + minutes / 2)


def test_half_precision_halves_the_memory_and_a_gpu_is_for_transformers() -> None:
    half = study(encoding={"compute": "bfloat16"}, systems=["BM25"])
    full, less = (encoding_need(asked, card(), cores=2).mem_mb - BASE_MB for asked in (study(), half))
    assert less == pytest.approx(full / 2, abs=1)
    on_gpu = encoding_need(half, card(), cores=2, gpu=True)
    assert (on_gpu.gpu, on_gpu.runtime) == (1, round(STARTING + 2e15 / GPU_FLOPS["bfloat16"] / 60))
    assert encoding_need(study(), card(kind="static"), cores=2, gpu=True).gpu == 0


def test_nothing_asks_for_longer_than_clusters_allow_and_a_second_attempt_for_more() -> None:
    assert encoding_need(study(), card(params_m=100_000), cores=1).runtime == LONGEST
    assert Need(1000, 60, 1).times(2) == Need(2000, 120, 1)
    assert Need(1000, LONGEST).times(3) == Need(3000, LONGEST)


def test_a_landscape_that_is_not_read_yet_counts_as_a_large_one() -> None:
    table = {"source": "table", "name": "t", "path": "t.csv"}
    assert publications(study(external={"source": "demo", "name": "e", "publications": 30})) == 1030
    assert publications(study(landscape=table)) == 100_000


def test_searching_holds_vectors_and_training_the_weights_four_times() -> None:
    # 1,000 vectors of 1,000 numbers of 4 bytes, four times, and a block of scores of 64 MiB
    assert searching_need(study(), card()).mem_mb == BASE_MB + 16 + 64
    assert training_need(study(), card()).mem_mb == BASE_MB + 16_000 + searching_need(study(), card()).mem_mb
    late = card(kind="late-interaction")
    assert searching_need(study(late_interaction={"max_mb": 512}), late).mem_mb == BASE_MB + 16 + 64 + 512
