"""Offices compared as if they had the same mix of queries: weighted alike, and matched one to one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from patbench_lib.bench.bench import Bench
from patbench_lib.evaluate.compare import by_query, corrected, tested
from patbench_lib.evaluate.offices import OTHER
from patbench_lib.evaluate.standardise import Standardised, bootstrap_p, matched_pairs, standardise
from patbench_lib.evaluate.statistics import seed_of, tails
from patbench_lib.landscape.codes import cut_all
from patbench_lib.types import Floats

KINDS = ("raw", "standardised")
UNKNOWN = "unknown"
_ANSWERS = (1, 2, 4)
"""Relevant documents are matched as 1, 2, 3 to 4, or more."""

STANDARDISED = [
    "kind", "system", "office", "value", "low", "high", "n", "reference", "difference", "difference_low",
    "difference_high", "p", "p_holm", "significant", "strata", "kept", "queries",
]  # fmt: skip
MATCHED = [
    "office", "reference", "system", "difference", "low", "high", "p", "n", "of", "p_holm", "significant",
]  # fmt: skip


@dataclass(frozen=True)
class Traits:
    """What queries may differ in beside their office.

    Attributes
    ----------
    frame : by query (row of the landscape): office, field, period, answers (class of their number).
    compared : offices with enough queries, the one with the most first; it is what the others are held against.
    """

    frame: pd.DataFrame
    compared: list[str]


def traits(bench: Bench, office: np.ndarray) -> Traits:
    """Return the traits of the queries of the study's landscape.

    The field is the publication's first label of the leading label set, or its first IPC class where the landscape has
    no label set; the period is counted from the year 0 in steps of `period` years.

    Parameters
    ----------
    office : of each publication, shape [n].
    """
    arena, settings = bench.arena, bench.study.jurisdictions
    judged = arena.judgements
    years, rows = arena.landscape.patents["publication_date"].dt.year.iloc[judged.queries], judged.queries
    starts = years // settings.period * settings.period
    period = [UNKNOWN if pd.isna(start) else str(int(start)) for start in starts]
    answers = np.searchsorted(_ANSWERS, np.diff(judged.indptr))
    columns = {"office": office[rows], "field": _fields(bench)[rows], "period": period, "answers": answers}
    frame = pd.DataFrame(columns, index=rows)
    counts = frame["office"].value_counts()
    enough = counts[(counts >= settings.min_queries) & (counts.index != OTHER)]
    order = {name: i for i, name in enumerate(settings.offices)}
    return Traits(frame, sorted(enough.index, key=lambda name: (-enough[name], order[name])))


def _fields(bench: Bench) -> np.ndarray:
    """Return the field of each publication, shape [n]."""
    sets = bench.arena.label_sets[0]
    if not sets:
        codes = (cut_all(symbols, "class") for symbols in bench.arena.landscape.patents["ipc"])
        return np.array([found[0] if found else UNKNOWN for found in codes], dtype=object)
    names = np.array([*sets[0].labels, UNKNOWN], dtype=object)  # -1, no label that is kept, is the last
    fields: np.ndarray = names[sets[0].primary]
    return fields


def standardised_table(bench: Bench, scores: pd.DataFrame, asked: Traits) -> pd.DataFrame:
    """Return the mean of each office, as it is and at the same mix of field and period, and how it differs.

    Returns
    -------
    pandas.DataFrame
        kind (raw, standardised), system, office, value, low, high, n (its queries in the strata kept), reference (the
        office with the most queries), difference to it with difference_low, difference_high, p, p_holm (over the
        offices of a system and kind) and significant; strata, kept and queries: how many strata there are, how many of
        them all offices have, and how many queries are in these. An office with fewer than `min_queries` of these has
        no value, and no difference where it or the reference has fewer. No row where fewer than two offices have enough
        queries.
    """
    if len(asked.compared) < 2:
        return pd.DataFrame(columns=STANDARDISED).astype({"significant": bool})
    wide, families = by_query(scores)
    frame = asked.frame.loc[wide.index]
    mine = frame["office"].isin(asked.compared).to_numpy()
    office, tables = frame["office"][mine], []
    mixes = (["same"] * len(office), (frame["field"] + " " + frame["period"])[mine].tolist())
    for kind, strata in zip(KINDS, mixes, strict=True):
        found = standardise(
            wide.to_numpy()[mine], office.tolist(), strata, families[mine],
            resamples=bench.study.statistics.resamples, seed=bench.study.seed,
        )  # fmt: skip
        tables += [_against(bench, found, kind, i, str(s), asked) for i, s in enumerate(wide.columns)]
    joined = pd.concat(tables, ignore_index=True)
    others = joined[joined["office"] != joined["reference"]].dropna(subset=["p"]).reset_index(drop=True)
    tests = corrected(others, ["kind", "system"], bench.study.statistics.level)
    keys = ["kind", "system", "office"]
    merged = joined.merge(tests[[*keys, "p_holm", "significant"]], on=keys, how="left")
    return merged.assign(significant=merged["significant"].eq(True))[STANDARDISED]


def _against(bench: Bench, found: Standardised, kind: str, system: int, name: str, asked: Traits) -> pd.DataFrame:
    reference = asked.compared[0]
    base = found.groups.index(reference)
    few = found.counted < bench.study.jurisdictions.min_queries
    value, drawn = np.where(few, np.nan, found.value[:, system]), np.where(few, np.nan, found.drawn[:, :, system])
    moved = drawn - drawn[:, [base]]
    (low, high), (below, above) = (_ends(each, bench.study.statistics.level) for each in (drawn, moved))
    offices = list(map(str, found.groups))
    return pd.DataFrame(
        {
            "kind": kind, "system": name, "office": offices, "value": value, "low": low, "high": high,
            "n": found.counted, "reference": reference, "difference": value - value[base],
            "difference_low": below, "difference_high": above,
            "p": np.where(few | few[base], np.nan, bootstrap_p(moved)),
            "strata": found.strata, "kept": found.kept, "queries": int(found.counted.sum()),
        }
    )  # fmt: skip


def _ends(drawn: Floats, level: float) -> Floats:
    """Return the ends of the interval of each column, shape [2, g]; nan where no resample has a value."""
    known = np.isfinite(drawn).any(axis=0)
    ends = np.full((2, drawn.shape[1]), np.nan)
    ends[:, known] = np.nanquantile(drawn[:, known], tails(level), axis=0)
    return ends


def matched_table(bench: Bench, scores: pd.DataFrame, asked: Traits) -> pd.DataFrame:
    """Return how queries of each office differ from as many of the reference, matched in field, period and answers.

    Returns
    -------
    pandas.DataFrame
        office, reference, system, difference with low, high and p over matched pairs, n (pairs), of (queries of the
        office), p_holm (over the offices of a system), significant. An office with fewer pairs than `min_queries` has
        no row.
    """
    wide, _ = by_query(scores)
    frame, tables, settings = asked.frame.loc[wide.index], [], bench.study.jurisdictions
    strata = list(zip(frame["field"], frame["period"], frame["answers"], strict=True))
    office, seed = frame["office"].to_numpy(), bench.study.seed
    for name in asked.compared[1:]:
        one, other = office == name, office == asked.compared[0]
        left, right = matched_pairs(one, other, strata, seed=seed_of(seed, "matched", name))
        if len(left) < settings.min_queries:
            continue
        values = wide.to_numpy()
        measured = tested(values[left] - values[right], np.arange(len(left)), bench.study.statistics, seed=seed)
        told = {"office": name, "reference": asked.compared[0], "system": wide.columns, "of": int(one.sum())}
        tables.append(pd.DataFrame({**told, **measured}))
    if not tables:
        return pd.DataFrame(columns=MATCHED).astype({"significant": bool})
    return corrected(pd.concat(tables, ignore_index=True), ["system"], bench.study.statistics.level)[MATCHED]
