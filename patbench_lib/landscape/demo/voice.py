"""Who speaks: which of its names a thing bears in the description, in the claims, in the rewriting."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from zlib import crc32

from patbench_lib.landscape.demo.draw import Draw
from patbench_lib.landscape.demo.effects import Effects
from patbench_lib.landscape.demo.invention import Invention
from patbench_lib.landscape.demo.vocabulary import Concept, Vocabulary


@dataclass(frozen=True)
class Voice:
    """The name of each concept, and the word for the person served."""

    names: Mapping[Concept, str]
    person: str


@dataclass(frozen=True)
class Voices:
    """The three registers in which one invention is told."""

    plain: Voice
    legal: Voice
    canonical: Voice


def voices(words: Vocabulary, invention: Invention, effects: Effects, draw: Draw) -> Voices:
    """Choose the names of an invention's things.

    Terms of a mechanism are shared by all domains; `domain_vocabulary_gap` is the chance that a term is replaced by the
    domain's own. Terms of a product belong to one domain, and authors choose among them freely. `abstract_claims_gap`
    is the chance that the claims use the legal name. Draws are made alike whatever the strengths.
    """
    domain = words.domains.index(invention.domain)
    plain: dict[Concept, str] = {}
    legal: dict[Concept, str] = {}
    for concept in (invention.product.nouns, *invention.own):
        plain[concept] = concept.names[0] if draw.chance(0.5) else draw.pick(concept.names)
    for concept in _terms(invention):
        # The offset lets two domains agree on some words and not on others.
        dialect = concept.names[(domain + crc32(concept.names[0].encode())) % len(concept.names)]
        plain[concept] = dialect if draw.chance(effects.domain_vocabulary_gap) else concept.names[0]
    for concept, name in plain.items():
        legal[concept] = concept.legal if draw.chance(effects.abstract_claims_gap) and concept.legal else name
    person = invention.domain.person if draw.chance(effects.domain_vocabulary_gap) else "user"
    things = (*invention.own, *invention.parts, *invention.side_parts)
    canonical = {concept: concept.names[0] for concept in plain}
    return Voices(
        Voice(_told_apart(plain, things), person),
        Voice(_told_apart(legal, things), person),
        Voice(_told_apart(canonical, things), "user"),
    )


def _terms(invention: Invention) -> Iterable[Concept]:
    for mechanism in (invention.main, invention.side):
        yield from (mechanism.names, mechanism.style, *mechanism.parts, *mechanism.acts, *mechanism.benefits)


def _told_apart(names: dict[Concept, str], things: Iterable[Concept]) -> dict[Concept, str]:
    """Number the parts that share a name: first sensing unit, second sensing unit."""
    things = list(dict.fromkeys(things))
    shared = Counter(names[thing] for thing in things)
    seen: Counter[str] = Counter()
    apart = dict(names)
    for thing in things:
        name = names[thing]
        if shared[name] > 1:
            apart[thing] = f"{('first', 'second', 'third', 'fourth')[seen[name]]} {name.removeprefix('first ')}"
            seen[name] += 1
    return apart
