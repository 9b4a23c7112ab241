"""One pass over the documents of bulk files: what is kept, what is left out and why."""

from __future__ import annotations

from collections.abc import Callable

from patbench_lib.landscape.codes import is_under
from patbench_lib.landscape.origins.families import Families
from patbench_lib.landscape.origins.spool import Spool
from patbench_lib.landscape.origins.tally import Tally
from patbench_lib.landscape.origins.uspto_documents import DOCUMENT_LIMIT, Document
from patbench_lib.landscape.origins.uspto_numbers import number_in
from patbench_lib.landscape.origins.uspto_patent import BIBLIOGRAPHIES, Patent, read_patent
from patbench_lib.landscape.origins.uspto_xml import UnreadableError, find_root, parse

LISTED_COLUMNS = ("ipc", "cpc", "cited", "citation_category")
"""Columns of a row that hold lists."""

SAID_EVERY = 1000
"""Documents between two lines about the progress."""

_SEQUENCES = "sequence-cwu"


class Reading:
    """Takes documents one by one; what it keeps of each is its row, on disk, and its numbers.

    Parameters
    ----------
    codes : parsed IPC or CPC symbols; a patent is kept where one of its own lies under one of these. Empty keeps all.
    every_sort : whether designs, plants and reissues are kept too.
    say : is told of progress and of damaged documents.
    """

    def __init__(self, rows: Spool, codes: tuple[str, ...], every_sort: bool, say: Callable[[str], None]) -> None:
        self.tally = Tally()
        self._rows, self._codes, self._every_sort, self._say = rows, codes, every_sort, say
        self._families = Families()
        self._seen: set[str] = set()
        self._keys: dict[str, str] = {}

    def take(self, file: str, document: Document) -> None:
        """Read a document and keep its patent, or count why not."""
        self.tally.read += 1
        try:
            patent = self._read(document)
        except UnreadableError as error:
            number = number_in(document.content)
            where = f"{file}, document {document.position}{f' ({number})' if number else ''}"
            self.tally.damage(f"{where}: {error}", self._say)
            patent = None
        if patent is not None:
            self._families.join(patent.links)
            if why := self._reason_against(patent):
                self.tally.left_out[why] += 1
            else:
                self._keep(patent)
        if self.tally.read % SAID_EVERY == 0:
            self._say(f"{self.tally.read:,} documents read, {len(self._rows):,} kept; now in {file}")

    def family_ids(self) -> dict[str, str]:
        """Return the family of each publication kept."""
        return self._families.name(self._keys)

    def tell_all(self) -> None:
        """Say how many documents were read, kept and left out."""
        self._say(self.tally.told(len(self._rows)))

    def _read(self, document: Document) -> Patent | None:
        root = find_root(document.content)
        if root == _SEQUENCES:
            self.tally.left_out["sequence listings"] += 1
            return None
        if root not in BIBLIOGRAPHIES:
            self.tally.left_out[f"documents of another format, <{root}>"] += 1
            return None
        if not document.whole:
            raise UnreadableError(f"longer than {DOCUMENT_LIMIT >> 20} MiB")
        element = parse(document.content)
        try:
            patent = read_patent(element)
        except RecursionError as error:
            raise UnreadableError("elements nested too deeply") from error
        if not patent.number:
            raise UnreadableError("no publication number")
        self.tally.versions[element.get("dtd-version", "unknown version")] += 1
        return patent

    def _reason_against(self, patent: Patent) -> str:
        if patent.number in self._seen:
            return "repeats of a publication number, the first kept"
        self._seen.add(patent.number)
        if patent.sort != "utility" and not self._every_sort:
            return f"{patent.sort} patents"
        symbols = [*patent.row["ipc"], *patent.row["cpc"]]
        if self._codes and not any(is_under(symbol, self._codes) for symbol in symbols):
            return "of none of the classes asked for"
        return ""

    def _keep(self, patent: Patent) -> None:
        self._keys[patent.number] = patent.links[0]
        self.tally.notes["citations"] += patent.others
        self.tally.notes["renumbered"] += patent.renumbered
        self._rows.put(patent.row)
