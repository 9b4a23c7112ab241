"""Which texts notebook 13 compares: the expert's and the patent's own, of publications that have both."""

from __future__ import annotations

from functools import cached_property

import numpy as np
import pandas as pd

from patbench_lib.bench.bench import Bench
from patbench_lib.bench.variants import single_vector
from patbench_lib.evaluate.subset import among
from patbench_lib.landscape.judgements import Judgements
from patbench_lib.landscape.views import EXPERT, NEEDS, View
from patbench_lib.landscape.wording import WORDING, wording
from patbench_lib.types import Bools, Ints

OWN: View = "TA"
"""The view that says in the patent's words what the expert's says in others: it leads where the study has it."""


class ExpertViews:
    """The expert's view of the study's landscape beside the study's own views, on publications that have both texts.

    A view never takes one text for another: a publication without an expert's text is an empty text in the expert's
    view, and is left out of what is compared here.
    """

    def __init__(self, bench: Bench) -> None:
        self.bench = bench

    @property
    def own(self) -> list[View]:
        """The study's own views that the landscape has, title and abstract first."""
        return sorted((view for view in self.bench.arena.views if view != EXPERT), key=lambda view: view != OWN)

    @cached_property
    def both(self) -> Bools:
        """Tell which publications have an expert's text and a text in every own view, shape [n]."""
        texts = (self.bench.arena.texts(view) for view in (EXPERT, *self.own))
        found: Bools = np.all([[bool(text.strip()) for text in each] for each in texts], axis=0)
        return found

    @property
    def rows(self) -> Ints:
        """Publications that have both texts, ascending."""
        return np.flatnonzero(self.both)

    @cached_property
    def judgements(self) -> Judgements:
        """The queries that have both texts and a relevant document that has, and these documents."""
        return among(self.bench.arena.judgements, self.both)

    @cached_property
    def lacking(self) -> str:
        """Why there is nothing to compare, in words; empty where there is something."""
        arena = self.bench.arena
        if EXPERT not in self.bench.study.views:
            return f"View {EXPERT} is not one of the study's views."
        if EXPERT in arena.views_missing:
            missing = " and no ".join(arena.views_missing[EXPERT])
            return f"Landscape {arena.name} has no expert-written text (no {missing})."
        if not self.own:
            return f"View {EXPERT} is the study's only one: there is no own text to compare with."
        if not self.both.any():
            return f"No publication of landscape {arena.name} has both its own text and an expert's."
        return "" if len(self.judgements.queries) else "No query with an expert's text has an answer with one."


def expert_share(bench: Bench) -> tuple[int, int]:
    """Return how many publications of the study's landscape have any expert-written text, and how many there are."""
    patents = bench.arena.landscape.patents
    told = np.any([patents[section] != "" for section in NEEDS[EXPERT]], axis=0)
    return int(told.sum()), len(patents)


def text_tables(views: ExpertViews) -> dict[str, pd.DataFrame]:
    """Return how the expert's text and the first own view's differ, for publications that have both; numbers alone.

    Returns
    -------
    dict
        `wording`: as `landscape.wording.wording` gives it, the expert's text being the other. `reading`: system, view,
        tokens (mean), limit, truncated (share of texts whose end was not read), of systems that count tokens.
    """
    if views.lacking:
        return {"wording": wording([], [])[WORDING], "reading": _reading([])}
    bench, arena, rows = views.bench, views.bench.arena, views.rows
    own, other = ([arena.texts(view)[row] for row in rows] for view in (views.own[0], EXPERT))
    counted = []
    for system in single_vector(bench):
        for view in (EXPERT, *views.own):
            read = bench.encoded(system, arena, view)
            if read.limit is not None:
                tokens = read.tokens[rows]
                counted.append((system, view, tokens.mean(), read.limit, (tokens > read.limit).mean()))
    return {"wording": wording(own, other), "reading": _reading(counted)}


def _reading(rows: list[tuple[str, View, float, int, float]]) -> pd.DataFrame:
    types = {"system": "object", "view": "object", "tokens": "float64", "limit": "int64", "truncated": "float64"}
    return pd.DataFrame(rows, columns=list(types)).astype(types)
