"""Threads where they help: small products wait on each other longer than they compute."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext

SMALL = 1 << 28
"""Multiplications of one step below which one thread does it alone: 20,000 points x 384 dimensions x 35 centres.

Threads meet after each step. Where other programs keep a core busy, all wait for the one on that core: k-means of 600
points takes then ten times as long with two threads as with one.
"""


def threads_for(multiplications: int) -> AbstractContextManager[object]:
    """Hold numerical libraries to one thread while a small task is done."""
    from threadpoolctl import threadpool_limits

    return threadpool_limits(1) if multiplications < SMALL else nullcontext()
