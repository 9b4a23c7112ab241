"""BIGPATENT: US patents by section of the CPC, whose sections are the clusters of MTEB's BigPatentClustering.

Sharma, Li and Wang, *BIGPATENT: A Large-Scale Dataset for Abstractive and Coherent Summarization* (arXiv:1906.03741).
Read are its own files, JSON lines in a folder for each section, and MTEB's clustering set made of its test split. It
has no titles, claims or citations: view A reads its abstracts, view D its descriptions.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

from patbench_lib.errors import PatbenchError
from patbench_lib.landscape.origins.archives import ARCHIVES, open_members
from patbench_lib.landscape.origins.bigpatent_lines import SECTIONS, SPLITS, Place, place, read_line, read_parquet
from patbench_lib.landscape.origins.named_files import all_files
from patbench_lib.landscape.origins.origin import Options, Origin, asked_part, counted, file_digest
from patbench_lib.landscape.origins.spool import spool
from patbench_lib.landscape.origins.tally import Tally
from patbench_lib.landscape.origins.uspto_xml import UnreadableError
from patbench_lib.landscape.quality import Finding
from patbench_lib.landscape.schema import Landscape, Provenance
from patbench_lib.landscape.validate import validate

OWN_VERSION = "version 2.1.2, as its card has them"
"""Of BIGPATENT's own files, which `expected` counts; how many MTEB's set has is not known for certain."""

ENDINGS = (".gz", ".jsonl", ".json")
GIVE = (
    "Give train.zip, val.zip or test.zip of version 2.1.2, the folders in them, or the Parquet files of "
    "mteb/big-patent; unpack an archive that holds archives."
)


def read(files: Sequence[Path], options: Options) -> Landscape:
    """Read texts with their section as the one label set, `section`; a damaged line is listed and left out.

    MTEB's texts have no numbers, and are named by their place; each publication is a family of its own.

    Parameters
    ----------
    options : `part` is a split; `codes` are sections, A to H and Y.

    Raises
    ------
    PatbenchError
        Where a file cannot be read at all, or no text is left.
    """
    part, sections = asked_part(ORIGIN, options), _sections(options)
    paths = all_files(files, (".parquet", *ENDINGS, *ARCHIVES))
    tally, counts, seen = Tally(), Counter[Place](), set[str]()
    with spool(("section",)) as rows:
        for where, row in _rows(paths, tally, options.say):
            counts[where] += 1
            number = row["publication_number"] or f"text-{tally.read:06d}"
            if part and where[0] != part:
                tally.left_out[f"not of the split {part}"] += 1
            elif sections and row["section"][0] not in sections:
                tally.left_out["of none of the sections asked for"] += 1
            elif number in seen:
                tally.left_out["repeats of a publication number, the first kept"] += 1
            else:
                seen.add(number)
                rows.put({**row, "publication_number": number})
        options.say(tally.told(len(rows), "texts"))
        frame = rows.frame()
    if frame.empty:
        raise tally.nothing("text", paths, todo=f"{GIVE} `--codes` and `--part` choose among them.")
    frame = frame.drop(columns=[name for name in ("abstract", "application_number") if (frame[name] == "").all()])
    name = options.name or ORIGIN.name
    patents, report = validate(frame, name=name, label_sets=("section",))
    report.findings += tally.findings()
    report.findings += [Finding("note", "counts", line, "kept as it is", 1, ()) for line in _differing(counts)]
    if any(label.isdigit() for labels in patents["section"] for label in labels):
        every = patents["source_row"].tolist()
        report.add("note", "section", "a number, and which section it is is not told", every, "kept as it is")
    return Landscape(name, patents, ("section",), _provenance(paths, options, tally), report)


def _rows(paths: Sequence[Path], tally: Tally, say: Callable[[str], None]) -> Iterator[tuple[Place, dict[str, Any]]]:
    """Yield each text with the split and section that its file names, and count it."""
    for path in paths:
        if path.suffix == ".parquet":
            for row in read_parquet(path):
                tally.read += 1
                yield ("test", ""), row
            continue
        for member in open_members(path, ENDINGS, todo=GIVE):
            where = place(member)
            say(f"reading {member.name}")
            for line_number, line in enumerate(member.lines(), 1):
                try:
                    for row in read_line(line, where[1]) if line.strip() else ():
                        tally.read += 1
                        yield (where if where[1] else ("test", "")), row
                except UnreadableError as error:
                    tally.read += 1
                    tally.damage(f"{member.name}, line {line_number}: {error}", say)


def _sections(options: Options) -> tuple[str, ...]:
    sections = tuple(code.upper() for code in options.codes)
    if finer := [code for code in sections if code not in SECTIONS]:
        raise PatbenchError(
            f"BIGPATENT cannot be cut to {', '.join(finer)}.",
            why="It tells the section of a patent and nothing below it.",
            todo=f"Name sections: {', '.join(SECTIONS)}.",
        )
    return sections


def _differing(counts: Counter[Place]) -> list[str]:
    """Return the counts of whole splits, with all sections, that are not those of the version stated."""
    whole = {
        f"publications of {split}": sum(counts[split, section] for section in SECTIONS)
        for split in SPLITS
        if all(counts[split, section] for section in SECTIONS)
    }
    return counted(replace(ORIGIN, repository="", revision="", version=OWN_VERSION), whole)


def _provenance(paths: Sequence[Path], options: Options, tally: Tally) -> Provenance:
    chosen = f"; split {options.part}" if options.part else ""
    chosen += f"; of the sections {', '.join(options.codes)}" if options.codes else ""
    note = f"{tally.read:,} texts read{chosen}; no citations and no families"
    return Provenance(
        "bigpatent", ", ".join(path.name for path in paths), file_digest(paths), note=note, licence=ORIGIN.licence
    )


ORIGIN = Origin(
    name="bigpatent",
    about="BIGPATENT: US patents by CPC section, abstracts and descriptions; fetched is MTEB's clustering set of it",
    licence="CC BY 4.0",
    version="mteb/big-patent at 58a863a9, and BIGPATENT 2.1.2 from your own files; real files not tried",
    read=read,
    repository="mteb/big-patent",
    revision="58a863a958586a5d6ba51088b94ac74a46aa864f",
    files=tuple(f"data/test-{i:05d}-of-00005.parquet" for i in range(5)),
    expected=MappingProxyType(
        {"publications of train": 1_207_222, "publications of val": 67_068, "publications of test": 67_072}
    ),
    parts=SPLITS,
)
