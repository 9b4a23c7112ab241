"""Small files that would become large: refused in little time and memory."""

from __future__ import annotations

import time
import tracemalloc
from pathlib import Path

import pytest

from patbench_lib.errors import PatbenchError
from patbench_lib.parameters import read_study

LAUGHS = "a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol]\n" + "".join(
    f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]\n" for i in range(1, 10)
)
"""A billion words, where they were written out."""


@pytest.mark.parametrize(
    "content",
    [LAUGHS, LAUGHS + "views: *a9\n", LAUGHS + "name: *a9\n", LAUGHS + "depth: *a9\n", "name: &n [*n]\n", "&n {a: *n}"],
)
def test_yaml_that_refers_to_itself_is_refused_at_once(tmp_path: Path, content: str) -> None:
    path = tmp_path / "s.yaml"
    path.write_text(content)
    tracemalloc.start()
    began = time.perf_counter()
    try:
        with pytest.raises(PatbenchError) as caught:
            read_study(path)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert time.perf_counter() - began < 5 and peak < 50e6
    assert len(str(caught.value)) < 5000
