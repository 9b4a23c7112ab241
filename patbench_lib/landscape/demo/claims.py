"""Claims: an independent one for the product, dependents on it, often a method."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from patbench_lib.landscape.demo.draw import Draw
from patbench_lib.landscape.demo.grammar import capitalised, listing
from patbench_lib.landscape.demo.invention import Invention
from patbench_lib.landscape.demo.sections import reference_signs
from patbench_lib.landscape.demo.telling import Telling, Turns, unsigned
from patbench_lib.landscape.demo.vocabulary import Concept, phrases
from patbench_lib.landscape.demo.voice import Voice

Form = Literal["us", "european", "pct"]
"""US: one list after 'comprising'. European: two parts and reference signs. PCT: one list."""


@dataclass
class _Claims:
    """The claims written so far, and what each chain of references has introduced."""

    invention: Invention
    voice: Voice
    form: Form
    texts: list[str] = field(default_factory=list)
    introduced: list[set[Concept]] = field(default_factory=list)
    turns: Turns = field(default_factory=Turns)

    def telling(self, mentioned: set[Concept]) -> Telling:
        signs = reference_signs(self.invention, " ({})") if self.form == "european" else unsigned
        return Telling(self.invention, self.voice, signs, set(mentioned))

    def add(self, text: str, telling: Telling) -> None:
        self.texts.append(f"{len(self.texts) + 1}. {capitalised(text)}.")
        self.introduced.append(telling.mentioned)


def claims(invention: Invention, voice: Voice, form: Form, draw: Draw, member: Draw) -> str:
    """Return the numbered claims, one a line. Every thing is introduced before it is called 'the'."""
    words = phrases()
    written = _Claims(invention, voice, form)
    _product_claim(written, draw)
    patterns = draw.some(words.dependents)
    # Offices see amended claims: now and then one has been struck.
    wanted = draw.between(5, 10) - member.chance(0.4)
    noun = voice.names[invention.product.nouns]
    while len(written.texts) <= wanted:
        _dependent(written, patterns.pop(), noun, 1, draw)
    if draw.chance(0.5):
        first = len(written.texts) + 1
        written.turns = Turns()
        _method_claim(written)
        for pattern in draw.some(words.method_dependents, draw.between(1, 2)):
            _dependent(written, pattern, "method", first, draw)
    return "\n".join(written.texts)


def _product_claim(written: _Claims, draw: Draw) -> None:
    telling = written.telling(set())
    slots = telling.slots(written.turns)
    preamble = draw.pick(("{product:a} for {task:ing}", "{product:a} adapted to {task}", "{product:a}"))
    own = ["{body:ref}", "{body2:ref} {join} {body:ref}", "{body3:ref} {join} {body2:ref}"][: draw.between(2, 3)]
    works = ["{part:ref} {mount} {body:ref}", "{part2:ref} {wiring} {part:ref}"]
    works.append("{agent:ref} {wiring} {part:ref} and configured to {act}")
    tail = draw.pick(("", ", so as to {benefit}", ", {agent:the} thereby serving to {benefit}"))
    head = preamble.format_map(slots)
    if written.form == "european":
        known = listing([item.format_map(slots) for item in own])
        novel = listing([item.format_map(slots) for item in works])
        noun = "{product:the}".format_map(slots)
        text = f"{head}, comprising {known}, characterised in that {noun} further comprises {novel}"
    else:
        text = f"{head}, comprising: {listing([item.format_map(slots) for item in own + works], '; ')}"
    written.add(text + tail.format_map(slots), telling)


def _method_claim(written: _Claims) -> None:
    telling = written.telling(set())
    slots = telling.slots(written.turns)
    steps = [pattern.format_map(slots) for pattern in ("providing {agent:ref}", "{act:ing}", "{act:ing}")]
    head = "a method of {task:ing} by means of {product:a}".format_map(slots)
    written.add(f"{head}, comprising: {listing(steps, '; ')}", telling)


def _dependent(written: _Claims, pattern: str, noun: str, first: int, draw: Draw) -> None:
    """Add a dependent of a claim from `first` on, unless the pattern would introduce a thing twice."""
    last = len(written.texts)
    parent = first if draw.chance(0.5) else draw.between(first, last)
    any_of = draw.chance(0.2) and written.form != "us" and last > first
    telling = written.telling(written.introduced[(first if any_of else parent) - 1])
    if any_of:
        # A thing is antecedent only where every claim referred to has it.
        telling.mentioned.intersection_update(*written.introduced[first - 1 : last])
    if not telling.fits(pattern):
        return
    reference = _any_of(first, last) if any_of else f"claim {parent}"
    link = "of" if written.form == "us" else "according to"
    article = "" if written.form == "european" else "the "
    body = pattern.format_map(telling.slots(written.turns))
    written.add(f"{article}{noun} {link} {reference}, {body}", telling)


def _any_of(first: int, last: int) -> str:
    return f"claim {first} or {last}" if last == first + 1 else f"any one of claims {first} to {last}"
