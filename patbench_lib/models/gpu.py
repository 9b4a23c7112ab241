"""One GPU for each process, where a machine has several and nobody else shares them out."""

from __future__ import annotations

import getpass
import os
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from patbench_lib.files import locked


@contextmanager
def one_gpu() -> Iterator[int | None]:
    """Let this process see one GPU that no other process of this user has taken, while the block runs.

    Taken is what is locked, and a lock falls with its process: nobody has to give numbers to the processes of a
    machine, or to clear up after one that was killed. Where `CUDA_VISIBLE_DEVICES` is set, as in a job of SLURM, or
    `accelerate launch` started the process, the choice is made already. Call it before anything runs on a GPU.

    Yields
    ------
    int or None
        The GPU's number; None where there is no choice, or all are taken and the process sees all of them.
    """
    with ExitStack() as held:
        number = None if {"CUDA_VISIBLE_DEVICES", "RANK"} & os.environ.keys() else _take(held)
        if number is not None:
            os.environ["CUDA_VISIBLE_DEVICES"] = str(number)
            held.callback(os.environ.pop, "CUDA_VISIBLE_DEVICES", None)
        yield number


def _take(held: ExitStack) -> int | None:
    import torch

    count = torch.cuda.device_count()
    user = getattr(os, "getuid", getpass.getuser)()  # Windows knows its users by name alone
    for number in range(count) if count > 1 else ():
        path = Path(tempfile.gettempdir()) / f"patbench-{user}-gpu-{number}.lock"
        if held.enter_context(locked(path, wait=False)):
            return number
    return None
