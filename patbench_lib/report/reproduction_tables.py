"""Tables of notebook 15: expected numbers, ours beside them, and the line that computes each."""

from __future__ import annotations

import html

import pandas as pd
from great_tables import GT

from patbench_lib.bench.reproduce_needs import needs_of
from patbench_lib.reference.expected import Row, groups, rows
from patbench_lib.report.tables import table

CERTAIN = {
    "S": "stated by the paper's abstract",
    "F": "read off a part of its table or text",
    "I": "what it is a number of is inferred",
    "O": "another public source",
    "M": "measured by this compendium",
}

_WAYS = {"retrieval": "can be run", "rerank": "can be run", "mteb": "can be run, by MTEB", "cited": "only cited"}


def answered_table(answered: pd.DataFrame, *, synthetic: bool) -> GT:
    """Return the rows that have a value of ours, with the difference and the verdict."""
    origins = {row.id: row.group.origin for row in rows()}
    shown = answered.assign(
        origin=[origins[name] for name in answered["id"]],
        difference=answered["value"] - answered["expected"],
        ties=[
            f"{low:.4f} to {high:.4f}" if low < high else ""
            for low, high in zip(answered["lowest"], answered["highest"], strict=True)
        ],
    )
    columns = ["id", "origin", "expected", "value", "difference", "ties", "queries", "state", "from"]
    digits = {"expected": 4, "value": 4, "difference": 5}
    notes = [
        "OK: equal in the digits given; OKish: within the tolerance, or an order of tied documents is; FAIL: neither.",
        "ties: the values that orders of documents with near-equal scores give, where these are several.",
    ]
    if shown.empty:
        notes.append("Nothing: neither this study nor a run of `patbench reproduce` answers a row.")
    return table(shown[columns], decimals=digits, whole=["queries"], unbroken=["id"], notes=notes, synthetic=synthetic)


def groups_table(answered: pd.DataFrame) -> GT:
    """Return the groups of expected numbers: where they come from, how sure they are, how many have one of ours."""
    found = answered["id"].str.partition(".")[0].value_counts() if len(answered) else pd.Series(dtype=int)
    lines = [
        {
            "group": name,
            "what": group.about,
            "source": group.source,
            "certainty": group.certainty,
            "numbers": sum(len(cells) for cells in group.values.values()),
            "here": _WAYS[group.way],
            "with one of ours": int(found.get(name, 0)),
        }
        for name, group in groups().items()
    ]
    notes = [f"{letter}: {meaning}." for letter, meaning in CERTAIN.items()]
    return table(pd.DataFrame(lines), whole=["numbers", "with one of ours"], unbroken=["group"], notes=notes)


def rows_table(answered: pd.DataFrame) -> GT:
    """Return every expected number; what it needs and the lines that compute it unfold from its name."""
    ours = dict(zip(answered["id"], answered["value"], strict=True))
    states = dict(zip(answered["id"], answered["state"], strict=True))
    lines = [
        {
            "number": _unfolding(row),
            "measure": row.group.measure,
            "expected": f"{row.value:.{row.digits}f}",
            "ours": f"{ours[row.id]:.4f}" if row.id in ours else "–",
            "state": states.get(row.id) or ("cited" if row.group.way == "cited" else "to run"),
        }
        for row in rows()
    ]
    shown = table(pd.DataFrame(lines), notes=["cited: nothing here can compute it; to run: it was not run here."])
    # A formatter of our own hands its HTML on as it is; everything else in a table is escaped.
    return shown.fmt(str, columns="number").cols_align("right", columns=["expected", "ours"])


def _unfolding(row: Row) -> str:
    """Return a row's name as HTML that opens to its source, its needs and its commands."""
    group = row.group
    said = [f"Source: {group.source} ({row.certainty}). Data: {group.data.name}, revision {group.data.revision}."]
    said += [text for text in (group.protocol, group.unknown, group.why) if text]
    if needs := needs_of(row):
        said.append(f"Needs: {'; '.join(needs)}.")
    if group.way != "cited":
        said.append(f"OKish within {group.tolerance:g}.")
    told = "".join(f"<p>{html.escape(text)}</p>" for text in said)
    told += "".join(f"<pre><code>{html.escape(line)}</code></pre>" for line in row.commands)
    return f"<details><summary>{html.escape(row.id)}</summary>{told}</details>"
