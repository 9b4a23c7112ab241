"""Filling a sentence pattern with an invention's words.

A pattern is a format string. A noun's slot takes a spec: ``a``, ``the``, ``pl`` (plural), ``ref`` ('a buckle' at first
mention, 'the buckle' from then on), ``new`` (as ``ref``, for use only while unmentioned) or none (bare). A clause's
slot takes ``s`` ('holds a shape'), ``ing`` or none. A slot that has alternatives goes on to the next at every use.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from string import Formatter
from types import MappingProxyType

from patbench_lib.landscape.demo.grammar import inflect, plural, with_article
from patbench_lib.landscape.demo.invention import Invention
from patbench_lib.landscape.demo.vocabulary import Concept, phrases
from patbench_lib.landscape.demo.voice import Voice

Signs = Callable[[Concept], str]
"""What follows a part's name: nothing, or its reference sign."""


def unsigned(_: Concept) -> str:
    """Put no reference sign behind a part."""
    return ""


@dataclass
class Telling:
    """A text in the making: the voice, and what it has mentioned so far."""

    invention: Invention
    voice: Voice
    signs: Signs = unsigned
    mentioned: set[Concept] = field(default_factory=set)

    def fits(self, pattern: str) -> bool:
        """Tell whether everything that the pattern introduces as new is still unmentioned."""
        things = self.invention.things
        fields = [(name, spec) for _, name, spec, _ in Formatter().parse(pattern) if name]
        return not any(spec == "new" and things[name] in self.mentioned for name, spec in fields)

    def slots(self, turns: Turns) -> Slots:
        """Return the slots; `turns` says which alternatives are next, and may serve several texts."""
        return Slots(self, turns)


@dataclass(frozen=True)
class _Noun:
    telling: Telling
    concept: Concept
    default: str = ""

    def __format__(self, spec: str) -> str:
        spec = spec or self.default
        name = self.telling.voice.names[self.concept]
        if spec == "pl":
            return plural(name)
        if not spec:
            return name
        known = self.concept in self.telling.mentioned
        self.telling.mentioned.add(self.concept)
        definite = spec == "the" or (spec == "ref" and known)
        return (f"the {name}" if definite else with_article(name)) + self.telling.signs(self.concept)


@dataclass(frozen=True)
class _Clause:
    telling: Telling
    phrase: str
    parts: Sequence[Concept] = ()

    def __format__(self, spec: str) -> str:
        nouns = [_Noun(self.telling, part, "ref") for part in self.parts]
        product = _Noun(self.telling, self.telling.invention.product.nouns)
        return inflect(self.phrase, spec).format(*nouns, product=product, user=f"the {self.telling.voice.person}")


class Turns:
    """Whose turn it is among the alternatives of each slot."""

    def __init__(self, start: int = 0) -> None:
        self._start = start
        self._taken: Counter[str] = Counter()

    def next(self, slot: str, alternatives: Sequence[object]) -> object:
        """Return the next alternative, the first one again after the last."""
        place = self._start + self._taken[slot]
        self._taken[slot] += 1
        return alternatives[place % len(alternatives)]


class Slots(dict[str, object]):
    """The slots of a pattern, for ``str.format_map``."""

    def __init__(self, telling: Telling, turns: Turns) -> None:
        super().__init__()
        self._telling, self._turns = telling, turns

    def __missing__(self, slot: str) -> object:
        """Return what a slot always holds, or the next of its alternatives."""
        telling = self._telling
        if concept := telling.invention.things.get(slot):
            return _Noun(telling, concept)
        fillings = _FILLINGS[slot](telling)
        return self._turns.next(slot, fillings)


def _clauses(telling: Telling, concepts: Iterable[Concept], parts: Sequence[Concept] = ()) -> list[_Clause]:
    return [_Clause(telling, telling.voice.names[concept], parts) for concept in concepts]


_FILLINGS: Mapping[str, Callable[[Telling], Sequence[object]]] = MappingProxyType(
    {
        "domain": lambda t: [t.invention.domain.name],
        "mechanism": lambda t: [t.voice.names[t.invention.main.names]],
        "side_mechanism": lambda t: [t.voice.names[t.invention.side.names]],
        "style": lambda t: [t.voice.names[t.invention.main.style]],
        "figure": lambda t: [t.invention.figures[0][1]],
        "other_figure": lambda t: [t.invention.figures[1][1]],
        "problem": lambda t: [_Clause(t, t.invention.problem)],
        "task": lambda t: [_Clause(t, task) for task in t.invention.tasks],
        "act": lambda t: _clauses(t, t.invention.acts, t.invention.main.parts),
        "side_act": lambda t: _clauses(t, t.invention.side_acts, t.invention.side.parts),
        "benefit": lambda t: _clauses(t, t.invention.benefits),
        "side_benefit": lambda t: _clauses(t, t.invention.side_benefits),
        "people": lambda t: t.invention.people,
        "setting": lambda t: t.invention.settings,
        "harm": lambda t: t.invention.harms,
        "material": lambda t: t.invention.materials,
        "join": lambda t: t.invention.joins,
        "mount": lambda t: phrases().mounts[t.invention.main.nature],
        "side_mount": lambda t: phrases().mounts[t.invention.side.nature],
        "wiring": lambda t: phrases().wiring[t.invention.main.nature],
        "interval": lambda t: ("one second", "two minutes", "half an hour"),
    }
)
"""What fills the slots that hold no part and no product."""


def told(patterns: Iterable[str], telling: Telling, start: int = 0) -> list[str]:
    """Fill the patterns one after the other."""
    slots = telling.slots(Turns(start))
    return [pattern.format_map(slots) for pattern in patterns]
