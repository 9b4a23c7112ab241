"""Families: one invention published at one to four offices within two and a half years."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from patbench_lib.landscape.demo.draw import Draw
from patbench_lib.landscape.demo.numbers import OFFICES, publication_number

_SIZES = (0.42, 0.30, 0.18, 0.10)
_FIRST, _DAYS, _SPREAD = date(1998, 1, 5), 7_450, 900


@dataclass(frozen=True)
class Member:
    """A publication, before it has a text."""

    family: int
    office: str
    published: date
    stem: str
    kind: str


def families(publications: int, draw: Draw) -> list[Member]:
    """Return exactly that many publications, in order of publication."""
    members: list[Member] = []
    taken: set[str] = set()
    family = 0
    while len(members) < publications:
        size = min(1 + draw.weighted(_SIZES), publications - len(members))
        first = _FIRST + timedelta(days=draw.between(0, _DAYS))
        for office in _offices(size, draw):
            # The lag does not depend on the office: otherwise an office's drafting would tell how early, and so how
            # citable, a publication is, and the null landscape would not be null.
            published = first + timedelta(days=draw.between(0, _SPREAD))
            stem, kind = publication_number(office, published, draw)
            while stem in taken:
                stem, kind = publication_number(office, published, draw)
            taken.add(stem)
            members.append(Member(family, office, published, stem, kind))
        family += 1
    return sorted(members, key=lambda member: (member.published, member.stem))


def _offices(size: int, draw: Draw) -> list[str]:
    weights = dict(OFFICES)
    chosen = []
    for _ in range(size):
        office = list(weights)[draw.weighted(list(weights.values()))]
        del weights[office]
        chosen.append(office)
    return chosen
