"""Tables of notebook 12."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
from great_tables import GT

from patbench_lib.evaluate.offices import ALL, PROTOCOLS
from patbench_lib.report.jurisdiction_figures import (
    NO_CELLS,
    NO_FAMILIES,
    ONE_OFFICE,
    in_order,
    leading_system,
)
from patbench_lib.report.tables import table

NO_MATCHES = "No office has enough queries that match one of another office."


def offices_table(cells: pd.DataFrame, offices: Sequence[str], side: str, *, synthetic: bool) -> GT:
    """Return each system's mean with its interval by office of the query or of the document; a dash for too few.

    Parameters
    ----------
    side : query or document.
    """
    other = "document_office" if side == "query" else "query_office"
    mine = cells[(cells[other] == ALL) & (cells["protocol"] == PROTOCOLS[0])]
    if mine["value"].isna().all():
        return table(pd.DataFrame({"system": []}), notes=[NO_CELLS], synthetic=synthetic)
    own = f"{side}_office"
    names: Any = in_order(list(mine[own]), offices)
    sizes = mine.groupby(own)["n"].first()
    shown = mine.assign(cell=mine.apply(_cell, axis=1))
    wide = shown.pivot(index="system", columns=own, values="cell").loc[list(dict.fromkeys(mine["system"])), names]
    wide = wide.rename(columns={name: f"{name} ({sizes[name]:,})" for name in names}).reset_index()
    return table(wide, unbroken=["system"], notes=["In brackets the number of queries."], synthetic=synthetic)


def _cell(row: pd.Series) -> str:
    return "–" if pd.isna(row["value"]) else f"{row['value']:.3f} [{row['low']:.2f}, {row['high']:.2f}]"


def protocol_table(cells: pd.DataFrame, offices: Sequence[str], *, synthetic: bool) -> GT:
    """Return the leading system's mean by office of the document, other offices' answers taken out or left in."""
    system = leading_system(cells)
    mine = cells[(cells["system"] == system) & (cells["query_office"] == ALL) & (cells["document_office"] != ALL)]
    mine = mine.dropna(subset=["value"])
    if mine.empty:
        return table(pd.DataFrame({"office": []}), notes=[NO_CELLS], synthetic=synthetic)
    wide = mine.pivot(index="document_office", columns="protocol", values="value")
    names = in_order(list(wide.index), offices)
    frame = wide.loc[names, list(PROTOCOLS)].rename_axis("office").reset_index()
    frame["queries"] = mine.groupby("document_office")["n"].first().loc[names].to_numpy()
    decimals = dict.fromkeys(PROTOCOLS, 3)
    return table(frame, decimals=decimals, whole=["queries"], notes=[f"System: {system}."], synthetic=synthetic)


def matched_table(matched: pd.DataFrame, *, synthetic: bool) -> GT:
    """Return how matched queries of two offices differ, by office and system."""
    if matched.empty:
        return table(pd.DataFrame({"office": []}), notes=[NO_MATCHES], synthetic=synthetic)
    frame = pd.DataFrame(
        {
            "office": matched["office"],
            "system": matched["system"],
            "difference": matched.apply(_difference, axis=1),
            "p (Holm)": matched["p_holm"],
            "pairs": matched["n"],
            "of queries": matched["of"],
        }
    )
    note = f"Difference to {matched['reference'].iloc[0]}; a star where significant after Holm's correction."
    return table(
        frame, decimals={"p (Holm)": 3}, whole=["pairs", "of queries"], unbroken=["difference"],
        notes=[note], synthetic=synthetic,
    )  # fmt: skip


def mix_table(standardised: pd.DataFrame, *, synthetic: bool) -> GT:
    """Return how offices differ from the reference, as they are and at the same mix, by office and system."""
    others = standardised[standardised["office"] != standardised["reference"]]
    if others.empty:
        return table(pd.DataFrame({"office": []}), notes=[ONE_OFFICE], synthetic=synthetic)
    ends = {"difference_low": "low", "difference_high": "high"}
    renamed = others.drop(columns=["low", "high"]).rename(columns=ends)
    shown = renamed.assign(cell=renamed.apply(_difference, axis=1))
    wide = shown.pivot(index=["office", "system"], columns="kind", values="cell")[["raw", "standardised"]]
    order: Any = list(dict.fromkeys(zip(others["office"], others["system"], strict=True)))
    told = standardised[standardised["kind"] == "standardised"].iloc[0]
    notes = [
        f"Difference to {told['reference']}; a star where significant after Holm's correction.",
        f"Strata of field and period that all offices have: {told['kept']:,} of {told['strata']:,}, "
        f"with {told['queries']:,} queries.",
    ]
    return table(wide.loc[order].reset_index(), unbroken=["raw", "standardised"], notes=notes, synthetic=synthetic)


def families_table(families: pd.DataFrame, *, synthetic: bool) -> GT:
    """Return the effect of translation within families, by side and system."""
    if families.empty:
        return table(pd.DataFrame({"side": []}), notes=[NO_FAMILIES], synthetic=synthetic)
    frame = pd.DataFrame(
        {
            "side": families["side"],
            "system": families["system"],
            "difference": families.apply(_difference, axis=1),
            "p (Holm)": families["p_holm"],
            "families": families["n"],
        }
    )
    return table(
        frame, decimals={"p (Holm)": 4}, whole=["families"], unbroken=["difference"],
        notes=["A star where significant after Holm's correction for the number of systems."], synthetic=synthetic,
    )  # fmt: skip


def _difference(row: pd.Series) -> str:
    if pd.isna(row["difference"]):
        return "–"
    text = f"{row['difference']:+.3f} [{row['low']:+.3f}, {row['high']:+.3f}]{'*' * bool(row['significant'])}"
    return text.replace("-", "−")
