"""Views against each other: which one wins, and what comes of asking with one view and searching in another."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

import pandas as pd

from patbench_lib.bench.bench import Bench
from patbench_lib.bench.keys import code_digest, run_key, score_key
from patbench_lib.bench.made import Made
from patbench_lib.evaluate.compare import against, means
from patbench_lib.kept import keep_frame
from patbench_lib.landscape.views import View
from patbench_lib.models.card import SINGLE_VECTOR
from patbench_lib.retrieve.bm25 import search_bm25
from patbench_lib.retrieve.dense import search_exact
from patbench_lib.retrieve.run import Run
from patbench_lib.study import digest

SAME = "same view"
"""Stands for asking with the view that the documents have, where other views are compared with it."""


def crossed(bench: Bench, system: str, asked: View, held: View) -> Made:
    """Return a system's ranking of documents in view `held` for queries in view `asked`, on the study's landscape.

    A system that is fitted to the collection (LSA) is fitted to the documents' view, and so reads queries of another
    view by terms and weights that it learnt there.
    """
    study, arena = bench.study, bench.arena
    runs = [run_key(study, study.card(system), view, arena.key) for view in (asked, held)]
    key = digest("crossed", runs, code_digest("bench"))
    return bench.derived(
        f"{arena.name}.{asked}-{held}.{system}.{key}", arena, lambda: (_search(bench, system, asked, held), {})
    )


def _search(bench: Bench, system: str, asked: View, held: View) -> Run:
    study, arena = bench.study, bench.arena
    queries, judgements = arena.texts_of(asked, "query"), arena.judgements
    if study.card(system).kind == "lexical":
        return search_bm25(queries, arena.texts(held), judgements, study.depth, study.bm25)
    vectors = bench.encode_texts(bench.encoder(system, arena, held), queries, "query").vectors
    documents = bench.encoded(system, arena, held).vectors
    return search_exact(vectors, documents, judgements, study.depth, block_mb=study.search.block_mb)


def view_scores(bench: Bench) -> pd.DataFrame:
    """Return per-query scores of every system on every view of the study's landscape: main measure, all queries."""
    arena = bench.arena
    return pd.concat([main_rows(bench, bench.scores(s, arena, v)) for s in bench.study.systems for v in arena.views])


def leading_scores(bench: Bench, systems: Sequence[str]) -> pd.DataFrame:
    """Return per-query scores of systems on the leading view of the study's landscape: all measures and strata."""
    view = bench.arena.views[0]
    return pd.concat([bench.scores(system, bench.arena, view) for system in systems], ignore_index=True)


def main_rows(bench: Bench, scores: pd.DataFrame) -> pd.DataFrame:
    """Return the scores of all queries by the main measure."""
    return scores[(scores["stratum"] == "ALL") & (scores["measure"] == bench.study.main_measure)]


def view_differences(bench: Bench, scores: pd.DataFrame, base: View | None = None) -> pd.DataFrame:
    """Compare each view with one of them, system by system.

    Parameters
    ----------
    scores : as `view_scores` gives them.
    base : the view that others are compared with, the leading one where it is not named.

    Returns
    -------
    pandas.DataFrame
        system, view, difference (to that view), low, high, p, p_holm (corrected for the views compared in a
        system), significant, n; no row where there is one view.
    """
    swapped = scores.rename(columns={"system": "view", "view": "system"})
    compared = against(swapped, base or bench.arena.views[0], bench.study.statistics, seed=bench.study.seed)
    named = compared.rename(columns={"system": "view", "view": "system"})
    return named.drop(columns=["landscape", "stratum", "measure"])


def matrix_systems(bench: Bench, scores: pd.DataFrame) -> list[str]:
    """Return the baseline and the transformer that is best on the leading view; without one, another vector system.

    All pairs of views of every system would cost views squared; two systems show what is to be seen.

    Parameters
    ----------
    scores : as `view_scores` gives them.
    """
    study = bench.study
    kinds = {system: study.card(system).kind for system in study.systems}
    lead = scores[scores["view"] == bench.arena.views[0]].groupby("system")["value"].mean()
    usable = sorted((s for s in kinds if kinds[s] in SINGLE_VECTOR and s != study.baseline), key=lambda s: -lead[s])
    usable.sort(key=lambda system: kinds[system] != "dense")  # the order within each part stays
    first = [study.baseline] if kinds[study.baseline] in ("lexical", *SINGLE_VECTOR) else []
    return [*first, *usable[:1]]


def matrix_results(bench: Bench, systems: Sequence[str]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return what systems score for every pair of a query view and a document view, main measure, all queries.

    Returns
    -------
    (pandas.DataFrame, pandas.DataFrame)
        Values: system, asked (the queries' view), held (the documents'), value, low, high, n. Differences to asking
        with the documents' own view: system, asked, held, difference, low, high, p, p_holm (corrected for the query
        views compared on one document view), significant, n.
    """
    study, columns = bench.study, {"view": "held", "system": "asked"}
    values, differences = [], []
    if not systems:
        nothing = pd.DataFrame(columns=["system", "asked", "held"])
        return nothing, nothing
    for system in systems:
        scores = _matrix_scores(bench, system)
        values.append(means(scores, study.statistics, seed=study.seed).assign(of=system))
        other = scores.assign(system=scores["system"].mask(scores["system"] == scores["view"], SAME))
        differences.append(against(other, SAME, study.statistics, seed=study.seed).assign(of=system))
    tables = (
        pd.concat(parts, ignore_index=True).rename(columns=columns).rename(columns={"of": "system"})
        for parts in (values, differences)
    )
    made, compared = (table.drop(columns=["landscape", "stratum", "measure"]) for table in tables)
    return made, compared


def _matrix_scores(bench: Bench, system: str) -> pd.DataFrame:
    """Return scores with the queries' view as `system` and the documents' as `view`, computed or found."""
    study, arena = bench.study, bench.arena
    runs = [score_key(study, run_key(study, study.card(system), view, arena.key)) for view in arena.views]
    path = (
        bench.paths.scores
        / f"{arena.name}.crossed.{system}.{digest(runs, study.main_measure, code_digest('bench'))}.parquet"
    )

    def make() -> pd.DataFrame:
        parts = []
        for asked, held in product(arena.views, arena.views):
            if asked == held:
                scores = bench.scores(system, arena, held).assign(system=asked)
            else:
                scores = bench.score(crossed(bench, system, asked, held).run, arena, system=asked, view=held)
            parts.append(main_rows(bench, scores))
        return pd.concat(parts)

    return keep_frame(path, make)
