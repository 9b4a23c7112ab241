"""Landscapes on which retrieval cannot be judged: nobody is cited, and nobody said what is relevant."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from patbench_lib.landscape.schema import Landscape


def why_unjudged(landscape: Landscape) -> str:
    """Return why retrieval cannot be judged on a landscape, whatever the relation; empty where it may be."""
    return why(landscape.name, landscape.patents["cited"], brings=landscape.given is not None)


def why(name: str, cited: Iterable[Any], *, brings: bool) -> str:
    """Return the reason for a landscape of which no more is known than this.

    Parameters
    ----------
    cited : what each publication cites, a list each.
    brings : whether the landscape brings judgements.
    """
    if brings or any(len(entries) for entries in cited):
        return ""
    return f"landscape {name} has no citations at all and brings no judgements"
