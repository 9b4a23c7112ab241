"""IPC and CPC symbols: reading them, and cutting them to a level of the hierarchy."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from typing import Literal

Level = Literal["section", "class", "subclass", "group", "subgroup"]

LEVELS: tuple[Level, ...] = ("section", "class", "subclass", "group", "subgroup")

_SYMBOL = re.compile(r"^([A-HY])(\d{2})(?:([A-Z])(?:(\d{1,4})(?:/(\d{2,6}))?)?)?$")
_EDITION = re.compile(r"\(\d{4}\.\d{2}\)|\s+")


def parse_symbol(text: str) -> str | None:
    """Return a symbol in one spelling, `A61G 5/04`, or None where it is not an IPC or CPC symbol.

    Accepts any spacing (`A61G5/04`, `A61G   5/04`), an edition (`A61G 5/04 (2006.01)`) and symbols that stop at class,
    subclass or main group (`A61`, `A61G`, `A61G 5`).
    """
    found = _SYMBOL.match(_EDITION.sub("", text).upper())
    if found is None:
        return None
    section, number, letter, group, subgroup = found.groups()
    stem = section + number + (letter or "")
    if group is None:
        return stem
    group = group.lstrip("0") or "0"
    return f"{stem} {group}/{subgroup}" if subgroup else f"{stem} {group}"


def cut(symbol: str, level: Level) -> str | None:
    """Cut a symbol in `parse_symbol`'s spelling to a level; None where it does not reach that deep.

    `A61G 5/04` is section A, class A61, subclass A61G, group A61G 5, subgroup A61G 5/04.
    """
    stem, _, tail = symbol.partition(" ")
    if level == "section":
        return stem[:1]
    if level == "class":
        return stem[:3]
    if level == "subclass":
        return stem if len(stem) == 4 else None
    group, slash, _ = tail.partition("/")
    if level == "group":
        return f"{stem} {group}" if group else None
    return symbol if slash else None


def is_under(symbol: str, codes: Collection[str]) -> bool:
    """Tell whether a symbol, in any spelling, is one of some codes or lies under one of them in the hierarchy.

    `G09B 21/00` lies under `G09B`, `G09B 21` and itself, `G09B 2/10` under the first of them alone.

    Parameters
    ----------
    codes : in `parse_symbol`'s spelling.
    """
    parsed = parse_symbol(symbol)
    return parsed is not None and any(cut(parsed, level) in codes for level in LEVELS)


def cut_all(symbols: Iterable[str], level: Level) -> list[str]:
    """Cut several symbols, once each, in the order of their first appearance."""
    pieces = (cut(symbol, level) for symbol in symbols)
    return list(dict.fromkeys(piece for piece in pieces if piece))
