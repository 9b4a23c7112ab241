"""The closing paragraph of notebook 12."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
from IPython.display import Markdown

from patbench_lib.bench.bench import Bench
from patbench_lib.bench.jurisdictions import offices_of
from patbench_lib.bench.office_mix import KINDS
from patbench_lib.evaluate.offices import ALL, OTHER, PROTOCOLS
from patbench_lib.report.jurisdiction_figures import leading_system


def say_offices(bench: Bench) -> Markdown:
    """Say how many queries each office has, and how many families could show what translation does."""
    rows, settings = bench.arena.judgements.queries, bench.study.jurisdictions
    office = pd.Series(offices_of(bench), name="office")
    counts = office.iloc[rows].value_counts()
    names = [name for name in (*settings.offices, OTHER) if name in counts.index]
    lacking = [name for name in settings.offices if name not in counts.index]
    listed = ", ".join(f"{name} {counts[name]:,}" for name in names)
    none = f" None from {', '.join(lacking)}." if lacking else ""
    mixed = office.isin(settings.translated).groupby(bench.arena.landscape.family).nunique().gt(1).sum()
    return Markdown(
        f"{len(rows):,} queries by office: {listed}.{none} {mixed:,} families have a publication of a translated "
        f"office and one of another. Means over fewer than {settings.min_queries} queries are not shown."
    )


def close_jurisdictions(bench: Bench, tables: Mapping[str, pd.DataFrame]) -> Markdown:
    """Say where the leading system does best and worst, what remains at an equal mix, and what translation does."""
    parts = [_spread(tables["cells"], bench), _mix(tables["standardised"]), _matched(tables["matched"])]
    parts += [_translation(tables["families"], bench)]
    return Markdown(" ".join(parts))


def _spread(cells: pd.DataFrame, bench: Bench) -> str:
    system, least = leading_system(cells), bench.study.jurisdictions.min_queries
    mine = cells[(cells["system"] == system) & (cells["protocol"] == PROTOCOLS[0])]
    shown, told = mine[(mine["query_office"] != ALL) & (mine["document_office"] != ALL)], []
    for side, other in (("query", "document_office"), ("document", "query_office")):
        own = f"{side}_office"
        rows = mine[(mine[other] == ALL) & ~mine[own].isin([ALL, OTHER])].dropna(subset=["value"]).sort_values("value")
        if len(rows) > 1:
            low, high = rows.iloc[0], rows.iloc[-1]
            told.append(f"by office of the {side} from {_mean(low, own)} to {_mean(high, own)}")
    measured = f"{shown['value'].notna().sum():,} of {len(shown):,} cells have at least {least} queries."
    if not told:
        return f"Fewer than two offices have {least} queries. {measured}"
    return f"The means of {system} go {'; '.join(told)}. {measured}"


def _mean(row: pd.Series, own: str) -> str:
    return f"{row['value']:.3f} [{row['low']:.3f}, {row['high']:.3f}] ({row[own]})"


def _mix(standardised: pd.DataFrame) -> str:
    if standardised.empty:
        return "So offices cannot be compared at an equal mix."
    told = standardised[standardised["kind"] == "standardised"].iloc[0]
    others = standardised[standardised["office"] != told["reference"]]
    kinds = {kind: rows.dropna(subset=["difference"]) for kind, rows in others.groupby("kind")}
    (raw, of), (same, left) = ((kinds[kind]["significant"].sum(), len(kinds[kind])) for kind in KINDS)
    return (
        f"{raw:,} of {of:,} differences between an office and {told['reference']} are significant as they are, and "
        f"{same:,} of {left:,} at the same mix of field and period, which rests on the {told['kept']:,} of "
        f"{told['strata']:,} strata that all {others['office'].nunique() + 1} offices have."
    )


def _matched(matched: pd.DataFrame) -> str:
    if matched.empty:
        return "Too few queries of different offices match."
    pairs = matched.drop_duplicates("office")
    return (
        f"Matched one to one, in at least {pairs['n'].min():,} pairs an office, "
        f"{matched['significant'].sum():,} of {len(matched):,} differences are significant."
    )


def _translation(families: pd.DataFrame, bench: Bench) -> str:
    if families.empty:
        return "Too few families have a translated and another member to see what translation does."
    told = []
    for side, words in (("query", "as queries, translated members"), ("document", "as documents, translated members")):
        mine = families[families["side"] == side]
        if mine.empty:
            told.append(f"{words} are too few")
            continue
        worse, better = (mine[mine["significant"] & (sign * mine["difference"] > 0)]["system"] for sign in (-1, 1))
        unit = bench.study.main_measure if side == "query" else "share of pairs"
        span = f"{_signed(mine['difference'].min())} to {_signed(mine['difference'].max())} in {unit}"
        told.append(
            f"{words} differ from the others by {span} ({mine['n'].min():,} families or more); significantly worse for "
            f"{', '.join(worse) or 'none'}, better for {', '.join(better) or 'none'}"
        )
    return f"Within families, {'; '.join(told)}."


def _signed(value: float) -> str:
    return f"{value:+.3f}".replace("-", "−") if round(value, 3) else "0.000"
