"""How systems read the texts of the study's landscape, whether or not anything can be retrieved from it."""

from __future__ import annotations

from typing import Any

from patbench_lib.bench.bench import Bench
from patbench_lib.bench.late import encoded_tokens
from patbench_lib.landscape.views import View


def reading_of(bench: Bench, system: str, view: View) -> dict[str, Any]:
    """Return what `Bench.reading` does, without its run where retrieval cannot be judged: documents are read alone.

    Returns
    -------
    dict
        limit, truncated, read, tokens, stores; empty of a system that reads everything and stores nothing.
    """
    arena, kind = bench.arena, bench.study.card(system).kind
    if not arena.unjudged:
        return bench.reading(system, arena, view)
    if kind == "lexical":
        return {}
    if kind == "late-interaction":
        tokens = encoded_tokens(bench, system, arena, view, "document")
        return tokens.described(tokens)
    vectors = bench.encoded(system, arena, view)
    return vectors.described(vectors)
