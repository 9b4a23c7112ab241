"""The WIPO taxonomy of assistive technology, and labels by its rules where an export has none."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence, Set
from functools import cache, cached_property
from importlib.resources import files
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, model_validator

from patbench_lib.landscape.codes import LEVELS, cut, parse_symbol

Group = Literal["conventional", "emerging"]

DOMAIN, PRODUCT, TECHNOLOGY, GROUP = SETS = ("at_domain", "at_product", "enabling_technology", "at_group")
"""Label sets of the taxonomy; the group, conventional or emerging, is that of the products."""


class Rule(BaseModel):
    """A rule on symbols and key words; either is enough.

    Attributes
    ----------
    codes : IPC or CPC symbols, of which one is above one of the patent's.
    words : phrases, of which one stands in the text.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    codes: tuple[str, ...]
    words: tuple[str, ...]

    @model_validator(mode="after")
    def _usable(self) -> Rule:
        if bad := [code for code in self.codes if parse_symbol(code) != code]:
            raise ValueError(f"not a symbol in its one spelling: {', '.join(bad)}")
        if not self.codes and not self.words:
            raise ValueError("a rule without codes and words never holds")
        return self

    @cached_property
    def _pattern(self) -> re.Pattern[str] | None:
        phrases = [r"[\s-]+".join(map(re.escape, re.split(r"[\s-]+", phrase))) for phrase in self.words]
        return re.compile(rf"\b(?:{'|'.join(phrases)})(?:s|es)?\b", re.IGNORECASE) if phrases else None

    def holds(self, places: Set[str], text: str) -> bool:
        """Tell whether the rule holds for a patent.

        Parameters
        ----------
        places : of the patent's symbols, as `places` gives them.
        """
        return not places.isdisjoint(self.codes) or (self._pattern is not None and bool(self._pattern.search(text)))


def places(symbols: Iterable[str]) -> frozenset[str]:
    """Return all codes that symbols, in any spelling, lie under: A61F 2/5046 under A61F, A61F 2, A61F 2/50 and others.

    A subgroup that begins with another's digits counts as lying under it, which is how most of the CPC is made.
    """
    found: set[str] = set()
    for symbol in filter(None, map(parse_symbol, symbols)):
        found.update(code for level in LEVELS if (code := cut(symbol, level)))
        start = symbol.find("/") + 3
        if start > 2:
            found.update(symbol[:end] for end in range(start, len(symbol)))
    return frozenset(found)


class Product(Rule):
    """A product, conventional or emerging, and the domains it belongs to."""

    name: str
    group: Group
    domains: tuple[str, ...]


class Technology(Rule):
    """An enabling technology."""

    name: str


class Taxonomy(BaseModel):
    """Domains, products of two groups, and enabling technologies."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    domains: dict[str, Rule]
    products: tuple[Product, ...]
    technologies: tuple[Technology, ...]

    @model_validator(mode="after")
    def _known_domains(self) -> Taxonomy:
        if unknown := {domain for product in self.products for domain in product.domains} - set(self.domains):
            raise ValueError(f"products name domains that there are not: {', '.join(sorted(unknown))}")
        return self

    def labels(self, symbols: Sequence[str], text: str) -> dict[str, list[str]]:
        """Return the labels that the rules give a patent, by label set, in the taxonomy's order."""
        under = places(symbols)
        products = [product for product in self.products if product.holds(under, text)]
        of_products = {domain for product in products for domain in product.domains}
        return {
            DOMAIN: [name for name, rule in self.domains.items() if name in of_products or rule.holds(under, text)],
            PRODUCT: [product.name for product in products],
            TECHNOLOGY: [each.name for each in self.technologies if each.holds(under, text)],
            GROUP: sorted({product.group for product in products}),
        }

    def groups(self, products: Sequence[str]) -> list[str]:
        """Return the groups of products that an export names; one that the taxonomy does not name has none."""
        named = {product.name.casefold(): product.group for product in self.products}
        return sorted({group for name in products if (group := named.get(name.casefold()))})


@cache
def taxonomy() -> Taxonomy:
    """Return the taxonomy that comes with the package."""
    content = files("patbench_lib.landscape.origins").joinpath("at_taxonomy.yaml").read_text("utf-8")
    return Taxonomy.model_validate(yaml.safe_load(content))
