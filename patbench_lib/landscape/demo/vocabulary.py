"""The words of a landscape, read from the YAML files beside this module."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict

Kind = Literal["assistive", "external"]
Nature = Literal["electronic", "fluid", "mechanical"]


class _Closed(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


@dataclass(frozen=True, eq=False)
class Concept:
    """One thing or doing and its names: the canonical one first, then those of other domains or authors."""

    names: tuple[str, ...]
    legal: str = ""


def _concept(line: object) -> object:
    """Read ``name / other name > legal name``."""
    if not isinstance(line, str):
        return line
    names, _, legal = line.partition(" > ")
    return Concept(tuple(names.split(" / ")), legal)


Line = Annotated[Concept, BeforeValidator(_concept)]


class Figure(_Closed):
    """A quantity that one part of a mechanism has, with the range that is plausible."""

    part: int
    quantity: str
    unit: str
    low: float
    high: float


def _figure(line: object) -> object:
    """Read ``part|quantity|unit|low|high``."""
    return dict(zip(Figure.model_fields, line.split("|"), strict=True)) if isinstance(line, str) else line


class Domain(_Closed):
    """A field of use: whom it serves, where, and against what."""

    name: str
    person: str
    people: tuple[str, ...]
    settings: tuple[str, ...]
    harms: tuple[str, ...]


class Product(_Closed):
    """A product of one domain (`also`: further domains it may be filed under)."""

    label: str
    domain: str
    also: tuple[str, ...] = ()
    nouns: Line
    ipc: tuple[str, ...]
    parts: tuple[Line, ...]
    tasks: tuple[str, ...]
    problems: tuple[str, ...]


class Mechanism(_Closed):
    """A way of working that products of any domain may use; its last part is the one that acts."""

    names: Line
    style: Line
    nature: Nature
    technology: tuple[str, ...]
    ipc: tuple[str, ...]
    parts: tuple[Line, ...]
    acts: tuple[Line, ...]
    benefits: tuple[Line, ...]
    figures: tuple[Annotated[Figure, BeforeValidator(_figure)], ...]


class Vocabulary(_Closed):
    """All words of one kind of landscape, and the names of its two label columns."""

    label_columns: dict[Literal["domain", "product"], str]
    domains: tuple[Domain, ...]
    products: tuple[Product, ...]
    mechanisms: tuple[Mechanism, ...]

    def domain(self, name: str) -> Domain:
        """Return the domain of that name."""
        return next(domain for domain in self.domains if domain.name == name)


class Phrases(_Closed):
    """Sentence patterns and all-purpose words, shared by the kinds."""

    titles: tuple[str, ...]
    openers: tuple[str, ...]
    middles: tuple[str, ...]
    sides: tuple[str, ...]
    closers: tuple[str, ...]
    fields: tuple[str, ...]
    backgrounds: tuple[str, ...]
    summaries: tuple[str, ...]
    embodiments: tuple[str, ...]
    endings: tuple[str, ...]
    dependents: tuple[str, ...]
    method_dependents: tuple[str, ...]
    dwpi_titles: tuple[str, ...]
    dwpi_abstracts: tuple[str, ...]
    materials: tuple[str, ...]
    joins: tuple[str, ...]
    mounts: dict[Nature, tuple[str, ...]]
    wiring: dict[Nature, tuple[str, ...]]


def _read(name: str) -> Any:
    # The C parser, where PyYAML was built with it, reads the tables ten times as fast.
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return yaml.load(resources.files(__package__).joinpath(name).read_text(encoding="utf-8"), Loader=loader)


@cache
def vocabulary(kind: Kind) -> Vocabulary:
    """Return the words of one kind of landscape."""
    return Vocabulary.model_validate(_read(f"vocabulary_{kind}.yaml"))


@cache
def phrases() -> Phrases:
    """Return the sentence patterns."""
    return Phrases.model_validate(_read("phrases.yaml"))
