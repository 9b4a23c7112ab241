"""An invention: what is told, before any word is chosen."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from patbench_lib.landscape.demo.draw import Draw
from patbench_lib.landscape.demo.vocabulary import Concept, Domain, Figure, Mechanism, Product, Vocabulary, phrases


@dataclass(frozen=True, eq=False)
class Invention:
    """A product that works by a main and a side mechanism, with the details that make it one of its kind.

    `own` are parts of the product, solid bodies first; `parts` and `side_parts` are those of the mechanisms, the acting
    one last. Every tuple of alternatives stands in the order in which the sections use it.
    """

    domain: Domain
    product: Product
    main: Mechanism
    side: Mechanism
    own: tuple[Concept, ...]
    parts: tuple[Concept, ...]
    side_parts: tuple[Concept, ...]
    tasks: tuple[str, ...]
    acts: tuple[Concept, ...]
    side_acts: tuple[Concept, ...]
    benefits: tuple[Concept, ...]
    side_benefits: tuple[Concept, ...]
    problem: str
    people: tuple[str, ...]
    settings: tuple[str, ...]
    harms: tuple[str, ...]
    materials: tuple[str, ...]
    joins: tuple[str, ...]
    figures: tuple[tuple[Concept, str], ...]

    @cached_property
    def things(self) -> dict[str, Concept]:
        """What the nouns of a sentence pattern stand for."""
        bodies = dict(zip(("body", "body2", "body3", "body4"), self.own, strict=True))
        worked = {"part": self.parts[0], "part2": self.parts[1], "agent": self.parts[-1]}
        beside = {"side_part": self.side_parts[0], "side_agent": self.side_parts[-1]}
        figured = {"figure_part": self.figures[0][0], "other_figure_part": self.figures[1][0]}
        return {"product": self.product.nouns, **bodies, **worked, **beside, **figured}


def invent(words: Vocabulary, draw: Draw) -> Invention:
    """Return an invention of its own."""
    product = draw.pick(words.products)
    main, side = draw.some(words.mechanisms, 2)
    domain = words.domain(product.domain)
    return Invention(
        domain=domain,
        product=product,
        main=main,
        side=side,
        own=(*draw.some(product.parts[:2]), *draw.some(product.parts[2:], 2)),
        parts=(*draw.some(main.parts[:-1]), main.parts[-1]),
        side_parts=(*draw.some(side.parts[:-1]), side.parts[-1]),
        tasks=tuple(draw.some(product.tasks, 2)),
        acts=tuple(draw.some(main.acts)),
        side_acts=tuple(draw.some(side.acts, 2)),
        benefits=tuple(draw.some(main.benefits, 2)),
        side_benefits=tuple(draw.some(side.benefits, 1)),
        problem=draw.pick(product.problems),
        people=tuple(draw.some(domain.people, 2)),
        settings=tuple(draw.some(domain.settings, 3)),
        harms=tuple(draw.some(domain.harms, 3)),
        materials=tuple(draw.some(phrases().materials, 3)),
        joins=tuple(draw.some(phrases().joins, 4)),
        figures=tuple((main.parts[figure.part], _range(figure, draw)) for figure in main.figures),
    )


def _range(figure: Figure, draw: Draw) -> str:
    """Return a quantity as claims give it: a preferred range, a bound or a value."""
    low, high = sorted(figure.low * (figure.high / figure.low) ** draw.unit() for _ in range(2))
    # Two figures, and never an empty range.
    a, b = f"{float(f'{low:.2g}'):g}", f"{float(f'{max(high, low * 1.2):.2g}'):g}"
    pattern = draw.pick(
        ("{q} of between {a} and {b} {u}", "{q} of at most {b} {u}", "{q} of at least {a} {u}", "{q} of about {b} {u}")
    )
    return pattern.format(q=figure.quantity, a=a, b=b, u=figure.unit)
