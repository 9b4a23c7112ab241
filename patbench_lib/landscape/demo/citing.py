"""Front-page citations: most leave the set, the others go to earlier publications of other families."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

import numpy as np

from patbench_lib.landscape.demo.draw import Draw
from patbench_lib.landscape.demo.effects import Effects
from patbench_lib.landscape.demo.families import Member
from patbench_lib.landscape.demo.invention import Invention
from patbench_lib.landscape.demo.numbers import OFFICES, publication_number
from patbench_lib.types import Floats

INSIDE, ACROSS, SHARPNESS = 0.36, 0.3, 1.8
"""Chance that a citation stays in the set; that one which follows the text goes to another domain; how
much it prefers what has more in common."""


def kinship(inventions: Sequence[Invention]) -> tuple[Floats, Floats]:
    """Return, for each pair of inventions, how much they have in common, and whether they share the domain."""
    product = _shared([{made.product.label} for made in inventions])
    main = _shared([{made.main.names.names[0]} for made in inventions])
    either = _shared([{made.main.names.names[0], made.side.names.names[0]} for made in inventions])
    details = _shared([{*made.tasks, *(act.names[0] for act in made.acts[:2])} for made in inventions])
    domain = _shared([{made.domain.name} for made in inventions])
    return 1.5 * product + 1.5 * main + 0.6 * either + 0.5 * details, domain


def _shared(features: Sequence[set[str]]) -> Floats:
    """Return the number of features that each pair has in common."""
    columns = {name: i for i, name in enumerate(sorted(set().union(*features)))}
    table = np.zeros((len(features), len(columns)), dtype=np.float32)
    for row, names in enumerate(features):
        table[row, [columns[name] for name in sorted(names)]] = 1
    return np.asarray(table @ table.T)


def citations(
    members: Sequence[Member], inventions: Sequence[Invention], effects: Effects, draw: Draw
) -> list[list[tuple[str, str]]]:
    """Return for each publication what it cites: number without kind code, and category X, Y or A.

    With `citations_follow_text` at 0, targets and categories are independent of the inventions.
    """
    affinity, domain = kinship(inventions)
    family = np.array([member.family for member in members])
    days = np.array([member.published.toordinal() for member in members])
    stems = {member.stem for member in members}
    lists = []
    for i, member in enumerate(members):
        earlier = np.flatnonzero((days < days[i]) & (family != member.family))
        cited: dict[str, str] = {}
        for _ in range(3 + draw.poisson(5.0)):
            inside, follows = draw.chance(INSIDE), draw.chance(effects.citations_follow_text)
            across = draw.chance(ACROSS)
            likeness = 0.0
            if inside and len(earlier):
                others = family[earlier]
                weights = np.ones(len(earlier))
                if follows:
                    reach = domain[member.family, others] != across
                    weights = np.exp(SHARPNESS * affinity[member.family, others]) * np.where(reach, 1.0, 1e-6)
                target = int(earlier[draw.weighted(weights)])
                likeness = float(affinity[member.family, family[target]]) if follows else 0.0
                stem = members[target].stem
            else:
                stem = _outside(member.published, stems, draw)
            cited.setdefault(stem, _category(likeness, draw))
        lists.append(draw.some(list(cited.items())))
    return lists


def _category(likeness: float, draw: Draw) -> str:
    """Close prior art is more often X (alone) or Y (in combination), the rest is background."""
    close = min(likeness / 4, 1.0)
    return "XYA"[draw.weighted((0.12 + 0.3 * close, 0.16 + 0.2 * close, 0.72 - 0.5 * close))]


def _outside(before: date, stems: set[str], draw: Draw) -> str:
    offices = list(OFFICES)
    while True:
        office = offices[draw.weighted(list(OFFICES.values()))]
        published = max(before - timedelta(days=draw.between(200, 6_000)), date(1998, 1, 1))
        stem, _ = publication_number(office, published, draw)
        if stem not in stems:
            return stem
