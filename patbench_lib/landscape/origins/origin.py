"""What PatBench knows of a source of real patents, and how its files become a landscape."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from types import MappingProxyType

from patbench_lib.errors import PatbenchError, unknown_name
from patbench_lib.landscape.codes import parse_symbol
from patbench_lib.landscape.schema import Landscape

NAMES = ("uspto", "dapfam", "patenteb", "wipo_at", "hupd", "bigpatent")
"""The modules of this room that hold an `ORIGIN`."""


@dataclass(frozen=True)
class Options:
    """What may be asked of a source.

    Attributes
    ----------
    name : of the landscape; the source's own where empty.
    codes : IPC or CPC symbols, `A61F`, `G09B 21`; patents with none that lies under them are left out. Empty keeps all.
    part : of a source that has several, such as a split or a task; the source's default where empty.
    say : is told what happens, line by line.
    """

    name: str = ""
    codes: tuple[str, ...] = ()
    part: str = ""
    say: Callable[[str], None] = print


@dataclass(frozen=True)
class Origin:
    """A source of real patents.

    Attributes
    ----------
    about : what it is, in one line.
    licence : under which terms its texts may be used; shown before anything is downloaded.
    version : of the files' format, or the pinned revision of a repository.
    read : makes a landscape from local files; raises PatbenchError where they are not of the layout.
    repository, revision, files : on the hub, the commit, and what of it is needed; empty where users bring the files.
    expected : counts that the pinned revision has; others are reported, not refused.
    parts : which parts there are, where `Options.part` chooses among some.
    """

    name: str
    about: str
    licence: str
    version: str
    read: Callable[[Sequence[Path], Options], Landscape]
    repository: str = ""
    revision: str = ""
    files: tuple[str, ...] = ()
    expected: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    parts: tuple[str, ...] = ()


def find_origin(name: str) -> Origin:
    """Return a source by name.

    Raises
    ------
    PatbenchError
        Where there is none of that name; the nearest is named.
    """
    if name not in NAMES:
        raise unknown_name("source of patents", name, NAMES)
    origin: Origin = import_module(f"patbench_lib.landscape.origins.{name}").ORIGIN
    return origin


def asked_codes(options: Options) -> tuple[str, ...]:
    """Return the symbols that `options.codes` names in one spelling, for `codes.is_under`.

    Raises
    ------
    PatbenchError
        Where one is no IPC or CPC symbol: it would leave out every patent.
    """
    parsed = {code: parse_symbol(code) for code in options.codes}
    if bad := [code for code, symbol in parsed.items() if symbol is None]:
        raise PatbenchError(
            f"Not an IPC or CPC symbol: {', '.join(map(repr, bad))}.",
            todo="Give a class (A61), subclass (A61F), group (G09B21) or subgroup (A61F2/08); commas between several.",
        )
    return tuple(symbol for symbol in parsed.values() if symbol)


def asked_part(origin: Origin, options: Options) -> str:
    """Return the part that is asked for, empty where none is.

    Raises
    ------
    PatbenchError
        Where the source has no such part, or none at all.
    """
    if options.part and not origin.parts:
        raise PatbenchError(f"'{origin.name}' has no parts, so no '{options.part}'.", todo="Leave `--part` out.")
    if options.part and options.part not in origin.parts:
        raise unknown_name(f"part of {origin.name}", options.part, origin.parts)
    return options.part


def file_digest(files: Sequence[Path]) -> str:
    """Return the SHA-256 over the SHA-256 of each file, in the order given."""
    digest = hashlib.sha256()
    for path in files:
        with path.open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()


def counted(origin: Origin, counts: Mapping[str, int]) -> list[str]:
    """Return a line for each count that differs from what the pinned revision has; counts not pinned are passed over.

    Parameters
    ----------
    counts : by the names that `origin.expected` has, such as `publications`.
    """
    return [
        f"{name}: {count:,} found, {origin.expected[name]:,} expected of {origin.repository or origin.name} "
        f"at {origin.revision or origin.version}"
        for name, count in counts.items()
        if name in origin.expected and count != origin.expected[name]
    ]
