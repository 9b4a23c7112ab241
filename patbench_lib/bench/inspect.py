"""Looking into a user's table: what is in it, and the study that fits it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from patbench_lib.bench.columns import find_columns, find_labels
from patbench_lib.errors import PatbenchError
from patbench_lib.files import write_text
from patbench_lib.landscape.judgements import Judgements, Relevance, count_unmatched_zeros, judge
from patbench_lib.landscape.label_sets import Labels, label_sets
from patbench_lib.landscape.schema import Landscape, Provenance
from patbench_lib.landscape.table import map_columns, read_table
from patbench_lib.landscape.unjudged import why_unjudged
from patbench_lib.landscape.validate import validate
from patbench_lib.landscape.views import STANDING_IN, VIEWS, View, missing_sections
from patbench_lib.parameters import make_study
from patbench_lib.paths import find_root
from patbench_lib.study import Study

CODED = ("ipc_subclass", "cpc_group")
"""Label sets that a table with IPC or CPC symbols is given beside its label columns."""

SUPPORTS = (20, 10, 5)
"""Publications that a label needs; the first number that leaves a label set is proposed."""

FEW_QUERIES = 50

_LEFT_OUT = "retrieval and fine-tuning are left out"

SHALLOW = 10
"""With fewer candidates than this for a query, the study is measured without cutoffs."""


@dataclass(frozen=True)
class Signal:
    """A way to get relevance from a table, and how many queries and pairs it gives."""

    relevance: Relevance
    queries: int
    pairs: int

    def __str__(self) -> str:
        """Return the signal in words."""
        shared = f" of at least {self.relevance.min_shared} shared citations" * (self.relevance.relation == "coupling")
        return f"{self.relevance.relation}{shared}: {self.queries:,} queries, {self.pairs:,} pairs"


@dataclass(frozen=True)
class Inspection:
    """What `inspect_table` found."""

    name: str
    path: Path
    columns: dict[str, str]
    labels: tuple[str, ...]
    landscape: Landscape
    views: tuple[View, ...]
    signals: tuple[Signal, ...]
    proposed: Labels | None
    unmatched_zeros: int

    def summary(self) -> str:
        """Return the findings in plain lines."""
        patents = self.landscape.patents
        offices = ", ".join(f"{office} {n:,}" for office, n in patents["office"].value_counts().items())
        lines = [
            f"{self.path}: {len(patents):,} publications in {patents['family_id'].nunique():,} families",
            f"  columns mapped: {', '.join(f'{c} -> {t}' for t, c in self.columns.items()) or 'all by their own name'}",
            f"  offices: {offices}",
            f"  views: {', '.join(self.views)}",
            f"  label sets: {_told(self.proposed)}",
        ]
        lines += [f"  relevance: {signal}" for signal in self.signals]
        if not self.signals:
            lines.append(f"  relevance: {why_unjudged(self.landscape)}; {_LEFT_OUT}")
        if self.unmatched_zeros:
            lines.append(
                f"  {self.unmatched_zeros} more citations match if leading zeros are ignored (EP-0495168, EP-495168): "
                "relevance.leading_zeros"
            )
        lines += [f"  {finding.level}: {finding}" for finding in self.landscape.report.findings]
        return "\n".join(lines)


def inspect_table(path: Path, name: str) -> Inspection:
    """Read a table, map its columns, and find label sets and possible relevance signals.

    Raises
    ------
    PatbenchError
        Where the file cannot be read, has no publication numbers or texts, or gives nothing that embeddings could be
        judged by: no relevance signal and, where nobody is cited, no labels.
    """
    table = read_table(path)
    columns = find_columns(table)
    labels = find_labels(table, columns)
    patents, report = validate(map_columns(table, columns, labels, None), name=name, label_sets=labels)
    landscape = Landscape(name, patents, labels, Provenance("table", str(path)), report)
    there = [view for view in VIEWS if not missing_sections(landscape, view)]
    views = tuple(view for view in there if STANDING_IN.get(view) not in there)
    if not views:
        raise PatbenchError(f"{path} has no text that a view could show.", todo="Map title and abstract, or claims.")
    signals, proposed = find_signals(landscape), propose_labels(landscape)
    if not signals and not (why_unjudged(landscape) and proposed):
        raise PatbenchError(
            f"{path} gives no relevance: no patent cites another in it, and no two share a citation.",
            why="Retrieval needs queries with relevant documents; they come from the column `cited`.",
            todo="Bring a table with cited publication numbers, or a larger set; or, to classify and cluster alone, "
            f"one with no citations and with labels on at least {SUPPORTS[-1]} publications each.",
        )
    zeros = count_unmatched_zeros(landscape)
    return Inspection(name, path, columns, labels, landscape, views, signals, proposed, zeros)


def propose_labels(landscape: Landscape) -> Labels | None:
    """Return label sets that can be learnt: label columns, then IPC and CPC; None where labels are too rare."""
    asked = (*landscape.label_sets, *CODED)
    for support in SUPPORTS:
        found, _ = label_sets(landscape, Labels(sets=asked, min_support=support))
        if found:
            return Labels(sets=tuple(one.name for one in found), min_support=support)
    return None


def _told(proposed: Labels | None) -> str:
    if proposed is None:
        return f"none with two labels on at least {SUPPORTS[-1]} publications"
    return f"{', '.join(proposed.sets)} (labels on at least {proposed.min_support} publications)"


def find_signals(landscape: Landscape) -> tuple[Signal, ...]:
    """Return the relevance signals a landscape has, the one to start with first.

    Direct citation comes first where it gives enough queries, otherwise coupling by at least two shared citations.
    """
    tried = [Relevance()]
    tried += [Relevance(relation="coupling", min_shared=shared) for shared in (2, 1, 3)]
    tried.append(Relevance(relation="both"))
    signals = [signal for relevance in tried if (signal := _signal(landscape, relevance))]
    return tuple(sorted(signals, key=lambda signal: signal.queries < FEW_QUERIES))


def _signal(landscape: Landscape, relevance: Relevance) -> Signal | None:
    try:
        judged: Judgements = judge(landscape, relevance)
    except PatbenchError:
        return None  # this relation relates no two patents of the set
    return Signal(relevance, len(judged.queries), judged.pairs)


def write_study(found: Inspection, output: Path) -> None:
    """Write a study file for an inspected table; paths in it start at the compendium's folder.

    Raises
    ------
    PatbenchError
        Where the study would not be valid, such as a name that cannot name a folder.
    """
    lead: View = "TAC" if "TAC" in found.views else found.views[0]
    views = list(dict.fromkeys([lead, *(view for view in ("TA",) if view in found.views)]))
    source: dict[str, Any] = {
        "source": "table",
        "name": found.name,
        "path": os.path.relpath(found.path.resolve(), find_root()),
    }
    if found.columns:
        source["columns"] = found.columns
    if found.labels:
        source["labels"] = list(found.labels)
    first = found.signals[0].relevance.model_dump(mode="json", exclude_defaults=True) if found.signals else None
    content: dict[str, Any] = {
        "name": found.name,
        "title": f"Patent embeddings on {found.name}",
        "landscape": source,
        "external": None,
        **({} if first is None else {"relevance": {"relation": "cites", **first}}),
        "views": views,
        "systems": ["BM25", "LSA", "MiniLM-static", "MiniLM-L6"],
    }
    if found.proposed:
        content["labels"] = {"sets": list(found.proposed.sets), "min_support": found.proposed.min_support}
    candidates = len(found.landscape) - 1
    if candidates < Study().depth:
        content["depth"] = candidates
    if candidates < SHALLOW:
        content |= {"measures": ["MAP", "MRR"], "main_measure": "MAP"}
    make_study(content, where=str(output))
    others = [f"#   {signal}" for signal in found.signals[1:]]
    notes = [
        f"# A study of {found.path.name}, written by `patbench study new`. Every other parameter has its default:",
        "# `patbench study show FILE` prints them all, params/own-corpus.yaml explains them.",
        f"# Views this table has the sections for: {', '.join(found.views)}.",
        *(["# Other relevance signals in it:", *others] if others else []),
        *([] if found.signals else [f"# Nobody is cited in it: {_LEFT_OUT}."]),
    ]
    body = yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=110)
    write_text(output, "\n".join(notes) + "\n" + body)
