"""Families from what patents say of each other."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence


class Families:
    """Joins documents that name each other, or a third one, as parents, children or priorities.

    The rule is that of an extended family, as INPADOC's: two documents that share any link are of one family, and so
    are those between which there is a chain of links. It knows what the files read say, and no more: a relative that is
    in none of them and is named by only one document joins nothing.
    """

    def __init__(self) -> None:
        self._above: dict[str, str] = {}

    def join(self, keys: Sequence[str]) -> None:
        """Make the documents of these keys one family."""
        for key in keys[1:]:
            first, other = sorted((self._top(keys[0]), self._top(key)))
            if first != other:
                self._above[other] = first

    def name(self, keys: Mapping[str, str]) -> dict[str, str]:
        """Return the family of each publication, named by its lowest publication number.

        Parameters
        ----------
        keys : one key of each publication.
        """
        tops = {number: self._top(key) for number, key in keys.items()}
        named = _lowest(tops.items())
        return {number: named[top] for number, top in tops.items()}

    def _top(self, key: str) -> str:
        path = []
        while (above := self._above.get(key, key)) != key:
            path.append(key)
            key = above
        for passed in path:  # shortened, so that long chains are walked once
            self._above[passed] = key
        return key


def _lowest(tops: Iterable[tuple[str, str]]) -> dict[str, str]:
    named: dict[str, str] = {}
    for number, top in tops:
        named[top] = min(number, named.get(top, number))
    return named
