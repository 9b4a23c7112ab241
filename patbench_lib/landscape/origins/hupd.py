"""HUPD, the Harvard USPTO Patent Dataset: US applications as they were filed, with what the office decided.

Suzgun, Melas-Kyriazi, Sarkar, Kominers and Shieber, *The Harvard USPTO Patent Dataset* (arXiv:2207.04043). It has no
citations: classification and clustering can be judged on it, retrieval cannot.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from patbench_lib.errors import PatbenchError
from patbench_lib.landscape.codes import is_under
from patbench_lib.landscape.origins.archives import ARCHIVES, Member, open_members
from patbench_lib.landscape.origins.hupd_application import read_application
from patbench_lib.landscape.origins.named_files import all_files
from patbench_lib.landscape.origins.origin import Options, Origin, asked_codes, asked_part, file_digest
from patbench_lib.landscape.origins.spool import Spool, spool
from patbench_lib.landscape.origins.tally import Tally
from patbench_lib.landscape.origins.uspto_documents import DOCUMENT_LIMIT
from patbench_lib.landscape.origins.uspto_xml import UnreadableError
from patbench_lib.landscape.schema import Landscape, Provenance
from patbench_lib.landscape.validate import validate

PARTS = ("all", "accepted", "rejected", "pending")
"""Applications by what was decided of them, continuations (CONT-…) with the others."""

GIVE = "Give HUPD's files as they are published: 2016.tar.gz and others by year, or the JSON files in them."

LISTED_COLUMNS = ("ipc", "cpc", "decision")
SAID_EVERY = 5000
"""Applications between two lines about the progress."""


@dataclass(frozen=True)
class _Asked:
    codes: tuple[str, ...]
    part: str
    later: Mapping[str, str]

    def reason_against(self, row: Mapping[str, Any]) -> str:
        """Return why an application is not wanted, empty where it is."""
        if self.part != PARTS[0] and not any(said.endswith(self.part.upper()) for said in row["decision"]):
            return f"not {self.part}"
        if self.codes and not any(is_under(symbol, self.codes) for symbol in [*row["ipc"], *row["cpc"]]):
            return "of none of the classes asked for"
        return ""


def read(files: Sequence[Path], options: Options) -> Landscape:
    """Read applications from JSON files, folders of them, or archives, one application in memory at a time.

    A damaged file is told, listed in the report and left out. A table of metadata (.feather) among the files says what
    was decided later, and is believed.

    Parameters
    ----------
    options : `part` chooses by decision; `codes` reach down to the subclass, where HUPD's symbols end for certain.

    Raises
    ------
    PatbenchError
        Where a file or archive cannot be read at all, or no application is left.
    """
    part = asked_part(ORIGIN, options) or PARTS[0]
    paths = all_files(files, (".json", ".feather", *ARCHIVES))
    tables = [path for path in paths if path.suffix == ".feather"]
    later = {number: said for path in tables for number, said in _decisions(path).items()}
    asked, tally = _Asked(_subclasses(options), part, later), Tally()
    with spool(LISTED_COLUMNS) as rows:
        seen: set[str] = set()
        for path in (path for path in paths if path not in tables):
            for member in open_members(path, (".json",), todo=GIVE):
                _take(member, asked, rows, seen, tally, options.say)
                if tally.read % SAID_EVERY == 0:
                    options.say(f"{tally.read:,} applications read, {len(rows):,} kept; now in {path.name}")
        options.say(tally.told(len(rows), "applications"))
        frame = rows.frame()
    if frame.empty:
        raise tally.nothing("application", paths, todo=f"{GIVE} `--codes` and `--part` choose among its applications.")
    name = options.name or ORIGIN.name
    patents, report = validate(frame, name=name, label_sets=("decision",))
    report.findings.extend(tally.findings())
    return Landscape(name, patents, ("decision",), _provenance(paths, options, tally), report)


def _take(member: Member, asked: _Asked, rows: Spool, seen: set[str], tally: Tally, say: Callable[[str], None]) -> None:
    tally.read += 1
    try:
        row = read_application(_bounded(member))
    except UnreadableError as error:
        tally.damage(f"{member.name}: {error}", say)
        return
    if said := asked.later.get(row["application_number"]):
        tally.notes["decided"] += [said] != row["decision"]
        row["decision"] = [said]
    if row["publication_number"] in seen:
        tally.left_out["repeats of a publication number, the first kept"] += 1
    elif why := asked.reason_against(row):
        tally.left_out[why] += 1
    else:
        seen.add(row["publication_number"])
        rows.put(row)


def _bounded(member: Member) -> bytes:
    """Return a member's content; of one that unpacks to more than any application, no more is read than shows it."""
    content = bytearray()
    for chunk in member.chunks():
        content += chunk
        if len(content) > DOCUMENT_LIMIT:
            raise UnreadableError(f"longer than {DOCUMENT_LIMIT >> 20} MiB")
    return bytes(content)


def _subclasses(options: Options) -> tuple[str, ...]:
    codes = asked_codes(options)
    if finer := [code for code in codes if len(code) > 4]:
        raise PatbenchError(
            f"HUPD cannot be cut to {', '.join(finer)}.",
            why="Its symbols run group and subgroup together, A61M51723: what is sure of them is the subclass.",
            todo="Name subclasses: A61M for A61M 5.",
        )
    return codes


def _decisions(path: Path) -> dict[str, str]:
    """Return what a table of metadata says was decided, by application number."""
    try:
        table = pd.read_feather(path, columns=["application_number", "decision"])
    except Exception as error:  # pyarrow's errors have no common class below this
        raise PatbenchError(
            f"{path} is no table of HUPD's metadata.",
            why=str(error).partition("\n")[0],
            todo="Give hupd_metadata_2022-02-22.feather as it is published, or leave it out.",
        ) from error
    known = table.dropna()
    return dict(zip(known["application_number"].astype(str), known["decision"].astype(str).str.upper(), strict=True))


def _provenance(paths: Sequence[Path], options: Options, tally: Tally) -> Provenance:
    chosen = f"; {options.part} alone" if options.part and options.part != PARTS[0] else ""
    chosen += f"; of the classes {', '.join(options.codes)}" if options.codes else ""
    note = f"{tally.read:,} applications read{chosen}; no citations and no families; symbols reach the subclass"
    names = ", ".join(path.name for path in paths[:5]) + (f" and {len(paths) - 5:,} more" if len(paths) > 5 else "")
    return Provenance("hupd", names, file_digest(paths), note=note, licence=ORIGIN.licence)


ORIGIN = Origin(
    name="hupd",
    about="HUPD: US applications as filed, 2004 to 2018, with the office's decision; fetched is its sample, of 2016",
    licence="CC BY-SA 4.0",
    version="HUPD/hupd at f570a84b; JSON, one file an application; real files not tried",
    read=read,
    repository="HUPD/hupd",
    revision="f570a84b03663180b6034c1f7f4c15864f94385e",
    files=("data/sample-jan-2016.tar.gz",),
    parts=PARTS,
)
