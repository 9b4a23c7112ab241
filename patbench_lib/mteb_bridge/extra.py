"""Whether MTEB is installed, asked before anything of it is imported."""

from __future__ import annotations

from importlib.util import find_spec

from patbench_lib.errors import PatbenchError


def require_mteb() -> None:
    """Do nothing where MTEB is installed.

    Raises
    ------
    PatbenchError
        Where it is not.
    """
    if find_spec("mteb") is None:
        raise PatbenchError(
            "MTEB is not installed.",
            why="It is an extra of PatBench: nothing else here needs it.",
            todo='Install it: `pip install "mteb>=2.26,<3"`.',
        )
