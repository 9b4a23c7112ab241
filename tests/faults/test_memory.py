"""Memory that is used up: a plain message, and the next run ends with the same tables."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from fixtures.commands import Patbench, small_study
from fixtures.faults import assert_same_tables, environment
from fixtures.results import tables

from patbench_lib.errors import out_of_memory

TORCH = (
    "[enforce fail at alloc_cpu.cpp:121] err == 0. DefaultCPUAllocator: can't allocate memory: you tried to allocate "
    "4000000000000 bytes. Error code 12 (Cannot allocate memory)"
)


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        RuntimeError(TORCH),
        RuntimeError("CUDA out of memory. Tried to allocate 2.00 GiB."),
        OSError(12, "Cannot allocate memory"),
    ],
)
def test_memory_that_is_used_up_is_told_and_the_next_run_completes(
    patbench: Patbench, home: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    study = small_study(home)

    def fail(*_: object, **__: object) -> None:
        raise error

    with monkeypatch.context() as patched:
        patched.setattr("patbench_lib.bench.searching.search_bm25", fail)
        done = patbench("retrieve", "BM25", "--study", study)
    assert done.code == 1 and "Traceback" not in done.err
    assert "patbench: There is not enough memory." in done.err and "encoding.batch_tokens" in done.err
    assert not list(home.rglob("*.tmp"))
    assert patbench("retrieve", "BM25", "--study", study).code == 0


def test_the_libraries_say_it_as_is_looked_for() -> None:
    import torch

    for ask in (lambda: torch.empty(10**15), lambda: np.empty(10**15)):
        with pytest.raises((RuntimeError, MemoryError)) as caught:
            ask()
        assert out_of_memory(caught.value) is not None
    assert out_of_memory(RuntimeError("shapes differ")) is None


def test_another_failure_is_not_taken_for_it(patbench: Patbench, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("a defect")

    monkeypatch.setattr("patbench_lib.bench.searching.search_bm25", fail)
    with pytest.raises(RuntimeError, match="a defect"):
        patbench("retrieve", "BM25", "--study", small_study(home))


LIMITED = """
import resource, sys
from pathlib import Path
spare = int(sys.argv.pop(1)) << 20
import torch, sentence_transformers, patbench_lib.bench.plan
pages = int(Path("/proc/self/statm").read_text().split()[0])
resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + spare,) * 2)
from patbench_lib.cli.app import main
main()
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="asks /proc how large the process is")
@pytest.mark.parametrize("spare", [8, 64, 200])
def test_a_limit_of_the_system_stops_a_step_and_without_it_the_tables_are_the_same(
    patbench: Patbench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, spare: int
) -> None:
    """Libraries below Python may end the process themselves; what they say names memory too."""
    homes = [tmp_path / name for name in ("whole", "limited")]
    for home in homes:
        home.mkdir()
        study = small_study(home)
        words = ["retrieve", "MiniLM-static", "--study", str(study)]
        monkeypatch.setenv("PATBENCH_HOME", str(home))
        if home.name == "limited":
            command = [sys.executable, "-c", LIMITED, str(spare), *words]
            done = subprocess.run(command, env=environment(home), cwd=home, capture_output=True, text=True, check=False)
            assert done.returncode != 0 and "memory" in done.stderr.lower()
        assert patbench(*words).code == 0
    assert_same_tables(homes[1], tables(homes[0]))
