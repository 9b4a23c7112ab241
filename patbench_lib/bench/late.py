"""Late interaction on the bench: token vectors from the store, and the search that their size allows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from patbench_lib.encode.encode_tokens import EncodedTokens, encode_tokens
from patbench_lib.errors import PatbenchError
from patbench_lib.landscape.views import View
from patbench_lib.models.late import LateEncoder, load_late
from patbench_lib.retrieve.maxsim import rescore_maxsim, search_maxsim
from patbench_lib.retrieve.run import Run
from patbench_lib.study import Study
from patbench_lib.types import Role

if TYPE_CHECKING:
    from patbench_lib.bench.arena import Arena
    from patbench_lib.bench.bench import Bench


def late_encoder(bench: Bench, system: str) -> LateEncoder:
    """Return a late-interaction model, loaded once."""
    return bench.loaded(system, load_late)


def encoded_tokens(bench: Bench, system: str, arena: Arena, view: View, role: Role = "document") -> EncodedTokens:
    """Return the token vectors of a view's texts of a role."""
    settings = bench.study.encoding
    return encode_tokens(
        late_encoder(bench, system),
        arena.texts_of(view, role),
        role,
        bench.paths.embeddings,
        batch_tokens=settings.batch_tokens,
        shard_size=settings.shard_size,
        progress=bench.progress,
    )


def search_late(bench: Bench, system: str, arena: Arena, view: View, depth: int) -> tuple[Run, dict[str, Any]]:
    """Rank by MaxSim: all documents where their vectors fit the study's memory, else those of a first stage.

    Returns
    -------
    (Run, dict)
        What is said of the run: how documents were read (limit, truncated, read, tokens, stores), `mode` (exact or
        candidates), `candidates` (per query, in that mode), `vectors` (per document, mean) and `bytes` (of all
        documents' vectors in the store).

    Raises
    ------
    PatbenchError
        Where candidates are needed and the system is its own first stage.
    """
    study, settings = bench.study, bench.study.late_interaction
    documents, queries = (encoded_tokens(bench, system, arena, view, role) for role in ("document", "query"))
    mode = settings.mode
    if mode == "auto":
        fits = system == study.baseline or documents.vectors.nbytes <= settings.max_mb << 20
        mode = "exact" if fits else "candidates"
    said = {
        **documents.described(queries),
        "mode": mode,
        "vectors": float(documents.vectors.lengths.mean()),
        "bytes": documents.vectors.nbytes,
    }
    if mode == "exact":
        run = search_maxsim(
            queries.vectors,
            documents.vectors,
            arena.judgements,
            depth,
            block_mb=study.search.block_mb,
            device=late_encoder(bench, system).device,
        )
        return run, said
    if system == study.baseline:
        raise PatbenchError(
            f"'{system}' cannot rank the candidates of a first stage: it is the first stage itself.",
            todo="Choose another `baseline`, or `late_interaction.mode` exact.",
        )
    first = bench.run(study.baseline, arena, view, depth=min(settings.candidates, arena.judgements.reach))
    run = rescore_maxsim(queries.vectors, documents.vectors, first, depth)
    return run, {**said, "first": study.baseline, "candidates": first.depth}


def single_vector_of(study: Study, system: str) -> str | None:
    """Return the study's system that makes one vector a text with the same weights, None where it has none."""
    card = study.card(system)
    for name in study.systems:
        other = study.card(name)
        same = (other.hf_id, other.path, other.layers) == (card.hf_id, card.path, None)
        if other.kind == "dense" and same:
            return name
    return None


def late_scores(bench: Bench) -> pd.DataFrame:
    """Return scores on the leading view: the baseline's, and of each late-interaction system and its single vector.

    Returns
    -------
    pandas.DataFrame
        As `Bench.scores` gives them; the baseline comes first.
    """
    study, arena = bench.study, bench.arena
    named = [(single_vector_of(study, system), system) for system in study.late_interaction.systems]
    systems = dict.fromkeys([study.baseline, *(name for pair in named for name in pair if name)])
    return pd.concat([bench.scores(name, arena, arena.views[0]) for name in systems], ignore_index=True)
