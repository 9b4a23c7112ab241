"""The card of a landscape that is shared: a README that people read, with a head that the hub reads."""

from __future__ import annotations

import re

import yaml

from patbench_lib.landscape.schema import CODES, SECTIONS, Landscape

_KNOWN = re.compile(r"^(CC[ -]BY(?:[ -]NC)?(?:[ -](?:SA|ND))?[ -][\d.]+|CC0[ -]1\.0|Apache-2\.0|MIT)$", re.IGNORECASE)
"""Licences that the hub has an identifier for: it is the name in small letters, with hyphens."""

_SIZES = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"))


def dataset_card(landscape: Landscape, left_out: tuple[str, ...] = ()) -> str:
    """Return the card as Markdown with YAML front matter.

    Parameters
    ----------
    left_out : licensed sections whose text is not in the data.
    """
    about = landscape.provenance
    kind = "Synthetic patents, written by a program" if about.synthetic else "Patents"
    lines = [
        f"# {landscape.name}",
        "",
        f"{kind}, in the schema of PatBench: one row a publication, with sections, classes, citations and families.",
        "",
        *(_warning(left_out, "left out of this data") if left_out else []),
        *(
            _warning(about.licensed, "part of this data, and must not be passed on without a licence")
            if about.licensed
            else []
        ),
        "## What is in it",
        "",
        *_table(landscape),
        "",
        *_rules(landscape),
        "## Where it comes from",
        "",
        *_provenance(landscape),
        "",
        "## How to read it",
        "",
        "    datasets.load_dataset(FOLDER)",
        "",
        "A study of PatBench reads the folder as it is: `landscape: {source: folder, name: NAME, path: FOLDER}`.",
        "",
        "## What was found and repaired in it",
        "",
        *([f"- {finding.level}: {finding}" for finding in landscape.report.findings] or ["Nothing."]),
        "",
    ]
    return f"---\n{_front_matter(landscape)}---\n\n" + "\n".join(lines)


def _front_matter(landscape: Landscape) -> str:
    about = landscape.provenance
    terms = _licence(landscape)
    known = _KNOWN.match(terms)
    licence = {"license": known[1].replace(" ", "-").lower()} if known else {"license": "other"}
    if terms and not known:
        licence["license_name"] = terms
    size = next((name for most, name in _SIZES if len(landscape) < most), "n>1M")
    head = {
        "pretty_name": landscape.name,
        **licence,
        "tags": ["patents", "patbench", "synthetic" if about.synthetic else "real"],
        "task_categories": ["text-retrieval", "text-classification"],
        "size_categories": [size],
        "configs": [{"config_name": "default", "data_files": [{"split": "train", "path": "patents.parquet"}]}],
    }
    return yaml.safe_dump(head, sort_keys=False, allow_unicode=True, width=110)


def _licence(landscape: Landscape) -> str:
    """Return the terms of a landscape; what PatBench wrote itself is under its own."""
    about = landscape.provenance
    return about.licence.strip() or ("Apache-2.0" if about.synthetic else "")


def _table(landscape: Landscape) -> list[str]:
    patents = landscape.patents
    counts = {"publications": len(patents), "families": patents["family_id"].nunique()}
    counts |= {f"with {section}": int((patents[section] != "").sum()) for section in SECTIONS if landscape.has(section)}
    lists = [*CODES, *landscape.label_sets]
    counts |= {
        f"with {landscape.marked(column)}": n for column in lists if (n := int(patents[column].map(len).gt(0).sum()))
    }
    counts["citations"] = int(patents["cited"].map(len).sum())
    return ["| what | how many |", "|:--|--:|", *(f"| {what} | {count:,} |" for what, count in counts.items())]


def _provenance(landscape: Landscape) -> list[str]:
    about = landscape.provenance
    told = {
        "source": about.source,
        "files": about.path,
        "sha256": about.sha256,
        "revision": about.revision,
        "note": about.note,
        "licence": _licence(landscape) or "not known; ask whoever made the data before you share it",
        "synthetic": "yes: it says nothing about real patents" if about.synthetic else "no",
        "fingerprint of the content": landscape.fingerprint,
    }
    cite = "Cite the source named here, and PatBench where its schema was of use."
    return [*(f"- {what}: {value}" for what, value in told.items() if value), "", cite]


def _rules(landscape: Landscape) -> list[str]:
    """Return what is to be known of labels that nobody assigned."""
    if not landscape.rule_based:
        return []
    named = ", ".join(landscape.rule_based)
    return [f"> {named}: nobody assigned these labels. Rules on symbols and key words did, as the note tells.", ""]


def _warning(sections: tuple[str, ...], what: str) -> list[str]:
    return [f"> The text of {', '.join(sections)} is under a licence of its own. It is {what}.", ""]
