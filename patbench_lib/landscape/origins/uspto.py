"""Patents from the weekly bulk files of the United States Patent and Trademark Office (Red Book XML)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from patbench_lib.landscape.origins.archives import open_members
from patbench_lib.landscape.origins.origin import Options, Origin, asked_codes, asked_part, file_digest
from patbench_lib.landscape.origins.spool import spool
from patbench_lib.landscape.origins.uspto_documents import cut_documents
from patbench_lib.landscape.origins.uspto_reading import LISTED_COLUMNS, Reading
from patbench_lib.landscape.schema import Landscape, Provenance
from patbench_lib.landscape.validate import validate

PARTS = ("all", "utility")
"""Every sort of patent, or utility patents without designs, plants, reissues and statutory inventions."""

GIVE = "Give the weekly files with full text as .zip or .xml, such as ipg071120.zip or ipa071122.zip."


def read(files: Sequence[Path], options: Options) -> Landscape:
    """Read grants and published applications into a landscape, one document in memory at a time.

    A damaged document is told, listed in the report and left out; so is, by its number, what is repeated, of another
    sort, or of none of the classes asked for.

    Raises
    ------
    PatbenchError
        Where a file cannot be read at all, or no patent is left.
    """
    part = asked_part(ORIGIN, options) or PARTS[0]
    codes = asked_codes(options)
    with spool(LISTED_COLUMNS) as rows:
        reading = Reading(rows, codes, part == "all", options.say)
        for path in files:
            for member in open_members(path, (".xml",), todo=GIVE):
                for document in cut_documents(member.chunks()):
                    reading.take(member.name, document)
        reading.tell_all()
        frame = rows.frame()
    if frame.empty:
        todo = f"The format read is {ORIGIN.version}; `--codes` and `--part` choose among its patents."
        raise reading.tally.nothing("patent", files, todo=todo)
    family = reading.family_ids()
    frame["family_id"] = [family[number] for number in frame["publication_number"]]
    name = options.name or ORIGIN.name
    patents, report = validate(frame, name=name)
    report.findings.extend(reading.tally.findings())
    return Landscape(name, patents, (), _provenance(files, options, reading), report)


def _provenance(files: Sequence[Path], options: Options, reading: Reading) -> Provenance:
    chosen = f"; of the classes {', '.join(options.codes)}" if options.codes else ""
    return Provenance(
        source="uspto",
        path=", ".join(path.name for path in files),
        sha256=file_digest(files),
        note=f"{reading.tally.read:,} documents read{chosen}; families are those that the documents name themselves",
        licence=ORIGIN.licence,
        revision="; ".join(sorted(reading.tally.versions)),
    )


ORIGIN = Origin(
    name="uspto",
    about="weekly bulk files of the USPTO, grants (ipg…) and applications (ipa…), as .zip or .xml that you downloaded",
    licence="public domain, but for parts that an applicant marked as under copyright (37 CFR 1.71(d))",
    version="Red Book XML, version 4 (us-patent-grant, us-patent-application)",
    read=read,
    parts=PARTS,
)
