"""The one error a user of PatBench sees: what happened, why, and what to do about it."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


class PatbenchError(Exception):
    """An expected failure, told in plain words.

    Parameters
    ----------
    what : the failure in one sentence.
    why : the cause, as far as it is known.
    todo : what the user can do.
    """

    def __init__(self, what: str, *, why: str = "", todo: str = "") -> None:
        self.what, self.why, self.todo = what, why, todo
        super().__init__("\n".join(part for part in (what, why, todo) if part))


_NO_MEMORY = (
    "DefaultCPUAllocator",
    "can't allocate memory",
    "Cannot allocate memory",
    "out of memory",
    "bad_alloc",
    "can't start new thread",
    "Failed to launch worker thread",
)
"""What libraries without an error of their own for it say: torch, the system, CUDA, C++, Python, Arrow."""


def out_of_memory(error: Exception) -> PatbenchError | None:
    """Return the error to show where another one says that memory is used up; None where it says something else."""
    if not isinstance(error, MemoryError) and not any(words in str(error) for words in _NO_MEMORY):
        return None
    return PatbenchError(
        "There is not enough memory.",
        why=str(error).partition("\n")[0] or type(error).__name__,
        todo="What was finished is kept. Lower `encoding.batch_tokens`, `encoding.shard_size` or `search.block_mb` in "
        "the study, close other programs, and run the same command again.",
    )


def nearest(name: str, valid: Iterable[str]) -> str | None:
    """Return the entry of `valid` most like `name`, or None where nothing is close."""
    names = list(valid)
    folded = {candidate.casefold(): candidate for candidate in names}
    found = get_close_matches(name.casefold(), folded, n=1, cutoff=0.6)
    return folded[found[0]] if found else None


def refuse_twice(field: str, names: Iterable[object]) -> None:
    """Raise ValueError where a parameter names something twice, which would have it made and shown twice."""
    listed = list(names)
    if repeated := sorted({str(name) for name in listed if listed.count(name) > 1}):
        raise ValueError(f"{field} names {', '.join(repeated)} twice")


def unknown_name(kind: str, name: str, valid: Iterable[str], *, where: str = "") -> PatbenchError:
    """Build the error for a name that is not one of `valid`, naming the nearest that is."""
    names = list(valid)
    close = nearest(name, names)
    place = f" in {where}" if where else ""
    return PatbenchError(
        f"Unknown {kind} '{name}'{place}.",
        why=f"Known: {', '.join(names)}.",
        todo=f"Did you mean '{close}'?" if close else "",
    )
