"""One process that makes a tuned model at a time."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from patbench_lib.files import locked


@contextmanager
def alone(folder: Path, name: str, say: Callable[[str], None]) -> Iterator[None]:
    """Make a tuned model's folder in this block while no other process does; what killed ones left is cleared first.

    The lock falls with its process. Under `accelerate launch` the first process holds it for all.

    Parameters
    ----------
    name : what studies call the model.
    say : is told where another process has to be waited for.
    """
    if os.environ.get("RANK", "0") != "0":
        yield
        return
    lock = folder.parent / f".{folder.name}.lock"
    with ExitStack() as held:
        if not held.enter_context(locked(lock, wait=False)):
            say(f"{name}: another process is making it; this one waits until that ends")
            held.enter_context(locked(lock))
        for left in folder.parent.glob(f".{folder.name}.*.tmp"):
            shutil.rmtree(left, ignore_errors=True)
        try:
            yield
        finally:
            lock.unlink(missing_ok=True)
