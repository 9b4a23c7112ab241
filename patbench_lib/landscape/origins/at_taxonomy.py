"""The WIPO taxonomy of assistive technology, and labels by its rules where an export has none."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache, cached_property
from importlib.resources import files
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, model_validator

from patbench_lib.landscape.codes import is_under, parse_symbol

Group = Literal["conventional", "emerging"]

GROUP, DOMAIN, PRODUCT, TECHNOLOGY = SETS = ("at_group", "at_domain", "at_product", "enabling_technology")
"""Label sets of the taxonomy."""


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

    def holds(self, symbols: Sequence[str], text: str) -> bool:
        """Tell whether the rule holds for a patent's symbols, in any spelling, and text."""
        if any(_under(symbol, self.codes) for symbol in symbols):
            return True
        return self._pattern is not None and self._pattern.search(text) is not None


def _under(symbol: str, codes: Sequence[str]) -> bool:
    """Tell whether a symbol lies under a code; a subgroup holds for those it begins too, A61F 2/50 for 2/5046."""
    parsed = parse_symbol(symbol)
    return parsed is not None and (is_under(parsed, codes) or any("/" in c and parsed.startswith(c) for c in codes))


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
        products = [product for product in self.products if product.holds(symbols, text)]
        of_products = {domain for product in products for domain in product.domains}
        return {
            GROUP: sorted({product.group for product in products}),
            DOMAIN: [name for name, rule in self.domains.items() if name in of_products or rule.holds(symbols, text)],
            PRODUCT: [product.name for product in products],
            TECHNOLOGY: [each.name for each in self.technologies if each.holds(symbols, text)],
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
