"""Small tasks have one thread, large ones what there is."""

from __future__ import annotations

import numpy as np
from threadpoolctl import threadpool_info

from patbench_lib.cluster.threads import SMALL, threads_for


def threads() -> list[int]:
    return [entry["num_threads"] for entry in threadpool_info()]


def test_small_tasks_have_one_thread_and_leave_the_others_as_they_were() -> None:
    np.ones((2, 2)) @ np.ones((2, 2))  # a numerical library is loaded
    before = threads()
    assert before
    with threads_for(SMALL - 1):
        assert set(threads()) == {1}
    assert threads() == before
    with threads_for(SMALL):
        assert threads() == before
