"""Where training moves the vectors of texts that it has not seen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from patbench_lib.bench.bench import Bench
from patbench_lib.bench.held_out import HeldOut, held_out
from patbench_lib.bench.trainings import Training
from patbench_lib.bench.tuned import with_tuned
from patbench_lib.evaluate.geometry import alignment, correlation, kept, moved, uniformity
from patbench_lib.evaluate.statistics import seed_of
from patbench_lib.landscape.judgements import Judgements
from patbench_lib.retrieve.dense import search_exact
from patbench_lib.types import Floats, Ints

ZERO_SHOT = "zero-shot"
NEAREST = 10
ASKED = 2000
"""Publications whose neighbours are looked for, a sample of more."""

COLUMNS = {
    **dict.fromkeys(("landscape", "whole", "model", "recipe", "kind"), object),
    **dict.fromkeys(("alignment", "uniformity", "moved", "correlation", "kept"), float),
    **dict.fromkeys(("pairs", "n"), int),
}


def drift(bench: Bench, trainings: Sequence[Training]) -> pd.DataFrame:
    """Return how models stand before and after training, on the leading view of held-out publications.

    These are the test part of the study's landscape, and all of the external one where it was not trained on.

    Returns
    -------
    pandas.DataFrame
        landscape, whole (whether all of it), model, recipe and kind ("zero-shot" before training), alignment (over
        relevant pairs of held-out queries), uniformity (of held-out documents), moved (1 - mean cosine of a document's
        vectors before and after), correlation (of the cosines between two documents, before and after), kept (share of
        a document's ten nearest of other families), pairs, n (documents).
    """
    tuned, rows = with_tuned(bench, trainings), []
    for arena in bench.arenas:
        for whole in (True, False):
            some = [each for each in trainings if whole == (not arena.main and each.kind != "both")]
            for model in dict.fromkeys(each.model for each in some):
                own = [each for each in some if each.model == model]
                rows += _of(tuned, held_out(bench, arena, whole=whole), model, own)
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype(COLUMNS)


def _of(bench: Bench, held: HeldOut, model: str, trainings: Sequence[Training]) -> list[dict[str, Any]]:
    """Return a model's row before training and one after each."""
    fixed = {"landscape": held.arena.name, "whole": held.whole, "model": model, "n": len(held.rows)}
    before = _vectors(bench, held, model)
    near = _nearest(bench, held, before)
    still = {"moved": 0.0, "correlation": 1.0, "kept": 1.0}
    rows = [{**fixed, "recipe": ZERO_SHOT, "kind": ZERO_SHOT, **still, **_stand(bench, held, model, before)}]
    for each in trainings:
        after = _vectors(bench, held, each.name)
        sides = before[held.rows], after[held.rows]
        went = {
            "moved": moved(*sides),
            "correlation": correlation(*sides, seed=bench.study.seed),
            "kept": kept(near, _nearest(bench, held, after)),
        }
        stands = _stand(bench, held, each.name, after)
        rows.append({**fixed, "recipe": each.recipe, "kind": each.kind, **went, **stands})
    return rows


def _vectors(bench: Bench, held: HeldOut, system: str) -> Floats:
    """Return the vectors of all documents, shape [n, dim]."""
    return np.asarray(bench.encoded(system, held.arena, held.arena.views[0]).vectors)


def _stand(bench: Bench, held: HeldOut, system: str, documents: Floats) -> dict[str, Any]:
    judgements = held.arena.judgements
    queries = np.asarray(bench.encoded(system, held.arena, held.arena.views[0], "query").vectors)
    chosen = np.isin(judgements.pair_queries, held.queries)
    asked = queries[np.searchsorted(judgements.queries, judgements.pair_queries[chosen])]
    return {
        "alignment": alignment(asked, documents[judgements.documents[chosen]]),
        "uniformity": uniformity(documents[held.rows], seed=bench.study.seed),
        "pairs": int(chosen.sum()),
    }


def _nearest(bench: Bench, held: HeldOut, documents: Floats) -> Ints:
    """Return the nearest documents of other families of held-out ones, or of a sample of these."""
    seed = seed_of(bench.study.seed, "neighbours", held.arena.name)
    asked = np.sort(np.random.default_rng(seed).permutation(held.rows)[:ASKED])
    nothing = np.zeros(0, dtype=np.int64)
    family = held.arena.judgements.family
    alone = Judgements(asked, np.zeros(len(asked) + 1, dtype=np.int64), nothing, nothing, family)
    return search_exact(documents[asked], documents, alone, min(NEAREST, len(family) - 1)).documents
